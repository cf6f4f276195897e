"""The pytest plugin at work, in runs of its own: items without a test file, markers, fixtures, xdist, other plugins."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers  # noqa: F401 - what only a run in this process imports is forgotten with it, and imported again
import hypothesis.core  # noqa: F401
import pydantic  # noqa: F401
import pytest
import rich.console  # noqa: F401
import torch

from inspector.baselines import Baseline, dump, updated
from inspector.baselines.keeping import Acceptance
from inspector.model import Finding, Snapshot
from inspector.pytest_plugin.families import BASELINE, FAMILIES, family
from inspector.pytest_plugin.refusing import folder_of, uproot
from inspector.render import render
from inspector.report import build_report, examine
from inspector.rules import _FAMILIES, RULES
from tests.handmade import snapshot

pytest_plugins = ["pytester"]
DATA = Path(__file__).parent / "data"
CHECKS = tuple(f for f in FAMILIES if f != BASELINE)
UNSEARCHED = ("-p", "no:unraisableexception")
"""Looking for lost exceptions would search torch's million objects at the end of every run."""
ALONE = tuple(x for name in ("randomly", "hypothesispytest", "anyio", "syrupy", "cov") for x in ("-p", f"no:{name}"))
"""Without the others, of which each worker would take its time to import some."""


