"""A login by ssh as the user's own ``ssh HOST`` would do it: config, jumps, agent, keys; and what it failed of."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inspector.remote.connection import RemoteError
from inspector.remote.hostkeys import Gate
from inspector.remote.sshrefused import Target, listed, refusal, words

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection, SSHClientConnectionOptions

HOPS = 8


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
    if files := listed(options, "IdentityFile"):  # ssh passes over those that are not there; asyncssh does not
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
        raise refusal(error, target, options, gate) from error
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
        place = urlsplit(f"ssh://{jump.strip().removeprefix('ssh://')}")
        try:
            hop = Target(place.hostname or "", place.port, place.username or "", hops=target.hops + 1)
        except ValueError as error:
            raise RemoteError(f"ProxyJump of {target.shown}: {error}", "odd", hint="mend ~/.ssh/config") from error
        last = await login(hop, route)
    return last


def _known(options: SSHClientConnectionOptions) -> list[str]:
    """The known_hosts files of the user's ssh config; none where it names none, or ``none``: which lets nobody in."""
    if options.config.get("UserKnownHostsFile") == []:
        return ["/dev/null"]
    return [*listed(options, "UserKnownHostsFile"), *listed(options, "GlobalKnownHostsFile")]
