"""``inspect-pipe env`` on real environments: a venv that holds the real diffusers, and what people do to one.

The packages are hard links to those that the tests run with, so that an environment costs a tenth of a second; whatever
is changed is a file of its own. What is told is held to what that Python itself does.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import py_compile
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from inspector.environment import against, asking
from inspector.environment.asking import MODULES, facts_from, facts_of
from inspector.environment.facts import mounts, torchbuild
from inspector.environment.report import report_of
from inspector.model import Finding, InspectError
from tests import forked

PACKAGES = ("diffusers", "huggingface_hub")
VERBOSE = ("DIFFUSERS_VERBOSITY", "TRANSFORMERS_VERBOSITY")
EULER = "schedulers/scheduling_euler_discrete.py"
CONFIG = "configuration_utils.py"


class Environment:
    """A virtual environment: its interpreter, its site-packages, and what it says of itself."""

    def __init__(self, home: Path) -> None:
        self.home, self.python = home, str(home / "bin" / "python")
        self.site = next(home.glob("lib/python*/site-packages"))
        self.info = next(self.site.glob("diffusers-*.dist-info"))

    def facts(self, **options: Any) -> dict[str, Any]:
        return facts_of(self.python, **{"folder": str(self.home), **options})

    def origin(self, command: Sequence[str], folder: Path) -> str:
        """Where that Python really finds diffusers."""
        done = subprocess.run([self.python, *command], cwd=folder, capture_output=True, text=True, check=True)
        return os.path.abspath(os.path.join(folder, done.stdout.strip()))


def link(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=os.link, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("env") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    site = next(home.glob("lib/python*/site-packages"))
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        package = Path(spec.origin).parent
        link(package, site / name)
        info = next(package.parent.glob(f"{name}-*.dist-info"))
        link(info, site / info.name)
    return home


@pytest.fixture
def environment(pristine: Path, tmp_path: Path) -> Environment:
    """One of its own for each test that changes something."""
    home = tmp_path / "venv"
    shutil.copytree(pristine, home, copy_function=os.link, symlinks=True)
    return Environment(home)


@pytest.fixture(scope="module")
def clean(pristine: Path) -> dict[str, Any]:
    return Environment(pristine).facts()


def rewrite(file: Path, old: str = "", new: str = "\n# patched\n") -> None:
    """Change a file without touching the one that it is a link to."""
    text = file.read_text(encoding="utf-8")
    file.unlink()
    file.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")


def findings(facts: dict[str, Any], other: dict[str, Any] | None = None) -> list[Finding]:
    """What is found, but for what is so in every environment of these tests: no torch, and variables of the tests."""
    usual = {("IPE510", "torch"), *(("IPE513", n) for n in ("HF_HUB_OFFLINE", *VERBOSE))}
    return [f for f in report_of(facts, other).findings if (f.code, f.where) not in usual]


def one(facts: dict[str, Any], code: str) -> Finding:
    found = findings(facts)
    assert [f.code for f in found] == [code], found
    return found[0]


def test_an_installation_as_it_was_made(clean: dict[str, Any], pristine: Path) -> None:
    assert findings(clean) == []
    package = clean["packages"]["diffusers"]
    own = next(i for i in package["installed"] if i["covers"])
    assert (own["origin"]["kind"], own["record"], own["changed"], own["missing"], own["added"]) == (
        "index", True, [], [], [],
    )  # fmt: skip
    assert package["version"] == own["version"] == metadata.version("diffusers")
    assert len(package["files"]) > 1000 and own["listed"] == len(package["files"])
    entry = clean["sys_path"][package["imported"]["entry"]]
    assert (entry["kind"], entry["path"]) == ("site", str(Environment(pristine).site))
    assert clean["torch"] is None and "torch" not in clean["packages"]
    assert clean["python"]["venv"] and clean["python"]["frozen_modules"] is (sys.version_info >= (3, 11))
    # without torch, and nothing else, there is something to say
    told = [(f.code, f.where, f.severity) for f in report_of(clean).findings]
    assert told[0] == ("IPE510", "torch", "warning") and ("IPE513", "HF_HUB_OFFLINE", "note") in told


def test_a_folder_that_shadows(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy := tmp_path / "work" / "diffusers").mkdir(parents=True)
    (copy / "__init__.py").write_text('__version__ = "9.9.9"\n')
    work = copy.parent
    code = "import importlib.util; print(importlib.util.find_spec('diffusers').origin)"
    (work / "script.py").write_text(code)
    found = one(environment.facts(folder=str(work)), "IPE501")
    assert "9.9.9" in found.message and "the current folder" in found.message and str(environment.site) in found.message
    assert environment.origin(["-c", code], work) == str(copy / "__init__.py")

    # python SCRIPT looks beside the script, wherever it is run; of a link to a script, beside the script itself
    (tmp_path / "link.py").symlink_to(work / "script.py")
    for script in ("work/script.py", "link.py"):
        facts = environment.facts(folder=str(tmp_path), script=script)
        assert "the script's folder" in one(facts, "IPE501").message
        assert environment.origin([script], tmp_path) == facts["packages"]["diffusers"]["imported"]["file"]
    assert findings(environment.facts(folder=str(tmp_path))) == []

    monkeypatch.setenv("PYTHONPATH", str(work))
    facts = environment.facts(folder=str(tmp_path))
    found = one(facts, "IPE501")
    assert "PYTHONPATH" in found.message and "PYTHONPATH" in found.fix and facts["sys_path"][1]["kind"] == "pythonpath"
    assert environment.origin(["-c", code], tmp_path) == str(copy / "__init__.py")
    assert facts["packages"]["diffusers"]["copies"][0]["root"] == str(environment.site / "diffusers")


def test_modules_in_the_current_folder_are_not_run(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("json", "os", "importlib", "threading", "csv", "huggingface_hub", "sitecustomize"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write({name!r})")
    facts = environment.facts(folder=str(folder))
    assert not (tmp_path / "ran").exists()
    assert facts["packages"]["huggingface_hub"]["imported"]["from"] == "folder"
    assert any(s["where"] == "caches" for s in facts["skipped"])


def test_patched_files_are_named(environment: Environment) -> None:
    package = environment.site / "diffusers"
    rewrite(package / EULER, "beta_end: float = 0.02", "beta_end: float = 0.03")
    rewrite(package / CONFIG)
    (package / "schedulers" / "scheduling_ddim.py").unlink()
    (package / "schedulers" / "scheduling_mine.py").write_text("")
    (package / "libextra.so").write_bytes(b"")
    found = {f.code: f for f in findings(environment.facts())}
    assert set(found) == {"IPE503", "IPE504", "IPE505"}
    assert f"diffusers/{EULER}" in found["IPE503"].message and f"diffusers/{CONFIG}" in found["IPE503"].message
    assert found["IPE503"].message.startswith("2 files") and "--force-reinstall" in found["IPE503"].fix
    assert "scheduling_ddim.py" in found["IPE504"].message and found["IPE504"].severity == "error"
    assert "scheduling_mine.py" in found["IPE505"].message and "libextra.so" in found["IPE505"].message


def test_two_installations(environment: Environment, tmp_path: Path) -> None:
    # what an upgrade left behind
    old = environment.site / "diffusers-0.10.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: diffusers\nVersion: 0.10.0\n")
    facts = environment.facts()
    assert "diffusers-0.10.0.dist-info" in one(facts, "IPE506").message
    told = subprocess.run(
        [environment.python, "-c", "from importlib.metadata import version; print(version('diffusers'))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert facts["packages"]["diffusers"]["metadata_version"] == told.stdout.strip()
    shutil.rmtree(old)
    # another one, further down
    other = tmp_path / "other"
    (other / "diffusers").mkdir(parents=True)
    (other / "diffusers" / "__init__.py").write_text('__version__: str = "0.11.0"')
    (environment.site / "other.pth").write_text(f"{other}\n")
    assert "0.11.0" in one(environment.facts(), "IPE502").message
    # nothing is left of the first but an empty folder: the second answers
    shutil.rmtree(environment.site / "diffusers")
    (environment.site / "diffusers" / "__pycache__").mkdir(parents=True)
    assert {f.code for f in findings(environment.facts())} == {"IPE501", "IPE504"}
    # and of the second too: a namespace
    shutil.rmtree(other)
    assert {f.code for f in findings(environment.facts())} == {"IPE504", "IPE507"}


def test_a_checkout(environment: Environment, tmp_path: Path) -> None:
    source = tmp_path / "checkout" / "src"
    (source / "diffusers").mkdir(parents=True)
    (source / "diffusers" / "__init__.py").write_text('__version__ = "1.2.dev0"\n')
    hook = tmp_path / "ran"
    git = ["git", "-C", str(source), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    subprocess.run([*git, "config", "core.fsmonitor", f"touch {hook};"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    shutil.rmtree(environment.site / "diffusers")
    shutil.rmtree(environment.info)
    (environment.site / "__editable__.diffusers.pth").write_text(f"{source}\n")
    info = environment.site / "diffusers-1.2.dev0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: diffusers\nVersion: 1.2.dev0\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("__editable__.diffusers.pth,,\n")
    (info / "direct_url.json").write_text(json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}}))
    facts = environment.facts()
    package = facts["packages"]["diffusers"]
    assert findings(facts) == [] and package["installed"][0]["origin"]["kind"] == "editable"
    assert package["git"] == {
        "root": str(source), "commit": head, "branch": "main", "dirty": [], "reason": "",
    }  # fmt: skip
    (source / "diffusers" / "more.py").write_text("")
    (source / "diffusers" / "__init__.py").write_text('__version__ = "1.2.dev1"\n')
    found = {f.code: f for f in findings(environment.facts())}
    assert set(found) == {"IPE506", "IPE508"} and not hook.exists()
    assert (
        "diffusers/__init__.py, diffusers/more.py" in found["IPE508"].message and head[:12] in found["IPE508"].message
    )
    subprocess.run([*git, "gc", "-q"], check=True)
    subprocess.run([*git, "checkout", "-q", "--detach"], check=True, capture_output=True)
    assert environment.facts()["packages"]["diffusers"]["git"]["commit"] == head


def test_a_mapped_checkout_and_an_archive(environment: Environment, tmp_path: Path, monkeypatch: Any) -> None:
    """An editable installation of setuptools brings a finder: a package may lie in a folder of another name."""
    (source := tmp_path / "lib" / "diff").mkdir(parents=True)
    (source / "__init__.py").write_text('__version__ = "7.7"\n')
    shutil.rmtree(environment.site / "diffusers")
    rewrite(environment.info / "METADATA", "\nVersion: ", "\nVersion: 7.7\nX: ")
    (environment.info / "RECORD").unlink()
    (environment.info / "direct_url.json").write_text(
        json.dumps({"url": source.parent.as_uri(), "dir_info": {"editable": True}})
    )
    (environment.site / "mapped.pth").write_text("import mapped")
    (environment.site / "mapped.py").write_text(f"""
