"""Sources elsewhere, over a connection with faults at will: what is fetched, what is not, and what is said of it."""

from __future__ import annotations

import dataclasses
import glob
import importlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector import demo, snapshots, sources
from inspector.cli.diffing import status
from inspector.model import EXIT_CLEAN, EXIT_UNREADABLE, EXIT_USAGE, InspectError, Snapshot
from inspector.reading import Limits
from inspector.remote import crew, link
from inspector.remote.address import masked, parse
from inspector.remote.connection import Item, RemoteError
from inspector.remote.facts import Facts
from inspector.remote.reach import Afar, Reach
from inspector.remote.secrets import conceal, revealed
from inspector.report import examine
from inspector.settings import Settings
from inspector.worker import Request
from tests.afar import SHOWN, TYPED, Disk, refused, serving, taken
from tests.hostile.corpus import Case, corpus
from tests.hostile.place import begin, weights

INDEX = {
    "_class_name": "DDPMPipeline",
    "_diffusers_version": "0.42.1",
    "scheduler": ["diffusers", "DDPMScheduler"],
    "unet": ["diffusers", "UNet2DModel"],
}
UNET = "unet/diffusion_pytorch_model.safetensors"
TENSOR = {"conv_in.weight": {"dtype": "F16", "shape": [4, 8], "data_offsets": [0, 64]}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr(link, "BACK_OFF", 0.001)
    monkeypatch.setattr(crew, "BACK_OFF", 0.001)
    monkeypatch.setattr(crew, "GRACE", 0.05)
    monkeypatch.setattr(link, "LETTING_GO", 0.2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline of five files; of its weights there are a header and a few bytes."""
    root = tmp_path / "models" / "tiny"
    put(root, "model_index.json", INDEX)
    put(root, "scheduler/scheduler_config.json", {"_class_name": "DDPMScheduler", "num_train_timesteps": 1000})
    put(root, "unet/config.json", {"_class_name": "UNet2DModel", "sample_size": 8})
    put(root, "README.md", "a model")
    weights(root / UNET, TENSOR)
    return root


def put(root: Path, name: str, content: Any) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def code(snapshot: Snapshot) -> int:
    return status(examine(snapshot), Settings(fail_on="never"))


def said(snapshot: Snapshot) -> dict[str, str]:
    """Where a problem is -> its code and message."""
    return {p.where: f"{p.code}: {p.message}" for p in snapshot.problems}


def left_behind() -> list[str]:
    return glob.glob(f"{tempfile.gettempdir()}/*")


@pytest.mark.parametrize("name", ["sd15-traps", "sdxl", "flux"])
def test_a_demo_elsewhere_is_seen_as_here(name: str) -> None:
    path, disk = demo.path(name), Disk(lambda *_: time.sleep(0.005))
    there = taken(disk, path)
    assert there.source == f"{SHOWN}{path}"
    assert dataclasses.replace(there, source="") == dataclasses.replace(
        snapshots.take(str(path), static=True), source=""
    )
    fetched = sum(min(end, os.path.getsize(at)) - begin for at, begin, end in disk.reads)
    assert fetched < sum(f.stat().st_size for f in path.rglob("*.json")) + 65536 * len(
        list(path.rglob("*.safetensors"))
    )
    assert disk.opened == 1 and disk.closed == 1 and 4 < disk.most <= crew.THREADS
    assert not left_behind()


def test_what_is_asked_for_and_what_not(folder: Path) -> None:
    """Settings whole, of weights the header, of words nothing unless something is built."""
    put(folder, "tokenizer/vocab.json", {"a" * 1000: 1})
    put(folder, "tokenizer/merges.txt", "a b\n" * 1000)
    put(folder, "unet/deep/er/config.json", {"x": "y" * 1000})
    put(folder, ".git/config.json", "{}")
    large = folder / "vae" / "model.safetensors"
    large.parent.mkdir()
    weights(large, {"a": {"dtype": "F32", "shape": [1 << 30], "data_offsets": [0, 4 << 30]}}, 0)
    os.truncate(large, large.stat().st_size + (4 << 30))
    for reach, whole in ((Reach.FILES, False), (Reach.BUILD, True)):
        disk = Disk()
        with serving(disk) as opened:
            sources.resolve(f"{TYPED}{folder}", afar=Afar(reach))
            (stats,) = opened.stats.values()
        ends = {str(Path(path).relative_to(folder)): end for path, _, end in disk.reads}
        assert (ends["tokenizer/vocab.json"] > 1000, ends["tokenizer/merges.txt"] > 1000) == (whole, whole)
        assert ends["unet/config.json"] == (folder / "unet/config.json").stat().st_size
        assert ends["unet/deep/er/config.json"] == 512  # what a survey looks at, and no more
        assert ends["vae/model.safetensors"] == 65536 and ".git/config.json" not in ends
        assert stats["files"] == 9 and stats["size"] > 4 << 30 and stats["bytes"] < 80_000 and stats["requests"] < 40


def test_two_on_one_server_share_a_connection(folder: Path) -> None:
    disk = Disk()
    with serving(disk):
        report = inspector.diff(f"{TYPED}{folder}", f"{TYPED}{folder}/", static=True)
    assert disk.opened == 1 and not report.findings
    assert report.report.source == f"{SHOWN}{folder} → {SHOWN}{folder}/"


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("", "folder"), ("unet", "component"), ("model_index.json", "folder"), ("unet/config.json", "config")],
)
def test_kinds_of_source(folder: Path, name: str, scheme: str) -> None:
    with serving(Disk()):
        source = sources.resolve(f"{TYPED}{folder}/{name}")
        assert source.scheme == scheme and source.path is not None
    here, there = snapshots.take(f"{folder}/{name}", static=True), taken(Disk(), f"{folder}/{name}")
    assert dataclasses.replace(there, source=here.source) == here
    assert taken(Disk(), folder / UNET).components[0].state["parameters"] == 32
    report = put(folder.parent, "report.json", inspector.diff(str(folder), static=True).text("json"))
    saved = taken(Disk(), report, static=False)
    assert saved == snapshots.take(str(folder), static=True)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("..", "has no model_index.json: it holds 1 folder (tiny)", "did you mean {}/tiny?"),
        ("../tiney", "no such file or folder", "did you mean {}/tiny?"),
        ("../other", "no such file or folder", "check the path"),
        ("README.md", "neither JSON nor safetensors", "folder it belongs to"),
    ],
)
def test_something_near_what_was_meant(folder: Path, name: str, message: str, hint: str) -> None:
    error = refused(Disk(), os.path.normpath(folder / name))
    assert error.exit_code == EXIT_UNREADABLE and message in error.message and SHOWN in error.message
    assert hint.format(f"{SHOWN}{folder.parent}") in error.hint


def test_weights_are_not_loaded_from_elsewhere(folder: Path) -> None:
    disk = Disk()
    error = refused(disk, folder, static=False, weights=True)
    assert error.exit_code == EXIT_USAGE and "5 files" in error.hint and not disk.reads


def test_links(folder: Path) -> None:
    put(folder.parent, "secret.json", {"_class_name": "UNet2DModel"})
    (folder / "stray.json").symlink_to("../secret.json")
    (folder / "circle").symlink_to("circle")
    (folder / "nothing").symlink_to("gone")
    (folder / "unet" / "up").symlink_to("..")
    (folder / "vae").symlink_to("unet")
    disk = Disk()
    found = taken(disk, folder)
    told = said(found)
    assert told["stray.json"] == "IPI905: stray.json is a link that leaves the folder; it was not followed"
    assert told["circle"].startswith("IPI905") and told["unet/up"].startswith("IPI905: unet/up is a link that leads in")
    assert told["nothing"] == "IPI901: nothing is a link that leads nowhere, or in a circle" and "vae" not in told
    assert code(found) == EXIT_UNREADABLE and not any("secret" in path for path, *_ in disk.reads)


def test_links_of_a_hub_cache(tmp_path: Path, folder: Path) -> None:
    """What the Hub's client keeps are links into blobs/; those of another repository are not followed."""
    home = tmp_path / "hub" / "models--a--b"
    snapshot, blobs = home / "snapshots" / "c0ffee", home / "blobs"
    blobs.mkdir(parents=True)
    for number, file in enumerate(f for f in sorted(folder.rglob("*")) if f.is_file()):
        to = snapshot / file.relative_to(folder)
        to.parent.mkdir(parents=True, exist_ok=True)
        (blobs / str(number)).write_bytes(file.read_bytes())
        to.symlink_to(os.path.relpath(blobs / str(number), to.parent))
    found = taken(Disk(), snapshot)
    unet = found.component("unet")
    assert not found.skipped and unet is not None and unet.state["parameters"] == 32
    other = tmp_path / "hub" / "models--c--d" / "blobs" / "0"
    put(other.parent, "0", {"_class_name": "UNet2DModel"})
    (snapshot / "unet/config.json").unlink()
    (snapshot / "unet/config.json").symlink_to(other)
    assert said(taken(Disk(), snapshot))["unet/config.json"].startswith("IPI905")


def test_odd_names_and_odd_files(folder: Path) -> None:
    os.mkfifo(folder / "unet" / "pipe.json")
    (folder / os.fsdecode(b"\xff.json")).write_text("{}")

    def lying(item: Item) -> Item:
        return dataclasses.replace(item, name="../../etc/passwd") if item.name == "README.md" else item

    told = said(taken(Disk(mend=lying), folder))
    assert told["unet/pipe.json"].startswith("IPI905") and told["\\xff.json"].startswith("IPI909")
    assert told["../../etc/passwd"].startswith("IPI906")


def denied(*names: str) -> Callable[[str, str], None]:
    def before(method: str, path: str) -> None:
        if method in ("read", "list") and path.endswith(names):
            raise PermissionError(13, "Permission denied")

    return before


def test_permission_denied(folder: Path) -> None:
    found = taken(Disk(denied("unet/config.json", "/scheduler")), folder)
    told = said(found)
    assert told["unet/config.json"] == "IPI901: unet/config.json cannot be read: Permission denied"
    assert told["scheduler"] == "IPI901: scheduler cannot be listed: Permission denied"
    unet = found.component("unet")
    assert code(found) == EXIT_UNREADABLE and unet is not None and unet.state["parameters"] == 32
    error = refused(Disk(denied("/tiny")), folder)
    assert error.message == f"{SHOWN}{folder}: Permission denied" and error.hint == "check its permissions"


class Dying:
    """The connection dies at the n-th read; ``lives`` is how often it can be opened again."""

    def __init__(self, at: int, lives: int) -> None:
        self.at, self.lives, self.reads = at, lives, 0
        self.lock = threading.Lock()

    def __call__(self, method: str, path: str) -> None:
        with self.lock:
            self.reads += method == "read"
            if self.reads >= self.at and method == "connect":
                self.lives -= 1
                if self.lives < 0:
                    raise RemoteError("nas.example refuses connections on port 2121", "unreachable")
                self.at = 1 << 30
            elif self.reads >= self.at:
                raise RemoteError("nas.example closed the connection", "broken")


def test_a_server_that_dies_in_the_middle(folder: Path) -> None:
    """What was read is told, and what was not, each with why."""
    disk = Disk(Dying(3, 0))
    found = taken(disk, folder)
    told = said(found)
    assert code(found) == EXIT_UNREADABLE and disk.opened == 1 + link.TRIES
    lost = [w for w, m in told.items() if m.startswith("IPI901") and "refuses connections on port 2121" in m]
    read = [n for n in ("model_index.json", "README.md", "unet/config.json", UNET) if n not in lost]
    assert lost and read and len([s for s in found.skipped if s.failed]) >= len(lost) - 1


def test_a_connection_that_dies_once_is_opened_anew(folder: Path) -> None:
    disk = Disk(Dying(3, 1))
    with serving(disk) as opened:
        found = snapshots.take(f"{TYPED}{folder}", static=True)
        (stats,) = opened.stats.values()
    assert code(found) == EXIT_CLEAN and not found.skipped
    assert stats["connections"] == 2 and stats["retries"] > 0


def test_no_second_try_where_none_helps(folder: Path) -> None:
    for trouble in ("credentials", "identity"):

        def before(method: str, path: str, trouble: Any = trouble) -> None:
            raise RemoteError(f"nas.example refused p@ss/w0rd? and p%40ss%2Fw0rd%3F: {trouble}", trouble)

        disk = Disk(before)
        error = refused(disk, folder)
        assert disk.opened == 1 and error.exit_code == EXIT_UNREADABLE
        assert error.message == f"{SHOWN}{folder}: nas.example refused *** and ***: {trouble}"


def test_how_long_it_may_take() -> None:
    """Words of tokenizers have longer; no answer has, and nothing has longer than --timeout."""
    for afar, answer, most, hint in (
        (Afar(), 10, 20, "--limit seconds=100"),
        (Afar(Reach.BUILD, seconds=300.0), 10, 120, "--limit seconds=100"),
        (Afar(Reach.BUILD, Limits(seconds=2), 300.0), 1, 12, "--limit seconds=10"),
        (Afar(Reach.BUILD, seconds=4.0), 2, 4, "--timeout 20"),
    ):
        assert (afar.answer, afar.most, afar.late().hint) == (answer, most, hint)


@pytest.mark.parametrize("what", ["config.json", ""])
def test_a_read_that_hangs(folder: Path, what: str) -> None:
    """In a library that minds no time limit, for one file or for all: the rest is told in time."""
    free = threading.Event()

    def before(method: str, path: str) -> None:
        if method == "read" and path.endswith(what):
            free.wait(30)

    began = time.monotonic()
    try:
        found = taken(Disk(before), folder, limits=Limits(seconds=1))
    finally:
        free.set()
    assert time.monotonic() - began < 4
    lost = {w for w, m in said(found).items() if "did not answer within 0.5 s" in m or "was given up" in m}
    assert code(found) == EXIT_UNREADABLE and "unet/config.json" in lost
    assert ("model_index.json" in lost) is (what == "")


def test_a_server_that_never_answers(folder: Path) -> None:
    free = threading.Event()

    def hang(*_: str) -> None:
        free.wait(30)

    try:
        error = refused(Disk(hang), folder, limits=Limits(seconds=1))
    finally:
        free.set()
    assert error.exit_code == EXIT_UNREADABLE and "reading took over 1 s and was given up" in error.message
    assert error.code == "IPI904" and error.hint == "--limit seconds=5"


def test_files_that_end_too_soon(folder: Path) -> None:
    os.truncate(folder / UNET, (folder / UNET).stat().st_size - 1)
    assert said(taken(Disk(), folder))[UNET].startswith("IPI911")
    put(folder, "unet/config.json", {"_class_name": "UNet2DModel", "x": "y" * 100})
    told = said(taken(Disk(cut=90), folder))
    assert told["unet/config.json"] == "IPI912: unet/config.json changed while it was read"


@pytest.mark.parametrize("how", ["content", "size", "gone", "link"])
def test_a_file_that_changes_between_listing_and_reading(folder: Path, how: str) -> None:
    file = folder / "unet" / "config.json"
    if how == "link":
        file.rename(folder / "unet" / "kept.json")
        file.symlink_to("kept.json")

    def before(method: str, path: str) -> None:
        if method == "read" and path.endswith(("unet/config.json", "kept.json")) and file.exists():
            if how == "gone":
                file.unlink()
            else:
                file.write_text(file.read_text().replace("8", "9") + (" " if how == "size" else ""))
                os.utime(file, ns=(1, 1))

    told = said(taken(Disk(before), folder))
    assert told["unet/config.json"].startswith("IPI901" if how == "gone" else "IPI912")


def test_nothing_is_asked_for_that_is_over_a_cap(folder: Path) -> None:
    """A length is a claim: of 2^60 bytes of a header, or of a config, not one is asked for."""
    weights(folder / UNET, TENSOR, length=1 << 60)
    put(folder, "scheduler/scheduler_config.json", "version https://git-lfs.github.com/spec/v1\n" * 9)

    def lying(item: Item) -> Item:
        if item.name == "config.json":
            return dataclasses.replace(item, size=1 << 62)
        return dataclasses.replace(item, size=1 << 61) if item.name.endswith(".safetensors") else item

    disk = Disk(mend=lying)
    told = said(taken(disk, folder))
    assert max(end for _, _, end in disk.reads) <= 65536
    assert told[UNET].startswith("IPI904") and told["scheduler/scheduler_config.json"].startswith("IPI902")
    assert told["unet/config.json"].startswith("IPI904")


def test_sizes_that_are_none(folder: Path) -> None:
    """Those that no file has, and those that the server does not tell."""
    sizes = {"config.json": 1 << 64, "diffusion_pytorch_model.safetensors": 1 << 70, "README.md": -1}

    def lying(item: Item) -> Item:
        return dataclasses.replace(item, size=sizes.get(item.name, item.size))

    told = said(taken(Disk(mend=lying), folder))
    assert told[UNET] == f"IPI904: {UNET} has no place here: it claims to have {1 << 70} bytes"
    assert told["unet/config.json"].startswith("IPI904") and "README.md" not in told

    def silent(item: Item) -> Item:
        return dataclasses.replace(item, size=None)

    put(folder, "merges.txt", "a word\n" * 1000)
    found = taken(Disk(mend=silent), folder)
    assert said(found)[UNET].endswith("the server does not say how large it is, so its header cannot be checked")
    assert any(s.reason == "merges.txt: the server does not say how large it is" for s in found.skipped)
    assert found.components[0].cls == "DDPMPipeline" and found.components[1].settings


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"entries": 4}, "over 4 names in the folder"),
        ({"levels": 1}, "lies over 1 folders deep"),
        ({"fetched": 100}, "over 100 bytes in all were asked for"),
        ({"config": 50}, "over the cap of 50 for a config file"),
        ({"header": 50}, "over the cap of 50"),
    ],
)
def test_caps(folder: Path, limits: dict[str, int], message: str) -> None:
    found = taken(Disk(), folder, limits=Limits(**limits))
    assert code(found) == EXIT_UNREADABLE
    assert any(p.code == "IPI904" and message in p.message for p in found.problems), said(found)


