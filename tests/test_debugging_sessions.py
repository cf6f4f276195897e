"""Real debugpy sessions: the generated configuration stops in the other copy; what keeps one from it, provoked."""

from __future__ import annotations

import compileall
import json
import os
import posixpath
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from inspector.debugging import dap, far, launchfile, session
from inspector.debugging.breaks import breaks
from inspector.debugging.entry import attach, pairs
from inspector.debugging.judging import of_session
from inspector.debugging.mapping import mappings
from inspector.debugging.places import joined
from inspector.debugging.report import Asked, look
from inspector.debugging.sides import Side, here, there
from inspector.model import InspectError, Report
from tests.debugged import SITE, SOURCE, environment, library
from tests.servers.sshd import sshd

pytest.importorskip("debugpy")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``near`` and ``far``, two environments with one library, ``link`` to the far one, and a workspace."""
    root = tmp_path_factory.mktemp("world")
    environment(root / "near")
    environment(root / "far")
    (root / "link").symlink_to(root / "far")
    (root / "work").mkdir()
    return root


@cache
def near_side(folder: str, python: str) -> Side:
    return here(folder, python)


@cache
def far_side(place: str, **options: str) -> Side:
    return there(place, **options)


def debugged(root: Path, place: Path | str, **options: Any) -> tuple[Report, str | None]:
    """``debug PLACE`` with the near environment as this side; nobody is asked for his facts twice."""
    local = options.pop("near", root / "near")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inspector.debugging.report.here", lambda folder, python: near_side(folder, str(local)))
        patch.setattr("inspector.debugging.report.there", far_side)
        return look(Asked(place=str(place), workspace=root / "work", **{"timeout": 30, **options}))


def codes(report: Report) -> set[str]:
    return {f.code for f in report.findings if f.severity != "note"}


def config(root: Path, name: str = "mine", **values: Any) -> None:
    """A launch.json with one configuration of the user's."""
    file = root / "work" / ".vscode" / "launch.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"configurations": [{"name": name, "type": "debugpy", "request": "attach", **values}]}))


def processes() -> list[str]:
    """What runs debugpy, or our far side."""
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if "debugpy/adapter" in line or "inspect-pipe-far" in line:
                found.append(line)
    return found


def test_the_generated_configuration_stops_in_the_other_copy(world: Path) -> None:
    before = len(processes())
    report, text = debugged(world, world / "link", verify=True)
    data = report.data
    assert data["bound"] is True and not codes(report)
    seen = data["session"]
    file = world / "near" / SITE / "diffusers" / "configuration_utils.py"
    assert seen["stop"] == {"path": str(file), "line": 15, "function": "extract_init_dict"}
    assert seen["verified"] and seen["source_reference"] == 0
    # the spelling of sys.path there, not the real name
    site = str(world / "link" / SITE)
    assert seen["program"]["file"].startswith(site)
    whole = next(m for m in data["mappings"] if "diffusers" in m["packages"])
    assert whole["remote"] == site and whole["files"] == whole["same"] > 2  # the library's, and debugpy's
    assert text is not None and "Diffusers on" in text
    end = time.monotonic() + 5
    while len(processes()) > before and time.monotonic() < end:
        time.sleep(0.1)
    assert len(processes()) == before


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"justMyCode": False}, "IPE522", "debugpy says verified, since"),  # the same path exists on both sides
        ({"justMyCode": False, "pathMappings": ("near", "nowhere")}, "IPE522", "does not exist"),
        ({"pathMappings": ("near", "link")}, "IPE523", "excluded by filters"),
        ({"justMyCode": False, "pathMappings": ("near", "far")}, "IPE524", "would show"),
        (
            {
                "justMyCode": False, "pathMappings": ("near", "link"),
                "rules": [
                    {"module": "diffusers", "include": True}, {"path": "**/site-packages/**", "include": False},
                ],
            },
            "IPE532", "a rule excludes",
        ),
        ({"justMyCode": False, "pathMappings": ("near/..", "nowhere", "near", "link")}, "IPE529", "does not exist"),
    ],
    ids=["unmapped", "mapped elsewhere", "justMyCode", "real name", "module rule", "broad first"],
)  # fmt: skip
def test_a_configuration_that_does_not_stop(
    world: Path, small: int, values: dict[str, Any], code: str, said: str
) -> None:
    given = list(values.get("pathMappings", ()))
    roots = [str(world / f) if f == "near/.." else str(world / f / SITE) for f in given]
    roots = [os.path.normpath(r) for r in roots]
    mapped = [{"localRoot": a, "remoteRoot": b} for a, b in zip(roots[::2], roots[1::2], strict=True)]
    config(world, **{**values, "pathMappings": mapped})
    address = ("127.0.0.1", small)
    report, _ = debugged(world, world / "link", verify=True, config="mine", attach=address, timeout=1.2)
    assert report.data["bound"] is False
    assert code in codes(report), report.findings
    assert said in report.data["reason"]
    if code in ("IPE522", "IPE532") and "verified" in said:
        assert report.data["session"]["verified"] is True  # which proves nothing
    # the facts alone say as much, without a session
    assert code in codes(debugged(world, world / "link", config="mine")[0])


