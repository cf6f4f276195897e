"""``inspect-pipe trace`` and ``blame`` as commands: exit statuses, formats, files, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.model import Report
from tests import forked
from tests.test_tracing import SD15

LOST = ("--set", "use_karas_sigmas=True")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("sd15")
    (found / "scheduler_config.json").write_text(json.dumps(SD15, indent=2))
    return found


def run(*arguments: str | Path) -> tuple[int, str, str]:
    ran = forked.run(*arguments, COLUMNS="80")
    return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture(scope="module")
def traced(folder: Path) -> dict[str, Any]:
    status, out, _ = run("trace", folder, "--into", "EulerDiscreteScheduler", *LOST, "-f", "json")
    assert status == 1
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_contract_of_the_json(traced: dict[str, Any]) -> None:
    data = traced["data"]
    assert traced["schema"] == "inspect-pipe/1" and (data["from"], data["into"]) == (
        "PNDMScheduler",
        "EulerDiscreteScheduler",
    )
    for row in data["keys"]:
        assert {"name", "fate", "line", "source", "reason"} <= row.keys()
        assert row["fate"] in ("used", "default", "unused", "hidden", "dropped")
        assert ("given" in row) == (row["fate"] != "default")
    assert {f["code"] for f in traced["findings"]} == {"IPT702", "IPT703", "IPT704"}
    assert traced["summary"]["warning"] == 3 and data["schedule"]["sigma_max"] == 14.6146


def fates(data: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Key by key; the library's own notes (``_diffusers_version``) are no settings, and not in a snapshot."""
    rows = [row for row in data["keys"] if not row["name"].startswith("_")]
    return [(row["name"], row["fate"], row.get("given"), row.get("result")) for row in rows]


def test_a_saved_report_is_traced_like_its_source(folder: Path, traced: dict[str, Any], tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    run("diff", folder, "-f", "json", "-o", saved)
    status, out, _ = run("trace", saved, "--into", "EulerDiscreteScheduler", *LOST, "-f", "json")
    assert status == 1 and fates(json.loads(out)["data"]) == fates(traced["data"])
    status, _, said = run("blame", saved, "beta_end")
    assert status == 2 and "holds no object" in said


def test_statuses_and_files(folder: Path, tmp_path: Path) -> None:
    into = ("trace", folder, "--into", "EulerDiscreteScheduler")
    target = tmp_path / "report.md"
    status, out, err = run(*into, *LOST, "--exit-zero", "-f", "markdown", "-o", target)
    assert (status, out, err) == (0, "", "") and "IPT702" in target.read_text()
    assert run(*into, *LOST, "--fail-on", "error")[0] == 0
    assert run(*into, *LOST, "-f", "jsonl", "-o", folder / "report.jsonl")[0] == 5  # never into what is inspected
    assert not (folder / "report.jsonl").exists()
    status, out, _ = run(*into, *LOST, "--select", "IPT702", "-f", "jsonl")
    assert status == 1 and [json.loads(x).get("code") for x in out.splitlines()] == [None, "IPT702", None]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--into", "EulerDiscreteSchedular"), 2, "did you mean EulerDiscreteScheduler"),
        (("--into", "CLIPTextModel"), 2, "a class of transformers"),
        (("--into", "EulerDiscreteScheduler", "--component", "unet"), 2, "no component unet"),
        (("--into", "EulerDiscreteScheduler", "--key", "beta_edn"), 2, "did you mean beta_end"),
        (("--into", "EulerDiscreteScheduler", "--set", "a=true"), 2, "did you mean a=True?"),
        (("--into", "EulerDiscreteScheduler", "-f", "yaml"), 2, "does not exist"),
    ],
)
def test_what_is_refused(folder: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    found, out, err = run("trace", folder, *arguments)
    assert (found, out) == (status, "") and says in " ".join(err.split())
    assert len(err.splitlines()) <= 3 and "Traceback" not in err


def test_a_source_without_a_scheduler() -> None:
    status, _, err = run("trace", "class:CLIPTextConfig", "--into", "EulerDiscreteScheduler")
    assert status == 2 and "CLIPTextConfig" in err
    status, _, err = run("blame", "class:CLIPTextConfig", "hidden_size")
    assert status == 2 and "CLIPTextConfig has no config of diffusers" in err
    status, _, err = run("trace", "demo:wuerstchen-decoder", "--into", "FluxTransformer2DModel")
    assert status == 2 and "--component" in err


def test_blame(folder: Path) -> None:
    status, out, err = run("blame", folder, "beta_end")
    assert status == 0 and not err and "scheduler_config.json:4" in out and "0.012" in out
    status, out, _ = run("blame", "demo:sd15-traps", "use_karras_sigmas", "-f", "json")
    found = json.loads(out)
    assert status == 1 and found["findings"][0]["code"] == "IPT707"
    assert run("blame", "demo:sd15-traps", "use_karras_sigmas", "--exit-zero")[0] == 0
    status, _, err = run("blame", folder, "beta_edn")
    assert status == 2 and "did you mean scheduler.beta_end" in err


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_the_terminal(traced: dict[str, Any], width: int) -> None:
    from pydantic import TypeAdapter

    from inspector.render import Look, render

    report = TypeAdapter(Report).validate_python(
        {k: v for k, v in traced.items() if k not in ("schema", "tool", "summary")}
    )
    assert all(len(line) <= width for line in render(report, "human", Look(width=width)).splitlines())
