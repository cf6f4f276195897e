"""``inspect-pipe watch SCRIPT.py``: the script runs as Python would run it, and the exit status is the contract's."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.diffing import Request
from inspector.cli.trying import run_script
from inspector.model import InspectError
from inspector.watching.hooks import HOOKS

HEAD = "from diffusers import EulerDiscreteScheduler\nscheduler = EulerDiscreteScheduler()\n"
WRONG = HEAD + 'scheduler.config["timestep_spacing"] = "trailing"\nscheduler.set_timesteps(3)\n'
RIGHT = HEAD + 'scheduler.config.timestep_spacing = "trailing"\nscheduler.set_timesteps(3)\n'
UNREAD = HEAD + "scheduler.config.typo = 1\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def watch(code: str | bytes, *arguments: str, **options: Any) -> int:
    script = Path("mine.py")
    script.write_bytes(code if isinstance(code, bytes) else code.encode())
    return run_script(Request("mine.py", **options), script, arguments)


@pytest.mark.parametrize(
    ("code", "options", "status"),
    [
        (RIGHT, {}, 0),
        (HEAD, {}, 0),
        ("", {}, 0),
        (WRONG, {}, 1),
        (UNREAD, {}, 1),
        (UNREAD, {"fail_on": "error"}, 0),
        (WRONG, {"fail_on": "error"}, 1),
        (WRONG, {"fail_on": "never"}, 0),
        (WRONG, {"exit_zero": True}, 0),
        (WRONG, {"ignore": ("IPW702",)}, 0),
        (WRONG, {"select": ("IPW701",)}, 0),
        (RIGHT + "raise ValueError('no')", {}, 3),
        (RIGHT + "raise ValueError('no')", {"exit_zero": True}, 3),
        (RIGHT + "import sys; sys.exit()", {}, 0),
        (RIGHT + "import sys; sys.exit(0)", {}, 0),
        (RIGHT + "import sys; sys.exit(2)", {}, 3),
        (RIGHT + "import sys; sys.exit('no luck')", {}, 3),
        (b"# -*- coding: latin-1 -*-\nassert len('\xe9') == 1\n", {}, 0),
    ],
)
def test_exit_status(code: str | bytes, options: dict[str, Any], status: int) -> None:
    assert watch(code, **options) == status
    assert not HOOKS.sinks and not HOOKS.undo


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (b"x = '\xe9'\n", "not Python"),
        (b"x = (\n", "line 1: '(' was never closed"),
        (b"x = 1\0", "null bytes"),
    ],
)
def test_what_is_no_script(code: bytes, said: str) -> None:
    with pytest.raises(InspectError, match=r"mine\.py: not Python") as raised:
        watch(code)
    assert said in raised.value.message and raised.value.exit_code == 3


def test_a_folder_and_nothing(here: Path) -> None:
    (here / "folder.py").mkdir()
    for name, said in (("folder.py", "is a folder"), ("none.py", "no such script")):
        with pytest.raises(InspectError, match=said) as raised:
            run_script(Request(name), Path(name), ())
        assert raised.value.exit_code == 3


def test_as_python_would_run_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "sibling.py").write_text("VALUE = 7")
    before = (list(sys.argv), list(sys.path), sys.modules["__main__"], gc.isenabled(), sys.stdout)
    code = """
import argparse, gc, os, sys, pickle
import sibling
class Mine: pass
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int)
    parser.add_argument("-f", "--format")
    given = parser.parse_args()
    assert (given.steps, given.format, sibling.VALUE) == (4, "png", 7)
    assert sys.argv[0] == "mine.py" and sys.path[0] == os.path.realpath(os.getcwd()) == os.path.dirname(__file__)
    assert type(pickle.loads(pickle.dumps(Mine()))) is Mine and sys.modules["__main__"].Mine is Mine
    assert gc.isenabled() and __doc__ is None and __spec__ is None and __builtins__.len([1]) == 1
    print("it was run")
