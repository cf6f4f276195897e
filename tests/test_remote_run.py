"""``inspect-pipe remote run`` against a real sshd: what is seen there, what is refused, and that nothing stays."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector import demo, snapshots
from inspector.carrying import plain, snapshot_of
from inspector.cli.running import run_there
from inspector.environment.asking import facts_from, facts_of
from inspector.farside import session
from inspector.farside.boot import BOOT, STUB
from inspector.farside.host import Host, host_of, quoted
from inspector.farside.machine import Machine
from inspector.farside.parcel import packed
from inspector.model import InspectError
from inspector.reading import Limits
from tests import forked
from tests.servers.running import Server, descendants, free_port
from tests.servers.sshd import sshd
from tests.servers.wire import Wire

ROOT = Path(__file__).parents[1]
OPTIONS: dict[str, Any] = {
    "static": False, "weights": False, "torch_dtype": None, "device": None, "trust_remote_code": False,
    "online": False, "limits": Limits(), "timeout": 300.0, "progress": None,
}  # fmt: skip


class Far:
    """A machine behind sshd, whose Python keeps its temporary files in a folder that can be looked into."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.left = folder / "tmp"
        self.left.mkdir()
        self.keys = Path(server.environment["HOME"]) / ".ssh"

    def python(self, program: str = sys.executable, before: str = "") -> str:
        """A Python there that says something first, and uses ``left``."""
        script = self.folder / f"python{len(list(self.folder.glob('python*')))}"
        script.write_text(f'#!/bin/sh\n{before}\nTMPDIR={self.left} HF_HUB_OFFLINE=1 exec {program} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def ssh(self, *options: str, known: str = "known_hosts", key: str = "id_ed25519") -> str:
        files = f"-o UserKnownHostsFile={self.keys / known} -o IdentityAgent=none -o IdentitiesOnly=yes"
        return " ".join(["ssh -F /dev/null", files, f"-i {self.keys / key}", *options])

    def host(self, *, port: int | None = None, python: str | None = None, name: str = "", **more: str) -> Host:
        where = name or f"{self.server.user}@127.0.0.1:{port or self.server.port}"
        return host_of(where, python=python or self.python(), ssh=more.pop("ssh", self.ssh()), **more)

    def machine(self, **more: Any) -> Machine:
        return Machine(self.host(**more), lambda line: None)

    def is_clean(self, seconds: float = 8.0) -> bool:
        """Whether nothing of ours is left there, now or soon."""
        until = time.monotonic() + seconds
        while (left := self.remains()) and time.monotonic() < until:
            time.sleep(0.05)
        return not left

    def remains(self) -> list[str]:
        running = []
        for pid in descendants(self.server.process.pid):
            with contextlib.suppress(OSError):
                running.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:400])
        return [*os.listdir(self.left), *(r for r in running if "python" in r)]


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("far")
    (folder / "slow.py").write_text("import time\n\n\ndef make():\n    time.sleep(100)\n")
    with sshd(folder) as server:
        yield Far(server, folder)


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "far" in request.fixturenames:
        one = request.getfixturevalue("far")
        assert one.is_clean(), one.remains()


