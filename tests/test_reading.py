"""The one reading module: what it lists, what it opens, where it stops, and that it never leaves the folder."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.model import EXIT_USAGE, InspectError
from inspector.reading import Folder, Limits, ReadError


class System:
    """The system calls, some of them replaced: ``System(pread=…)``; ``calls`` counts them."""

    def __init__(self, **replaced: Callable[..., Any]) -> None:
        self.replaced = replaced
        self.calls: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        real = self.replaced.get(name, getattr(os, name))

        def call(*given: Any, **named: Any) -> Any:
            self.calls[name] = self.calls.get(name, 0) + 1
            return real(*given, **named)

        return call


def put(root: Path, name: str, content: str | bytes = "{}") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(folder: Folder, name: str, read: str = "json") -> ReadError:
    with pytest.raises(ReadError) as caught:
        getattr(folder, read)(name)
    assert caught.value.where == name
    assert "\n" not in caught.value.message
    assert folder.verdicts[name] == ("failed", caught.value.message)
    return caught.value


def test_what_is_read_and_what_became_of_each_file(tmp_path: Path) -> None:
    put(tmp_path, "model_index.json", '{"a": 1}')
    put(tmp_path, "unet/config.json", '{"b": 2}')
    put(tmp_path, "tokenizer/merges.txt", "a b\n")
    put(tmp_path, "unet/notes.md", "hello")
    with Folder(tmp_path) as folder:
        assert list(folder.entries) == [
            "model_index.json",
            "tokenizer",
            "unet",
            "tokenizer/merges.txt",
            "unet/config.json",
            "unet/notes.md",
        ]
        assert {e.kind for n, e in folder.entries.items() if "." not in n} == {"folder"}
        assert folder.entries["unet/notes.md"].size == 5
        assert folder.below("") == ["model_index.json", "tokenizer", "unet"]
        assert folder.below("unet") == ["config.json", "notes.md"]
        assert folder.json("model_index.json") == {"a": 1}
        assert folder.json("unet/config.json") == {"b": 2}
        assert folder.content("tokenizer/merges.txt") == b"a b\n"
        assert folder.bytes_read == 8 + 8 + 4
        assert folder.head("unet/notes.md", 3) == b"hel"
        assert folder.bytes_read == 23
    assert folder.verdicts == {
        "model_index.json": ("inspected", "settings"),
        "unet/config.json": ("inspected", "settings"),
        "tokenizer/merges.txt": ("inspected", "copied"),
        "unet/notes.md": ("skipped", "not needed for an inspection"),
    }


@pytest.mark.parametrize(
    "name", ["../secret.json", "unet/../../secret.json", "/etc/passwd", "unet", "", ".", "none.json", "a\0b"]
)
def test_a_name_is_looked_up_and_never_joined(tmp_path: Path, name: str) -> None:
    put(tmp_path, "secret.json", '{"secret": 1}')
    put(tmp_path, "model/unet/config.json")
    with Folder(tmp_path / "model") as folder:
        assert refused(folder, name).code in ("IPI901", "IPI905")
        assert folder.bytes_read == 0


# What stands where a regular file should


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    began = time.monotonic()
    with Folder(tmp_path) as folder:
        for read in ("json", "content", "header"):
            error = refused(folder, "config.json", read)
            assert error.code == "IPI905" and "a pipe (FIFO)" in error.message
    assert time.monotonic() - began < 2


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may have about a hundred characters
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("config.json")
        with Folder(tmp_path) as folder:
            error = refused(folder, "config.json")
    assert error.code == "IPI905" and "a socket" in error.message


def test_a_device_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to("/dev/zero")
    with Folder(tmp_path) as folder:
        assert refused(folder, "config.json").code == "IPI905"
    try:
        os.mknod(tmp_path / "device.json", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("a device of one's own wants more rights than this test has")
    with Folder(tmp_path) as folder:
        error = refused(folder, "device.json")
    assert error.code == "IPI905" and "a device" in error.message


def test_a_file_that_becomes_a_pipe_does_not_hang(tmp_path: Path) -> None:
    path = put(tmp_path, "config.json")
    with Folder(tmp_path) as folder:
        path.unlink()
        os.mkfifo(path)
        assert refused(folder, "config.json").code == "IPI905"


def test_a_file_that_becomes_a_pipe_at_the_last_moment(tmp_path: Path) -> None:
    path = put(tmp_path, "config.json")

    def late(name: Any, how: int, **named: Any) -> int:
        if name == "config.json":
            path.unlink()
            os.mkfifo(path)
        return os.open(name, how, **named)

    with Folder(tmp_path, system=System(open=late)) as folder:
        assert refused(folder, "config.json").code == "IPI912"


# Links


def test_links_inside_are_followed(tmp_path: Path) -> None:
    put(tmp_path, "real/config.json", '{"a": 1}')
    (tmp_path / "unet").symlink_to("real")
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae/config.json").symlink_to("../unet/config.json")
    (tmp_path / "absolute.json").symlink_to(tmp_path / "real/config.json")
    with Folder(tmp_path) as folder:
        for name in ("unet/config.json", "vae/config.json", "absolute.json"):
            assert folder.json(name) == {"a": 1}


@pytest.mark.parametrize(
    "target", ["../secret.json", "/etc/hostname", "unet/../../secret.json", "../model/../secret.json", "/"]
)
def test_links_outside_are_not(tmp_path: Path, target: str) -> None:
    put(tmp_path, "secret.json", '{"secret": 1}')
    put(tmp_path, "model/unet/config.json")
    (tmp_path / "model/config.json").symlink_to(target)
    with Folder(tmp_path / "model") as folder:
        assert folder.entries["config.json"].kind == "link"
        error = refused(folder, "config.json")
        assert error.code == "IPI905" and "leaves the folder" in error.message
        assert folder.bytes_read == 0


def test_a_folder_that_is_a_link_outside_is_not_listed(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/config.json", '{"secret": 1}')
    put(tmp_path, "model/model_index.json")
    (tmp_path / "model/unet").symlink_to("../elsewhere")
    with Folder(tmp_path / "model") as folder:
        assert set(folder.entries) == {"model_index.json", "unet"}
        assert folder.entries["unet"].code == "IPI905"
        assert refused(folder, "unet/config.json").code == "IPI901"


def test_a_sibling_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    put(tmp_path, "model-secret/config.json")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").symlink_to(tmp_path / "model-secret/config.json")
    with Folder(tmp_path / "model") as folder:
        assert refused(folder, "config.json").code == "IPI905"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/self").symlink_to(".")
    (tmp_path / "unet/up").symlink_to("..")
    with Folder(tmp_path) as folder:
        assert refused(folder, "a.json").code == "IPI905"
        assert folder.entries["unet/self"].code == folder.entries["unet/up"].code == "IPI905"
        assert len(folder.entries) == 5


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to("gone.json")
    with Folder(tmp_path) as folder:
        assert refused(folder, "config.json").code == "IPI901"


def test_the_way_to_the_folder_is_the_users_own(tmp_path: Path) -> None:
    put(tmp_path, "real/config.json", '{"a": 1}')
    (tmp_path / "alias").symlink_to("real")
    with Folder(tmp_path / "alias") as folder:
        assert folder.json("config.json") == {"a": 1}


def test_a_link_exchanged_after_the_listing_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "secret.json", '{"secret": 1}')
    path = put(tmp_path, "model/config.json")
    with Folder(tmp_path / "model") as folder:
        path.unlink()
        path.symlink_to(tmp_path / "secret.json")
        assert refused(folder, "config.json").code == "IPI905"
        assert folder.bytes_read == 0


def in_hub_cache(root: Path) -> Path:
    """A repository as the Hub's client lays it out: a snapshot of links into ``blobs``."""
    top = root / "models--org--name"
    put(top, "blobs/abc", '{"a": 1}')
    put(top, "blobs/sub/deeper", '{"b": 1}')
    snapshot = top / "snapshots" / ("0" * 40)
    (snapshot / "unet").mkdir(parents=True)
    (snapshot / "model_index.json").symlink_to("../../blobs/abc")
    (snapshot / "unet/config.json").symlink_to("../../../blobs/abc")
    return snapshot