"""
    gc.disable()
    try:
        assert watch(code, "--steps", "4", "-f", "png") == 0
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert (list(sys.argv), list(sys.path), sys.modules["__main__"], gc.isenabled(), sys.stdout) == before
    sys.modules.pop("sibling")
    out, err = capsys.readouterr()
    assert "it was run" in err and "it was run" not in out and "mine.py" in out


def test_threads_that_the_script_leaves_are_waited_for() -> None:
    code = "import threading, time\n" + HEAD + "def late():\n    time.sleep(0.3)\n    scheduler.config.typo = 1\n"
    assert watch(code + "threading.Thread(target=late).start()\n") == 1
    assert threading.active_count() >= 1


def test_an_error_is_told_from_the_script_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(WRONG + "def go():\n    1 / 0\ngo()\n") == 3
    out, err = capsys.readouterr()
    assert "ZeroDivisionError" in out and "IPW702" in out
    assert "in go" in err and "watching/script.py" not in err


def test_interrupted_is_reported_as_far_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        watch(WRONG + "raise KeyboardInterrupt\n")
    assert "IPW702" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "jsonl", "markdown", "human"])
def test_formats_and_files(form: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(WRONG, form=form, output=here / "report") == 1
    assert capsys.readouterr().out == ""
    text = (here / "report").read_text(encoding="utf-8")
    assert "IPW702" in text
    if form == "json":
        found = json.loads(text)
        assert found["summary"] == {"error": 1, "warning": 0, "note": 0, "skipped": 0}
        data = found["data"]
        wrong = [e for e in data["events"] if e["kind"] == "write"]
        assert [(e["where"], e["place"], e["value"], e["file"], e["line"], e["function"]) for e in wrong] == [
            ("EulerDiscreteScheduler.timestep_spacing", "item", "trailing", "mine.py", 3, "<module>")
        ]
        assert data["never_read"] == [] and data["read_elsewhere"][0]["line"] == 3 and data["coverage"]["settings"]
    if form == "jsonl":
        assert [json.loads(line)["kind"] for line in text.splitlines()] == ["report", "finding", "summary"]


def test_a_script_may_go_elsewhere_and_is_still_named_alike(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "away").mkdir()
    assert watch(UNREAD + "import os; os.chdir('away')\nscheduler.config.typo2 = 1\n", form="json") == 1
    data = json.loads(capsys.readouterr().out)["data"]
    assert {e["file"] for e in data["events"] if e["kind"] == "write"} == {"mine.py"}


def test_a_script_in_a_folder_that_is_called_diffusers(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "diffusers").mkdir()
    script = here / "diffusers" / "mine.py"
    script.write_text(UNREAD)
    os.chdir(here / "diffusers")
    assert run_script(Request("mine.py", form="json"), Path("mine.py"), ()) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["severity"] == "warning" and found["message"].startswith("mine.py:3 ")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, "-m", "inspector", "watch", *arguments]
    return subprocess.run(given, text=True, capture_output=True, encoding="utf-8", timeout=300)


def test_stdout_is_the_reports_alone_and_other_processes_are_told(here: Path) -> None:
    (here / "mine.py").write_text(
        "import multiprocessing, os, subprocess, sys\n" + HEAD + "def work(n):\n    return n * 2\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n        assert pool.map(work, [1]) == [2]\n"
        "    subprocess.run(['echo', 'child'])\n    print('parent', sys.argv)\n"
        "    if os.fork() == 0:\n        print('forked')\n        sys.exit()\n    os.wait()\n"
    )
    done = command("-f", "json", "mine.py", "--help", "-v")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [s["reason"] for s in found["skipped"]] == [
        "it started other processes: what they read and wrote is not seen"
    ]
    for said in ("child", "parent ['mine.py', '--help', '-v']", "forked"):
        assert said in done.stderr


@pytest.mark.parametrize("arguments", [("--fail-on", "fatal", "mine.py"), ("-f", "yaml", "mine.py"), ()])
def test_usage(here: Path, arguments: tuple[str, ...]) -> None:
    (here / "mine.py").write_text("raise SystemExit(7)")
    assert command(*arguments).returncode == 2
