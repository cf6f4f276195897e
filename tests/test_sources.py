"""What a SOURCE is: every scheme, what cannot be meant, and what was probably meant."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.model import EXIT_UNREADABLE, EXIT_USAGE, InspectError
from inspector.sources import Source, resolve

INDEX = '{"_class_name": "DDPMPipeline"}'


def put(root: Path, name: str, content: str = "{}") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def refused(text: str, status: int = EXIT_UNREADABLE) -> InspectError:
    with pytest.raises(InspectError) as caught:
        resolve(text)
    error = caught.value
    assert error.exit_code == status, error.message
    assert error.hint and "\n" not in error.message + error.hint
    return error


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small pipeline, beside other things."""
    put(tmp_path, "model/model_index.json", INDEX)
    put(tmp_path, "model/unet/config.json")
    put(tmp_path, "model/unet/weights.safetensors")
    put(tmp_path, "model/scheduler/scheduler_config.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "model"


def test_every_kind_of_source(model: Path) -> None:
    put(model.parent, "report.json", json.dumps({"schema": "inspect-pipe/1", "data": {}}))
    put(model.parent, "other.json")
    found = {
        "demo:sd15": Source("demo:sd15", "demo", target="sd15"),
        "class:EulerDiscreteScheduler": Source(
            "class:EulerDiscreteScheduler", "class", target="EulerDiscreteScheduler"
        ),
        "class:diffusers.DDIMScheduler": Source(
            "class:diffusers.DDIMScheduler", "class", target="diffusers.DDIMScheduler"
        ),
        "py:my_app.models:make": Source("py:my_app.models:make", "py", target="my_app.models:make"),
        "model": Source("model", "folder", Path("model")),
        "./model/": Source("./model/", "folder", Path("model")),
        str(model): Source(str(model), "folder", model),
        "model/model_index.json": Source("model/model_index.json", "folder", Path("model")),
        "model/unet": Source("model/unet", "component", Path("model/unet")),
        "model/scheduler": Source("model/scheduler", "component", Path("model/scheduler")),
        "model/unet/config.json": Source("model/unet/config.json", "config", Path("model/unet/config.json")),
        "model/unet/weights.safetensors": Source(
            "model/unet/weights.safetensors", "weights", Path("model/unet/weights.safetensors")
        ),
        "other.json": Source("other.json", "config", Path("other.json")),
        "report.json": Source("report.json", "report", Path("report.json")),
    }
    for text, source in found.items():
        assert resolve(text) == source


def test_links_are_the_users_own(model: Path) -> None:
    Path("alias").symlink_to("model")
    Path("alias.json").symlink_to("model/unet/config.json")
    assert resolve("alias").scheme == "folder"
    assert resolve("alias/unet").scheme == "component"
    assert resolve("alias.json").scheme == "config"
    Path("broken").symlink_to("nowhere")
    assert "link to nothing" in refused("broken").message


def test_a_path_goes_before_a_scheme(model: Path) -> None:
    put(model.parent, "demo:sd15/model_index.json", INDEX)
    assert resolve("demo:sd15").scheme == "folder"
    put(model.parent, "org/name/model_index.json", INDEX)
    assert resolve("org/name").scheme == "folder"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a\0b", "no text"),
        ("class:", "class:NAME"),
        ("class:not a name", "class:NAME"),
        ("class:os.", "class:NAME"),
        ("py:", "py:MODULE:FACTORY"),
        ("py:module", "py:MODULE:FACTORY"),
        ("py::make", "py:MODULE:FACTORY"),
        ("py:mod-ule:make", "py:MODULE:FACTORY"),
        ("py:module:make()", "py:MODULE:FACTORY"),
        ("hub://org/name", "hub://"),
        ("sftp:///folder", "names no host"),
        ("sftp://me:pass/word@host/x", "sftp://me:***@host/x is no address"),
        ("https://host/a/../b", "no plain path"),
        ("file://host/folder", "names no path"),
        ("nfs4://host/x", "nfs4://host/x"),
        ("zip://a.zip::sftp://host/x", "zip://"),
        ("hub:name", "hub:ORG/NAME"),
    ],
)
def test_what_has_no_meaning(text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(text, EXIT_USAGE).message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("modle", "did you mean model?"),
        ("me@nas:/models/sd15", "did you mean sftp://me@nas/models/sd15?"),
        ("\\\\nas\\models\\sd15", "did you mean smb://nas/models/sd15?"),
        ("model/unett", "did you mean model/unet?"),
        ("modle/unet", "did you mean model"),
        ("model/unet/confg.json", "did you mean model/unet/config.json?"),
        ("nothing-like-it", "demo:NAME"),
        ("demo", "demo:NAME"),
    ],
)
def test_no_such_path(model: Path, text: str, hint: str) -> None:
    error = refused(text)
    assert error.code == "IPI901" and "no such file or folder" in error.message
    assert hint in error.hint, error.hint


