"""Who logs in to a server, and with what: from the address, the environment or a netrc file, and never shown."""

from __future__ import annotations

import os
from pathlib import Path

from inspector.model import EXIT_USAGE, InspectError
from inspector.remote.address import Address

VARIABLE = "INSPECT_PIPE_PASSWORD"
"""The environment variable that holds the password of the user whom an address names."""


def login(address: Address) -> tuple[str, str]:
    """The user and the password for an address; both are empty where nobody says.

    The password is that of the address, else (where the address names a user) that of the environment variable
    ``INSPECT_PIPE_PASSWORD``, else that of ``$NETRC`` or ``~/.netrc``: the entry of this machine, and of this user
    where the address names one. The file's ``default`` entry is not used: it would go to any server an address names.

    Raises:
        InspectError: the netrc file is no such file (exit status 2).
    """
    if address.password:
        return address.user, address.password
    if address.user and (password := os.environ.get(VARIABLE)):
        return address.user, password
    user, password = noted(address.host)
    if user and address.user in ("", user):
        return user, password
    return address.user, ""


def noted(host: str) -> tuple[str, str]:
    """The login that the netrc file has for a machine.

    Raises:
        InspectError: see :func:`login`.
    """
    import netrc

    named = os.environ.get("NETRC")
    file = Path(named) if named else Path.home() / ".netrc"
    try:
        # without a name, only that of the user's own file, the library also checks that others may not read it
        found = (netrc.netrc(named) if named else netrc.netrc()).hosts.get(host)
    except FileNotFoundError:
        return "", ""
    except netrc.NetrcParseError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise InspectError(
            f"{file}{line}: {error.msg}", hint="mend it, or set NETRC to another file", exit_code=EXIT_USAGE
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InspectError(
            f"{file} cannot be read: {said}", hint="check its permissions", exit_code=EXIT_USAGE
        ) from error
    return (found[0] or "", found[2] or "") if found else ("", "")
