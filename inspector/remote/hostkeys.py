"""Whether an ssh server is the one we know: by the user's known_hosts files, which decide and are never written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.remote.connection import RemoteError

if TYPE_CHECKING:
    from asyncssh import SSHClient, SSHKey, SSHKnownHosts

FILES = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
"""Where OpenSSH looks as well, unless the user's ssh config names others."""
PORT = 22


class Gate:
    """What is known of one server, and what it showed.

    ``named``: the files of the ssh config, none meaning OpenSSH's own. ``new``: whether a server that no file knows may
    be trusted; one whose key is another than the known one never is.
    """

    def __init__(self, host: str, port: int, named: Sequence[str] = (), *, new: bool = False) -> None:
        self.host, self.port, self.new = host, port, new
        self.files = [Path(name).expanduser() for name in named or FILES]
        self.shown: SSHKey | None = None
        self.addr = ""

    def known(self) -> SSHKnownHosts:
        """Every line of the files that is one; as OpenSSH does, others are passed over."""
        import asyncssh

        found = asyncssh.import_known_hosts("")
        for _, _, line in self._lines():
            found.load(line)
        return found

    def client(self) -> type[SSHClient]:
        """The class whose objects asyncssh asks about a key that no file vouches for."""
        import asyncssh

        gate = self

        class Client(asyncssh.SSHClient):
            def validate_host_public_key(self, host: str, addr: str, port: int, key: SSHKey) -> bool:
                gate.shown, gate.addr = key, addr
                return gate.new and not gate.holds()

            validate_host_ca_key = validate_host_public_key

        return Client

    def holds(self) -> list[tuple[str, str]]:
        """The keys that the files have for this server: the place, and the key's kind and fingerprint."""
        import asyncssh

        port = None if self.port == PORT else self.port
        found = []
        for file, number, line in self._lines():
            keys = asyncssh.match_known_hosts(asyncssh.import_known_hosts(line), self.host, self.addr, port)
            found += [(f"{file}:{number}", fingerprint(key)) for key in (*keys[0], *keys[1])]
        return found

    def trusts(self, key: SSHKey) -> bool:
        return any(shown == fingerprint(key) for _, shown in self.holds())

    def refusal(self, server: str, login: str, words: str) -> RemoteError:
        """The error of a server whose key was not accepted, in asyncssh's ``words``; ``login`` logs in by hand."""
        name = self.host if self.port == PORT else f"[{self.host}]:{self.port}"
        shown = fingerprint(self.shown) if self.shown else "none at all"
        if "revoked" in words:
            message = f"{server} shows a host key that the known_hosts files call revoked ({shown}): nothing was sent"
            return RemoteError(message, "identity", hint="ask who runs this server; do not log in to it")
        if known := self.holds():
            place, key = known[0]
            message = (
                f"THE HOST KEY OF {server} HAS CHANGED: it shows {shown}, but {place} says {key}. "
                "Somebody may be in between, or the server was set up anew; nothing was sent, no password either"
            )
            hint = (
                f"ask who runs it; if it is true, ssh-keygen -R '{name}' and log in once with ssh to accept the new one"
            )
            return RemoteError(message, "identity", hint=hint)
        message = f"{server} is not known: it shows the host key {shown}, and no known_hosts file has one for it"
        hint = (
            f"compare the fingerprint with the server's, then log in once with {login}; "
            "or end the address in ?accept-new to trust it for this run"
        )
        return RemoteError(message, "identity", hint=hint)

    def _lines(self) -> Iterator[tuple[Path, int, str]]:
        import asyncssh

        for file in self.files:
            try:
                text = file.read_text(encoding="utf-8", errors="replace")
            except OSError:  # OpenSSH takes a file that it cannot read for an empty one
                continue
            for number, line in enumerate(text.splitlines(), 1):
                try:
                    asyncssh.import_known_hosts(line)
                except ValueError:
                    continue
                yield file, number, line


def fingerprint(key: SSHKey) -> str:
    """``ssh-ed25519 SHA256:…``, as ssh-keygen writes it."""
    return f"{key.get_algorithm()} {key.get_fingerprint()}"