@pytest.fixture
def there(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with two saved snapshots: split.json has one IPC101, whole.json has nothing."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    for name, karras in (("split", True), ("whole", False)):
        keep(pytester.path / f"{name}.json", snapshot(name, karras=karras))
    return pytester


def run(there: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return there.runpytest_inprocess(*UNSEARCHED, "-p", "no:randomly", *arguments)


def keep(path: Path, seen: Snapshot, findings: Sequence[Finding] = ()) -> None:
    path.write_text(render(build_report(seen, findings), "json"), encoding="utf-8")


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    return {k: v for k, v in result.parseoutcomes().items() if k != "seconds"}


def lines(result: pytest.RunResult, start: str) -> list[str]:
    return [line for line in result.outlines if line.startswith(start)]


def test_an_empty_folder_and_the_installed_entry_point(tmp_path: Path) -> None:
    """The one run of the whole: a process of its own, nothing but the command line."""
    run = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-v"]
    done = subprocess.run(
        [*run, "--inspect-pipe=demo:sd15-traps"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    said = done.stdout
    assert done.returncode == 1, said + done.stderr
    for check in CHECKS:
        bad = check in ("config", "live", "stale", "pipeline")
        assert f"inspect-pipe::demo:sd15-traps::{check} {'FAILED' if bad else 'PASSED'}" in said
    assert "Traceback" not in said and "inspector/" not in said
    assert "✗ IPC101  config.use_karras_sigmas is True, config['use_karras_sigmas'] is" in said
    assert "fix  pipe.scheduler = DPMSolverMultistepScheduler.from_config(" in said
    assert "✗ IPC101 error: item and attribute of the config disagree (4)" in said
    assert not list(tmp_path.iterdir())


def test_one_item_a_source_and_family(there: pytest.Pytester) -> None:
    result = run(there, "--inspect-pipe=split.json", "--inspect-pipe", "whole.json", "-v")
    assert outcomes(result) == {"failed": 1, "passed": 2 * len(CHECKS) - 1}
    result.stdout.fnmatch_lines(
        ["inspect-pipe::split.json::config FAILED*", "inspect-pipe::whole.json::config PASSED*"]
    )
    assert lines(result, "FAILED") == [
        "FAILED inspect-pipe::split.json::config - Findings: IPC101 scheduler.use_karras_sigmas"
    ]
    # selected as any test is: by -k, -m, --lf, -x, and by its node id
    for arguments, expected in (
        (["-k", "config and not whole"], {"failed": 1, "deselected": 2 * len(CHECKS) - 1}),
        (["-m", "gpu"], {"deselected": 2 * len(CHECKS)}),
        (["--lf"], {"failed": 1, "deselected": 2 * len(CHECKS) - 1}),
        (["-x"], {"failed": 1, "passed": CHECKS.index("config")}),
        (["inspect-pipe::split.json::config"], {"failed": 1}),
        (["../inspect-pipe::whole.json"], {"passed": len(CHECKS)}),  # as it is shown where the root folder is above
        (["--inspect-pipe-select=IPP,IPC101"], {"failed": 1, "passed": 9}),
    ):
        again = run(there, "--inspect-pipe=split.json", "--inspect-pipe", "whole.json", *arguments)
        assert outcomes(again) == expected, arguments
    assert run(there, "-p", "no:inspect_pipe", "--inspect-pipe=split.json").ret == pytest.ExitCode.USAGE_ERROR


def test_the_ini_file_keeps_sources(there: pytest.Pytester) -> None:
    there.makepyfile(test_own="def test_own(): pass")
    there.mkdir("below").joinpath("empty").mkdir()
    there.path.joinpath("pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ninspect_pipe_sources = ["split.json"]\ninspect_pipe_select = ["IPC1"]\n'
        '[tool.inspect-pipe]\nignore = { IPC101 = "we know" }\n'
    )
    result = run(
        there,
    )
    assert outcomes(result) == {"passed": 1 + len({family(code) for code in RULES if code.startswith("IPC1")})}
    result.stdout.fnmatch_lines(["accepted: split.json: IPC101: we know (settings)"])
    assert outcomes(run(there, "test_own.py")) == {"passed": 1}  # a run that names files is theirs alone
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.chdir(there.path / "below")  # the ini file's sources lie beside it, wherever the user stands
        assert outcomes(run(there, "-k", "config", "--rootdir", str(there.path))) == {
            "passed": 1,
            "deselected": 3,
        }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('pipe_ignore("IPC103")', "*pipe_ignore needs a reason: @pytest.mark.pipe_ignore('IPC103', reason=*"),
        ('pipe_ignore("IPC103", reason=" ")', "*pipe_ignore needs a reason*"),
        ('pipe_ignore("IPC1O3", reason="x")', "*pipe_ignore: no rule has the code 'IPC1O3'; did you mean IPC1?3*"),
        ('pipe_ignore(reason="x")', "*pipe_ignore takes codes*"),
        ('pipe_ignore("IPC103", why="x")', "*pipe_ignore takes codes and a reason, not why"),
        ("pipe_source()", "*pipe_source takes one SOURCE*"),
    ],
)
def test_a_marker_that_cannot_be_meant(there: pytest.Pytester, body: str, said: str) -> None:
    there.makepyfile(f"import pytest\n@pytest.mark.{body}\ndef test_a(): pass")
    result = run(there, "--strict-markers")
    assert result.ret == pytest.ExitCode.USAGE_ERROR and not outcomes(result)
    result.stderr.fnmatch_lines([f"ERROR: test_a_marker_that_cannot_be_meant.py::test_a: {said.lstrip('*')}"])


TESTS = """
import inspector, pytest, torch
from diffusers import EulerDiscreteScheduler

@pytest.mark.pipe_source("split.json")
def test_marked(inspect_pipe):
    raise SystemExit("the body of a test whose source has findings does not run")

@pytest.mark.pipe_source("whole.json")
def test_whole(inspect_pipe):
    assert inspect_pipe().component("scheduler").cls == "EulerDiscreteScheduler"

@pytest.mark.pipe_source("nowhere")
def test_nowhere():
    raise SystemExit

def test_called(inspect_pipe):
    inspect_pipe("nowhere")

@pytest.mark.pipe_ignore("IPC101", reason="known since May")
@pytest.mark.pipe_source("split.json")
def test_accepted(inspect_pipe):
    assert inspect_pipe().source == "split"

def test_live(inspect_pipe):
    scheduler = EulerDiscreteScheduler()
    before = dict(vars(scheduler))
    assert inspect_pipe(scheduler).components[0].kind == "scheduler"
    assert vars(scheduler) == before
    scheduler.config.use_karras_sigmas = True
    with pytest.raises(pytest.fail.Exception) as caught:
        inspect_pipe(scheduler)
    assert {f.code for f in caught.value.report.findings if f.severity == "error"} == {"IPC101"}
    inspect_pipe(scheduler)

def test_watched(pipe_watch):
    scheduler = EulerDiscreteScheduler()
    with pipe_watch(scheduler) as seen:
        scheduler.set_timesteps(4)
    assert any(e["where"].endswith("timestep_spacing") for e in seen.data["events"])

def test_sigmas(preset_sigmas):
    sigmas = preset_sigmas("Euler", model="sdxl", steps=20)
    scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                       timestep_spacing="leading", steps_offset=1)
    scheduler.set_timesteps(20)
    inspector.assert_same_sigmas(sigmas, scheduler)

def test_bad_preset(preset_sigmas):
    preset_sigmas("UniPC", solver_type="bh1")

def test_no_preset(preset_sigmas):
    preset_sigmas("DPM++ 2MM Karras")

@pytest.mark.gpu
def test_gpu():
    assert torch.cuda.is_available()

@pytest.mark.parametrize("demo_pipeline", ["ddpm", "demo:ddpm"], indirect=True)
def test_demo(demo_pipeline, request):
    assert type(demo_pipeline).__name__ == "DDPMPipeline"
    assert request.getfixturevalue("demo_pipeline") is demo_pipeline
"""


def test_fixtures_and_markers(there: pytest.Pytester) -> None:
    there.makepyfile(test_it=TESTS)
    result = run(there, "--strict-markers", "-p", "no:warnings")
    text = result.stdout.str()
    gpu = torch.cuda.is_available()
    assert outcomes(result) == {"failed": 3, "errors": 3, "passed": 6 + gpu} | ({} if gpu else {"skipped": 1}), text
    assert [line.partition(" - ")[0] for line in lines(result, "FAILED")] == [
        f"FAILED test_it.py::test_{name}" for name in ("marked", "live", "bad_preset")
    ]
    assert [line.partition(" - ")[0] for line in lines(result, "ERROR ")] == [
        f"ERROR test_it.py::test_{name}" for name in ("nowhere", "called", "no_preset")
    ]
    assert "Traceback" not in text and "raise Findings" not in text and "INTERNALERROR" not in text
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_nowhere*",
            "IPI901: nowhere: no such file or folder",
            "*ERROR at call of test_called*",
            "did you mean DPM++ 2M Karras*",
            "IPC101 scheduler.use_karras_sigmas in split.json",
            "*fix  pipe.scheduler = EulerDiscreteScheduler.from_config(*",
            "IPC101 scheduler.use_karras_sigmas in EulerDiscreteScheduler (test_it.py:*)",
            "IPS302 UniPC on sd15 in UniPC (test_it.py:*)",
            "*fix  solver_type='bh2'*",
            "*= inspect-pipe =*",
            "✗ IPC101 error: item and attribute of the config disagree (2)",
            "    split.json: scheduler.use_karras_sigmas",
            "✗ IPS302 error: not finite (1)",
            "accepted: split.json: IPC101: known since May (marker)",
        ],
        consecutive=False,
    )
    if not gpu:
        result.stdout.fnmatch_lines(["not run: 1 test marked gpu: torch.cuda.is_available() is False"])


