"""Every example of the README is run, and prints what the README says it prints (``…`` stands for anything)."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from tests import forked

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.M | re.S)

FILES = {m[1]: text for kind, text in BLOCKS if kind == "python" and (m := re.match(r"# (\w+\.py)\n", text))}
"""The examples that are files by their first line; the console examples find them in their folder."""
(FILES["samplers.json"],) = (text for kind, text in BLOCKS if kind == "json")


def sessions() -> Iterator[list[tuple[str, str]]]:
    """Each console block as its commands with what they print."""
    for kind, text in BLOCKS:
        if kind == "console":
            parts = re.split(r"^\$ ", text, flags=re.M)[1:]
            yield [(command, printed) for command, _, printed in (part.partition("\n") for part in parts)]


# The first examples of these are started as users start them, with INSPECT_PIPE_FULL=1 of every command; the others
# are forked (tests/forked.py), and name transformers among the versions, which whatif and sigmas do not import.
FIRST = {command.split()[1]: command for session in [*sessions()][::-1] for command, _ in session[::-1]}
STARTED = {FIRST[c] for c in (FIRST if os.environ.get("INSPECT_PIPE_FULL") else ("diff", "whatif", "sigmas"))}


def matches(expected: str, printed: str) -> bool:
    """Line by line; ``…`` at the end of a line stands for its rest, alone on a line for any lines."""
    pattern = ""
    for line in expected.splitlines():
        if line == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line).replace("…", ".*") + r"\n"
    return re.fullmatch(pattern, printed) is not None


@contextlib.contextmanager
def a_nas(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """``nas`` is an ssh server with models in its home folder, and in the ssh configuration of whoever asks for it."""
    from tests.servers.sshd import sshd

    (folder / "there").mkdir()
    shutil.copytree(demo.prepare("sd15")[0], folder / "there" / "models" / "sd15")
    shutil.copytree(demo.prepare("sd15")[0], folder / "sd15")
    with sshd(folder / "there") as server:
        client = Path(server.environment["HOME"]) / ".ssh"
        alias = f"Host nas\n  HostName 127.0.0.1\n  Port {server.port}\n  User {server.user}\n"
        files = f"  IdentityFile {client}/id_ed25519\n  UserKnownHostsFile {client}/known_hosts\n"
        (client / "config").write_text(alias + files)
        # OpenSSH asks the account, and not HOME, for the home folder
        program = folder / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {client}/config "$@"\n')
        program.chmod(0o755)
        environment.update(server.environment, PATH=f"{folder}{os.pathsep}{environment['PATH']}")
        yield


@pytest.mark.parametrize("session", list(sessions()), ids=lambda s: s[0][0])
def test_console_examples(session: list[tuple[str, str]], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "COLUMNS": "80",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with a_nas(tmp_path, environment) if any("nas" in re.split(r"\W", c) for c, _ in session) else nullcontext():
        follow(session, environment, tmp_path)


def follow(session: list[tuple[str, str]], environment: dict[str, str], tmp_path: Path) -> None:
    """Do what a console block does."""
    for name, code in FILES.items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    for command, expected in session:
        expected, _, status = expected.partition("[exit ")
        words = shlex.split(command.replace("~/venv/bin/python", sys.executable))
        if command in STARTED or words[0] != "inspect-pipe":
            kept: dict[str, Any] = {"text": True, "capture_output": True, "encoding": "utf-8"}
            done = subprocess.run(words, cwd=tmp_path, env=environment, timeout=300, **kept)
        else:
            done = forked.done([sys.executable, "-m", "inspector", *words[1:]], cwd=tmp_path, env=environment)
        assert done.returncode == int(status.rstrip("]\n") or 0), done.stdout + done.stderr
        assert matches(expected, done.stdout + done.stderr), done.stdout + done.stderr


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_python_examples(code: str, tmp_path: Path) -> None:
    done = forked.done([sys.executable, "-c", code], cwd=tmp_path, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "print(report)" not in code or "IPC101" in done.stdout


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "toml"])
def test_settings_examples(text: str) -> None:
    from inspector.settings import Settings, parse

    assert parse(tomllib.loads(text)["tool"]["inspect-pipe"]) != Settings()


def test_make_targets_exist() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake (\w+)", " ".join(text for kind, text in BLOCKS if kind == "sh")):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_links_and_codes_exist() -> None:
    from inspector.rules import RULES

    headings = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)", README, re.M)}
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        path, _, heading = target.partition("#")
        assert (Path(__file__).parents[1] / path).exists() and (not heading or heading in headings), target
    assert set(re.findall(r"\bIP[A-Z]\d{3}\b", README)) <= set(RULES)
