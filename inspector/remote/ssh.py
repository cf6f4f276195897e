"""A login by ssh as the user's own ``ssh HOST`` would do it: config, jumps, agent, keys; and what it failed of."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.remote.connection import RemoteError
from inspector.remote.hostkeys import PORT, Gate

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection, SSHClientConnectionOptions

WORDS = 200
"""Characters of a server's own words that a message repeats."""
KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_dsa", "id_ed448")
HOPS = 8


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


async def login(target: Target, route: list[SSHClientConnection]) -> SSHClientConnection:
    """The connection to a host, over the jumps that the user's ssh config names; ``route`` receives each one opened.

    Raises:
        RemoteError: it did not come to be, and why.
    """
    import asyncssh

    try:
        options = asyncssh.SSHClientConnectionOptions(
            config=(),
            host=target.host,
            port=target.port or (),
            username=target.user or (),
            client_keys=None,
            known_hosts=b"",
        )
    except (ValueError, OSError) as error:
        hint = "mend ~/.ssh/config"
        raise RemoteError(
            f"the ssh config for {target.shown} cannot be used: {words(error)}", "odd", hint=hint
        ) from error
    through = await _jump(target, options.tunnel, route)
    config = options.config
    gate = Gate(str(config.get("HostKeyAlias") or options.host), options.port, _known(options), new=target.new)
    settings: dict[str, Any] = {"password": target.password} if target.password else {}
    if files := _listed(options, "IdentityFile"):  # ssh passes over those that are not there; asyncssh does not
        settings["client_keys"] = [f for f in files if Path(f).expanduser().is_file()]
    try:
        connection = await asyncssh.connect(
            target.host,
            target.port or (),
            username=target.user or (),
            tunnel=through,
            known_hosts=gate.known(),
            client_factory=gate.client(),
            ignore_encrypted=True,
            # asked for something, we would have to ask in the middle of a report: it only carries a given password
            kbdint_auth=bool(target.password),
            **settings,
        )
    except (asyncssh.Error, OSError, ValueError) as error:
        if isinstance(error, asyncssh.DisconnectError | ConnectionError) and not gate.shown and gate.holds():
            # we asked for a key of the kinds we know, and a server without one hangs up: which has it?
            with contextlib.suppress(asyncssh.Error, OSError, ValueError):
                gate.shown = await asyncssh.get_server_host_key(target.host, target.port or (), tunnel=through)
            if gate.shown and not gate.trusts(gate.shown):
                raise gate.refusal(target.shown, target.command, words(error)) from error
        raise _why(error, target, options, gate) from error
    route.append(connection)
    return connection


async def _jump(target: Target, jumps: object, route: list[SSHClientConnection]) -> SSHClientConnection | None:
    """The connection to the last of the hosts that ``ProxyJump`` lists, each over the one before."""
    if not isinstance(jumps, str) or jumps.lower() == "none":
        return None
    if target.hops == HOPS:
        raise RemoteError(f"ProxyJump of {target.shown} leads in a circle", "odd", hint="mend ~/.ssh/config")
    last = None
    for jump in jumps.split(","):
        user, _, place = jump.strip().removeprefix("ssh://").rpartition("@")
        host, _, port = place.partition(":") if place.count(":") == 1 else (place.strip("[]"), "", "")
        last = await login(Target(host, int(port) if port.isdecimal() else None, user, hops=target.hops + 1), route)
    return last


def _known(options: SSHClientConnectionOptions) -> list[str]:
    """The known_hosts files of the user's ssh config; none where it names none, or ``none``: which lets nobody in."""
    if options.config.get("UserKnownHostsFile") == []:
        return ["/dev/null"]
    return [*_listed(options, "UserKnownHostsFile"), *_listed(options, "GlobalKnownHostsFile")]


def _listed(options: SSHClientConnectionOptions, name: str) -> list[str]:
    """A setting of the ssh config that holds several words."""
    found = options.config.get(name)
    return [str(word) for word in found] if isinstance(found, list | tuple) else []


def _why(error: Exception, target: Target, options: SSHClientConnectionOptions, gate: Gate) -> RemoteError:
    """What really happened when a login failed."""
    import asyncssh

    where = target.shown + (f" ({options.host}:{options.port})" if options.host != target.host else "")
    said = words(error)
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return gate.refusal(where, target.command, said)
    if isinstance(error, asyncssh.PermissionDenied) or "Too many authentication failures" in said:
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
    files = [Path(f) for f in _listed(options, "IdentityFile")] or [Path("~/.ssh") / name for name in KEYS]
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
