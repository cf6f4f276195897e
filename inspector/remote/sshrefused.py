"""Why a login by ssh failed, in a line that says what to do."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.remote.connection import RemoteError
from inspector.remote.hostkeys import PORT, Gate

if TYPE_CHECKING:
    from asyncssh import SSHClientConnectionOptions

WORDS = 200
"""Characters of a server's own words that a message repeats."""
KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_dsa", "id_ed448")


@dataclass
class Target:
    """A host as the user names it, and what the ssh config makes of it."""

    host: str
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    new: bool = False
    """Whether a host key that nobody knows may be trusted."""
    hops: int = 0

    @property
    def shown(self) -> str:
        return self.host + (f":{self.port}" if self.port and self.port != PORT else "")

    @property
    def command(self) -> str:
        """How to log in by hand."""
        words = ("ssh", f"-p {self.port}" if self.port and self.port != PORT else "", self.host)
        return " ".join(word for word in words if word)


def refusal(error: Exception, target: Target, options: SSHClientConnectionOptions, gate: Gate) -> RemoteError:
    """What really happened when a login failed."""
    import asyncssh

    where = target.shown + (f" ({options.host}:{options.port})" if options.host != target.host else "")
    said = words(error)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return gate.refusal(where, target.command, said)
    if "Too many authentication failures" in said:
        hint = f"name the one key in ~/.ssh/config: Host {target.host}, IdentityFile FILE, IdentitiesOnly yes"
        message = f"{where} refused the login of {options.username} after as many keys as it takes"
        return RemoteError(message, "credentials", hint=hint)
    if isinstance(error, asyncssh.PermissionDenied):
        return _refused(target, options, where)
    if isinstance(error, socket.gaierror):
        hint = "check the name, and the network or VPN it is known in"
        return RemoteError(f"the host name {target.shown} is not known here: {said}", "unreachable", hint=hint)
    if isinstance(error, ConnectionRefusedError):
        hint = f"check that an ssh server runs there; a port goes behind the host: sftp://{target.host}:2222/…"
        return RemoteError(f"{options.host} refuses connections on port {options.port}", "unreachable", hint=hint)
    if isinstance(error, TimeoutError):
        return RemoteError(f"{where} does not answer", "slow", hint="check the host, the port and the network")
    if isinstance(error, asyncssh.ChannelOpenError):
        return RemoteError(f"{where} cannot be reached over the ProxyJump host: {said}", "unreachable")
    if isinstance(error, (asyncssh.ConnectionLost, ConnectionError)):
        hint = f"check that port {options.port} is that of an ssh server: {target.command}"
        return RemoteError(f"{where} broke the connection off before the login: {said}", "broken", hint=hint)
    if isinstance(error, OSError):
        return RemoteError(f"{where} cannot be reached: {said}", "unreachable")
    hint = f"see what {target.command} says"
    return RemoteError(f"the login to {where} failed: {said}", "odd", hint=hint)


def _refused(target: Target, options: SSHClientConnectionOptions, where: str) -> RemoteError:
    """The error of a refused login: what was offered, and what could be."""
    locked = [str(key) for key in _keys(options) if _encrypted(key)]
    if target.password:
        message = f"{where} refused the password of {options.username}"
        return RemoteError(message, "credentials", hint="check the user and the password")
    agent = "" if options.config.get("IdentityAgent") or _agent() else ", and no ssh agent runs"
    if locked:
        message = f"{where} refused the login of {options.username}: the key {locked[0]} has a pass phrase{agent}"
        return RemoteError(message, "credentials", hint=f"unlock it for the agent: ssh-add {locked[0]}")
    message = f"{where} refused the login of {options.username}: no key was accepted{agent}"
    hint = (
        f"name the user (sftp://USER@{target.host}/…), add your key to the agent (ssh-add) or the server "
        "(ssh-copy-id), or put a password into ~/.netrc"
    )
    return RemoteError(message, "credentials", hint=hint)


def _agent() -> bool:
    return bool(os.environ.get("SSH_AUTH_SOCK"))


def _keys(options: SSHClientConnectionOptions) -> list[Path]:
    files = [Path(f) for f in listed(options, "IdentityFile")] or [Path("~/.ssh") / name for name in KEYS]
    return [file for file in (f.expanduser() for f in files) if file.is_file()]


def _encrypted(key: Path) -> bool:
    import asyncssh

    try:
        asyncssh.read_private_key(key)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        return "passphrase" in str(error).lower()
    except (OSError, ValueError):
        return False
    return False


def words(error: BaseException) -> str:
    """What an error says, cut: a server may have written it."""
    import asyncssh

    said = error.strerror if isinstance(error, OSError) and error.strerror else ""
    said = said or (error.reason if isinstance(error, asyncssh.Error) else "") or str(error) or type(error).__name__
    return said if len(said) <= WORDS else said[:WORDS] + "…"


def listed(options: SSHClientConnectionOptions, name: str) -> list[str]:
    """A setting of the ssh config that holds several words."""
    found = options.config.get(name)
    return [str(word) for word in found] if isinstance(found, list | tuple) else []
