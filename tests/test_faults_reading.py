"""Faults while a folder is read: it ends incomplete and says so, in time, and never reads elsewhere.

Small here; INSPECT_PIPE_FULL=1 and ``make robustness`` run them whole.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from inspector import patience
from inspector.model import InspectError
from tests.faults import Figure, changing, hanging, refusing

FULL = bool(os.environ.get("INSPECT_PIPE_FULL"))


def assert_held(figure: Figure, least: int) -> None:
    if figure.skipped:
        pytest.skip(figure.skipped)
    assert figure.tried >= least and not figure.broken, "\n".join(figure.broken[:5])


def test_every_call_with_every_error(tmp_path: Path) -> None:
    assert_held(refusing.every_call(tmp_path), 400)


def test_a_call_that_never_returns(tmp_path: Path) -> None:
    assert_held(hanging.every_call(tmp_path, 1 if FULL else 4), 15)


def test_a_read_that_the_kernel_holds(tmp_path: Path) -> None:
    assert_held(hanging.in_the_kernel(tmp_path), 7)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    assert_held(changing.every_read(tmp_path, 1 if FULL else 5), 20)


def test_what_another_process_exchanges_leads_nowhere(tmp_path: Path) -> None:
    assert_held(changing.exchanged(tmp_path, 300), 301)


def test_a_path_on_the_command_line_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even what it is can be asked: given up before anything else of the command looks at it."""
    gone = threading.Event()
    monkeypatch.setattr("os.path.isdir", lambda path: gone.wait(30) if path == "/mnt/gone" else False)
    began = time.monotonic()
    with pytest.raises(InspectError, match=r"/mnt/gone did not answer within 0\.2 s") as caught:
        patience.look(["diff", "/mnt/gone"], 0.2)
    assert time.monotonic() - began < 1.2 and caught.value.exit_code == 3 and caught.value.code == "IPI904"
    gone.set()


def test_patience_asks_nothing_more_after_it_gave_up() -> None:
    waiting, gone = patience.Patience(), threading.Event()
    assert waiting.wait(lambda: 1, 5) == 1
    with pytest.raises(ZeroDivisionError):
        waiting.wait(lambda: 1 // 0, 5)
    for seconds in (0.1, 5):  # the second is not even asked
        with pytest.raises(patience.GivenUpError):
            waiting.wait(gone.wait, seconds)
    gone.set()
    waiting.close()
