"""The search on the real library: what it finds without being told, that it tells it again, and that others can."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import diffusers
import pytest
from hypothesis import settings

from inspector.model import InspectError
from inspector.roundtrips import known
from inspector.roundtrips.counterexample import data_of, read, trial_of, written
from inspector.roundtrips.laws import LAWS
from inspector.roundtrips.machine import scheduler_machine
from inspector.roundtrips.script import script
from inspector.roundtrips.search import Found, judged, search
from inspector.roundtrips.tasks import laws_of
from inspector.roundtrips.trial import Break, Trial
from inspector.strategies import Edit, SchedulerConfig
from tests import forked
from tests.faulty import Plain

ROOT = Path(__file__).parents[1]
EULER = diffusers.EulerDiscreteScheduler


@cache
def found(law: str, cls: Any = EULER) -> Found:
    return search(LAWS[law], cls, 8 if law == "IPR419" else 20, 0)


SAID = {
    "IPR402": "passed by position",  # diffusers #14460
    "IPR417": "item edit of a setting never passed",  # diffusers #7626
    "IPR416": "attribute edit does not reach the item",  # diffusers #3767
    "IPR406": "a key is added",
    "IPR405": "a default of the old class becomes explicit",
}
"""What the issue names: law -> what is said of it."""


@pytest.mark.parametrize("law", SAID)
def test_it_is_found_without_being_told_and_shrunk(law: str) -> None:
    trial = next(trial for trial, how in found(law).new if how.cause == SAID[law])
    assert len(trial.config.kwargs) <= 1 and len(trial.edits) <= 1


def test_the_machine_finds_the_shortest_sequence() -> None:
    shortest = {how.cause: len(trial.edits) for trial, how in found("IPR419").new}
    assert shortest["item: written by item is not in the attribute"] == 1
    assert max(shortest.values()) <= 2


def ends(code: str) -> tuple[Any, str]:
    """What a script prints, and with what it exits."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
        exec(compile(code, "counterexample", "exec"), {})
    return ended.value.code, out.getvalue()


@pytest.mark.parametrize("law", [law for law in LAWS if law != "IPR420"])
def test_every_counterexample_shows_itself_with_diffusers_alone(law: str) -> None:
    for trial, how in found(law, diffusers.SASolverScheduler if law == "IPR408" else EULER).new:
        code = script(LAWS[law], trial, how)
        imported = {n.name.partition(".")[0] for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import)
                    for n in node.names} | {node.module for node in ast.walk(ast.parse(code))
                                            if isinstance(node, ast.ImportFrom) and node.module}  # fmt: skip
        third = imported - set(sys.stdlib_module_names)
        assert third <= {"diffusers", "numpy", "diffusers.configuration_utils"}
        status, said = ends(code)
        assert status is True and law in said, code


@pytest.mark.parametrize(
    ("law", "kwargs", "edits", "what"),
    [
        ("IPR401", {"beta_end": 0.5}, (), "beta_end"),
        ("IPR402", {"beta_end": 0.5}, (), "beta_end"),
        ("IPR403", {"beta_end": 0.5}, (), "beta_end"),
        ("IPR405", {"timestep_spacing": "leading"}, (Edit("swap", "", diffusers.DDIMScheduler),), "timestep_spacing"),
        ("IPR412", {"beta_end": 0.5}, (Edit("set_timesteps", "", 5),), "sigmas"),
        ("IPR414", {"beta_end": 0.5}, (Edit("set_timesteps", "", 5),), "beta_end"),
        ("IPR418", {"beta_end": 0.5}, (), "beta_end"),
    ],
)
def test_a_script_exits_with_0_where_nothing_is_wrong(law: str, kwargs: Any, edits: Any, what: str) -> None:
    trial = Trial(SchedulerConfig(EULER, kwargs), edits)
    assert ends(script(LAWS[law], trial, Break(what, None, None, "")))[0] is False


