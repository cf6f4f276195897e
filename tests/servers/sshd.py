"""OpenSSH's sshd, with sftp: own host key, own user key, no account but the current one."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import running

CONFIG = """\
ListenAddress 127.0.0.1
HostKey {state}/host
AuthorizedKeysFile {state}/authorized
PidFile none
StrictModes no
UsePAM {pam}
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp -d {home}
AcceptEnv no
"""


def key(path: Path, *options: str) -> Path:
    """A new ed25519 key, made by ssh-keygen, with its ``.pub`` beside it; no pass phrase unless ``-N`` says so."""
    phrase = () if "-N" in options else ("-N", "")
    command = [running.program("ssh-keygen"), "-q", "-t", "ed25519", "-C", "test", "-f", str(path), *phrase, *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def known(host: Path, names: str = "*") -> str:
    """The line of a known_hosts file that knows this host key under these names (all of them: any port, any Wire)."""
    return f"{names} {host.with_suffix('.pub').read_text()}"


def locked(name: str) -> bool:
    """Whether an account's password is locked, which sshd takes for the account's being locked unless PAM decides."""
    try:
        lines = Path("/etc/shadow").read_text().splitlines()
    except OSError:  # nor can sshd see it then
        return False
    return any(line.startswith(f"{name}:!") for line in lines)


@contextlib.contextmanager
def sshd(folder: Path) -> Iterator[running.Server]:
    """Serves the whole file system; ``url`` starts in ``folder``, and the home folder of sftp is ``folder`` as well.

    ``environment["HOME"]`` has the client's ``.ssh``: ``id_ed25519``, ``known_hosts``, and no ``config``.
    ``state / "host"`` is the host key.
    """
    path, name = running.program("sshd"), pwd.getpwuid(os.getuid()).pw_name
    with running.folder() as state:
        client = state / "home" / ".ssh"
        client.mkdir(parents=True, mode=0o700)
        user = key(client / "id_ed25519")
        (state / "authorized").write_text(user.with_suffix(".pub").read_text())
        (client / "known_hosts").write_text(known(key(state / "host")))
        (state / "config").write_text(CONFIG.format(state=state, home=folder, pam="yes" if locked(name) else "no"))
        if os.getuid() == 0:  # where sshd, as root, shuts its unprivileged half in
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        command = [path, "-D", "-e", "-f", str(state / "config")]
        with running.running(lambda port: [*command, "-p", str(port)], state) as (process, port):
            environment = {"HOME": str(client.parent), "SSH_AUTH_SOCK": ""}
            yield running.Server("sftp", port, str(folder), state, process, name, environment=environment)


def at_home(server: running.Server, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """The user's home for one test: a copy of the server's ``HOME``, and nothing else that would let anybody in."""
    home = Path(shutil.copytree(server.environment["HOME"], folder / "home"))
    for name, value in {**server.environment, "HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    for name in ("NETRC", "INSPECT_PIPE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return home
