"""The ready-made workflow and hooks: valid by their systems' own rules, and their commands run as they stand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests import readers
from tests.folders import copy, edit

ROOT = Path(__file__).parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "inspect-pipe.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


def commands_first(**more: str) -> dict[str, str]:
    """The environment in which ``inspect-pipe`` is this project's."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GIT_")}, "PATH": path, **more}


def workflow() -> dict[str, Any]:
    read: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return {("on" if k is True else k): v for k, v in read.items()}  # YAML 1.1 takes the word for a truth value


def step(name: str) -> dict[str, Any]:
    (found,) = [s for s in workflow()["jobs"]["inspect"]["steps"] if s.get("name") == name]
    return dict(found)


def test_the_workflow_is_one_and_installs_this_package() -> None:
    schema = json.loads((readers.SCHEMAS / "github-workflow.json").read_text())
    jsonschema.Draft7Validator(schema).validate(workflow())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert workflow()["env"]["PACKAGE"] == "." and "inspect-pipe" in project["scripts"]
    assert step("Install")["run"] == 'python -m pip install "$PACKAGE"'
    assert step("Alerts")["with"]["sarif_file"] == "inspect-pipe.sarif"
    assert workflow()["permissions"] == {"contents": "read", "security-events": "write"}


def test_the_command_of_the_workflow_runs_as_it_stands(tmp_path: Path) -> None:
    """As the runner does it: bash -e, the workflow's environment, a summary file; the model is changed on disk."""
    model = copy("ddpm", tmp_path / "models")
    edit(model / "scheduler" / "scheduler_config.json", lambda config: config.update(use_karras_sigmas=True))
    summary = tmp_path / "summary.md"
    env = commands_first(**{**workflow()["env"], "SOURCE": "models/ddpm", "GITHUB_STEP_SUMMARY": str(summary)})
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step("Inspect")["run"]]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    found = readers.github(done.stdout)
    (told,) = [t for t in found if t.severity != "note"]
    assert (told.code, told.where) == ("IPC104", "scheduler.use_karras_sigmas")
    assert told.file == "models/ddpm/scheduler/scheduler_config.json" and told.line
    alerts = readers.sarif((tmp_path / step("Alerts")["with"]["sarif_file"]).read_text(), tmp_path)
    assert set(found) == set(alerts)
    assert {t.code for t in readers.junit((tmp_path / "inspect-pipe.xml").read_text(), tmp_path)} >= {"IPC104"}
    assert "use\\_karras\\_sigmas" in summary.read_text()


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env=commands_first())


@pytest.mark.skipif(shutil.which("git") is None, reason="pre-commit works on git repositories, and git is not here")
def test_the_hooks_run_under_pre_commit_as_they_stand(tmp_path: Path) -> None:
    """The manifest is valid, and pre-commit itself picks the files and runs the entries, in the environment at hand."""
    from pre_commit.clientlib import load_manifest

    manifest = load_manifest(str(HOOKS))
    assert [h["id"] for h in manifest] == ["inspect-pipe-diff", "inspect-pipe-check"]
    assert all(h["language"] == "python" for h in manifest)
    given = yaml.safe_load(HOOKS.read_text())
    project = tmp_path / "project"
    model = copy("ddpm", project / "models")
    (project / "config.json").write_text('{"of": "something else"}')
    hooks = [{**h, "language": "system"} for h in given]  # a python one would install torch anew
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    env = commands_first(PRE_COMMIT_HOME=str(tmp_path / "cache"))
    seal = ["inspect-pipe", "lock", "models/ddpm", "--static"]
    subprocess.run(seal, cwd=project, env=env, check=True, capture_output=True)
    git(project, "init")
    git(project, "add", ".")

    def commit() -> tuple[int, str]:
        git(project, "add", ".")
        command = [sys.executable, "-m", "pre_commit", "run", "--color", "never"]
        done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, said = commit()
    assert code == 0 and said.count("Passed") == 2, said
    edit(model / "scheduler" / "scheduler_config.json", lambda config: config.update(use_karras_sigmas=True))
    code, said = commit()
    assert code == 1 and said.count("Failed") == 2 and "IPC104" in said and "use_karras_sigmas" in said, said
    edit(model / "scheduler" / "scheduler_config.json", lambda config: config.pop("use_karras_sigmas"))
    code, said = commit()
    assert code == 0 and said.count("Passed") == 2, said