def test_the_blobs_of_the_same_hub_repository(tmp_path: Path) -> None:
    snapshot = in_hub_cache(tmp_path)
    for root, name in (
        (snapshot, "model_index.json"),
        (snapshot, "unet/config.json"),
        (snapshot / "unet", "config.json"),
    ):
        with Folder(root) as folder:
            assert folder.json(name) == {"a": 1}


@pytest.mark.parametrize(
    "target",
    ["../../refs/main", "../../blobs/sub/deeper", "../../../models--org--other/blobs/abc", "../../snapshots/x.json"],
)
def test_nothing_else_of_the_hub_cache(tmp_path: Path, target: str) -> None:
    snapshot = in_hub_cache(tmp_path)
    put(tmp_path, "models--org--name/refs/main")
    put(tmp_path, "models--org--name/snapshots/x.json")
    put(tmp_path, "models--org--other/blobs/abc")
    (snapshot / "config.json").symlink_to(target)
    with Folder(snapshot) as folder:
        assert refused(folder, "config.json").code == "IPI905"


def test_a_folder_called_blobs_gives_no_rights(tmp_path: Path) -> None:
    put(tmp_path, "blobs/abc")
    (tmp_path / "snapshots/model").mkdir(parents=True)
    (tmp_path / "snapshots/model/config.json").symlink_to("../../blobs/abc")
    with Folder(tmp_path / "snapshots/model") as folder:
        assert refused(folder, "config.json").code == "IPI905"


