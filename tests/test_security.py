"""SECURITY.md: what it names exists, its caps are the caps, and the figures it refers to are all there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from inspector.cli import COMMANDS
from inspector.cli.app import app
from inspector.limits import Limits
from inspector.rules import RULES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<tried>[\d,]+) \| (?P<held>[\d,]+) \| (?P<share>.+?) \| (?P<note>.*) \|$")


def test_links_and_places_exist() -> None:
    for place in [*re.findall(r"\]\(([^)#]+)\)", TEXT), *re.findall(r"`((?:tests|inspector|reports)/[\w./-]+)`", TEXT)]:
        made = place.startswith("reports/") and not (ROOT / "reports").exists()  # they are not part of a release
        assert made or (ROOT / place).exists(), place


def test_make_has_the_targets() -> None:
    rules = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([\w-]+)", TEXT)) <= rules


def test_the_codes_commands_and_options_exist() -> None:
    assert set(re.findall(r"\bIP[A-Z]\d{3}\b", TEXT)) <= set(RULES)
    command = typer.main.get_command(app)
    options = {o for p in command.commands["diff"].params for o in p.opts}  # type: ignore[attr-defined]
    assert set(re.findall(r"`(--[\w-]+)", TEXT)) <= options | {"--limit"}
    assert set(re.findall(r"`inspect-pipe (\w+)", TEXT)) <= set(COMMANDS)


def test_the_caps_are_the_caps() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+)( MiB)? \|", TEXT, re.MULTILINE)
    told = {name: int(number) << (20 if unit else 0) for name, number, unit in rows}
    assert told == {f.name: f.default for f in fields(Limits)}


def test_the_report_holds() -> None:
    """What ``make robustness`` wrote last: every experiment was tried, and did as promised each time."""
    report = ROOT / "reports" / "robustness.md"
    if not report.parent.exists():
        pytest.skip("the reports are not part of a release")
    rows = [found for line in report.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]
    assert len(rows) >= 17
    assert not [r["what"] for r in rows if r["tried"] != r["held"]]
    assert not [r["what"] for r in rows if r["tried"] == "0" and not r["share"].startswith("not here: ")]