def test_other_files_there(world: Path, tmp_path: Path) -> None:
    longer = SOURCE.replace("class ConfigMixin", "def helper(x):\n    return x\n\n\nclass ConfigMixin")
    for version, code in (("0.1", "IPE521"), ("0.2", "IPE520")):
        near = environment(tmp_path / version, source=longer, version=version)
        report, _ = debugged(world, world / "far", verify=True, near=near)
        assert report.data["bound"] is False and code in codes(report)
        assert "configuration_utils.py" in next(f.message for f in report.findings if f.code == code)
        stop = report.data["session"]["stop"]
        assert report.data["session"]["verified"] and stop["line"] != report.data["session"]["line"]
        assert "IPE531" in codes(report)
    # the same lines, other content: it stops there, and what the editor shows is not what runs
    near = environment(tmp_path / "patched", source=SOURCE.replace('"b")', '"c")'))
    report, _ = debugged(world, world / "far", verify=True, near=near)
    assert report.data["session"]["stopped"] and report.data["bound"] is False and codes(report) == {"IPE521"}


def test_what_the_far_side_lacks(world: Path, tmp_path: Path) -> None:
    bare = environment(tmp_path / "bare", debugpy=False)
    report, _ = debugged(world, bare, verify=True)
    assert report.data["bound"] is False and codes(report) == {"IPE527"}
    report, _ = debugged(world, "", near=bare, verify=True)
    assert codes(report) >= {"IPE527"} and "inspect-pipe[debug]" in report.findings[0].fix
    near = environment(tmp_path / "empty")
    shutil.rmtree(near / SITE / "diffusers")
    report, _ = debugged(world, world / "far", near=near)
    assert codes(report) == {"IPE522"} and "pip install diffusers==0.1" in report.findings[0].fix
    with pytest.raises(InspectError, match="no copy of diffusers here"):
        debugged(world, world / "far", near=near, verify=True)
    compiled = environment(tmp_path / "compiled")
    package = compiled / SITE / "diffusers"
    compileall.compile_dir(package, legacy=True, quiet=1)
    for source in package.glob("*.py"):
        source.unlink()
    report, _ = debugged(world, compiled, verify=True)
    assert report.data["bound"] is False and "IPE528" in codes(report) and ".pyc" in report.data["reason"]
    broken = environment(tmp_path / "broken", source="raise RuntimeError('no GPU')\n")
    with pytest.raises(InspectError, match="RuntimeError: no GPU") as caught:
        debugged(world, broken, verify=True)
    assert caught.value.exit_code == 3


def test_a_copy_beside_the_script_hides_the_mapped_one(world: Path, tmp_path: Path) -> None:
    library(tmp_path)
    local, remote = here(str(world / "work"), str(world / "near")), there(str(world / "far"))
    found = mappings(local, remote, None)
    entry = attach("x", "localhost", 1, found, local, remote, "")
    path, line = session.target(str(world / "near" / SITE / "diffusers"))
    seen = session.own(remote, entry, path, line, 30, str(tmp_path))  # run where that copy lies
    bound, reason, findings = of_session(seen, entry, local, remote, found)
    assert seen.verified and not seen.stopped and not bound
    assert [f.code for f in findings] == ["IPE526"] and str(tmp_path) in reason
    # known before, the copy that is imported is the one that is mapped
    report, _ = debugged(world, world / "far", verify=True, remote_workspace=str(tmp_path))
    assert report.data["bound"] is True
    assert any(m["remote"] == str(tmp_path / "diffusers") for m in report.data["mappings"])


def test_frozen_modules_never_stop(world: Path) -> None:
    remote = there(str(world / "far"))
    if not remote.facts["python"]["frozen_modules"]:
        pytest.skip("this Python has no frozen modules")
    file = posixpath.__file__
    text = Path(file).read_text(encoding="utf-8").splitlines()
    line = next(i for i, row in enumerate(text, 1) if row.startswith("def join")) + 6
    config_ = {"justMyCode": False}
    frozen = session.own(remote, config_, file, line, 4)
    assert frozen.verified and not frozen.stopped
    with session.started(remote, 30, options=("-Xfrozen_modules=off",)) as (client, _):
        assert client is not None
        assert session.tried(client, config_, file, line, 15).function == "join"
        session.left(client, end=True)