# Files that do not stay as they are, and systems that refuse


def test_gone_after_the_listing(tmp_path: Path) -> None:
    path = put(tmp_path, "config.json")
    with Folder(tmp_path) as folder:
        path.unlink()
        error = refused(folder, "config.json")
    assert error.code == "IPI912" and "is gone" in error.message


def test_grown_between_listing_and_reading_is_read_whole(tmp_path: Path) -> None:
    path = put(tmp_path, "config.json")
    with Folder(tmp_path) as folder:
        path.write_text('{"a": 1, "b": 2}')
        assert folder.json("config.json") == {"a": 1, "b": 2}


@pytest.mark.parametrize("after", [b"", b"{", b'{"a": 2} ', b'{"a": 1, "b": 2}'])
def test_changed_while_it_is_read(tmp_path: Path, after: bytes) -> None:
    path = put(tmp_path, "config.json", '{"a": 1}')

    def meanwhile(descriptor: int, count: int, offset: int) -> bytes:
        found = os.pread(descriptor, 4, offset)
        path.write_bytes(after)
        return found

    with Folder(tmp_path, system=System(pread=meanwhile)) as folder:
        assert refused(folder, "config.json").code == "IPI912"


def test_overwritten_with_as_many_bytes_while_it_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "config.json", '{"a": 1}')
    os.utime(path, ns=(0, 0))

    def meanwhile(descriptor: int, count: int, offset: int) -> bytes:
        found = os.pread(descriptor, 4, offset)
        path.write_text('{"b": 2}')
        return found

    with Folder(tmp_path, system=System(pread=meanwhile)) as folder:
        assert refused(folder, "config.json").code == "IPI912"


@pytest.mark.parametrize("call", ["open", "stat", "fstat", "pread"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EACCES, errno.EMFILE])
def test_a_system_that_refuses(tmp_path: Path, call: str, number: int) -> None:
    put(tmp_path, "config.json")
    system = System()
    with Folder(tmp_path, system=system) as folder:

        def fail(*_: Any, **__: Any) -> Any:
            raise OSError(number, os.strerror(number))

        system.replaced[call] = fail
        error = refused(folder, "config.json")
        assert error.code == "IPI901"
        assert os.strerror(number) in error.message
        assert ("permissions" in error.hint) == (number == errno.EACCES)


def test_an_unreadable_file(tmp_path: Path) -> None:
    put(tmp_path, "config.json").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root reads everything; the injected EACCES above stands for it")
    with Folder(tmp_path) as folder:
        assert refused(folder, "config.json").code == "IPI901"


def test_a_folder_that_cannot_be_listed_costs_only_itself(tmp_path: Path) -> None:
    put(tmp_path, "unet/config.json")
    put(tmp_path, "vae/config.json", '{"a": 1}')

    def fail(name: Any, how: int, **named: Any) -> int:
        if name == "unet":
            raise PermissionError(errno.EACCES, "Permission denied")
        return os.open(name, how, **named)

    with Folder(tmp_path, system=System(open=fail)) as folder:
        assert [(p.code, p.where) for p in folder.problems] == [("IPI901", "unet")]
        assert folder.json("vae/config.json") == {"a": 1}


def test_the_folder_itself_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", put(tmp_path, "file")):
        with pytest.raises(ReadError) as caught:
            Folder(path)
        assert caught.value.code == "IPI901"


def test_a_system_without_openat_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())
    with pytest.raises(ReadError) as caught:
        Folder(tmp_path)
    assert "cannot open a file relative to a folder" in caught.value.message


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    put(tmp_path, "a/b/c/config.json")
    put(tmp_path, "bad.json", "{")
    (tmp_path / "out.json").symlink_to("/etc/hostname")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    if before is None:
        pytest.skip("this system does not list a process's descriptors")
    with Folder(tmp_path) as folder:
        folder.json("a/b/c/config.json")
        refused(folder, "bad.json")
        refused(folder, "out.json")
    assert len(os.listdir("/proc/self/fd")) == before


# Caps, on each side


@pytest.mark.parametrize(
    ("cap", "name"),
    [
        ("config", "unet/config.json"),
        ("index", "unet/model.safetensors.index.json"),
        ("vocabulary", "tokenizer/vocab.json"),
    ],
)
def test_the_cap_on_a_file(tmp_path: Path, cap: str, name: str) -> None:
    content = json.dumps({"a": "b" * 100})
    put(tmp_path, name, content)
    with Folder(tmp_path, Limits(**{cap: len(content)})) as folder:
        assert folder.json(name)
    with Folder(tmp_path, Limits(**{cap: len(content) - 1})) as folder:
        error = refused(folder, name)
        assert error.code == "IPI904"
        assert f"--limit {cap}={len(content)}" in error.hint
        assert folder.bytes_read == 0