def test_interrupted_in_the_middle_of_a_read(folder: Path) -> None:
    """Connections are closed, and nothing stays behind."""
    free = threading.Event()

    def interrupting(method: str, path: str) -> None:
        if method == "read" and path.endswith("unet/config.json"):
            os.kill(os.getpid(), signal.SIGINT)
            free.wait(30)

    disk = Disk(interrupting)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        taken(disk, folder)
    free.set()
    assert time.monotonic() - began < 3 and disk.closed == 1 and not left_behind()


def test_a_full_disk_of_ours_is_no_fault_of_theirs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inspector.remote.laying.hollow", full)
    error = refused(Disk(), folder)
    assert "No space left on device" in error.message and "TMPDIR" in error.hint


def test_addresses() -> None:
    """Passwords go nowhere, paths keep their characters, and what is no address is none."""
    assert parse(TYPED).password == "p@ss/w0rd?" and "w0rd" not in repr(parse(TYPED))
    assert parse("sftp://nas/a%20b/c#d/%ff").path == "/a b/c#d/\udcff" and parse("https://nas/a#b").path == "/a"
    for typed, shown in (
        ("sftp://me:secret@nas/x", "sftp://me:***@nas/x"),
        ("sftp://me:sec/r@et@nas2/x", "sftp://me:***@nas2/x"),
        ("smb://me:@nas:445/x", "smb://me:***@nas:445/x"),
        ("https://nas:8080/x?X-Amz-Signature=1", "https://nas:8080/x?***"),
        ("https://hf_abcdefghijklmnopqrst@nas/x", "https://***@nas/x"),
        ("sftp://me:secret@nas3/x?accept-new", "sftp://me:***@nas3/x?accept-new"),
        ("sftp://nas/x?accept-new&sig=1", "sftp://nas/x?***"),
        ("C:\\models\\sd15", "C:\\models\\sd15"),
        ("hub:org/name", "hub:org/name"),
    ):
        assert masked(typed) == conceal(typed) == shown and revealed(conceal(typed)) == typed
    first, second = conceal("https://nas/y?a=1"), conceal("https://nas/y?a=2")
    assert first != second and revealed(second) == "https://nas/y?a=2" and conceal(second) == second
    assert revealed("sftp://you:***@nas/x?***") == "sftp://you@nas/x"  # of a file: nothing is known of it
    for typed in ("sftp://me:sec/ret@nas/x", "sftp://me:a@b/c@nas/x"):
        with pytest.raises(InspectError) as caught:
            parse(typed)
        assert "ret" not in caught.value.message and "%2F" in caught.value.hint


