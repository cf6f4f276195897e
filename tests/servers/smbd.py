"""Samba's smbd as an ordinary user: one share, one account that is the current user's."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.servers import running

SHARE, PASSWORD = "models", "s3cret/pass"
CONFIG = """\
[global]
server role = standalone server
interfaces = 127.0.0.1/8
bind interfaces only = yes
smb ports = {port}
passdb backend = tdbsam:{state}/passdb.tdb
private dir = {state}
lock directory = {state}
state directory = {state}
cache directory = {state}
pid directory = {state}
ncalrpc dir = {state}/ncalrpc
log file = {state}/log.smbd
max log size = 0
map to guest = never
load printers = no
printcap name = /dev/null
disable spoolss = yes
disable netbios = yes
unix extensions = no
{options}
[{share}]
path = {folder}
read only = yes
"""


@contextlib.contextmanager
def smbd(folder: Path, options: str = "") -> Iterator[running.Server]:
    """Serves ``folder`` as the share ``models``; ``options`` are lines of ``[global]``."""
    path, accounts = running.program("smbd"), running.program("pdbedit")
    user = pwd.getpwuid(os.getuid()).pw_name
    with running.folder() as state:

        def command(port: int) -> list[str]:
            config = state / "config"
            text = CONFIG.format(state=state, port=port, share=SHARE, folder=folder, options=options)
            config.write_text(text)
            if not (state / "passdb.tdb").exists():
                add = [accounts, "-s", str(config), "-a", "-t", "-u", user]
                twice = f"{PASSWORD}\n{PASSWORD}\n".encode()
                subprocess.run(add, input=twice, check=True, capture_output=True)
            return [path, "--foreground", "--no-process-group", "--configfile", str(config), "--debug-stdout"]

        with running.running(command, state) as (process, port):
            yield running.Server("smb", port, SHARE, state, process, user, PASSWORD)
