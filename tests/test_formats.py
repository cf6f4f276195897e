"""What CI systems read: every format parses with an independent reader, and all carry the same findings."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.fingerprints import fingerprints
from inspector.locating import key_line, key_lines, located, table_line
from inspector.model import Finding, Report, Skip, Suppressed
from inspector.render import FORMATS, Look, render
from inspector.render.escape import safe
from inspector.render.junit import FAMILIES
from inspector.rules import RULES
from tests import readers
from tests.handmade import HOSTILE, finding, hostile_report, report
from tests.readers import Runner, Told

COMMAND = "::error::pwned"
NASTY = f"50% of a:b,c\r\n{COMMAND} ##[error]x ]]> <!-- \x00\ufffe\U0001f642 &amp;"


def full() -> Report:
    """Every severity, two findings of one setting, one of a file, one suppressed, two skips, a nasty text."""
    found = report(
        finding(),
        finding("IPC102", message=NASTY),
        finding("IPC103", "unet.sample_size", severity="warning", confidence="likely"),
        finding("IPC105", "unet.x", severity="note", places={}, reads=()),
        Finding("IPI902", "error", "vae/config.json", "vae/config.json is not JSON (line 3, column 1)", NASTY),
        skipped=(Skip("vae", f"gone {NASTY}", failed=True), Skip("text_encoder", "not installed")),
    )
    accepted = Suppressed(finding("IPC109", "unet.y", severity="warning"), f"known {NASTY}", "baseline", "2031-01-01")
    names = fingerprints([*found.findings, accepted.finding])
    places = {names[0]: {"file": "models/a,b:c %/é.json", "line": 7}, names[1]: {"file": "/else/where.json"}}
    return replace(found, suppressed=(accepted,), data={**found.data, "locations": places, "exit_code": 3})


def hostile() -> Report:
    made = hostile_report()
    return replace(made, suppressed=(Suppressed(finding(HOSTILE, HOSTILE), HOSTILE, "marker"),))


def expected(made: Report) -> list[Told]:
    given = [*((f, False) for f in made.findings), *((s.finding, True) for s in made.suppressed)]
    return [Told(safe(f.code, 40), f.severity, safe(f.where, 200), suppressed=s) for f, s in given]


def read_json(text: str, folder: Path) -> list[Told]:
    whole = json.loads(text)
    given = [*((f, False) for f in whole["findings"]), *((f, True) for f in whole["suppressed"])]
    return [Told(safe(f["code"], 40), f["severity"], safe(f["where"], 200), suppressed=s) for f, s in given]


def read_lines(text: str, folder: Path) -> list[Told]:
    rows = [json.loads(line) for line in text.splitlines()]
    kinds = {"finding": False, "suppressed": True}
    return [
        Told(safe(r["code"], 40), r["severity"], safe(r["where"], 200), suppressed=kinds[r["kind"]])
        for r in rows
        if r["kind"] in kinds
    ]


READERS: dict[str, Callable[[str, Path], list[Told]]] = {
    "json": read_json,
    "jsonl": read_lines,
    "github": lambda text, folder: readers.github(text),
    "gitlab": lambda text, folder: readers.gitlab(text),
    "sarif": readers.sarif,
    "junit": readers.junit,
}
WITHOUT_SUPPRESSED = ("github", "gitlab")
"""These systems know nothing of the kind; the log and the job summary tell it."""


@pytest.mark.parametrize("made", [full, hostile], ids=["full", "hostile"])
@pytest.mark.parametrize("form", READERS)
def test_every_format_parses_and_carries_the_same_findings(
    form: str, made: Callable[[], Report], tmp_path: Path
) -> None:
    given = made()
    wanted = expected(given)
    if form in WITHOUT_SUPPRESSED:
        wanted = [t for t in wanted if not t.suppressed]
    found = [replace(t, file="", line=None) for t in READERS[form](render(given, form), tmp_path)]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def flat(text: str) -> str:
    return " ".join(re.sub(r"[\s|]+", " ", text).split())


def test_pages_for_people_carry_them_too() -> None:
    import html5lib
    from markdown_it import MarkdownIt

    given = full()
    pages = {
        "markdown": MarkdownIt("commonmark").enable("table").render(render(given, "markdown", Look(verbose=True))),
        "html": render(given, "html", Look(verbose=True)),
    }
    for form, page in pages.items():
        text = flat("".join(html5lib.parse(page, namespaceHTMLElements=False).itertext()))
        for f in given.findings:
            assert f.code in text and flat(safe(f.message)) in text, (form, f.code)
        assert "IPC109 unet.y" in text and "text_encoder: not installed" in text, form


def test_places_reach_every_format_that_has_room_for_them(tmp_path: Path) -> None:
    given = full()
    assert [i["check_name"] for i in json.loads(render(given, "gitlab"))].count("not-read") == 1
    for form in ("github", "gitlab"):
        first, second, *rest = READERS[form](render(given, form), tmp_path)
        assert (first.file, first.line) == ("models/a,b:c %/é.json", 7)
        assert (second.file, second.line) == ("/else/where.json", None if form == "github" else 1)
        assert all(t.file == ("" if form == "github" else "sd") for t in rest)
    log = json.loads(render(given, "sarif"))
    places = [r["locations"][0]["physicalLocation"] for r in log["runs"][0]["results"]]
    assert places[0] == {
        "artifactLocation": {"uri": "models/a%2Cb%3Ac%20%25/%C3%A9.json", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert places[1] == {"artifactLocation": {"uri": "file:///else/where.json"}}
    assert {p["artifactLocation"]["uri"] for p in places[2:]} == {"sd"}
    for source, uri in (("demo:sd15", "demo%3Asd15"), ("org/name@main", "org/name@main"), ("a → b c", "b%20c")):
        log = json.loads(render(replace(report(), source=source), "sarif"))  # GitHub refuses all schemes but file
        assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_github_obeys_nothing_that_a_folder_says() -> None:
    """Wherever the text for a person is broken into lines, no line of it is a command: twice over, as -f human too."""
    tamed = 0
    for width in range(60, 75):
        text = render(report(finding(message=f"{'word ' * 7}{COMMAND} {'word ' * 7}")), "github", Look(width))
        runner = Runner().feed(text)
        assert [name for name, _, _ in runner.commands] == ["group", "endgroup", "error"]
        assert any(COMMAND[2:] in line for line in runner.plain)
        human = Runner().feed(
            render(report(finding(message=f"{'word ' * 7}{COMMAND} {'word ' * 7}")), "human", Look(width))
        )
        assert not human.commands
        tamed += any(line.strip().startswith(":\\:") for line in human.plain)
    assert tamed, "the sample is no danger"
    assert "##[" not in render(full(), "github").split("::endgroup::")[0]
    assert Counter(n for n, _, _ in Runner().feed(render(full(), "github")).commands)["error"] == 4


def test_github_gets_ten_of_a_kind_and_the_rest_in_one() -> None:
    many = [finding(f"IPC10{i % 3}", f"unet.k{i}", message=f"m{i}") for i in range(25)]
    few = [finding("IPC103", f"unet.w{i}", severity="warning") for i in range(10)]
    runner = Runner().feed(render(report(*many, *few), "github"))
    errors = [(p["title"], data) for name, p, data in runner.commands if name == "error"]
    assert len(errors) == 10 and [n for n, _, _ in runner.commands].count("warning") == 10
    title, said = errors[-1]
    assert title == "16 more errors" and said.startswith("16 more of this kind: ")
    assert sum(int(n) for n in re.findall(r"(\d+)× IPC", said)) == 16


def test_an_answer_is_a_notice_and_a_clean_report_is_quiet(tmp_path: Path) -> None:
    answered = Report("demo:sd15", data={"command": "other", "answer": {"severity": "note", "line": "it does: 50%"}})
    assert Runner().feed(render(answered, "github")).commands[-1] == (
        "notice",
        {"title": "inspect-pipe other"},
        "it does: 50%",
    )
    clean = replace(report(), findings=(), data={**report().data, "select": []})
    assert [n for n, _, _ in Runner().feed(render(clean, "github")).commands] == ["group", "endgroup"]
    assert json.loads(render(clean, "gitlab")) == []
    assert json.loads(render(clean, "sarif"))["runs"][0]["results"] == []
    assert readers.junit(render(clean, "junit"), tmp_path) == []
    for form in ("sarif", "junit", "gitlab"):
        assert READERS[form](render(answered, form), tmp_path) == []
    assert json.loads(render(answered, "sarif"))["runs"][0]["properties"]["verdict"] == "it does: 50%"
    assert "<system-out>it does: 50%</system-out>" in render(answered, "junit")


def test_sarif_says_what_the_rules_mean_and_what_was_not_read() -> None:
    (run,) = json.loads(render(full(), "sarif"))["runs"]
    rules = {r["id"]: r for r in run["tool"]["driver"]["rules"]}
    assert list(rules) == ["IPC101", "IPC102", "IPI902", "IPC103", "IPC105", "IPC109"]
    for code, rule in rules.items():
        known = RULES[code]
        assert rule["shortDescription"]["text"] == known.title and known.doc in rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] == known.severity and re.fullmatch(r"[A-Za-z0-9]+", rule["name"])
    names = fingerprints([*full().findings, *(s.finding for s in full().suppressed)])
    assert [r["partialFingerprints"] for r in run["results"]] == [{"inspectPipe/v1": n} for n in names]
    assert [len(r["suppressions"]) for r in run["results"]] == [0, 0, 0, 0, 0, 1]
    (suppression,) = run["results"][-1]["suppressions"]
    assert suppression["kind"] == "external" and suppression["justification"].startswith("known 50%")
    assert suppression["properties"] == {"by": "baseline", "expires": "2031-01-01"}
    (invocation,) = run["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (3, False)
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "note"]
    first = run["results"][0]["properties"]
    assert first["places"] == finding().places and first["confidence"] == "certain" and first["fix"] == finding().fix
    assert all("suppressions" not in r for r in json.loads(render(report(), "sarif"))["runs"][0]["results"])


def cases(given: Report) -> dict[str, str]:
    from junitparser import JUnitXml

    (suite,) = JUnitXml.fromstring(render(given, "junit").encode())
    return {c.name: type(c.result[0]).__name__ if c.result else "passed" for c in suite}


def test_junit_has_a_case_for_each_finding_and_each_part_without(tmp_path: Path) -> None:
    assert cases(full()) == {
        "scheduler.use_karras_sigmas IPC101": "Failure",
        "scheduler.use_karras_sigmas IPC102": "Failure",
        "vae/config.json IPI902": "Error",
        "unet.sample_size IPC103": "Failure",
        "unet.x IPC105": "passed",
        "unet.y IPC109": "Skipped",
        "vae not read": "Error",
        "text_encoder not checked": "Skipped",
        "pipe: settings": "passed",
        "pipe: pipeline": "passed",
        "scheduler: pipeline": "passed",
        "unet: pipeline": "passed",
    }


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"fail_on": "error"}, {"unet.sample_size IPC103": "passed", "scheduler.use_karras_sigmas IPC101": "Failure"}),
        ({"fail_on": "note"}, {"unet.x IPC105": "Failure"}),
        ({"fail_on": "never"}, {"scheduler.use_karras_sigmas IPC101": "passed", "vae/config.json IPI902": "Error"}),
        ({"select": ["IPC1"]}, {"pipe: settings IPC1": "passed"}),
        ({"select": ["IPP"]}, {"pipe: pipeline": "passed"}),
    ],
)
def test_junit_fails_and_claims_what_was_asked_for(data: dict[str, Any], wanted: dict[str, str]) -> None:
    given = full()
    found = cases(replace(given, data={**given.data, **data}))
    assert wanted.items() <= found.items()
    if "select" in data:
        assert {n for n in found if n.startswith("pipe: ")} == set(wanted)


def test_junit_counts_the_parts_of_other_commands_too() -> None:
    checks = [{"name": "UniPC", "model": "sd15", "verdict": v} for v in ("pass", "skip")]
    laws = [{"class": "X", "law": f"IPR40{i}", "verdict": v} for i, v in enumerate(("holds", "known", "skip"))]
    presets = [{"name": "a"}, {"name": "b"}]
    skipped = (Skip("b", "names no class"),)
    table = finding("IPS308", "a")
    assert cases(Report("", data={"command": "sigmas", "checks": checks})) == {"UniPC on sd15: sampler": "passed"}
    assert cases(Report("", data={"command": "roundtrip", "laws": laws})) == {
        "X: IPR400": "passed",
        "X: IPR401": "Skipped",
    }
    lint = {"command": "presets lint", "presets": presets}
    assert cases(Report("", {}, (table,), skipped, (), lint)) == {"a IPS308": "Failure", "b not checked": "Skipped"}
    assert cases(Report("demo:sd15", data={"command": "trace"})) == {"demo:sd15: from_config": "passed"}


def test_every_family_of_codes_has_its_words() -> None:
    assert {code[:3] for code in RULES} <= set(FAMILIES)


JSON_FILE = '{\n "a": {"deep": 1,\n  "beta": "}\\"{"},\n "list": [\n  {"x": 1}],\n "beta": 2, "é": 3,\n "c": "beta"\n}'


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("a", 2),
        ("beta", 6),
        ("é", 6),
        ("deep", 2),
        ("x", 5),
        ("c", 7),
        ("absent", None),
        ("list[0].x", 4),
        ("beta.z", 6),
    ],
)
def test_the_line_of_a_key(key: str, line: int | None) -> None:
    assert key_line(key_lines(JSON_FILE), key) == line


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("[presets.mine]\nclass = 1", "mine", 1),
        ("\n\n[tool.x.'DPM++ 2M']\n", "DPM++ 2M", 3),
        ("a = 1\nmine = {}", "mine", 2),
        ("a = 'mine'", "mine", None),
    ],
)
def test_the_line_of_a_table(text: str, key: str, line: int | None) -> None:
    assert table_line(text, key) == line


def test_findings_are_found_in_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "project" / "models" / "sd"
    (model / "scheduler").mkdir(parents=True)
    (model / "vae").mkdir()
    (model / "unet").mkdir()
    (model / "model_index.json").write_text('{\n "unet": ["diffusers", "X"],\n "requires_safety_checker": 1\n}')
    (model / "scheduler" / "scheduler_config.json").write_text('{\n "a": 1,\n\n "use_karras_sigmas": false\n}')
    (model / "vae" / "config.json").write_text("{\n")
    secret = tmp_path / "secret.json"
    secret.write_text('{\n\n\n "sample_size": 1\n}')
    (model / "unet" / "config.json").symlink_to(secret)
    given = full()
    found = replace(given, findings=(*given.findings, finding("IPP205", "pipe.requires_safety_checker")))
    names = fingerprints([*found.findings, *(s.finding for s in found.suppressed)])

    def places(*inspected: Path, made: Report = found) -> dict[str, Any]:
        by_name = located(made, inspected)
        return {f.where: by_name.get(n) for f, n in zip(made.findings, names, strict=False)}

    monkeypatch.chdir(tmp_path / "project")
    wanted = {
        "scheduler.use_karras_sigmas": {"file": "models/sd/scheduler/scheduler_config.json", "line": 4},
        "vae/config.json": {"file": "models/sd/vae/config.json", "line": 3},
        "pipe.requires_safety_checker": {"file": "models/sd/model_index.json", "line": 3},
        "unet.sample_size": {"file": "models/sd/unet/config.json"},  # the link leaves the folder: it is not followed
        "unet.x": {"file": "models/sd/unet/config.json"},
    }
    assert places(Path("models/sd")) == wanted
    monkeypatch.chdir(model / "vae")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "project"))
    assert places(Path("..")) == wanted
    monkeypatch.setenv("GITHUB_WORKSPACE", "/somewhere")
    absolute = {"file": str(model / "vae" / "config.json"), "line": 3}
    assert places(model)["vae/config.json"] == {**absolute, "file": "config.json"}
    assert places(model)["unet.x"] == {"file": str(model / "unet" / "config.json")}
    assert not any(places(tmp_path / "absent").values()) and not any(places().values())


def test_of_two_that_are_compared_the_second_is_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("a", '{\n "use_karras_sigmas": 1,\n "x": 1\n}'), ("b", '{\n\n "use_karras_sigmas": 2\n}')):
        (tmp_path / name / "scheduler").mkdir(parents=True)
        (tmp_path / name / "scheduler" / "scheduler_config.json").write_text(text)
    monkeypatch.chdir(tmp_path)
    given = report(finding(), finding("IPD601", "scheduler.x"))
    given = replace(given, data={**given.data, "other": {"components": given.data["components"]}})
    found = list(located(given, [Path("a"), Path("b")]).values())
    assert found == [
        {"file": "b/scheduler/scheduler_config.json", "line": 3},
        {"file": "a/scheduler/scheduler_config.json", "line": 3},
    ]


def test_notes_and_pages_know_the_formats() -> None:
    """Every format has a reader here, so that a new one cannot come without."""
    assert set(FORMATS) == {*READERS, "human", "markdown", "html"}