import sys
from importlib.util import spec_from_file_location
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "diffusers":
            return spec_from_file_location(name, {str(source / "__init__.py")!r})
sys.meta_path.append(Finder)
""")
    facts = environment.facts()
    package = facts["packages"]["diffusers"]
    assert (package["imported"]["how"], package["imported"]["entry"], findings(facts)) == ("Finder", None, [])
    assert list(package["files"]) == ["diffusers/__init__.py"] and package["installed"][0]["covers"]
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("diffusers/__init__.py", "__version__ = '5.5'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "d.zip"))
    facts = environment.facts()
    assert "5.5" in one(facts, "IPE501").message and "archive" in facts["skipped"][0]["reason"]


def test_compiled_code_of_another_source(environment: Environment) -> None:
    unchecked = environment.site / "diffusers" / CONFIG
    py_compile.compile(str(unchecked), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, doraise=True)
    believed = environment.site / "diffusers" / EULER
    kept = believed.stat()
    py_compile.compile(str(believed), doraise=True)
    assert findings(environment.facts()) == []
    rewrite(unchecked)
    rewrite(believed, "beta_end: float = 0.02", "beta_end: float = 0.03")
    os.utime(believed, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    facts = environment.facts()
    assert facts["packages"]["diffusers"]["stale"] == [f"diffusers/{CONFIG}", f"diffusers/{EULER}"]
    assert {f.code for f in findings(facts)} == {"IPE503", "IPE509"}
    os.utime(believed)  # now Python looks at the source, and compiles it anew
    assert environment.facts()["packages"]["diffusers"]["stale"] == [f"diffusers/{CONFIG}"]


def test_requirements(environment: Environment) -> None:
    rewrite(environment.info / "METADATA", "Requires-Dist:", "Requires-Dist: huggingface-hub<0.1\nRequires-Dist:")
    found = one(environment.facts(), "IPE515")
    assert "requires huggingface-hub<0.1" in found.message and found.where == "huggingface_hub"


def test_secrets_stay_there(environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "hf_" + "abcdefgh" * 4
    for name, value in {
        "HF_TOKEN": secret,
        "HUGGING_FACE_HUB_TOKEN": "short",
        "HF_TOKEN_PATH": "/here/token",
        "HF_ENDPOINT": f"https://me:pass-word@hub.example/x?sig={secret}",
        "https_proxy": "http://user:pass-word@proxy:3128",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_USER_AGENT_ORIGIN": f"Bearer {secret}",
        "UNRELATED": "x",
        "HF_HOME": str(tmp_path / "to"),
    }.items():
        monkeypatch.setenv(name, value)
    shared = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path
    (tmp_path / "to").symlink_to(shared, target_is_directory=True)
    facts = environment.facts()
    told = json.dumps(facts)
    assert secret not in told and "pass-word" not in told and "short" not in told and "UNRELATED" not in told
    held = facts["variables"]
    assert (held["HF_TOKEN"], held["HF_TOKEN_PATH"], held["https_proxy"]) == (
        "***",
        "/here/token",
        "http://***@proxy:3128",
    )
    assert held["TOKENIZERS_PARALLELISM"] == "false" and held["HF_ENDPOINT"] == "https://***@hub.example/x?***"
    assert [f.where for f in findings(facts) if f.code == "IPE513"] == ["HF_ENDPOINT"]
    # the cache, where huggingface_hub itself puts it, through a link, on the file system that the system names
    place = next(p for p in facts["places"] if p["what"] == "hub cache")
    assert place["path"] == str(tmp_path / "to" / "hub") and place["links"] == [[str(tmp_path / "to"), str(shared)]]
    assert place["real"] == str(shared / "hub")
    if shutil.which("findmnt"):
        named = subprocess.run(
            ["findmnt", "-no", "FSTYPE,TARGET", "-T", str(shared)], capture_output=True, text=True, check=True
        )
        assert [place["filesystem"], place["prefix"]] == named.stdout.split()[:2]


MOUNTINFO = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /mnt/nas rw,relatime shared:9 - nfs4 nas:/export rw,vers=4.2
41 40 0:36 /sub /mnt/nas/mod\\040els ro - cifs //me@nas/models rw
42 22 0:37 / /mnt/nas rw - fuse.sshfs other:/ rw
"""