def test_a_project_with_a_marker_gpu_of_its_own(there: pytest.Pytester) -> None:
    there.makeini("[pytest]\nmarkers =\n    gpu: what it means here\n")
    there.makepyfile("import pytest\n@pytest.mark.gpu\ndef test_a(): pass")
    assert outcomes(run(there, "--strict-markers")) == {"passed": 1}


def told(path: Path) -> dict[str, str]:
    """Node id -> what a run said of it, from pytest's own JUnit report."""
    from xml.etree import ElementTree

    found = {}
    for case in ElementTree.parse(path).iter("testcase"):
        texts = [str(e.text) + str(e.get("message")) for e in case if e.tag in ("failure", "error")]
        found[f"{case.get('classname')}::{case.get('name')}"] = "".join(texts).partition("] linux")[2] or "".join(texts)
    return found


def test_the_same_under_xdist_and_beside_others(there: pytest.Pytester) -> None:
    """-n2 and loadscope, in one process too; pytest-cov, syrupy, hypothesis and pytest-randomly loaded and at work."""
    there.makepyfile(
        test_beside="""
        import random
        from hypothesis import given, strategies
        @given(strategies.integers())
        def test_hypothesis(n): assert n == n
        def test_syrupy(snapshot): assert [1, 2] == snapshot
        def test_marked(): pass
        """
    )
    sources = ["--inspect-pipe=split.json", "--inspect-pipe=whole.json", "--inspect-pipe=nowhere"]
    runs: dict[str, dict[str, Any]] = {}
    for name, arguments in (
        ("alone", ["-p", "no:randomly", "--snapshot-update"]),
        ("together", ["-n2", "--cov=test_beside", "--cov-report=json", "-p", "randomly"]),
        ("scopes", ["-n2", "--dist=loadscope", *ALONE, "-k", "not hypothesis and not syrupy"]),
    ):
        result = there.runpytest_inprocess(*UNSEARCHED, *sources, *arguments, f"--junitxml={name}.xml")
        assert outcomes(result)["failed"] == 1 and outcomes(result)["errors"] == len(CHECKS), result.stdout.str()
        result.stdout.fnmatch_lines(
            ["✗ IPC101 error: item and attribute of the config disagree (1)", "not read: nowhere:*"]
        )
        runs[name] = told(there.path / f"{name}.xml")
    assert runs["alone"] == runs["together"] and len(runs["alone"]) == 3 * len(CHECKS) + 3
    assert runs["alone"] == {**runs["scopes"], "test_beside::test_hypothesis": "", "test_beside::test_syrupy": ""}
    assert json.loads((there.path / "coverage.json").read_text())["totals"]["percent_covered"] > 50


