"""Faults of the worker: the user has a line, an exit status of the contract, and all that could be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.snapshots import take
from tests.faults import dying, small
from tests.faults.ending import inhabitants
from tests.test_faults_reading import assert_held


def test_every_end_of_a_worker(tmp_path: Path) -> None:
    assert_held(dying.every_worker(tmp_path), len(dying.WORKERS))


def test_a_worker_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(InspectError, match="cannot be started: Resource temporarily unavailable") as caught:
        take(str(small(tmp_path / "model")))
    assert caught.value.exit_code == 3 and "--static" in caught.value.hint
    assert os.listdir(tmp_path) == ["model"]


def test_a_real_worker_ends_with_its_parent(tmp_path: Path) -> None:
    """As users start it: killed while it builds, it leaves no process behind, and no file in the worker's folder."""
    private = tmp_path / "tmp"
    private.mkdir()
    root = small(tmp_path / "model")
    environment = {**os.environ, "TMPDIR": str(private), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "inspector", "diff", str(root)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=tmp_path) as running:
        until = time.monotonic() + 60
        while not any("landlock" in log.read_text() for log in private.glob("*/log")) and time.monotonic() < until:
            time.sleep(0.02)
        assert inhabitants(private)
        time.sleep(0.3)  # it imports the libraries now
        running.send_signal(signal.SIGKILL)
    until = time.monotonic() + 5
    while inhabitants(private) and time.monotonic() < until:
        time.sleep(0.02)
    assert not inhabitants(private)
    assert not [f for f in private.rglob("*") if not f.is_dir()]