def test_an_editor_on_windows(world: Path) -> None:
    """The far side is this system: what a client on Windows sends is all that is needed of Windows."""
    local = windows(here(str(world / "work"), str(world / "near")), str(world), "C:\\Users\\me")
    remote = there(str(world / "far"))
    found = mappings(local, remote, (local.folder, str(world / "work")))
    entry = attach("x", "nas", 5678, found, local, remote, local.folder)
    assert entry["clientOS"] == "windows"
    path = joined(str(local.package("diffusers")["imported"]["root"]), session.FILE, True)  # type: ignore[index]
    assert path.startswith("C:\\Users\\me\\near\\lib\\")
    spelled = path.replace("C:", "c:", 1)  # as VS Code spells a drive
    seen = session.own(remote, entry, spelled, 15, 30)
    assert of_session(seen, entry, local, remote, found)[0]
    assert seen.where == path and seen.reference == 0
    without = session.own(remote, {k: v for k, v in entry.items() if k != "clientOS"}, spelled, 15, 3)
    assert not without.stopped


def windows(side: Side, root: str, drive: str) -> Side:
    """The facts as a machine with Windows would tell them."""

    def told(value: Any) -> Any:
        if isinstance(value, str) and value.startswith(root):
            return drive + value[len(root) :].replace("/", "\\")
        if isinstance(value, list):
            return [told(v) for v in value]
        return {k: told(v) for k, v in value.items()} if isinstance(value, dict) else value

    facts = told(side.facts)
    facts["platform"] = {**facts["platform"], "system": "Windows", "separator": "\\"}
    return Side("windows.json", facts)


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The real library in a copy of its own, in a program that listens: its site-packages, and the port."""
    found = shutil.which("cp")
    real = Path(breaks_root())
    site = tmp_path_factory.mktemp("far") / "site-packages"
    site.mkdir()
    shutil.copytree(real, site / "diffusers", copy_function=linked if found else shutil.copy2)
    with listener([sys.executable], {"PYTHONPATH": str(site), "HF_HUB_OFFLINE": "1"}) as answer:
        assert answer["file"].startswith(str(site))
        yield site, answer["port"]


@contextmanager
def listener(python: list[str], environ: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A program that listens, and comes by the breakpoint for as long as it is there."""
    code = Path(far.__file__).read_text(encoding="utf-8") + "\ndebuggee('diffusers.configuration_utils', 120)\n"
    env, quiet = {**os.environ, **environ}, subprocess.DEVNULL
    with subprocess.Popen([*python, "-c", code], stdout=subprocess.PIPE, stderr=quiet, env=env) as process:
        late = threading.Timer(120, process.kill)
        late.start()
        assert process.stdout is not None
        yield next(json.loads(line[len(far.MARK) :]) for line in process.stdout if line.startswith(far.MARK.encode()))
        late.cancel()
        process.kill()


@pytest.fixture(scope="module")
def small(world: Path) -> Iterator[int]:
    """The port of a program with the small library, which was started by the far environment's other name."""
    with listener([str(world / "link" / "bin" / "python")], {}) as answer:
        yield answer["port"]


def breaks_root() -> str:
    found = here(None).package("diffusers")
    assert found is not None
    return str(found["imported"]["root"])


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def test_the_real_library(listening: tuple[Path, int], tmp_path: Path) -> None:
    """One program with the real library, one editor after another."""
    site, port = listening
    root = breaks_root()
    path, line = session.target(root)
    mapped = {"justMyCode": False, "pathMappings": [{"localRoot": str(Path(root).parent), "remoteRoot": str(site)}]}

    def attached(given: dict[str, Any], at: tuple[str, int], condition: str = "", seconds: float = 15) -> session.Seen:
        client = dap.Client.connect("127.0.0.1", port, 10)
        try:
            return session.tried(client, given, *at, seconds, condition)
        finally:
            session.left(client, end=False)

    # unmapped, where the same path exists on both sides: verified, and never stops
    seen = attached({"justMyCode": False}, (path, line), seconds=1.5)
    assert seen.verified and not seen.stopped
    seen = attached(mapped, (path, line))
    assert (seen.where, seen.at, seen.function, seen.reference) == (path, line, session.FUNCTION, 0)
    # a local copy that has drifted: verified, and stops in other code
    text = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    drifted = tmp_path / "diffusers" / session.FILE
    drifted.parent.mkdir()
    drifted.write_text("".join(["# a patch\n"] * 9 + text), encoding="utf-8")
    here_ = {**mapped, "pathMappings": [{"localRoot": str(tmp_path), "remoteRoot": str(site)}]}
    seen = attached(here_, session.target(str(drifted.parent)))
    assert seen.verified and seen.stopped and seen.line == line + 9
    assert text[seen.at - 1] != text[line - 1] and seen.where == str(drifted)  # the editor shows its own file
    # the condition of debug break narrows the stop to the setting
    every = breaks("use_karras_sigmas", ["EulerDiscreteScheduler"])
    entering = next(b for b in every if b.what == "dropped")
    assert (entering.file, entering.line) == (path, line)
    assert not attached(mapped, (path, line), entering.condition, seconds=1).stopped
    assert attached(mapped, (path, line), entering.condition.replace("use_karras_sigmas", "beta")).stopped
    # and every line that it prints is one that debugpy takes as it is
    client = dap.Client.connect("127.0.0.1", port, 10)
    session.attached(client, mapped)
    for one in [
        *every,
        *breaks("scaling_factor", ["StableDiffusionPipeline"]),
        *breaks("force_zeros_for_empty_prompt"),
    ]:
        at = {"line": one.line, "condition": one.condition} if one.condition else {"line": one.line}
        placed = client.request("setBreakpoints", 10, source={"path": one.file}, breakpoints=[at])["breakpoints"][0]
        assert placed["verified"] and placed["line"] == one.line, one
    session.left(client, end=False)