HOSTILE = [c for c in corpus() if c.sample and not (c.during or c.inside or c.arguments or "thousand" in c.name)]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda c: c.id)
def test_a_hostile_folder_elsewhere_is_judged_as_here(case: Case, tmp_path: Path) -> None:
    """Every rule for folders holds over the wire: the same codes at the same places, the same parts unread."""
    place = begin(tmp_path / "place", case.base)
    path = case.make(place)
    path = path if isinstance(path, str) else str(place.model)

    def judged(take: Callable[[], Snapshot]) -> Any:
        try:
            found = take()
        except InspectError as error:
            return error.code, error.exit_code
        return (
            {(p.code, p.where) for p in found.problems},
            {s.where for s in found.skipped if s.failed},
            found.components,
        )

    assert judged(lambda: taken(Disk(), path)) == judged(lambda: snapshots.take(path, static=True))


def test_the_worker_is_told_no_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to another process is the copy, and what it lacks; by the name that everybody may see."""
    asked: list[Request] = []

    class Noted:
        def __init__(self, request: Request) -> None:
            asked.append(request)
            raise InspectError("enough")

    monkeypatch.setattr("inspector.process.Worker", Noted)
    refused(Disk(denied("unet/config.json")), folder, static=False)
    (request,) = asked
    said = json.dumps(dataclasses.asdict(request))
    assert request.text == f"{SHOWN}{folder}" and "w0rd" not in said
    assert Facts.of(json.loads(said)["facts"]).unread["unet/config.json"].code == "IPI901"


def test_any_file_system_of_fsspec(folder: Path) -> None:
    fsspec = importlib.import_module("fsspec")
    memory = fsspec.filesystem("memory")
    memory.put(str(folder), "/bucket/tiny", recursive=True)
    try:
        there = snapshots.take("memory://bucket/tiny", static=True)
        assert dataclasses.replace(there, source="") == dataclasses.replace(
            snapshots.take(str(folder), static=True), source=""
        )
        with pytest.raises(InspectError, match="no such file or folder"):
            snapshots.take("memory://bucket/gone", static=True)
    finally:
        memory.rm("/bucket", recursive=True)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("zip://x.zip::sftp://me:secret@nas/y", "***@nas/y: addresses in a chain are not read", "unpack"),
        ("simplecache::ftp://nas/x", "no such file or folder", ""),
        ("ftp://nas/x::file:///etc/passwd", "addresses in a chain are not read", ""),
        ("reference://x/y", "reference:// addresses of this kind are not read", ""),
        ("stfp://nas/x", "there is no stfp:// address", "did you mean sftp://?"),
        ("gs://bucket/x", "gs:// needs a package", ""),
        ("file:///nowhere/at/all", "no such file or folder", ""),
    ],
)
def test_addresses_that_are_not_read(text: str, message: str, hint: str) -> None:
    with pytest.raises(InspectError) as caught:
        snapshots.take(text, static=True)
    assert message in caught.value.message and hint in caught.value.hint


def test_a_file_address_is_the_folder(folder: Path) -> None:
    assert snapshots.take(f"file://{folder}", static=True) == snapshots.take(str(folder), static=True)


@pytest.mark.parametrize(("scheme", "package"), [("sftp", "asyncssh"), ("smb", "smbprotocol"), ("s3", "botocore")])
def test_a_package_that_is_not_installed(scheme: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        n for n in sys.modules if n.partition(".")[0] == package or n.startswith(f"inspector.remote.{scheme}")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InspectError) as caught:
        snapshots.take(f"{scheme}://me:secret@nas/x/y", static=True)
    error = caught.value
    assert (
        error.message == f"{scheme}://me:***@nas/x/y: {scheme}:// needs the package {package}, which is not installed"
    )
    assert (error.hint, error.exit_code) == (f"pip install 'inspect-pipe[{scheme}]'", EXIT_USAGE)
