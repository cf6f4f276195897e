"""The published JSON Schema: what every command really writes validates against it, line by line too."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import inspector
from inspector.cli import main
from inspector.cli.schema import SCHEMAS
from inspector.model import Report, Skip, Suppressed
from inspector.render import render
from inspector.rules import RULES
from tests.handmade import finding, hostile_report


def validator(name: str) -> Any:
    schema = SCHEMAS[name]()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


REPORT, LINE, SNAPSHOT = validator("report"), validator("jsonl"), validator("snapshot")


def traced() -> Report:
    from diffusers import DDIMScheduler, EulerDiscreteScheduler

    config = EulerDiscreteScheduler(use_karras_sigmas=True).config
    return inspector.trace(DDIMScheduler, config, use_beta_sigmas=True).report


def tried() -> Report:
    from diffusers import EulerDiscreteScheduler

    return inspector.whatif(EulerDiscreteScheduler(), "scheduler.config.use_karras_sigmas = True").report


def watched() -> Report:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as seen:
        scheduler.config["timestep_spacing"] = "trailing"
        scheduler.set_timesteps(4)
    return seen.report


def blamed() -> Report:
    from diffusers import DDIMScheduler

    from inspector.blaming.chain import blame_of
    from inspector.blaming.report import report_of

    return report_of("DDIMScheduler", blame_of(DDIMScheduler(500), "num_train_timesteps"))


def linted() -> Report:
    from inspector.samplers.lint import lint
    from inspector.samplers.linted import report_of

    table = {"mine": {"class": "EulerDiscreteScheduler", "kwargs": {"nonsense": 3}}}
    return report_of(lint(table, "mine.json", models=["sd15"], steps=[4]))


def split() -> Any:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler()
    scheduler.config.use_karras_sigmas = True
    return scheduler


def compared() -> Report:
    from diffusers import EulerDiscreteScheduler

    return inspector.diff(split(), EulerDiscreteScheduler()).report


def called() -> Report:
    from inspector.calling.report import call_of

    return call_of(["StableDiffusionPipeline", "StableDiffusionXLPipeline"])


def listed() -> Report:
    from inspector.samplers.show import listed as made

    return made((), "karras", "class")


def shown() -> Report:
    from inspector.samplers.show import shown as made

    return made("DPM++ 2M Karras", ())


def searched() -> Report:
    from inspector.roundtrips.report import report_of
    from inspector.roundtrips.tasks import laws_of

    return report_of("DDIMScheduler", laws_of(["DDIMScheduler"], ["IPR401", "IPR406"], examples=2), 0, 2, {})


def checked() -> Report:
    from diffusers import DDIMScheduler

    from inspector.locks.checking import report_of
    from inspector.locks.file import Lock
    from inspector.locks.sealing import sealed

    before, now = Lock("x", **sealed(DDIMScheduler())), Lock("x", **sealed(DDIMScheduler(beta_end=0.012)))
    return report_of("x", before, now)


def by_hand() -> Report:
    made = hostile_report()
    accepted = (Suppressed(finding(), "known", "baseline", "2031-01-01"), Suppressed(finding(), "", "settings"))
    return replace(made, suppressed=accepted, skipped=(Skip("x", "y", True), Skip("x", "z")))


MADE: dict[str, Callable[[], Report]] = {
    "diff": lambda: inspector.diff(split()).report,
    "diff, two": compared,
    "trace": traced,
    "whatif": tried,
    "watch": watched,
    "blame": blamed,
    "call": called,
    "sigmas": lambda: inspector.check_preset("dpmpp_2m_karras", model="sd15", steps=4).report,
    "presets list": listed,
    "presets show": shown,
    "presets lint": linted,
    "roundtrip": searched,
    "check": checked,
    "by hand": by_hand,
}


@pytest.fixture(scope="module")
def written() -> dict[str, Report]:
    return {name: make() for name, make in MADE.items()}


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_is_what_was_published(name: str, written: dict[str, Report]) -> None:
    whole = json.loads(render(written[name], "json"))
    REPORT.validate(whole)
    assert list(whole) == list(REPORT.schema["properties"]), "a name is written that is not published"
    rows = [json.loads(line) for line in render(written[name], "jsonl").splitlines()]
    for row in rows:
        LINE.validate(row)
        assert set(row) == set(LINE.schema["$defs"][row["kind"]]["properties"])
    assert [rows[0]["kind"], rows[-1]["kind"]] == ["report", "summary"]
    assert SNAPSHOT.is_valid(whole) == ("snapshot" in whole["data"])


@pytest.mark.parametrize("name", MADE)
def test_every_command_writes_the_names_that_the_design_fixes(name: str, written: dict[str, Report]) -> None:
    fixed = {
        "diff": ("components", "snapshot"),
        "diff, two": ("components", "snapshot", "other"),
        "trace": ("from", "into", "keys"),
        "whatif": ("lines",),
        "watch": ("events", "never_read", "coverage"),
        "blame": ("hops",),
        "call": ("pipelines",),
        "sigmas": ("checks",),
        "roundtrip": ("laws",),
    }.get(name, ())
    assert set(fixed) <= set(written[name].data) & set(REPORT.schema["properties"]["data"]["properties"])


def broken(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The document with one thing wrong in it."""
    text = json.dumps(whole)
    for change in (
        lambda d: d.pop("summary"),
        lambda d: d.update(schema="inspect-pipe/2"),
        lambda d: d["findings"][0].update(severity="fatal"),
        lambda d: d["findings"][0].pop("fingerprint"),
        lambda d: d["findings"][0].update(reads="x"),
        lambda d: d["summary"].update(error="1"),
        lambda d: d["data"]["components"][0].pop("path"),
        lambda d: d["data"]["components"][0]["settings"][0].update(places=[]),
        lambda d: d["data"]["snapshot"]["components"][0].update(kind="other thing"),
        lambda d: d["data"]["snapshot"].pop("problems"),
        lambda d: d["suppressed"].append({**d["findings"][0], "by": "nobody", "reason": "", "expires": None}),
        lambda d: d["data"].update(keys=[{"name": "x", "fate": "lost"}]),
    ):
        document = json.loads(text)
        change(document)
        yield document