def test_a_hundred_megabytes_are_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "config.json", "wb") as file:
        file.truncate(100 << 20)
    with Folder(tmp_path) as folder:
        assert refused(folder, "config.json").code == "IPI904"
        assert folder.bytes_read == 0


def test_the_cap_on_depth(tmp_path: Path) -> None:
    for levels in (64, 65):
        put(tmp_path, f"{levels}.json", '{"a":' * levels + "1" + "}" * levels)
    with Folder(tmp_path) as folder:
        assert folder.json("64.json")
        assert refused(folder, "65.json").code == "IPI904"
    with Folder(tmp_path, Limits(depth=65)) as folder:
        assert folder.json("65.json")


def test_the_cap_on_names(tmp_path: Path) -> None:
    for number in range(20):
        put(tmp_path, f"unet/{number:02}.txt", "")
    with Folder(tmp_path, Limits(entries=21)) as folder:
        assert len(folder.entries) == 21 and not folder.problems
    with Folder(tmp_path, Limits(entries=20)) as folder:
        assert len(folder.entries) == 20
        assert [p.code for p in folder.problems] == ["IPI904"]
        assert "--limit entries=200" in folder.problems[0].hint


def test_the_cap_on_levels(tmp_path: Path) -> None:
    put(tmp_path, "a/b/c/file.txt", "")
    with Folder(tmp_path, Limits(levels=4)) as folder:
        assert "a/b/c/file.txt" in folder.entries and not folder.problems
    with Folder(tmp_path, Limits(levels=3)) as folder:
        assert "a/b/c" in folder.entries and "a/b/c/file.txt" not in folder.entries
        assert [p.code for p in folder.problems] == ["IPI904"]


def test_the_cap_on_time(tmp_path: Path) -> None:
    put(tmp_path, "config.json", '{"a": 1}')

    def slow(descriptor: int, count: int, offset: int) -> bytes:
        time.sleep(0.3)
        return os.pread(descriptor, 1, offset)

    with Folder(tmp_path, Limits(seconds=1), system=System(pread=slow)) as folder:
        began = time.monotonic()
        error = refused(folder, "config.json")
        assert error.code == "IPI904" and "given up" in error.message and "--limit seconds=" in error.hint
        assert time.monotonic() - began < 3
        assert refused(folder, "config.json").code == "IPI904"  # the time is spent for every file


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("blocks", {"num_layers": 1024}, {"num_layers": 1025}),
        ("steps", {"num_train_timesteps": 1_000_000}, {"num_train_timesteps": 1_000_001}),
        ("extent", {"in_channels": 1 << 28}, {"in_channels": (1 << 28) + 1}),
    ],
)
def test_the_caps_on_what_is_built(tmp_path: Path, name: str, least: dict[str, int], most: dict[str, int]) -> None:
    put(tmp_path, "a/config.json", json.dumps(least))
    put(tmp_path, "b/config.json", json.dumps(most))
    with Folder(tmp_path) as folder:
        assert folder.json("a/config.json") == least
        error = refused(folder, "b/config.json")
        assert error.code == "IPI910" and f"--limit {name}=" in error.message + error.hint
    with Folder(tmp_path, Limits(**{name: 1 << 30})) as folder:
        assert folder.json("b/config.json") == most


# --limit


def test_limits_from_the_command_line() -> None:
    assert Limits.parse([]) == Limits()
    found = Limits.parse(["config=2MiB", "entries=20000", "header=512KiB", "vocabulary=1gib", "config=3MiB"])
    assert (found.config, found.entries, found.header, found.vocabulary) == (3 << 20, 20_000, 512 << 10, 1 << 30)
    assert found.index == Limits().index


@pytest.mark.parametrize(
    "text",
    [
        "config",
        "config=",
        "config=much",
        "config=-1",
        "config=1.5MiB",
        "config=2MB",
        "=3",
        "unknown=3",
        "config=٣",
        "config=1e9",
        "config=9999999999999999",
        "config=0x10",
        "config= ",
    ],
)
def test_limits_that_make_no_sense(text: str) -> None:
    with pytest.raises(InspectError) as caught:
        Limits.parse([text])
    assert caught.value.exit_code == EXIT_USAGE
    assert "config" in caught.value.hint and "NAME=N" in caught.value.message


def test_names_that_are_no_text(tmp_path: Path) -> None:
    try:
        os.close(os.open(os.fsencode(tmp_path) + b"/\xff.json", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system has no such names")
    with Folder(tmp_path) as folder:
        assert list(folder.entries) == ["\\xff.json"]
        assert refused(folder, "\\xff.json").code == "IPI909"