def test_sources_there_and_here(far: Far, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = demo.path("sd15")
    (far.folder / "models").mkdir(exist_ok=True)
    shutil.copytree(model, far.folder / "models" / "sd15", dirs_exist_ok=True)
    out = tmp_path / "report.json"
    words = ["diff", "--static", "models/sd15", f"here:{model}", "-f", "json", "-o", str(out)]
    where = f"{far.server.user}@127.0.0.1:{far.server.port}"
    python = far.python(before="echo welcome to the far side")
    status = run_there(where, ["--", *words], python=python, folder=str(far.folder), ssh=far.ssh())
    assert status == 0
    report = json.loads(out.read_text())
    assert report["source"] == f"{where}:models/sd15 → {model}"
    assert report["findings"] == [] and len(report["data"]["components"]) > 5
    said = capsys.readouterr()
    assert sys.executable in said.err and f"Python {sys.version.split()[0]}" in said.err and "welcome" not in said.out
    # a part that cannot be read there; with nothing but Python: no library, no pydantic, no typer, no rich
    (far.folder / "models" / "sd15" / "vae" / "config.json").write_text('{"a": }')
    words = ["snapshot", "--static", "models/sd15", "-o", str(out)]
    assert run_there(where, words, python=bare(far), folder=str(far.folder), ssh=far.ssh()) == 3
    seen = snapshots.take(str(out))
    assert seen.source == f"{where}:models/sd15" and any(p.code == "IPI902" for p in seen.problems)
    assert {c.path for c in seen.components} >= {"pipe", "scheduler", "unet"}


OURS = ("pydantic", "deepdiff", "hypothesis", "asyncssh", "smbprotocol", "markdown_it")
BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OURS!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Blocker())
"""


@pytest.mark.usefixtures("forked")
def test_what_is_built_there_is_what_is_built_here(far: Far) -> None:
    """There, with the packages under inspection and none of those that this package needs here."""
    (far.folder / "block").mkdir()
    (far.folder / "block" / "sitecustomize.py").write_text(BLOCKER)
    python = far.python(before=f"export PYTHONPATH={far.folder / 'block'}")
    with far.machine(python=python) as machine:
        told: list[str] = []
        there = machine.take("class:EulerDiscreteScheduler", {**OPTIONS, "progress": told.append})
        here = machine.take("here:class:EulerDiscreteScheduler", OPTIONS)
        assert there.components == here.components and there.versions == here.versions
        assert told == [f"{machine.host.shown}: building class:EulerDiscreteScheduler"]
        with pytest.raises(InspectError, match="no such file or folder") as caught:
            machine.take("no/such/folder", OPTIONS)
        assert caught.value.code == "IPI901" and caught.value.message.startswith(machine.host.shown)
        called = machine.call(["class:DDIMPipeline"], online=False)
        assert called["data"]["pipelines"][0]["class"] == "DDIMPipeline"


def test_facts_of_the_far_side(far: Far) -> None:
    with far.machine(folder=str(far.folder), python=bare(far)) as machine:
        (far.folder / "diffusers.py").write_text("__version__ = '0.1'")
        facts = machine.facts(None, script=None, torch=False)
        own = facts_of(str(far.folder / "bare"), folder=str(far.folder))
        assert facts["packages"] == own["packages"] and facts["folder"] == own["folder"]
        assert facts["packages"]["diffusers"]["version"] == "0.1"
        (far.folder / "diffusers.py").unlink()
        with pytest.raises(InspectError, match=r"no such script"):
            machine.facts(None, script="none.py", torch=False)
    out = far.folder / "env.json"
    where = f"{far.server.user}@127.0.0.1:{far.server.port}"
    words = ["env", "-f", "json", "-o", str(out)]
    assert run_there(where, words, python=bare(far), ssh=far.ssh()) == 1  # it has no diffusers
    assert facts_from(out)["python"]["executable"] == own["python"]["executable"]
    assert json.loads(out.read_text())["source"].startswith(f"{where}: ")


def bare(far: Far) -> str:
    """A Python there with nothing installed."""
    home = far.folder / "bare"
    if not home.exists():
        venv.create(home, with_pip=False, symlinks=True)
    return far.python(str(home / "bin" / "python"))


def test_what_is_missing_is_named(far: Far) -> None:
    with far.machine(python=bare(far)) as machine:
        with pytest.raises(InspectError, match="no diffusers and no torch") as caught:
            machine.take("class:DDIMScheduler", OPTIONS)
        assert caught.value.exit_code == 3 and "--python PATH" in caught.value.hint
        (locked := far.folder / "locked" / "inner").mkdir(parents=True)
        locked.chmod(0)  # of which there is nothing to say but that the folder around it is no pipeline
        with pytest.raises(InspectError, match=r"has no model_index\.json: it holds 1 folder"):
            machine.take(str(locked.parent), {**OPTIONS, "static": True})
        with pytest.raises(InspectError, match=r"has no diffusers$"):
            machine.call(["class:DDIMPipeline"], online=False)


def refusals(far: Far) -> Iterator[tuple[str, Callable[[], Host]]]:
    keys = far.keys
    (keys / "empty").write_text("")
    (keys / "other_hosts").write_text(f"* {(keys / 'id_ed25519.pub').read_text()}")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / "stranger")], check=True)
    user = far.server.user
    yield "there is no host of this name", lambda: far.host(name=f"{user}@no-such-host.invalid")
    yield "its host key is not known", lambda: far.host(ssh=far.ssh(known="empty"))
    yield "its host key is another", lambda: far.host(ssh=far.ssh(known="other_hosts"))
    yield "it refused the login", lambda: far.host(ssh=far.ssh(key="stranger"))
    yield "it refuses the connection", lambda: far.host(port=free_port())
    yield "there is no /no/python there", lambda: far.host(python="/no/python")
    yield "/etc/passwd may not be run there", lambda: far.host(python="/etc/passwd")
    yield "ended with status 7 before it began", lambda: far.host(python=far.python(before="exit 7"))
    yield "ssh does not accept its options", lambda: far.host(ssh=far.ssh("-o NoSuchOption=1"))
    yield "no-ssh cannot be run", lambda: far.host(ssh="/no-ssh")
    yield "/nowhere: No such file", lambda: far.host(folder="/nowhere")


def test_refusals(far: Far) -> None:
    for said, host in refusals(far):
        asked = (session.Session, lambda h: Machine(h, print).facts(None, script=None, torch=False))
        for ask in asked if "it" not in said.split() else asked[:1]:
            with pytest.raises(InspectError) as caught:
                ask(host())
            assert said in caught.value.message and caught.value.exit_code == 3, (said, caught.value.message)
            assert caught.value.hint and "\n" not in caught.value.message + caught.value.hint


def test_an_old_python_says_so(far: Far) -> None:
    found = sorted(Path(sys.base_prefix).parent.glob("3.[89].*/bin/python"))
    if not found:
        pytest.skip("no older Python on this machine")
    with pytest.raises(InspectError, match=r"is Python 3\.[89]\.\d+, and this needs 3\.11 or newer"):
        session.Session(far.host(python=far.python(str(found[0]))))
    assert far.machine(python=far.python(str(found[0]))).facts(None, script=None, torch=False)["facts"] == 1


@contextlib.contextmanager
def building(far: Far, port: int) -> Iterator[tuple[Machine, list[InspectError], threading.Thread]]:
    """A machine in the middle of building something that takes for ever."""
    begun, failed = threading.Event(), list[InspectError]()
    with far.machine(port=port, folder=str(far.folder)) as machine:
        machine.session()

        def ask() -> None:
            try:
                machine.take("py:slow:make", {**OPTIONS, "progress": lambda line: begun.set()})
            except InspectError as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert begun.wait(30)
        yield machine, failed, asking
        asking.join(20)
        assert not asking.is_alive() and len(failed) == 1


def test_a_connection_that_dies(far: Far) -> None:
    with Wire(far.server.port) as wire:
        with building(far, wire.port) as (_, failed, _asking):
            wire.cut_after = 0
            wire.cut()
        assert "the connection was lost before it had answered" in failed[0].message and failed[0].exit_code == 3


def test_a_connection_that_hangs(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SILENCE", 1.0)
    monkeypatch.setattr(session, "GRACE", 0.5)
    with Wire(far.server.port) as wire:
        with building(far, wire.port) as (_, failed, _asking):
            wire.hang_after = 0
        assert "gave no sign of life for 1 s" in failed[0].message and failed[0].exit_code == 3
        wire.cut()


def test_what_takes_too_long(far: Far) -> None:
    with far.machine(folder=str(far.folder)) as machine, pytest.raises(InspectError) as caught:
        machine.take("py:slow:make", {**OPTIONS, "timeout": 0.5})
    assert "building took over 0.5 s" in caught.value.message and caught.value.exit_code == 3
    with Wire(far.server.port, hang_after=0) as wire:
        ssh = far.ssh("-o ConnectTimeout=1")
        with pytest.raises(InspectError, match=r"did not take the connection|the connection was closed"):
            session.Session(far.host(port=wire.port, ssh=ssh))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ctrl_c_and_other_ends(far: Far, number: signal.Signals) -> None:
    """However our side ends in the middle of it, nothing stays there."""
    where = f"{far.server.user}@127.0.0.1:{far.server.port}"
    there = ["--python", far.python(), "--folder", str(far.folder), "--ssh", far.ssh()]
    command = [sys.executable, "-m", "inspector", "remote", "run", where, *there, "--", "diff", "py:slow:make"]
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not any("inspector.worker" in r for r in far.remains()) and time.monotonic() < until:
        time.sleep(0.05)
    done.send_signal(number)
    out, err = done.communicate(timeout=20)
    assert out == "" and "Traceback" not in err
    if number == signal.SIGINT:
        assert done.returncode == 130 and "interrupted" in err
    assert far.is_clean(), far.remains()


def test_which_commands() -> None:
    for words, said in (
        (["watch", "x.py"], "runs your script"), (["lock", "x"], "sftp://"), (["dif", "x"], "diff"),
        ([], "diff SOURCE"), (["explain"], "needs no other machine"),
    ):  # fmt: skip
        with pytest.raises(InspectError) as caught:
            run_there("nas", words)
        assert caught.value.exit_code == 2 and said in caught.value.hint
    assert run_there("nas", ["diff", "--no-such-option"]) == 2
    from inspector.cli import COMMANDS
    from inspector.cli.running import NOT_THERE, THERE

    assert set(THERE) | set(NOT_THERE) | {"explain", "demo", "schema"} >= set(COMMANDS)


def test_hosts() -> None:
    for text, name, port in (
        ("nas", "nas", ""), ("me@nas", "me@nas", ""), ("me@nas:2222", "me@nas", "2222"),
        ("ssh://me@nas:22/", "me@nas", "22"), ("[::1]:22", "::1", "22"),
        ("me@[fe80::1%eth0]:22", "me@fe80::1%eth0", "22"), ("fe80::1", "fe80::1", ""),
    ):  # fmt: skip
        host = host_of(text)
        assert (host.name, host.port) == (name, port)
        assert host.command(STUB)[-3:-1] == ["--", name]
    for text in ("-oProxyCommand=x", "a b", "", "nas;x", "nas/x", "me:pass@nas", "$(x)", "a\nb"):
        with pytest.raises(InspectError) as caught:
            host_of(text)
        assert caught.value.exit_code == 2
    assert quoted("~/my venv/bin/python") == "~/'my venv/bin/python'" and quoted("/a b") == "'/a b'"
    assert quoted("~me/$(x)") == "~me/'$(x)'" and not set('"!$`\\\n') & set(STUB)
    assert host_of("nas", ssh="ssh -F 'a b'").command(STUB)[:3] == ["ssh", "-F", "a b"]
    assert len(packed()) < 1 << 20 and packed() == packed()
    compile(BOOT, "boot", "exec")


def test_the_shells_understand_the_stub(tmp_path: Path) -> None:
    """What ssh hands to the login shell there means the same to every shell that is here."""
    command = Host("nas", python=sys.executable).command(STUB)[-1]
    code = b"print(40 + 2)"
    for shell in filter(None, map(shutil.which, ("sh", "bash", "dash", "zsh", "fish", "csh", "tcsh", "ksh"))):
        done = subprocess.run([shell, "-c", command], input=b"%d\n%s" % (len(code), code), capture_output=True)
        assert done.stdout.strip() == b"42", (shell, done.stderr)


CARRIED = """
import dataclasses, json
import diffusers
from pydantic import TypeAdapter
from inspector import capture
from inspector.carrying import plain, snapshot_of
from inspector.model import Snapshot, Value
from inspector.render.machine import snapshot_json