def test_a_document_with_one_thing_wrong_is_refused(written: dict[str, Report]) -> None:
    whole = json.loads(render(written["diff"], "json"))
    assert whole["findings"]
    documents = list(broken(whole))
    assert len(documents) == 12 and not any(REPORT.is_valid(d) for d in documents)
    row = json.loads(render(written["diff"], "jsonl").splitlines()[1])
    assert LINE.is_valid(row) and not LINE.is_valid({**row, "kind": "skip"}) and not LINE.is_valid({"kind": "x"})


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_printed_with_its_head(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("gc.disable", lambda: None)
    monkeypatch.setattr(sys, "argv", ["inspect-pipe", "schema", name])
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema)[:3] == ["$schema", "$id", "title"] and schema["$id"] == f"urn:inspect-pipe:schema:{name}:1"
    described = [p for p in (schema, *schema.get("$defs", {}).values()) if p.get("type") == "object"]
    assert described and all(p.get("description") for p in described)
    monkeypatch.setattr(sys, "argv", ["inspect-pipe", "schema", f"{name[:-1]}x"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2 and f"did you mean {name}?" in capsys.readouterr().err


def test_snapshots_and_seals_as_they_are_written_validate() -> None:
    from diffusers import DDIMScheduler, EulerDiscreteScheduler

    from inspector.locks.file import Lock, dump
    from inspector.locks.sealing import sealed
    from inspector.render.machine import snapshot_json

    SNAPSHOT.validate(json.loads(snapshot_json(inspector.capture(DDIMScheduler()))))
    schema = validator("lock")
    files: dict[str, dict[str, Any]] = {
        "model_index.json": {"content": "0" * 16},
        "x.safetensors": {"size": 1, "header": "0" * 16},
    }
    for made in (Lock("sd", files=files), Lock("x", **sealed(EulerDiscreteScheduler(use_karras_sigmas=True)))):
        content = json.loads(dump(made))
        schema.validate(content)
        assert not schema.is_valid({**content, "files": {"x": {}}})
    assert content["schedules"] and not schema.is_valid({**content, "schedules": {"scheduler": {"4": {}}}})


def test_a_baseline_that_the_tool_writes_validates_and_a_mistyped_key_does_not() -> None:
    from inspector.baselines import Baseline, Entry, dump

    schema = validator("baseline")
    entries = (Entry("sd", next(iter(RULES)), "scheduler.x", "0" * 16, "m", "why", "me", "2026-01-01", "2031-01-01"),)
    for made in (Baseline(), Baseline(entries, {"sd": "built", "samplers": "steps 1 10"})):
        content = json.loads(dump(made))
        schema.validate(content)
        assert not schema.is_valid({**content, "entry": []})
    assert not schema.is_valid({**content, "entries": [{**content["entries"][0], "expire": "2031-01-01"}]})
