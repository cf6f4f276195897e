"""The worker and its walls: what goes in, what comes out, and what hostile code inside cannot do."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.merging import merged, refused
from inspector.model import Component, Finding, InspectError, Skip, Snapshot
from inspector.snapshots import take
from tests.folders import copy, edit

HOSTILE = """
import json, os, socket, subprocess, sys
from diffusers import DDPMPipeline

def told(act):
    try:
        return f"done: {act()!r}"
    except BaseException as error:
        return type(error).__name__

class HostilePipeline(DDPMPipeline):
    def __init__(self, unet, scheduler):
        super().__init__(unet, scheduler)
        said = {
            "read": told(lambda: open(SECRET).read()),
            "read again": told(lambda: os.open(SECRET, os.O_RDONLY)),
            "write": told(lambda: open(SECRET, "w")),
            "connect": told(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
            "resolve": told(lambda: socket.getaddrinfo("localhost", 9)),
            "run": told(lambda: subprocess.run(["true"])),
            "shell": told(lambda: os.system("true")),
            "fork": told(lambda: os.fork()),
            "stdin": told(lambda: sys.stdin.read(1)),
            "token": told(lambda: os.environ["HF_TOKEN"]),
            "offline": told(lambda: os.environ["HF_HUB_OFFLINE"]),
            "here": told(os.getcwd),
        }
        self.register_to_config(said=said)
"""


def test_hostile_code_in_the_worker_reaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    secret = tmp_path / "secret"
    secret.write_text("mine")
    folder = copy("ddpm", tmp_path)
    (folder / "pipeline.py").write_text(HOSTILE.replace("SECRET", repr(str(secret))))
    edit(folder / "model_index.json", lambda c: c.update(_class_name=["pipeline", "HostilePipeline"]))
    seen = take(str(folder), trust_remote_code=True)
    pipe = seen.pipeline
    assert pipe is not None and pipe.cls == "HostilePipeline", seen.skipped
    setting = pipe.setting("said")
    assert setting is not None and setting.item is not None
    said = setting.item.data
    assert {said[k] for k in ("read", "read again", "write", "connect", "resolve", "run", "shell")} == {
        "PermissionError"
    }
    assert said["fork"] == "PermissionError"
    assert said["stdin"] == "done: ''"
    assert said["token"] == "KeyError"
    assert said["offline"] == "done: '1'"
    assert str(tmp_path) not in said["here"]
    assert secret.read_text() == "mine"


def test_a_relative_path_and_no_torch_in_the_parent(tmp_path: Path) -> None:
    copy("ddpm", tmp_path)
    script = (
        "import sys, dataclasses, json; from inspector.snapshots import take; s = take('ddpm');"
        " assert not {'torch', 'diffusers', 'transformers'} & sys.modules.keys();"
        " print(json.dumps([[c.path for c in s.components], len(s.problems), len(s.skipped)]))"
    )
    home = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": home},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["pipe", "unet", "scheduler"], 0, 0]


def test_a_module_that_an_index_names_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tmp_path / "proof"
    (tmp_path / "named_by_folder.py").write_text(f"open({str(proof)!r}, 'w')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    folder = copy("ddpm", tmp_path)
    edit(folder / "model_index.json", lambda c: c.update(unet=["named_by_folder", "UNet"], extra=["os", "system"]))
    seen = take(str(folder))
    assert not proof.exists()
    assert {p.where for p in seen.problems if p.code == "IPI903"} >= {"pipe.unet", "pipe.extra"}, seen.problems
    scheduler = seen.component("scheduler")
    assert scheduler is not None and scheduler.cls == "DDPMScheduler"


@pytest.mark.usefixtures("forked")
def test_sizes_out_of_range_are_not_built(tmp_path: Path) -> None:
    folder = copy("ddpm", tmp_path)
    edit(folder / "scheduler" / "scheduler_config.json", lambda c: c.update(num_train_timesteps=10**9))
    seen = take(str(folder))
    assert "IPI910" in {p.code for p in seen.problems}
    assert any(s.where == "scheduler" and s.failed for s in seen.skipped)
    unet = seen.component("unet")
    assert unet is not None and unet.settings


def test_building_that_takes_too_long_leaves_what_was_read(tmp_path: Path) -> None:
    seen = take(str(copy("ddpm", tmp_path)), timeout=0.2)
    assert [(s.where, s.failed) for s in seen.skipped] == [("pipe", True)]
    assert "0.2 s" in seen.skipped[0].reason
    assert [c.path for c in seen.components] == ["pipe", "unet", "scheduler"] or len(seen.components) == 3


def test_a_worker_that_dies_is_told_by_its_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_app.py").write_text("import os\ndef make():\n    os.abort()\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InspectError, match="SIGABRT"):
        take("py:their_app:make")


@pytest.mark.usefixtures("forked")
def test_the_users_own_factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_app.py").write_text(
        "from diffusers import EulerDiscreteScheduler\n"
        "def make():\n    print('noise')\n    s = EulerDiscreteScheduler()\n    s.config.beta_end = 0.5\n    return s\n"
        "def broken():\n    raise KeyError('mine')\n"
    )
    monkeypatch.chdir(tmp_path)
    seen = take("py:their_app:make")
    scheduler = seen.component("scheduler")
    assert scheduler is not None
    setting = scheduler.setting("beta_end")
    assert setting is not None and setting.attr is not None and setting.attr.data == 0.5
    with pytest.raises(InspectError, match="KeyError"):
        take("py:their_app:broken")


@pytest.mark.usefixtures("forked")
def test_live_demos_and_classes() -> None:
    traps = take("demo:sd15-traps")
    scheduler = traps.component("scheduler")
    assert scheduler is not None and scheduler.cls == "DPMSolverMultistepScheduler"
    assert take("class:EulerDiscreteScheduler").component("scheduler") is not None


def test_static_builds_nothing_and_needs_files() -> None:
    seen = take("demo:sd15", static=True)
    assert seen.pipeline is not None and seen.pipeline.cls == "StableDiffusionPipeline"
    with pytest.raises(InspectError, match="no files") as error:
        take("class:EulerDiscreteScheduler", static=True)
    assert error.value.exit_code == 2


def test_a_saved_report_needs_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import TypeAdapter

    seen = take("demo:ddpm", static=True)
    file = tmp_path / "report.json"
    dumped = TypeAdapter(Snapshot).dump_python(seen, mode="json")
    file.write_text(json.dumps({"schema": "inspect-pipe/1", "data": {"snapshot": dumped}}))
    assert take(str(file)) == TypeAdapter(Snapshot).validate_python(dumped)
    file.write_text(json.dumps({"schema": "inspect-pipe/1", "data": {}}))
    with pytest.raises(InspectError, match="holds a snapshot"):
        take(str(file))


def test_merging_prefers_what_was_built() -> None:
    seen = Snapshot(
        "s",
        components=(
            Component("pipe", "P", kind="pipeline"),
            Component("vae", "V", state={"dtype": "float16"}),
            Component("unet", "U"),
        ),
        problems=(
            Finding("IPP204", "warning", "pipe.vae", "predicted"),
            Finding("IPI910", "error", "unet.layers", "too many"),
            Finding("IPP204", "note", "pipeline.py", "code"),
        ),
        skipped=(Skip("vae", "predicted", True), Skip("unet", "too many", True)),
    )
    assert refused(seen) == {"unet": "too many"}
    built = Snapshot(
        "s",
        components=(Component("pipe", "P", kind="pipeline"), Component("vae", "V", facts={"a": 1})),
        skipped=(Skip("unet", "too many", True), Skip("unet", "too many", False)),
    )
    both = merged(seen, built)
    assert [c.path for c in both.components] == ["pipe", "vae", "unet"]
    assert both.components[1].facts == {"a": 1, "files": {"dtype": "float16"}}
    assert [p.code for p in both.problems] == ["IPI910", "IPP204"]
    assert both.skipped == (Skip("unet", "too many", True),)
    assert dataclasses.replace(both, source="t").source == "t"