scheduler = diffusers.EulerDiscreteScheduler(trained_betas=[0.1, 0.2], use_karras_sigmas=True)
seen = capture(scheduler)
open("a.json", "w").write(snapshot_json(seen))
scheduler.config.use_karras_sigmas = False
open("b.json", "w").write(snapshot_json(capture(scheduler)))
adapter = TypeAdapter(Snapshot)
odd = Value("float", {"a": [1, 2.5, None, True, (1, "\\u00e9")], "b": {}})
first, *rest = seen.components[0].settings
first = dataclasses.replace(first, live=odd, item=Value("x", None, "broken"))
component = dataclasses.replace(seen.components[0], settings=(first, *rest), rebuilt=seen.components[0])
for snapshot in (seen, dataclasses.replace(seen, components=(component,))):
    data = plain(snapshot)
    assert data == adapter.dump_python(snapshot, mode="json")
    carried = json.loads(json.dumps(data, allow_nan=False))
    assert snapshot_of(carried) == adapter.validate_python(carried) and plain(snapshot_of(carried)) == data
print(len(json.dumps(data)))
"""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``a.json`` and ``b.json``: a scheduler before and after a change; what pydantic makes of it is held to ours."""
    folder = tmp_path_factory.mktemp("carried")
    done = forked.done([sys.executable, "-c", CARRIED], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0 and int(done.stdout) > 10_000, done.stderr
    return folder


def test_what_is_no_snapshot(carried: Path) -> None:
    whole = json.loads((carried / "a.json").read_text())["data"]["snapshot"]
    assert plain(snapshot_of(whole)) == whole
    for path, wrong in (
        (("source",), 1), (("components",), {}), (("components", 0, "cls"), None), (("components", 0, "kind"), "none"),
        (("components", 0, "settings", 0, "defaulted"), "yes"), (("components", 0, "settings", 0, "item"), [1]),
        (("versions",), {"a": 1}), (("problems",), [{"code": "x"}]),
    ):  # fmt: skip
        broken = json.loads(json.dumps(whole))
        held = broken
        for name in path[:-1]:
            held = held[name]
        held[path[-1]] = wrong
        with pytest.raises(ValueError, match="is not what belongs here"):
            snapshot_of(broken)
    nothings: tuple[Any, ...] = (None, [], {}, {"versions": {}})
    for nothing in nothings:
        with pytest.raises(ValueError, match="is not what belongs here"):
            snapshot_of(nothing)


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "diffusers", "transformers", "accelerate", "scipy", "numpy"):
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Blocker())
from inspector.cli import main
main()
"""


def test_snapshots_are_compared_without_the_libraries(carried: Path) -> None:
    """``snapshot`` there, ``diff a.json b.json`` anywhere: judged and compared where no library can be imported."""
    for names, code in ((["b.json"], "IPC101"), (["a.json", "b.json"], "IPD")):
        command = [sys.executable, "-P", "-c", BLOCKED, "diff", *names]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=carried, capture_output=True, text=True, env=environ)
        assert done.returncode == 1 and code in done.stdout and "use_karras_sigmas" in done.stdout, done.stderr