def test_attach_to_a_program_of_the_users(listening: tuple[Path, int], world: Path) -> None:
    _, port = listening
    report, _ = debugged(world, world / "far", attach=("127.0.0.1", port), verify=True, timeout=2)
    assert report.data["bound"] is False  # it runs the real library, not the one of that side
    with pytest.raises(InspectError, match="refused") as caught:
        debugged(world, world / "far", attach=("127.0.0.1", 1), verify=True)
    assert caught.value.exit_code == 3 and "--listen" in caught.value.hint


def test_over_ssh(world: Path, tmp_path: Path) -> None:
    """One ssh connection for the facts, one for the workspace's hashes, one that the whole session goes over."""
    app = tmp_path / "app"
    app.mkdir()
    for folder in (app, world / "work"):
        (folder / "run.py").write_text("x = 1\n")
    (app / "only_there.py").write_text("")
    with sshd(tmp_path) as server:
        keys = Path(server.environment["HOME"]) / ".ssh"
        line = f"ssh -F /dev/null -o UserKnownHostsFile={keys / 'known_hosts'} -o GlobalKnownHostsFile=/dev/null"
        given = {
            "python": str(world / "link" / "bin" / "python"), "remote_workspace": str(app),
            "ssh": f"{line} -o IdentitiesOnly=yes -i {keys / 'id_ed25519'}",
        }  # fmt: skip
        place = f"{server.user}@127.0.0.1:{server.port}"
        report, text = debugged(world, place, verify=True, **given)
        assert report.data["bound"] is True and report.data["session"]["program"]["python"] == given["python"]
        entry = report.data["configuration"]
        assert entry["connect"] == {"host": "localhost", "port": 5678} and text is not None
        assert f"-L 5678:127.0.0.1:5678 {server.user}@127.0.0.1" in report.data["start"][0]
        assert {"localRoot": "${workspaceFolder}", "remoteRoot": str(app)} in entry["pathMappings"]
        work = next(m for m in report.data["mappings"] if m["kind"] == "workspace")
        assert (work["same"], work["only_remote"]) == (1, ["only_there.py"])
        report, _ = debugged(world, place, **{**given, "remote_workspace": ""})
        assert [f.code for f in report.findings if f.severity == "note"] == ["IPE525", "IPE533"]
        with pytest.raises(InspectError, match="verification failed") as caught:
            debugged(world, place, **{**given, "ssh": "ssh -F /dev/null -o UserKnownHostsFile=/dev/null"})
        assert caught.value.exit_code == 3
        with pytest.raises(InspectError, match="no/python"):
            debugged(world, place, **{**given, "python": "/no/python"})


def test_this_machine_alone(world: Path) -> None:
    shutil.rmtree(world / "work" / ".vscode", ignore_errors=True)
    report, text = debugged(world, "")
    assert codes(report) == {"IPE523"} and text is not None
    assert not (world / "work" / ".vscode").exists()  # nothing is written unless asked
    report, text = debugged(world, "", write=True, verify=True)
    assert not codes(report) and report.data["bound"] is True and text is not None
    (world / "work" / ".vscode").mkdir()
    (world / "work" / ".vscode" / "launch.json").write_text(text)
    report, text = debugged(world, "")
    assert not codes(report) and text is None and report.data["launch_json"]["state"] == "same"
    assert pairs(report.data["configuration"]) == []
    assert launchfile.read(world / "work").pythons()
