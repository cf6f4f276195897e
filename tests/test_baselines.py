"""Accepted findings: matched by what they are, told with their reasons, counting again when they expire."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inspector.baselines import Acceptance, Baseline, Entry, apply, dump, label, load, pruned, updated
from inspector.cli.diffing import filtered
from inspector.fingerprints import fingerprint, fingerprints
from inspector.model import Finding, InspectError, Report, Skip
from inspector.settings import Settings, parse
from tests.folders import edit
from tests.forked import run
from tests.handmade import finding, report

TODAY = date(2026, 11, 25)
PROJECT = Path(__file__).parent / "data" / "project"
PLACES = {"disk": 0.012, "default": 0.02, "item": 0.012, "attr": 0.02}
FOUND = finding("IPC101", "scheduler.beta_end", places=PLACES)

ALIKE = {
    "other words": replace(FOUND, message="said otherwise", fix="do otherwise", severity="warning"),
    "other lines": replace(FOUND, reads=("init scheduling_ddim.py:1 __init__",)),
    "order of the places": replace(FOUND, places=dict(reversed(PLACES.items()))),
    "a digit that another machine rounds otherwise": replace(FOUND, places={**PLACES, "attr": 0.02 * (1 + 1e-9)}),
    "read, not built": replace(FOUND, places={k: v for k, v in PLACES.items() if k != "item"}),
}
OTHERS = {
    "code": replace(FOUND, code="IPC107"),
    "where": replace(FOUND, where="scheduler.beta_start"),
    "value": replace(FOUND, places={**PLACES, "attr": 0.03}),
    "True is not 1": replace(FOUND, places={**PLACES, "attr": True}),
    "no value": replace(FOUND, places={k: v for k, v in PLACES.items() if k != "attr"}),
}


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_finding_has_the_same_fingerprint(name: str) -> None:
    assert fingerprint(ALIKE[name]) == fingerprint(FOUND)


@pytest.mark.parametrize("name", OTHERS)
def test_another_finding_has_another(name: str) -> None:
    assert fingerprint(OTHERS[name]) != fingerprint(FOUND)


def test_a_fingerprint_knows_no_path_and_no_digest_of_one_machine() -> None:
    tensor = {"shape": [1000], "dtype": "float32", "device": "cpu", "digest": "aa"}
    here, there = [
        finding("IPC108", f"{root}/unet/config.json", places={"disk": f"{root}/unet/config.json", "live": held})
        for root, held in (("/home/a", tensor), ("/builds/7", {**tensor, "device": "cuda:0", "digest": "bb"}))
    ]
    assert fingerprint(here) == fingerprint(there)


def test_no_two_of_a_report_share_one_whatever_their_order() -> None:
    twins = [finding("IPI909", "unet", message=f"{n} is hidden", places={}) for n in "abc"]
    named = dict(zip([f.message for f in twins], fingerprints(twins), strict=True))
    assert len(set(named.values())) == 3
    again = [twins[2], twins[0], twins[1]]
    assert dict(zip([f.message for f in again], fingerprints(again), strict=True)) == named


# A baseline and reports of plain data.


def made(*findings: Finding, source: str = "sd", **more: Any) -> Report:
    return replace(report(*findings), source=source, findings=findings, **more)


def accepting(*findings: Finding, path: Path = Path("base.json"), **said: Any) -> Baseline:
    return updated(Baseline(path=path), [made(*findings)], Acceptance(today=TODAY, **said))


NEW = finding("IPC103", "scheduler.solver_order", severity="warning", places={"item": 2, "live": 3})


def test_what_is_accepted_is_shown_and_does_not_count() -> None:
    known = accepting(FOUND, reason="trained so", expires="2027-01-31")
    seen = apply(made(FOUND, NEW), known, TODAY)
    assert [f.code for f in seen.findings] == ["IPC103"] and seen.summary["error"] == 0
    [s] = seen.suppressed
    assert (s.finding, s.reason, s.by, s.expires) == (FOUND, "trained so", "baseline", "2027-01-31")


@pytest.mark.parametrize(("day", "counts"), [("2026-11-25", False), ("2026-12-31", False), ("2027-01-01", True)])
def test_an_acceptance_holds_until_its_last_day(day: str, counts: bool) -> None:
    known = accepting(FOUND, reason="until we retrain", expires="2026-12-31")
    seen = apply(made(FOUND), known, date.fromisoformat(day))
    assert (FOUND in seen.findings) is counts and bool(seen.suppressed) is not counts
    said = [f for f in seen.findings if f.code == "IPB802"]
    assert bool(said) is counts
    if counts:
        assert said[0].severity == "warning" and "until 2026-12-31 (until we retrain)" in said[0].message


def test_an_entry_that_no_longer_occurs_is_told() -> None:
    known = accepting(FOUND, NEW)
    [gone] = apply(made(NEW), known, TODAY).findings
    assert (gone.code, gone.severity, gone.where) == ("IPB801", "note", FOUND.where)
    assert FOUND.message in gone.message and "no longer occurs" in gone.message
    other = replace(FOUND, places={**PLACES, "attr": 0.03})
    seen = apply(made(other, NEW), known, TODAY)
    assert [f.code for f in seen.findings] == ["IPC101", "IPB801"]
    assert "occurs with other values" in seen.findings[1].message


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (made(skipped=(Skip("unet", "truncated", failed=True),)), "could not be read"),
        (replace(made(), data={"components": [{"path": "s", "settings": [{"places": {"disk": 1}}]}]}), "only files"),
    ],
)
def test_nothing_is_gone_where_not_everything_was_seen(seen: Report, why: str) -> None:
    told = apply(seen, accepting(FOUND), TODAY)
    assert not told.findings and why in told.skipped[-1].reason
    assert pruned(accepting(FOUND), [seen])[0].entries == accepting(FOUND).entries


def test_a_part_that_was_not_read_cannot_be_accepted() -> None:
    unread = Finding("IPI902", "error", "unet/config.json", "not strict JSON")
    assert not accepting(unread).entries
    entry = Entry("sd", "IPI902", unread.where, fingerprint(unread))
    assert apply(made(unread), Baseline((entry,), {"sd": "built"}), TODAY).findings == (unread,)


def test_update_keeps_reasons_and_dates_and_prune_drops_what_is_gone() -> None:
    first = accepting(FOUND, reason="trained so", by="lea", expires="2026-12-31")
    later = Acceptance("upstream #14460", "max", "2027-06-30", today=date(2026, 12, 1))
    both = updated(first, [made(NEW, FOUND)], later)
    kept = {e.code: (e.reason, e.by, e.added, e.expires) for e in both.entries}
    assert kept == {
        "IPC101": ("trained so", "lea", "2026-11-25", "2026-12-31"),
        "IPC103": ("upstream #14460", "max", "2026-12-01", "2027-06-30"),
    }
    anew = updated(both, [made(NEW, FOUND)], Acceptance("", "", "2028-01-01", today=date(2027, 1, 1)))
    assert {e.code: e.expires for e in anew.entries} == {"IPC101": "2028-01-01", "IPC103": "2027-06-30"}
    assert [e.code for e in pruned(both, [made(NEW)])[0].entries] == ["IPC103"]
    assert dump(updated(both, [made(FOUND, NEW)], later)) == dump(both)


def test_notes_are_accepted_only_when_they_would_fail() -> None:
    note = replace(FOUND, severity="note")
    assert not accepting(note).entries and len(accepting(note, fail_on="note").entries) == 1


def test_an_entry_belongs_to_its_source() -> None:
    known = updated(accepting(FOUND), [made(source="org/other")], Acceptance(today=TODAY))
    assert apply(made(FOUND, source="org/other"), known, TODAY).findings == (FOUND,)
    # a third one is none of the two
    [still, note] = apply(made(FOUND, source="third"), known, TODAY).findings
    assert (still, note.code) == (FOUND, "IPB803") and "does not name third" in note.message
    # but it is the same one in another checkout, and so is the only one of a baseline
    assert [f.code for f in apply(made(FOUND, source="elsewhere/sd"), known, TODAY).findings] == ["IPB803"]
    assert [f.code for f in apply(made(FOUND, source="renamed"), accepting(FOUND), TODAY).findings] == ["IPB803"]


def test_samplers_are_matched_by_preset_and_by_class() -> None:
    def checks(*names: str, steps: tuple[int, ...] = (1, 20)) -> dict[str, Any]:
        row: dict[str, Any] = {"class": "DDIMScheduler", "model": "sd15", "device": "cpu", "verdict": "pass"}
        row |= {"solve": None, "against": None}
        rows = [{**row, "name": n, "preset": n, "steps": s} for n in names for s in steps]
        return {"command": "sigmas", "checks": rows}

    of_class = finding("IPS314", "DDIMScheduler on sd15", places={})
    of_preset = finding("IPS314", "DDIM on sd15", places={})
    known = updated(Baseline(), [replace(made(of_class), data=checks(*"abcd"))], Acceptance(today=TODAY))
    assert known.sources == {"sigmas": "steps 1 20"}
    seen = apply(replace(made(of_preset), data=checks("DDIM")), known, TODAY)
    assert not seen.findings and len(seen.suppressed) == 1
    # what was not asked for is not gone: another preset, or fewer steps
    for asked in (checks("Euler"), checks(*"abcd", steps=(20,))):
        assert not apply(replace(made(), data=asked), known, TODAY).findings
    assert [f.code for f in apply(replace(made(), data=checks(*"abcd")), known, TODAY).findings] == ["IPB801"]


# The file.

GOOD: dict[str, Any] = {
    "schema": "inspect-pipe-baseline/1",
    "sources": {"sd": "built"},
    "entries": [{"source": "sd", "code": "IPC101", "where": "scheduler.beta_end", "fingerprint": "00", "reason": ""}],
}


def with_entry(**change: Any) -> str:
    return json.dumps({**GOOD, "entries": [{**GOOD["entries"][0], **change}]})


BAD: dict[str, tuple[str | None, int, str]] = {
    "missing": (None, 3, "baseline create SOURCE"),
    "not JSON": ("{", 3, "ends too early"),
    "a merge conflict": ("<<<<<<< ours\n" + json.dumps(GOOD, indent=1) + "\n>>>>>>> theirs\n", 3, "merge"),
    "a key twice": (json.dumps(GOOD).replace('"reason"', '"code": "IPC102", "reason"'), 3, "twice"),
    "no baseline": (json.dumps({"a": 1}), 2, "is no baseline"),
    "a list": ("[]", 2, "is no baseline"),
    "a later one": (json.dumps({**GOOD, "schema": "inspect-pipe-baseline/2"}), 2, "another version"),
    "a mistyped date": (with_entry(expire="2027-01-01"), 2, "did you mean expires?"),
    "no date": (with_entry(expires="soon"), 2, "'soon' is no date"),
    "an unknown code": (with_entry(code="ipc104"), 2, "did you mean IPC104"),
    "a code that is none": (with_entry(code="IPC1"), 2, "no rule has"),
    "a number": (with_entry(reason=3), 2, "is no text"),
    "an entry without a fingerprint": (with_entry(fingerprint=""), 2, "has no fingerprint"),
    "entries that are none": (json.dumps({**GOOD, "entries": {}}), 2, "no list of entries"),
    "sources that are none": (json.dumps({**GOOD, "sources": {"sd": "half"}}), 2, "sources must"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_baseline_says_what_is_wrong_with_it(name: str, tmp_path: Path) -> None:
    content, code, words = BAD[name]
    file = tmp_path / "base.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InspectError) as caught:
        load(file)
    assert caught.value.exit_code == code and words in f"{caught.value.message} {caught.value.hint}"
    assert "base.json" in caught.value.message


def test_what_is_written_is_read_again_and_is_sorted(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    known = accepting(NEW, FOUND, path=file, reason="日本 \u202e", by="lea")
    file.write_text(dump(known), encoding="utf-8")
    again = load(file)
    assert set(again.entries) == set(known.entries) and again.sources == known.sources
    assert [e.where for e in again.entries] == sorted(e.where for e in known.entries)
    assert dump(again) == dump(known) and "\u202e" not in dump(known)


WRITER = """
import sys; sys.path.insert(0, {root!r})
from pathlib import Path
from inspector.writing import write
for _ in range(40): write(Path(sys.argv[1]), Path(sys.argv[2]).read_text())
"""


def test_two_writers_leave_one_whole_file(tmp_path: Path) -> None:
    target, texts = tmp_path / "base.json", []
    for name, known in (("a", accepting(FOUND)), ("b", accepting(FOUND, NEW, reason="x" * 100_000))):
        texts.append(dump(known))
        (tmp_path / name).write_text(texts[-1])
    code = WRITER.format(root=str(Path(__file__).parents[1]))
    both = [subprocess.Popen([sys.executable, "-c", code, target, tmp_path / name]) for name in "ab"]
    seen = set()
    while any(p.poll() is None for p in both):
        if target.exists():
            seen.add(target.read_text())
    assert [p.wait() for p in both] == [0, 0]
    assert seen <= set(texts) and target.read_text() in texts and load(target).entries
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "base.json"]


# A project on disk, through the command line.


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def command(project: Path) -> Iterator[Callable[..., tuple[int, str]]]:
    def call(*arguments: str, cwd: Path = project) -> tuple[int, str]:
        done = run(*arguments, cwd=cwd, COLUMNS="100")
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    yield call


def test_a_project_goes_red_when_a_setting_changes_and_green_when_it_is_back(
    project: Path, command: Callable[..., tuple[int, str]]
) -> None:
    scheduler = project / "models/sd15/scheduler/scheduler_config.json"
    status, said = command("diff", "models/sd15")
    assert status == 0 and "our trainer writes" in said and "1 suppressed" in said, said
    before, unet = scheduler.read_text(), project / "models/sd15/unet/config.json"
    scheduler.write_text(json.dumps(dict(reversed(json.loads(before).items()))))  # another order, no white space
    unet.write_text(unet.read_text() + "\r\n")
    assert command("diff", "sd15", "--static", cwd=project / "models")[0] == 0
    edit(scheduler, lambda c: c.update(use_karas_sigmas=True))
    status, said = command("diff", "models/sd15")
    assert status == 1 and "use_karas_sigmas" in said and "1 suppressed" in said, said
    edit(scheduler, lambda c: (c.pop("use_karas_sigmas"), c.update(trainer_run="2026-04-01")))
    status, said = command("diff", "models/sd15", "--static")
    assert status == 1 and "IPC104" in said and "suppressed" not in said, said
    scheduler.write_text(before)
    moved = Path(shutil.move(project, project.parent / "elsewhere"))  # another checkout
    status, said = command("diff", str(moved / "models/sd15"), cwd=moved)
    assert status == 0 and "IPB" not in said and "1 suppressed" in said, said


def test_create_update_and_prune(project: Path, command: Callable[..., tuple[int, str]]) -> None:
    scheduler, file = project / "models/sd15/scheduler/scheduler_config.json", project / "inspect-pipe-baseline.json"
    status, said = command("baseline", "create", "models/sd15", "--static")
    assert status == 2 and "exists already" in said and "--force" in said
    before = load(file)
    edit(scheduler, lambda c: (c.pop("trainer_run"), c.update(use_karas_sigmas=True)))
    status, said = command("baseline", "update", "--static")
    assert status == 0 and "+ IPC104  scheduler.use_karas_sigmas" in said and "no reason given for 1 finding" in said
    both = load(file)
    assert before.entries[0] in both.entries and both.sources == {"models/sd15": "built"}
    # by the files alone nothing is gone, for the baseline is of the built pipeline
    status, said = command("baseline", "prune", "--static")
    assert status == 0 and "skipped" in said and load(file) == both
    status, said = command("baseline", "prune")
    assert status == 0 and "- IPC104  scheduler.trainer_run" in said
    assert [e.where for e in load(file).entries] == ["scheduler.use_karas_sigmas"]
    # a saved report is a source too; a reason goes to whoever has none
    assert command("diff", "models/sd15", "--static", "-f", "json", "-o", "saved.json")[0] == 0
    assert command("baseline", "update", "saved.json", "--reason", "typo of ours", "--by", "lea")[0] == 0
    assert [(e.reason, e.by) for e in load(file).entries] == [("typo of ours", "lea")]
    text = file.read_text()
    for arguments, code, words in (
        (("create", "models/sd15", "--static", "-o", "models/sd15/base.json"), 5, "lies inside the inspected"),
        (("create", "models/sd15", "--static", "--force", "-o", "models"), 5, "cannot write"),
        (("create", "models/none", "--static", "-o", "new.json"), 3, "no such file"),
        (("update", "--expires", "tomorrow"), 2, "is no date"),
        (("update", "--expires", "2001-01-01"), 2, "is past"),
        (("update", "-o", "none.json"), 3, "cannot be read"),
    ):
        status, said = command("baseline", *arguments)
        assert status == code and words in said, said
    assert file.read_text() == text and sorted(p.name for p in project.iterdir()) == [
        "README.md", "inspect-pipe-baseline.json", "inspect-pipe.lock.json", "models", "pyproject.toml", "saved.json",
    ]  # fmt: skip


def test_a_label_is_a_path_beside_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models/sd15").mkdir(parents=True)
    (tmp_path / "models/sd15/model_index.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "models")
    for source in ("sd15", "./sd15/", str(tmp_path / "models/sd15"), "sd15/model_index.json"):
        assert label(made(source=source), tmp_path) == "models/sd15"
    assert label(made(source="demo:sd15"), tmp_path) == "demo:sd15"
    assert label(made(source="sd15 → demo:sd15"), tmp_path) == "models/sd15 → demo:sd15"


def test_a_project_names_its_baseline(tmp_path: Path) -> None:
    file = str(tmp_path / "pyproject.toml")
    named = parse({"baseline": "ci/base.json"}, file).baseline
    assert Path(named).resolve() == (tmp_path / "ci/base.json").resolve()
    for wrong in (3, "", ["base.json"]):
        with pytest.raises(InspectError, match="baseline must be the name of a file") as caught:
            parse({"baseline": wrong}, file)
        assert caught.value.exit_code == 2


def test_what_the_settings_ignore_is_suppressed_and_not_gone() -> None:
    seen = filtered(apply(made(FOUND, NEW), accepting(NEW), TODAY), Settings(ignore={"IPC101": "our trainer"}))
    assert {(s.by, s.finding.code) for s in seen.suppressed} == {("settings", "IPC101"), ("baseline", "IPC103")}
    assert not seen.findings and seen.data["ignored"]["IPC101"]["count"] == 1
    again = apply(filtered(made(FOUND), Settings(ignore={"IPC101": "our trainer"})), accepting(FOUND), TODAY)
    assert not again.findings