def test_which_file_system() -> None:
    table = mounts.parsed(MOUNTINFO)
    assert mounts.mounted("/home/x", table)["filesystem"] == "ext4"
    assert mounts.mounted("/mnt/nas2", table)["prefix"] == "/"
    assert mounts.mounted("/mnt/nas/x", table)["filesystem"] == "fuse.sshfs"  # mounted over the other
    below = mounts.mounted("/mnt/nas/mod els/sd15", table)
    assert below == {"prefix": "/mnt/nas/mod els", "filesystem": "cifs", "device": "//***@nas/models", "network": True}


def test_a_place_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]) -> None:
    import threading

    never = threading.Event()
    monkeypatch.setattr(mounts, "SECONDS", 0.01)
    monkeypatch.setattr(mounts, "look", lambda path, table, answer: never.wait(5))
    skipped: list[dict[str, str]] = []
    places = mounts.facts({}, [], skipped)
    never.set()
    assert len(skipped) >= len(places) > 2
    found = [f for f in findings({**clean, "places": places}) if f.code == "IPE514"]
    assert len(found) == len(places) and {f.severity for f in found} == {"error"}


SMI = """#!/bin/sh
case "$1" in
--query-gpu=*) echo "NVIDIA H100 80GB HBM3, 81559, GPU-1, 9.0, 550.54.15" ;;
*) echo "| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4 |" ;;
esac
"""


