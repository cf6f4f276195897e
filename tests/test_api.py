"""The Python API: light to import, prints itself, one line in a debugger, a table in a notebook."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import inspector
from inspector.model import InspectError, Snapshot
from inspector.result import Result
from tests.handmade import hostile_report, snapshot


def test_importing_it_imports_no_library() -> None:
    code = "import sys, inspector; print(*({'torch', 'diffusers', 'rich', 'typer', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], text=True, capture_output=True).stdout == "\n"


def test_a_snapshot_is_judged() -> None:
    result = inspector.diff(snapshot())
    assert result.summary["error"] == 1 and result.findings[0].code == "IPC101"
    assert str(result).splitlines()[-1].startswith("✗ sd: 1 error")
    assert repr(result) == "<inspect-pipe: sd: 1 error · inspect-pipe explain IPC101>"
    assert "<table>" in result._repr_html_() and "use_karras_sigmas" in result._repr_html_()
    assert result.text("json").startswith("{") and "IPC101" in result.text("markdown")


def test_two_are_compared() -> None:
    result = inspector.diff(snapshot(), snapshot(karras=False))
    assert {f.code for f in result.findings} == {"IPD601"}
    assert inspector.diff(result, snapshot()).findings == ()


def test_sources_are_taken_with_their_options(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def take(text: str, **options: Any) -> Snapshot:
        asked.append((text, options))
        return snapshot(text)

    monkeypatch.setattr("inspector.snapshots.take", take)
    assert inspector.capture("demo:sd15", static=True).source == "demo:sd15"
    inspector.diff("a", "b")
    assert asked == [("demo:sd15", {"static": True}), ("a", {}), ("b", {})]


def test_a_source_that_is_not_there_raises() -> None:
    with pytest.raises(InspectError):
        inspector.diff("./no-such-folder")


def test_what_a_notebook_shows_of_hostile_text_is_harmless() -> None:
    made = Result(hostile_report(), snapshot())
    assert "<script" not in made._repr_html_() and "\x1b" not in repr(made) + str(made)


def test_a_live_scheduler_at_the_prompt() -> None:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    result = inspector.diff(scheduler)
    assert [f.where for f in result.findings if f.code == "IPC101"] == ["scheduler.use_karras_sigmas"]
    assert "scheduler = EulerDiscreteScheduler.from_config(" in str(result)