def test_a_seed_gives_the_same_in_any_process_whatever_is_loaded() -> None:
    laws = ("IPR416", *(["IPR419"] if os.environ.get("INSPECT_PIPE_FULL") else []))
    show = (
        "import {first}diffusers, logging; logging.disable(logging.WARNING)\n"
        "from inspector.roundtrips.laws import LAWS; from inspector.roundtrips.search import search\n"
        f"for law in {laws}:\n"
        "    f = search(LAWS[law], diffusers.DDPMScheduler, 8, 0)\n"
        "    print([(repr(t.config), [str(e) for e in t.edits], b.cause) for t, b in f.new], f.examples)"
    )
    both = [
        subprocess.run(
            [sys.executable, "-c", show.format(first=first)], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for first in ("", *(["tests.faulty, tests.golden, "] if os.environ.get("INSPECT_PIPE_FULL") else []))
    ]
    mine = ""
    for law in laws:
        here = search(LAWS[law], diffusers.DDPMScheduler, 8, 0)
        cases = [(repr(t.config), [str(e) for e in t.edits], b.cause) for t, b in here.new]
        mine += f"{cases} {here.examples}\n"
    assert {*both} == {mine}  # and this one has everything loaded


def test_a_counterexample_survives_its_file() -> None:
    for law in ("IPR402", "IPR405", "IPR409", "IPR416", "IPR419"):
        for trial, how in found(law).new:
            data = {**data_of(law, trial), "cause": how.cause, "code": script(LAWS[law], trial, how)}
            again = read(written(data, 0, {"diffusers": "1"}, "title"), "x.py")
            assert repr(trial_of(again)) == repr(trial)
            assert how.cause in [b.cause for b in judged(LAWS[law], trial_of(again))]


def test_the_known_defects_show_and_hide_nothing_else() -> None:
    entries = known.load()
    assert entries, "the list is empty"
    for entry in entries:
        trial = trial_of({"law": entry.law, **entry.example})
        causes = [b.cause for b in judged(LAWS[entry.law], trial)]
        assert any(entry.covers(entry.law, trial.config.cls.__name__, cause) for cause in causes), entry.title


def test_what_is_known_is_told_apart_and_what_is_gone_is_a_finding() -> None:
    half = {"class": "DDIMScheduler", "kwargs": {"beta_end": 0.5}}
    first = {"class": "DDIMScheduler", "kwargs": {"num_train_timesteps": 500}, "positional": 1}
    gone = {"title": "long gone", "law": "IPR401", "classes": ["*"], "cause": "x differs", "example": half}
    there = {"title": "named", "law": "IPR402", "classes": ["DDIM*"], "cause": "passed by position", "example": first}
    told = laws_of(["DDIMScheduler", "DDPMScheduler"], ["IPR401", "IPR402"], 10, 0, [gone, there])
    verdicts = {(r["law"], r["class"]): r["verdict"] for r in told["laws"]}
    assert verdicts == {
        ("IPR401", "DDIMScheduler"): "holds",
        ("IPR402", "DDIMScheduler"): "known",
        ("IPR401", "DDPMScheduler"): "holds",
        ("IPR402", "DDPMScheduler"): "broken",
    }
    from inspector.roundtrips.report import report_of

    report = report_of("x", told, 0, 10, {})
    assert [(f.code, f.severity) for f in report.findings] == [("IPR402", "error"), ("IPR490", "warning")]
    assert "long gone" in report.findings[1].message


def test_what_a_constructor_refuses_is_data() -> None:
    told = laws_of(["EulerDiscreteScheduler"], ["IPR403"], 40, 0)
    assert any("unsupported operand" in row["error"] for row in told["rejected"])


def test_a_class_without_its_package_is_skipped_by_name() -> None:
    from inspector.strategies.classes import why_not

    class Dummy:
        _backends = ["torch", "torchsde"]

    assert why_not(Dummy) == "needs torch and torchsde, which is not installed"


def test_the_machine_is_a_test_of_anyones() -> None:
    case = scheduler_machine(Plain).TestCase
    case.settings = settings(case.settings, max_examples=20, stateful_step_count=6, database=None)
    with pytest.raises(AssertionError, match="should be"):
        case().runTest()


@cache
def saved_run() -> tuple[Any, Path]:
    import tempfile

    folder = Path(tempfile.mkdtemp())
    return forked.run("roundtrip", "DDIMScheduler", "--law", "from-config", "--known", "/dev/null", cwd=folder), folder


def test_the_command_saves_what_is_new_and_replays_it(tmp_path: Path) -> None:
    ran, folder = saved_run()
    assert ran.returncode == 1 and "DDIMScheduler(1)" in ran.stdout, ran.stdout + ran.stderr
    file = folder / "reports/roundtrip/IPR402-DDIMScheduler.py"
    assert ends(file.read_text())[0] is True
    again = forked.run("roundtrip", "--replay", file, cwd=tmp_path)
    assert again.returncode == 1 and "passed by position" in again.stdout
    fixed = tmp_path / "fixed.py"
    fixed.write_text(file.read_text().replace('"positional": 1', '"positional": 0'))
    kept = forked.run("roundtrip", "--replay", fixed, cwd=tmp_path)
    assert kept.returncode == 0, kept.stdout


def test_what_is_known_does_not_fail(tmp_path: Path) -> None:
    ran = forked.run("roundtrip", "DDIMScheduler", "--law", "from-config", cwd=tmp_path)
    assert ran.returncode == 0 and "#14460" in ran.stdout and not list(tmp_path.iterdir()), ran.stdout


def bad() -> Iterator[tuple[str, list[str], int, str]]:
    yield "class", ["EulerDiscretScheduler"], 2, "did you mean EulerDiscreteScheduler"
    yield "no scheduler", ["StableDiffusionPipeline"], 2, "no scheduler"
    yield "law", ["--law", "from-confg"], 2, "did you mean"
    yield "code", ["--law", "IPR499"], 2, "no law is called"
    yield "profile", ["--profile", "nightlyy"], 2, "did you mean"
    yield "examples", ["--examples", "0"], 2, "at least 1"
    yield "known", ["--known", "nowhere.toml"], 3, "cannot read"
    yield "known form", ["--known", "known.toml"], 2, "has no title"
    yield "no file", ["--replay", "nowhere.py"], 3, "cannot read"
    yield "other", ["--replay", "other.py"], 3, "this version reads"
    yield "damaged", ["--replay", "damaged.py"], 3, "damaged"
    yield "empty", ["--replay", "empty.py"], 3, "holds no counterexample"
    yield "reports", ["DDIMScheduler", "--reports", "file/below"], 2, "--reports FOLDER"


@pytest.mark.parametrize(("arguments", "status", "said"), [b[1:] for b in bad()], ids=[b[0] for b in bad()])
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text('# inspect-pipe: {"schema": "inspect-pipe-counterexample/9"}\n')
    (tmp_path / "damaged.py").write_text('# inspect-pipe: {"schema": "insp\n')
    (tmp_path / "empty.py").write_text("print()\n")
    (tmp_path / "known.toml").write_text("[[defect]]\nlaw = 'IPR401'\n")
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.iterdir())
    ran = forked.run("roundtrip", *arguments, cwd=tmp_path)
    assert ran.returncode == status and said in ran.stderr, (ran.returncode, ran.stderr, ran.stdout)
    assert "Traceback" not in ran.stderr and len(ran.stderr.splitlines()) <= 3
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_depends_on_the_hash_seed_is_found(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "inspector", "roundtrip", "py:tests.faulty:Shuffles", "--law", "hash-seed"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ran.returncode == 1 and "IPR420" in ran.stdout, ran.stdout + ran.stderr


def test_an_unknown_key_of_the_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "k.toml"
    file.write_text("[[defect]]\ntitle='a'\nlaw='IPR401'\nclasses=['*']\ncause='x'\nexampel={}\nexample={}\n")
    with pytest.raises(InspectError, match="unknown key 'exampel'"):
        known.load(file)