def test_gpus_and_builds(clean: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts of a machine with a GPU, in the words of nvidia-smi; no test machine has one, so a script says them."""
    from inspector.environment.facts import devices

    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "nvidia-smi").write_text(SMI)
    (tmp_path / "nvidia-smi").chmod(0o755)
    skipped: list[dict[str, str]] = []
    told = devices.facts(skipped)
    assert (told["driver"], told["cuda"], told["told_by"], len(told["gpus"])) == ("550.54.15", "12.4", "nvidia-smi", 1)
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed: no driver'; exit 9\n")
    assert not skipped and devices.facts(skipped)["told_by"] != "nvidia-smi" and "no driver" in skipped[0]["reason"]

    rows = devices.told("NVIDIA H100 80GB HBM3, 81559, GPU-1, 9.0, 550.54.15\nNVIDIA X, [N/A], GPU-2, 9.0, 550.54\n")
    assert [(r["name"], r["memory_mib"], r["driver"]) for r in rows] == [
        ("NVIDIA H100 80GB HBM3", 81559, "550.54.15"), ("NVIDIA X", None, "550.54"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="fields"):
        devices.told("No devices were found\n")
    gpu = {"driver": "550.54.15", "cuda": "12.4", "gpus": rows, "told_by": "nvidia-smi", "reason": ""}

    def codes(build: str, cuda: str | None, asked: Any = None) -> set[str]:
        torch = {"version": "2.9", "build": build, "cuda": cuda, "git": "", "asked": asked, "reason": ""}
        return {f.code for f in findings({**clean, "devices": gpu, "torch": torch})}

    assert codes("cpu", None) == {"IPE511"} and codes("rocm", None) == {"IPE511"}
    assert codes("cuda", "13.0") == {"IPE512"}
    assert codes("cuda", "12.8") == codes("cuda", "11.8") == set()
    assert codes("cuda", "12.4", {"cuda_available": False}) == {"IPE511"}


def test_against(clean: dict[str, Any], environment: Environment) -> None:
    rewrite(environment.site / "diffusers" / EULER, "beta_end: float = 0.02", "beta_end: float = 0.03")
    patched = environment.facts()
    rows = against.differences(clean, patched)
    decisive = [r for r in rows if r["matters"] == "code"]
    assert [(r["what"], r["decided"], r["files"]) for r in decisive] == [
        ("diffusers", [f"diffusers/{EULER}"], [f"diffusers/{EULER}"])
    ]
    [found] = findings(clean, patched)
    assert (found.code, found.severity) == ("IPE516", "error") and "scheduling_euler_discrete.py" in found.message
    assert "on both sides, and other code (changed after installation there)" in found.message
    assert "configs and saving and loading: the same" in found.message
    # the two live in different folders, which changes nothing
    assert {r["matters"] for r in rows} == {"code", "no"}

    def changed(**more: Any) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(clean))
        for path, value in more.items():
            *above, last = path.split("__")
            held = copy
            for name in above:
                held = held[name]
            held[last] = value
        return copy

    versions = changed(packages__diffusers__version="9.9")
    [found] = findings(clean, versions)
    assert (found.code, found.severity) == ("IPE519", "note") and "all 11" in found.message
    other = changed(packages__diffusers__version="9.9")
    other["packages"]["diffusers"]["files"][f"diffusers/{EULER}"] = "0" * 64
    assert [(f.code, f.severity) for f in findings(clean, other)] == [("IPE516", "warning")]
    model = changed()
    model["packages"]["diffusers"]["files"]["diffusers/models/attention.py"] = "0" * 64
    assert [f.code for f in findings(clean, model)] == ["IPE517"]
    model = changed()
    model["packages"]["diffusers"]["files"]["diffusers/utils/logging.py"] = "0" * 64
    assert [f.code for f in findings(clean, model)] == ["IPE519"]
    # of transformers, what makes configs is told from the rest
    hub = clean["packages"]["huggingface_hub"]
    for name, code in (("models/clip/modeling_clip.py", "IPE519"), ("models/clip/configuration_clip.py", "IPE517")):
        sides = [changed(packages__transformers={**hub, "files": {f"transformers/{name}": n * 64}}) for n in "01"]
        [found] = findings(*sides)
        assert found.code == code and "on both sides, and other code" in found.message
    [found] = findings(changed(packages__scipy=hub), clean)
    assert found.code == "IPE517" and "empty classes" in found.message and found.confidence == "certain"
    assert [f.code for f in findings(clean, changed(platform__machine="aarch64"))] == ["IPE517"]
    # two machines are called by their names
    there = changed(platform__host="nas", platform__machine="aarch64")
    [found] = findings(clean, there)
    assert "aarch64 on nas" in found.message and "here" not in found.message
    assert [f.code for f in findings(clean, changed(variables__NVIDIA_TF32_OVERRIDE="1"))] == ["IPE518"]
    assert findings(clean, changed(variables__HOME="/elsewhere", platform__host="x", python__version="3.99.0")) == []


def test_every_python_that_is_here(clean: dict[str, Any]) -> None:
    """The facts are told by any Python from 3.8 on; an older one says that it is."""
    home = Path(asking.__file__).parent / "facts"
    for name in MODULES:
        ast.parse((home / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 8))
    assert sorted(f.stem for f in home.glob("*.py")) == sorted(MODULES)
    base = Path(sys.base_prefix).parent
    found = {p.resolve() for p in [*base.glob("*/bin/python"), *Path("/usr/bin").glob("python3.[0-9]*")] if p.exists()}
    found = {p for p in found if "config" not in p.name}
    told: dict[tuple[int, ...], set[str]] = {}
    for python in sorted(found):
        asked = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        if asked.returncode:
            continue
        version = tuple(map(int, asked.stdout.split()))
        if version < asking.OLDEST:
            with pytest.raises(InspectError, match=r"needs 3\.8 or newer"):
                facts_of(str(python))
        else:
            told[version] = set(facts_of(str(python)))
    assert all(names == set(clean) for names in told.values()) and tuple(sys.version_info[:2]) in told


def test_no_python(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("#!/bin/sh\necho oh no >&2; exit 4\n")
    (tmp_path / "no").chmod(0o755)
    for python, said in (
        ("/nowhere/python", "no such program"), (str(tmp_path), "without bin/python"), (str(tmp_path / "no"), "oh no"),
    ):  # fmt: skip
        with pytest.raises(InspectError, match=said) as caught:
            facts_of(python)
        assert caught.value.exit_code == 3
    (tmp_path / "slow").write_text("#!/bin/sh\nexec sleep 20\n")
    (tmp_path / "slow").chmod(0o755)
    with pytest.raises(InspectError, match=r"did not answer in 0\.2 s"):
        facts_of(str(tmp_path / "slow"), seconds=0.2)


@pytest.fixture(scope="module")
def saved(clean: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from inspector.render import render

    file = tmp_path_factory.mktemp("saved") / "clean.json"
    file.write_text(render(report_of(clean), "json"))
    yield file


@pytest.mark.parametrize("path", ["", "data", "data.facts.facts", "data.facts.python.version", "data.facts.packages",
                                  "data.facts.packages.diffusers.installed", "data.facts.places", "data.facts.torch",
                                  "data.facts.packages.diffusers.imported.root", "data.facts.variables"])  # fmt: skip
def test_a_file_that_is_no_report_of_env(saved: Path, tmp_path: Path, path: str) -> None:
    wrongs: tuple[Any, ...] = (None, [], {}, "x", 7)
    for wrong in wrongs:
        document = json.loads(saved.read_text())
        *above, last = path.split(".")
        held = document
        for name in above:
            held = held[name]
        held[last] = wrong
        (tmp_path / "f.json").write_text(json.dumps(document if path else wrong))
        try:
            facts = facts_from(tmp_path / "f.json")
        except InspectError as error:
            assert error.exit_code == 3 and "no report of inspect-pipe env" in error.message
        else:  # it makes sense all the same: it can be judged, compared and shown
            from inspector.render import render

            assert render(report_of(facts, facts), "human")


def test_the_command(saved: Path, clean: dict[str, Any], environment: Environment, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from inspector.render.published import report_schema

    assert facts_from(saved) == clean
    done = forked.run("env", "--python", environment.home, "--ignore", "IPE510", "-f", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, report_schema())
    assert (
        document["data"]["command"] == "env" and document["data"]["facts"]["python"]["executable"] == environment.python
    )
    rewrite(environment.site / "diffusers" / EULER)
    done = forked.run("env", "--python", environment.python, "--against", saved, cwd=tmp_path)
    assert done.returncode == 1 and "IPE516" in done.stdout and "scheduling_euler_discrete.py" in done.stdout
    assert "of no consequence" in done.stdout and "Traceback" not in done.stderr
    done = forked.run("env", saved, "--against", saved, cwd=tmp_path)
    assert done.returncode == 0 and "no difference" in done.stdout
    for form in ("markdown", "html", "sarif", "junit", "github", "gitlab", "jsonl"):
        from inspector.render import render

        assert "IPE510" in render(report_of(clean), form)
    assert forked.run("env", saved, "--python", "python3").returncode == 2
    assert forked.run("env", "--against", tmp_path / "no.json").returncode == 3


def test_torch_is_asked_only_when_it_is_wanted() -> None:
    torch = importlib.import_module("torch")
    root = str(Path(str(torch.__file__)).parent)
    imported = {"kind": "package", "root": root, "from": "site"}
    package = {"version": torch.__version__, "imported": imported}
    skipped: list[dict[str, str]] = []
    told = torchbuild.facts(package, True, skipped)
    assert told is not None and told["asked"]["file"] == torch.__file__ and not skipped
    assert (told["cuda"], told["hip"], told["git"]) == (
        torch.version.cuda,
        torch.version.hip,
        torch.version.git_version,
    )
    assert told["build"] == ("cuda" if torch.version.cuda else "rocm" if torch.version.hip else "cpu")
    # of a torch that lies in the current folder nothing is run
    told = torchbuild.facts({**package, "imported": {**imported, "from": "folder"}}, True, skipped)
    assert told is not None and told["asked"] is None and "current folder" in skipped[0]["reason"]