def test_an_unknown_demo(model: Path) -> None:
    assert "did you mean demo:sdxl" in refused("demo:sdlx").hint


def test_a_folder_that_holds_the_pipeline_further_down(tmp_path: Path) -> None:
    put(tmp_path, "a/b/model_index.json", INDEX)
    for path in (tmp_path, tmp_path / "a"):
        error = refused(str(path))
        assert "has no model_index.json: it holds 1 folder" in error.message
        assert error.hint == f"did you mean {tmp_path / 'a' / 'b'}?"


def test_a_folder_of_other_things(tmp_path: Path) -> None:
    assert "it holds nothing" in refused(str(tmp_path)).message
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt"):
        put(tmp_path, name)
    error = refused(str(tmp_path))
    assert "it holds 5 files (a.txt, b.txt, c.txt, d.txt, …)" in error.message
    assert "model_index.json" in error.hint
    put(tmp_path, "lora.safetensors")
    assert f"{tmp_path / 'lora.safetensors'}" in refused(str(tmp_path)).hint


def test_a_subfolder_of_a_pipeline_without_a_config(model: Path) -> None:
    (model / "assets").mkdir()
    assert refused(str(model / "assets")).hint == f"did you mean {model}?"


def test_components_without_their_index(model: Path) -> None:
    (model / "model_index.json").unlink()
    error = refused("model")
    assert "scheduler, unet" in error.message
    assert "model/scheduler" in error.hint


@pytest.mark.parametrize("name", ["weights.bin", "model.ckpt", "weights.pt", "data.pkl"])
def test_a_pickle_is_not_opened(tmp_path: Path, name: str) -> None:
    error = refused(str(put(tmp_path, name)))
    assert error.code == "IPI907" and "not opened" in error.message


def test_other_files(tmp_path: Path) -> None:
    assert "neither JSON nor safetensors" in refused(str(put(tmp_path, "notes.md"))).message
    os.mkfifo(tmp_path / "pipe.json")
    assert refused(str(tmp_path / "pipe.json")).code == "IPI905"
    assert refused("/dev/zero").code == "IPI905"
    with socket.socket(socket.AF_UNIX) as listening:
        before = Path.cwd()
        os.chdir(tmp_path)
        listening.bind("sock.json")
        os.chdir(before)
        assert refused(str(tmp_path / "sock.json")).code == "IPI905"


@pytest.mark.parametrize(
    ("content", "scheme"),
    [
        ('{"schema": "inspect-pipe/1"}', "report"),
        ('{\n  "schema" : "inspect-pipe/2"}', "report"),
        ('{"schema": "other/1"}', "config"),
        ('{"_class_name": "DDIMScheduler"}', "config"),
        ("not json", "config"),
        ("", "config"),
        ("\xff" * 10_000, "config"),
    ],
)
def test_a_saved_report_is_told_by_its_beginning(tmp_path: Path, content: str, scheme: str) -> None:
    assert resolve(str(put(tmp_path, "x.json", content))).scheme == scheme


@pytest.mark.parametrize("text", ["org/name", "org/name@v1", "org/name@refs/pr/1", "hub:org/name"])
def test_a_hub_id_that_is_not_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(text)
    assert "not in the Hub cache" in error.message and "HF_HUB_OFFLINE" in error.hint


def test_a_mistyped_path_that_looks_like_a_hub_id(model: Path) -> None:
    error = refused("model/unett")
    assert "no such file or folder" in error.message and "Hub" in error.message


def test_telling_a_source_imports_nothing(model: Path) -> None:
    script = (
        "import sys; from inspector.sources import resolve; resolve('model'); resolve('demo:sd15'); resolve('class:X');"
        "print([m for m in ('torch', 'diffusers', 'huggingface_hub', 'pydantic', 'rich') if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.strip() == "[]"