def test_a_wrong_marker_in_a_worker_is_told_too(there: pytest.Pytester) -> None:
    there.makepyfile("import pytest\n@pytest.mark.pipe_ignore('IPC103')\ndef test_a(): pass")
    result = there.runpytest_inprocess("-n1", *UNSEARCHED, *ALONE)
    assert result.ret != 0 and outcomes(result) == {"errors": 1}
    result.stdout.fnmatch_lines(["*pipe_ignore needs a reason*"])


def test_a_baseline(there: pytest.Pytester) -> None:
    """What it accepts is told, what is new fails, an entry that expired or no longer occurs is told, a bad file too."""
    report = examine(snapshot("split.json"))
    known = updated(Baseline(path=there.path / "known.json"), [report], Acceptance("trained so"))
    file = there.path / "known.json"
    file.write_text(dump(known), encoding="utf-8")
    option = "--inspect-pipe-baseline=known.json"
    keep(there.path / "split.json", snapshot("split.json"))
    green = run(there, "--inspect-pipe=split.json", option)
    assert outcomes(green) == {"passed": len(FAMILIES)}
    green.stdout.fnmatch_lines(["accepted: split.json: IPC101: trained so (baseline)"])
    keep(there.path / "split.json", snapshot("split.json", karras=False))
    gone = run(there, "--inspect-pipe=split.json", option)
    assert gone.ret == 0
    gone.stdout.fnmatch_lines(["· IPB801 note: *"])
    for text, said in (
        (
            dump(known).replace("baseline/1", "baseline/7"),
            "*is a baseline of another version: 'inspect-pipe-baseline/7'*",
        ),
        (dump(known)[:-20], "*known.json*"),
        ("", "*known.json*"),
    ):
        file.write_text(text, encoding="utf-8")
        bad = run(there, "--inspect-pipe=split.json", option)
        assert bad.ret == pytest.ExitCode.USAGE_ERROR and not bad.outlines
        bad.stderr.fnmatch_lines([f"ERROR: {said}"])


def test_a_project_with_a_pinned_baseline(there: pytest.Pytester, forked: None) -> None:
    """Green; red the day one setting of its scheduler changes on disk; green again when it is put back."""
    shutil.copytree(DATA / "project", there.path, dirs_exist_ok=True)
    config = there.path / "models" / "sd15" / "scheduler" / "scheduler_config.json"
    kept = config.read_text(encoding="utf-8")
    green = run(there)
    assert outcomes(green) == {"passed": len(FAMILIES) + 1}, "the families, and the lock"
    green.stdout.fnmatch_lines(
        ["accepted: models/sd15: IPC104: our trainer writes the number of its run there (baseline)"]
    )
    config.write_text(json.dumps({**json.loads(kept), "timestep_spacing": "trailing"}), encoding="utf-8")
    red = run(there)
    assert outcomes(red) == {"failed": 1, "passed": len(FAMILIES)}, "nothing is wrong with it, but it has moved"
    red.stdout.fnmatch_lines(["FAILED inspect-pipe::models/sd15::lock - Findings: IPB811 scheduler/scheduler_*"])
    config.write_text(json.dumps({**json.loads(kept), "use_karras_sigmas": True}), encoding="utf-8")
    red = run(there)
    assert outcomes(red) == {"failed": 2, "passed": len(FAMILIES) - 1}
    red.stdout.fnmatch_lines(["FAILED inspect-pipe::models/sd15::disk - Findings: IPC104 scheduler.use_karras_sigmas"])
    config.write_text(kept, encoding="utf-8")
    assert run(there).ret == 0


