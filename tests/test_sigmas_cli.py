"""``inspect-pipe sigmas`` as a user runs it: the worker, the exit status, the errors in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import forked

SCHEDULER = {"_class_name": "EulerDiscreteScheduler", "beta_start": 0.00085, "beta_end": 0.012,
             "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}  # fmt: skip


def sigmas(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return forked.run("sigmas", *arguments, cwd=cwd)


def checks(*arguments: str) -> list[dict[str, Any]]:
    done = sigmas(*arguments, "-f", "json")
    found: list[dict[str, Any]] = json.loads(done.stdout)["data"]["checks"]
    return found


def test_a_right_preset_exits_clean_and_a_wrong_one_does_not() -> None:
    assert sigmas("DPM++ 2M Karras", "--steps", "20").returncode == 0
    wrong = sigmas("DDIM trailing", "--steps", "61")
    assert wrong.returncode == 1 and "IPS304" in wrong.stdout
    assert sigmas("DDIM trailing", "--steps", "61", "--exit-zero").returncode == 0
    assert sigmas("DDIM trailing", "--steps", "61", "--ignore", "IPS3").returncode == 0
    assert sigmas("DDIM trailing", "--steps", "61", "--fail-on", "never").returncode == 0


def test_the_row_has_what_the_design_fixes() -> None:
    (row,) = checks("dpmpp_2m_karras", "--steps", "20", "--against", "a1111")
    fixed = (
        "preset class kwargs model steps device dtype verdict codes worst tolerance smallest_passing sigmas expected"
    )
    assert {*fixed.split(), "timesteps", "against", "solve", "reason"} <= row.keys()
    assert {"index", "expected", "actual", "relative", "ulp"} == row["worst"].keys()
    assert {"name", "verdict", "reason"} <= row["against"].keys()
    assert (row["preset"], row["class"]) == ("dpmpp_2m_karras", "DPMSolverMultistepScheduler")
    assert (len(row["sigmas"]), len(row["timesteps"]), row["verdict"]) == (21, 20, "pass")


def test_solve_and_set() -> None:
    (row,) = checks("UniPC", "--steps", "10", "--solve", "--set", "solver_order=2")
    assert row["kwargs"] == {"solver_order": 2}
    assert row["solve"]["std"] == pytest.approx(row["solve"]["exact_std"], abs=0.1)


@pytest.mark.parametrize(("arguments", "status", "said"), [
    (["DPM++ 2M Karas"], 2, "did you mean"),
    (["Euler", "--model", "sd51"], 2, "sd15"),
    (["Euler", "--device", "cude"], 2, "did you mean cuda"),
    (["Euler", "--steps", "0"], 2, "not between 1 and 1000"),
    (["Euler", "--steps", "-1"], 2, "no number of steps"),
    (["Euler", "--steps", "1001"], 2, "not between 1 and 1000"),
    (["Euler", "--steps", "twenty"], 2, "no number of steps"),
    (["Euler", "--steps", "30-20"], 2, "not between 1 and 1000"),
    (["Euler", "--against", "a111"], 2, "did you mean a1111"),
    (["Euler", "--dtype", "half"], 2, "--dtype"),
    (["Euler", "--presets", "missing.json"], 3, "cannot be read"),
    (["Euler", "--presets", "broken.json"], 2, "broken.json"),
    (["Euler", "--model", "missing.json"], 3, "missing.json"),
    (["Euler", "--model", "empty"], 3, "empty"),
    (["Euler", "--model", "./huge.json"], 3, "num_train_timesteps"),
    (["Euler", "--set", "nonsense"], 2, "--set"),
])  # fmt: skip
def test_bad_input_is_one_clear_line(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    (tmp_path / "broken.json").write_text('{"Mine": {"class": "EulerDiscreteScheduler"')
    (tmp_path / "huge.json").write_text(json.dumps({**SCHEDULER, "num_train_timesteps": 10**9}))
    (tmp_path / "empty").mkdir()
    done = sigmas(*arguments, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr and not done.stdout
    assert len(done.stderr.strip().splitlines()) <= 2


def test_cuda_without_cuda() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = sigmas("Euler", "--device", "cuda")
    assert done.returncode == 2 and "cuda is not available" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_a_source_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "scheduler_config.json"
    file.write_text(json.dumps({**SCHEDULER, "beta_end": 0.02}))
    (row,) = checks("Euler", "--model", str(file), "--steps", "10")
    assert row["verdict"] == "pass" and row["sigmas"][0] > 15
    (row,) = checks("Euler", "--model", "demo:sd15", "--steps", "10")
    assert row["verdict"] == "pass"


def test_presets_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    table = {
        "Mine": {"class": "EulerDiscreteScheduler", "kwargs": {"use_karras_sigmas": True, "use_karas_sigmas": True}},
        "Other": {"class": "DPMSolverMultistepScheduler", "kwargs": {"algorithm_type": "dpmsolver++"}},
    }
    file.write_text(json.dumps(table))
    done = sigmas("--presets", str(file), "--steps", "20", "-f", "json")
    found = json.loads(done.stdout)
    assert [r["preset"] for r in found["data"]["checks"]] == ["Mine", "Other"]
    codes = {(f["code"], f["where"]) for f in found["findings"]}
    assert codes == {("IPS308", "Mine on sd15"), ("IPS309", "Other on sd15")}
    assert next(f["fix"] for f in found["findings"] if f["code"] == "IPS308") == "did you mean use_karras_sigmas?"


@pytest.mark.usefixtures("forked")
def test_progress_is_told_over_the_workers_pipe() -> None:
    from inspector import snapshots
    from inspector.samplers.asked import given

    told: list[Any] = []
    found = snapshots.alone("sigmas", given(["Euler", "DDIM"], (), (5,)), progress=told.append)
    assert [t[:2] for t in told] == [[1, 2], [2, 2]] and "Euler on sd15" in told[0][2]
    assert [r["preset"] for r in found["checks"]] == ["euler", "ddim"]


def test_the_parent_imports_no_torch() -> None:
    code = (
        "import sys; sys.argv = ['inspect-pipe', 'sigmas', 'Euler', '--steps', '5']\n"
        "from inspector.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'diffusers', 'numpy', 'scipy'}\n"
        "sys.stderr.write(str(sorted({m.partition('.')[0] for m in sys.modules} & heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False, timeout=300)
    assert done.stderr.strip().endswith("[]"), done.stderr
