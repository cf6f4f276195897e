"""Code and settings of tools that come with a folder: reported, never honoured."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("code")


def brings(*names: str) -> Make:
    """A folder with files of code that leave the mark."""

    def make(place: Place) -> None:
        for name in names:
            place.put(name, place.python())

    return make


# What runs by itself where somebody stands in the folder, or adds it to a path
for name in (
    "typer.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "torch.py", "diffusers.py", "rich.py", "json.py",
    "pydantic.py", "inspector.py", "numpy.py", "click.py", "__main__.py", "evil.pyc", "_ctypes.so", "unet/typer.py",
    "libevil.dll", "jinja2.py", "yaml.py", "pytest.py", "_pytest.py", "scheduler/conftest.py",
):  # fmt: skip
    case(
        f"a {name}", "IPI908", 1, brings(name), inside=True, sample=name in ("typer.py", "sitecustomize.py", "json.py")
    )
for name in ("inspector/__init__.py", "typer/__init__.py", "torch/__init__.py", "json/__init__.py"):
    case(f"a {name}", "IPI908", 1, brings(name), inside=True)
case("a path file", "IPI908", 1, lambda p: p.put("evil.pth", f"import os; {p.python()}"), inside=True)
case(
    "all of them",
    "IPI908",
    1,
    brings("typer.py", "sitecustomize.py", "conftest.py", "os.py", "unet/json.py"),
    inside=True,
    sample=True,
)

# Code that no honest folder must do without: named, not run
for name in (
    "handler.py",
    "modeling_evil.py",
    "setup.py",
    "unet/modeling_unet.py",
    "run.sh",
    "install.bat",
    "train.ipynb",
):
    case(f"a {name}", "", 0, brings(name), inside=True, sample=name == "handler.py")


@case("a pipeline of its own code", "", 0, sample=True)
def custom(place: Place) -> None:
    place.put("pipeline.py", place.python() + "class Evil: pass\n")
    place.edit("model_index.json", _class_name=["pipeline", "Evil"])


@case("a pipeline whose code is not there", "IPP204", 1, worker=("IPP204 ...", 1))
def absent(place: Place) -> None:
    place.edit("model_index.json", _class_name=["pipeline", "Evil"])


@case("a component of its own code", "", 0, worker=("...", 0), sample=True)
def component(place: Place) -> None:
    place.put("unet/modeling_evil.py", place.python() + "class Evil: pass\n")
    place.edit("model_index.json", unet=["modeling_evil", "Evil"])


@case("a pipeline whose module is a path", "IPI906", 3, worker=("IPI906 ...", 3))
def escaping(place: Place) -> None:
    (place.outside / "pipeline.py").write_text(place.python() + "class Evil: pass\n")
    place.edit("model_index.json", _class_name=["../outside/pipeline", "Evil"])


@case("a component called like a module that it brings", "IPI908", 1)
def shadow(place: Place) -> None:
    place.put("unet/antigravity.py", place.python())
    place.edit("model_index.json", unet=["antigravity", "Evil"])


# Settings of tools: ours, pytest's, editors'
SETTINGS: dict[str, Any] = {
    "pytest.ini": "[pytest]\naddopts = -p payload\npython_files = *.py\n",
    "pyproject.toml": '[tool.inspect-pipe]\nfail-on = "never"\nignore = ["IPI"]\nexit-zero = true\n[tool.pytest.ini_options]\naddopts = "-p payload"\n',
    "setup.cfg": "[tool:pytest]\naddopts = -p payload\n",
    "tox.ini": "[pytest]\naddopts = -p payload\n",
    ".env": "HF_HUB_OFFLINE=0\nPYTHONSTARTUP=payload.py\nHF_TOKEN=x\n",
    ".envrc": "touch marker\n",
    ".vscode/settings.json": {"python.defaultInterpreterPath": "./evil"},
    ".vscode/tasks.json": {"tasks": [{"command": "touch marker", "runOptions": {"runOn": "folderOpen"}}]},
    ".idea/workspace.xml": "<project/>",
    ".pre-commit-config.yaml": "repos: []\n",
    "Makefile": "all:\n\ttouch marker\n",
    "inspect-pipe-baseline.json": {"schema": "inspect-pipe-baseline/1", "accepted": []},
    ".gitattributes": "*.bin filter=evil\n",
    "tsconfig.txt": "x",
    "noxfile.toml": "x = 1\n",
}  # fmt: skip
for name, content in SETTINGS.items():
    case(
        f"a {name}",
        "",
        0,
        (lambda n, c: lambda p: p.put(n, c))(name, content),
        inside=True,
        sample=name == "pyproject.toml",
    )


@case("settings that would call a broken folder clean", "IPI910", 3, inside=True, sample=True)
def lulling(place: Place) -> None:
    place.put("pyproject.toml", SETTINGS["pyproject.toml"])
    place.edit("unet/config.json", layers_per_block=10**7)


@case("a folder of git with hooks", "", 0, inside=True)
def git(place: Place) -> None:
    place.put(".git/hooks/post-checkout", "#!/bin/sh\ntouch marker\n")
    place.put(".git/config", '[core]\n\tfsmonitor = "touch marker"\n')