@pytest.fixture
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that brings along what must not run."""
    folder = tmp_path_factory.mktemp("hub") / "test_model"
    (folder / "scheduler").mkdir(parents=True)
    (folder / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "DDIMScheduler"}')
    (folder / "model_index.json").write_text(
        '{"_class_name": "DDPMPipeline", "_diffusers_version": "0.42.1", "scheduler": ["diffusers", "DDIMScheduler"]}'
    )
    for name in ("conftest.py", "test_evil.py"):
        (folder / name).write_text("raise SystemExit('code of a model folder ran')")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --co\n")
    return folder


def test_a_model_folder_decides_nothing(there: pytest.Pytester, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its ini file nor its conftest nor its tests: refused where pytest would start there, else left alone."""
    (there.path / "pyproject.toml").write_text("[tool.inspect-pipe]\nstatic = true\n[tool.pytest.ini_options]\n")
    there.makepyfile(test_own="def test_own(): pass")
    within = there.path / "models" / "it"
    within.parent.mkdir()
    model.rename(within)
    result = run(there, "--inspect-pipe=models/it", "-k", "own or files", "--no-header")
    assert outcomes(result)["passed"] == 1 and outcomes(result)["failed"] == 1  # conftest.py is IPI908
    result.stdout.fnmatch_lines(["*conftest.py is code that runs by itself where a folder is trusted*"])
    spaced = run(there, "--inspect-pipe", "models/it")
    assert spaced.ret == pytest.ExitCode.USAGE_ERROR
    spaced.stderr.fnmatch_lines(["ERROR: the ini file, *pytest.ini, lies inside*write --inspect-pipe=*, with =,*"])
    within.rename(there.path / "test_model")  # pytest imports test*/conftest.py before anything else
    early = run(there, "--inspect-pipe=test_model")
    early.stderr.fnmatch_lines(["ERROR: a conftest that pytest would import, *"])
    monkeypatch.chdir(there.path / "test_model")
    for arguments in (["--inspect-pipe=."], ["--inspect-pipe=../test_model", "--rootdir=.."]):
        assert run(there, *arguments).ret == pytest.ExitCode.USAGE_ERROR


def test_the_root_folder_is_not_what_the_option_names(
    pytester: pytest.Pytester, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing in common but the file system's root, pytest takes the word after the option for its own root."""
    config = pytester.parseconfig()
    folder = folder_of(str(model))
    assert folder is not None
    monkeypatch.setattr(config, "_rootpath", model)
    monkeypatch.setattr(config, "_inipath", None)
    uproot(config, [folder], ["a"])
    assert config.rootpath == model
    uproot(config, [folder], [])
    assert config.rootpath == config.invocation_params.dir and config.known_args_namespace.confcutdir == str(
        pytester.path
    )


def test_start_up_imports_no_library(tmp_path: Path) -> None:
    heavy = (
        "torch",
        "diffusers",
        "transformers",
        "numpy",
        "pydantic",
        "rich",
        "typer",
        "hypothesis",
        "inspector.rules",
    )
    code = "import sys, pytest; pytest.main(['-q', '-p', 'no:hypothesispytest', '-p', 'no:randomly', '--markers'])"
    code += f"; print('loaded', 'inspector.pytest_plugin' in sys.modules, *({set(heavy)!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True)
    assert done.stdout.splitlines()[-1] == "loaded True", done.stdout + done.stderr
    assert "@pytest.mark.pipe_ignore(CODE, ..., reason=...)" in done.stdout


def test_every_code_has_a_family() -> None:
    """No finding of a source is lost: a family for each module of rules, ``files`` for what no rule judges."""
    modules = {rule.check.__module__.rpartition(".")[2] for rule in RULES.values() if rule.check is not None}
    assert modules <= set(FAMILIES)
    assert modules <= {m.__name__.rpartition(".")[2] for m in _FAMILIES}
    assert family("IPI901") == family("IPP207") == "files" and family("IPB801") == BASELINE
