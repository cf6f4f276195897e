"""``presets lint``: a table of one's own, tried with the real classes; from a file and from Python code."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from inspector.render import Look, render
from inspector.samplers.lint import lint
from inspector.samplers.linted import report_of
from tests import forked

FINE = {"Euler": {"class": "EulerDiscreteScheduler"}, "DPM++ 2M": {"class": "DPMSolverMultistepScheduler"}}
QUICK: dict[str, Any] = {"models": ["sd15"], "steps": [10]}


def found(table: Any, **options: Any) -> dict[str, list[str]]:
    """Preset -> its codes."""
    codes: dict[str, list[str]] = {}
    for finding in report_of(lint(table, "test", **{**QUICK, **options})).findings:
        codes.setdefault(finding.where, []).append(finding.code)
    return codes


def row(cls: str, **kwargs: Any) -> dict[str, Any]:
    return {"class": cls, "kwargs": kwargs}


def test_what_is_right_is_left_alone() -> None:
    from diffusers import DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler, UniPCMultistepScheduler

    table = {
        **FINE,
        "Euler a": EulerAncestralDiscreteScheduler,
        "DPM++ 2M Karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
        "SDE": lambda config: DPMSolverMultistepScheduler.from_config(config, algorithm_type="sde-dpmsolver++"),
        "UniPC": (UniPCMultistepScheduler, {}),
        "flow": row("FlowMatchEulerDiscreteScheduler"),
    }
    assert found(table, models=[], steps=[10, 25]) == {}


@pytest.mark.parametrize(
    ("preset", "code"),
    [
        (row("EulerAncestralDiscreteScheduler", use_karras_sigmas=True), "IPS308"),
        (row("DPMSolverMultistepScheduler", use_karras=True), "IPS308"),
        (row("EulerDiscreteScheduler", steps_offset=3), "IPS309"),
        (row("EulerDiscreteScheduler", use_karras_sigmas=False), "IPS309"),
        (row("UniPCMultistepScheduler", solver_type="bh1"), "IPS302"),
        (row("EulerDiscreteScheduler", use_karras_sigmas=True, use_beta_sigmas=True), "IPS307"),
        (row("DPMSolverMultistepScheduler", solver_type="nope"), "IPS307"),
        ("EulerDiscretScheduler", "IPS307"),
    ],
)
def test_what_is_wrong_is_found(preset: Any, code: str) -> None:
    assert code in found({"mine": preset})["mine"]


def test_a_loop_that_raises_at_some_numbers_of_steps_is_found() -> None:
    table = {"beta": row("DPMSolverMultistepScheduler", use_beta_sigmas=True)}
    assert found(table, steps=[20]) == {}
    assert "IPS307" in found(table, steps=[20, 50])["beta"]


def test_the_famous_typo_is_told_with_the_name_it_wants() -> None:
    report = report_of(lint({"DPM++ Karras": row("DPMSolverMultistepScheduler", use_karras=True)}, "test", **QUICK))
    [finding] = report.findings
    assert finding.fix == "did you mean use_karras_sigmas?" and "use_karras=True is not taken" in finding.message


def test_presets_that_are_one_sampler_are_named() -> None:
    table = {
        "plain": row("DPMSolverMultistepScheduler"),
        "karras": row("DPMSolverMultistepScheduler", use_karras=True),
        "real": row("DPMSolverMultistepScheduler", use_karras_sigmas=True),
        "other": row("UniPCMultistepScheduler"),  # the same sigmas, another sampler
    }
    report = report_of(lint(table, "test", **QUICK))
    [finding] = [f for f in report.findings if f.code == "IPS317"]
    assert finding.where == "plain" and "'karras'" in finding.message and "real" not in finding.message
    assert report.data["same"] == [["plain", "karras"]]


def test_an_option_counts_as_inert_only_where_it_is_so_on_every_model() -> None:
    table = {"leading": row("EulerDiscreteScheduler", timestep_spacing="leading")}
    assert found(table, models=["sdxl"]) == {"leading": ["IPS309"]}  # it is in that model's own config
    assert found(table, models=["sdxl", "pixart"]) == {}


def test_a_finding_of_some_models_says_of_which() -> None:
    table = {"v": row("DPMSolverMultistepScheduler", solver_order=3, beta_schedule="squaredcos_cap_v2")}
    for finding in report_of(lint(table, "test", models=["sd15"], steps=[20])).findings:
        assert finding.where == "v" and "(on " not in finding.message


def test_a_row_that_is_no_preset_is_skipped_with_its_reason() -> None:
    report = report_of(lint({**FINE, "number": 3}, "test", **QUICK))
    assert [(s.where, s.failed) for s in report.skipped] == [("number", False)]
    assert "it is an int" in report.skipped[0].reason and not report.findings


@pytest.mark.parametrize("form", ["human", "markdown", "html", "json"])
def test_every_format_tells_it(form: str) -> None:
    table = {**FINE, "bad <b>": row("EulerAncestralDiscreteScheduler", use_karras_sigmas=True)}
    text = render(report_of(lint(table, "mine.json", **QUICK)), form, Look(80))
    assert "IPS308" in text and "use_karras_sigmas" in text and "mine.json" in text
    if form == "human":
        assert max(map(len, text.splitlines())) <= 80
        assert "nothing to say of 2 presets: Euler, DPM++ 2M" in text


def run(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    return forked.run("presets", "lint", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lint")
    (made / "fine.json").write_text(json.dumps(FINE))
    (made / "bad.toml").write_text(
        '["Euler a Karras"]\nclass = "EulerAncestralDiscreteScheduler"\nkwargs = { use_karras_sigmas = true }\n'
    )
    (made / "broken.json").write_text('{"Euler": {"class": ')
    (made / "list.json").write_text("[1, 2]")
    (made / "mine.py").write_text(
        "from diffusers import DPMSolverMultistepScheduler as D\n"
        "SAMPLERS = {'DPM++ Karras': lambda config: D.from_config(config, use_karras=True)}\n"
        "NUMBER = 3\n"
        "def make():\n    return SAMPLERS\n"
        "def fails():\n    raise RuntimeError('not today')\n"
    )
    (made / "raises.py").write_text("raise RuntimeError('not at all')\n")
    return made


@pytest.mark.parametrize(
    ("table", "status", "said"),
    [
        ("fine.json", 0, "fine.json: nothing found in 2 presets, 2 runs"),
        ("bad.toml", 1, "IPS308"),
        ("py:mine:SAMPLERS", 1, "did you mean use_karras_sigmas?"),
        ("py:mine:make", 1, "did you mean use_karras_sigmas?"),
    ],
)
def test_the_command_tells_and_exits_as_the_contract_says(folder: Path, table: str, status: int, said: str) -> None:
    done = run(table, "--model", "sd15", "--steps", "10", cwd=folder)
    assert done.returncode == status, done.stderr
    assert said in done.stdout and not done.stderr


def test_progress_is_told_of_a_table_in_code_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector import snapshots

    monkeypatch.chdir(folder)
    told: list[Any] = []
    given = {"where": "py:mine:SAMPLERS", "models": ["sd15"], "steps": [10]}
    found = snapshots.ask("py:mine:SAMPLERS", "lint", given, tell=told.append)
    assert told == [[1, 1, "DPM++ Karras on sd15"]] and len(found["checks"]) == 1


def test_findings_can_be_accepted(folder: Path) -> None:
    done = run("bad.toml", "--model", "sd15", "--steps", "10", "--ignore", "IPS308", cwd=folder)
    assert done.returncode == 0 and "ignored" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["broken.json"], 2, "broken.json"),
        (["list.json"], 2, "must hold NAME"),
        (["nowhere.json"], 3, "cannot be read"),
        (["py:mine:NUMBER"], 2, "no table of presets"),
        (["py:mine:NOTHING"], 3, "NOTHING"),
        (["py:nomodule:X"], 3, "nomodule"),
        (["py:raises:X"], 3, "RuntimeError: not at all"),
        (["py:mine:fails"], 3, "RuntimeError: not today"),
        (["py:mine"], 2, "py:MODULE"),
        (["fine.json", "--model", "sd16"], 2, "or sd15?"),
        (["fine.json", "--steps", "0"], 2, "not between 1 and 1000"),
        (["fine.json", "--steps", "many"], 2, "no number of steps"),
    ],
)
def test_what_is_wrong_is_one_clear_line(folder: Path, arguments: list[str], status: int, said: str) -> None:
    done = run(*arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr and not done.stdout
    assert len(done.stderr.splitlines()) <= 2
