"""Why there was no answer: what ssh and the shell there said, as one line that says what to do."""

from __future__ import annotations

import re

from inspector.farside import OLDEST
from inspector.farside.host import CONNECTING, Host
from inspector.model import InspectError

_SSH = (
    (r"could not resolve hostname|name or service not known|nodename nor servname", "there is no host of this name",
     "check the name; ssh -G HOST shows what your configuration makes of it"),
    (r"remote host identification has changed", "its host key is another than the one that is known",
     "if it was installed anew: ssh-keygen -R HOST, then ssh HOST once by hand"),
    (r"host key verification failed|no .* host key is known", "its host key is not known",
     "compare it once by hand: ssh HOST"),
    (r"permission denied \(|too many authentication failures|no supported authentication|sign_and_send_pubkey",
     "it refused the login", "a key in the agent or in ~/.ssh is needed: ssh HOST must work without a question"),
    (r"connection refused", "it refuses the connection", "is sshd running there, and is it this port?"),
    (r"timed out|operation timed out", f"it did not take the connection in {CONNECTING} s",
     "is it on, and on this network?"),
    (r"no route to host|network is unreachable", "there is no way to it", "is it on, and on this network?"),
    (r"bad configuration option|terminating, .* bad configuration|unsupported option",
     "ssh does not accept its options", "look at your ssh configuration"),
    (r"connection (closed|reset)|broken pipe|kex_exchange_identification|client_loop", "the connection was closed",
     "see its log, and try again"),
)  # fmt: skip
_SHELL = (
    (r"not found|no such file or directory|unknown command|is not recognized",
     "there is no {python} there", "--python PATH names the interpreter there: ~/venv/bin/python, say; of conda "
     "~/miniconda3/envs/NAME/bin/python"),
    (r"permission denied|not executable|cannot execute",
     "{python} may not be run there", "--python PATH names another"),
    (r"disk quota|no space left", "its disk is full", "make room in its temporary folder, or set TMPDIR there"),
)  # fmt: skip


def refused(host: Host, said: str, status: int | None) -> InspectError:
    """Why the far side never began.

    Args:
        host: which one.
        said: what ssh and the shell there wrote to stderr.
        status: how ssh ended; 255 is its own failure, anything else that of the command there; None: it did not.
    """
    if status == 255 or status is None:
        for pattern, what, hint in _SSH:
            if re.search(pattern, said, re.IGNORECASE):
                return error(host, what, hint, said)
        return error(host, "ssh failed", "try by hand: ssh HOST", said)
    for pattern, what, hint in _SHELL:
        if re.search(pattern, said, re.IGNORECASE):
            return error(host, what.format(python=host.python), hint, said)
    if status in (126, 127):
        return error(host, f"{host.python} cannot be run there", "--python PATH names another", said)
    return error(host, f"{host.python} ended with status {status} before it began", "--python PATH names another", said)


def error(host: Host, what: str, hint: str, said: str = "") -> InspectError:
    """One line that names the host, with the last line of what was said where that tells more."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    last = lines[-1][:300] if lines else ""
    message = f"{host.shown}: {what}" + (f" ({last})" if last else "")
    return InspectError(message, hint=by_hand(host, hint), where=host.shown)


def by_hand(host: Host, hint: str) -> str:
    """A hint with the host in it, as ssh and this tool are given it."""
    port = f"-p {host.port} " if host.port else ""
    return hint.replace("ssh HOST", f"ssh {port}{host.name}").replace("HOST", host.shown)


def too_old(host: Host, version: str, program: str) -> InspectError:
    oldest = ".".join(map(str, OLDEST))
    message = f"{host.shown}: {program or host.python} is Python {version}, and this needs {oldest} or newer"
    hint = "--python PATH names another interpreter there; env asks any Python from 3.8 on"
    return InspectError(message, hint=hint, where=host.shown)


def missing(host: Host, names: list[str], program: str) -> InspectError:
    """The packages without which nothing can be built."""
    few = " and no ".join(names)
    hint = "--python PATH names the interpreter of the environment there; remote run HOST -- env tells what it sees"
    message = f"{host.shown}: {program} has no {few}"
    return InspectError(message, hint=by_hand(host, hint), where=host.shown)
