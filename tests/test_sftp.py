"""sftp:// against OpenSSH's own server and one that is odd: what is fetched, what is refused, what is survived."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.remote.address import parse
from inspector.remote.connection import Connection
from tests.servers import trees
from tests.servers.faults import at_a_distance, dying, opened, spoilt, trouble, unreachable
from tests.servers.running import Server
from tests.servers.sshd import at_home, sshd
from tests.servers.wire import Wire

pytest.importorskip("asyncssh")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.special(trees.odd(tmp_path_factory.mktemp("served")))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with sshd(folder) as server:
        yield server


@pytest.fixture(autouse=True)
def home(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return at_home(server, monkeypatch, tmp_path)


@pytest.fixture
def there(server: Server) -> Iterator[tuple[Connection, str]]:
    with opened(server.url()) as connection:
        yield connection, parse(server.url()).path


def test_names_are_told_as_they_are(there: tuple[Connection, str], folder: Path) -> None:
    connection, path = there
    items = {item.name: item for item in connection.list(path)}
    assert {name: item.kind for name, item in items.items()} == {
        "unet": "folder",
        "large.safetensors": "file",
        "secret.json": "file",
        "模型 ü.json": "file",
        "\udcff\udcfe.json": "file",
        "fifo": "other",
        **dict.fromkeys(("to a file", "to a folder", "to a link", "dangling", "circle"), "link"),
    }
    assert items["large.safetensors"].size == trees.LARGE
    assert items["unet"].size is None
    assert connection.list(path, most=3) == connection.list(path)[:3]
    before = connection.list(f"{path}/unet")
    os.utime(folder / "unet" / "config.json", (1, 1))
    assert [i.name for i in before] == ["config.json"] and before != connection.list(f"{path}/unet")


def test_links_end_where_they_end(there: tuple[Connection, str]) -> None:
    connection, path = there
    for name in ("to a file", "to a link", "to a folder/config.json", "unet/config.json"):
        item = connection.look(f"{path}/{name}")
        assert (item.name, item.kind, item.size) == (name.rpartition("/")[2], "file", 19)
        assert item.target == f"{path}/unet/config.json"
        assert connection.read(f"{path}/{name}", 0, 100) == b'{"sample_size": 64}'
    assert connection.look(f"{path}/to a folder").kind == "folder"
    assert connection.look(f"{path}/fifo").kind == "other"
    assert connection.look("/~").target == path
    assert connection.look("/~/to a file").target == f"{path}/unet/config.json"
    assert connection.list("/~") == connection.list(path)
    assert connection.read("/~/unet/config.json", 2, 13) == b"sample_size"


@pytest.mark.parametrize(
    ("what", "name", "kind"),
    [
        ("look", "missing", "absent"),
        ("list", "missing", "absent"),
        ("read", "missing", "absent"),
        ("look", "dangling", "absent"),
        ("read", "circle", "absent"),
        ("list", "unet/config.json", "absent"),
        ("read", "secret.json", "denied"),
        ("read", "unet", "odd"),
    ],
)
def test_what_a_path_is_refused_for(there: tuple[Connection, str], what: str, name: str, kind: str) -> None:
    connection, path = there
    arguments = (0, 9) if what == "read" else ()
    assert trouble(lambda: getattr(connection, what)(f"{path}/{name}", *arguments)) == kind
    assert connection.look(f"{path}/unet").kind == "folder"  # it goes on


def test_only_the_range_crosses_the_wire(server: Server) -> None:
    with Wire(server.port) as wire, opened(server.url(port=wire.port)) as connection:
        large, at = parse(server.url("large.safetensors")).path, (4 << 30) + 7
        wire.reset()
        assert connection.read(large, at, at + len(trees.MARK)) == trees.MARK
        assert connection.read(large, at - 3, at + 100_000)[: 3 + len(trees.MARK)] == b"\0\0\0" + trees.MARK
        assert connection.read(large, trees.LARGE, trees.LARGE + 9) == b""
        assert connection.read(large, 5, 5) == b""
        assert wire.down < 130_000
        assert connection.read(parse(server.url("unet/config.json")).path, 10, 1 << 60) == b'ize": 64}'


def test_sshfs_has_no_say(server: Server) -> None:
    """The package takes over fsspec's sftp, trusts any host and fetches whole files for a range; ours does not."""
    pytest.importorskip("sshfs", reason="pip install sshfs")
    fsspec = pytest.importorskip("fsspec")
    assert fsspec.get_filesystem_class("sftp").__module__.startswith("sshfs")
    with Wire(server.port) as wire, opened(server.url(port=wire.port)) as connection:
        assert type(connection).__module__ == "inspector.remote.sftp"
        connection.read(parse(server.url("large.safetensors")).path, 0, 100_000)
        assert wire.down < 130_000


def test_a_pipeline_of_7_gb_takes_a_moment(tmp_path: Path, server: Server) -> None:
    folder, reads = trees.sdxl(tmp_path / "sdxl")
    url = server.url()[: -len(parse(server.url()).path)] + str(folder)
    with Wire(server.port, delay=0.02) as wire:
        at_a_distance(url.replace(f":{server.port}", f":{wire.port}"), str(folder), reads, wire)
        assert wire.connections == 1


def test_nobody_there(server: Server) -> None:
    unreachable(server)


def test_bytes_that_are_not_what_was_sent(server: Server, folder: Path) -> None:
    spoilt(server, f"{folder}/unet/config.json", b'{"sample_size": 64}')


def test_reads_that_never_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sshd(folder) as server:
        monkeypatch.setenv("HOME", server.environment["HOME"])
        dying(server, str(folder), f"{folder}/large.safetensors")


def test_one_that_tells_no_attributes_and_sends_too_much(server: Server, folder: Path) -> None:
    from tests.servers.oddssh import Bare, Open, oddssh

    with (
        oddssh(server.state / "host", server_factory=Open, sftp_factory=Bare) as port,
        opened(f"sftp://x@127.0.0.1:{port}/") as connection,
    ):
        items = {item.name: item for item in connection.list(str(folder / "unet"))}
        assert (items["config.json"].kind, items["config.json"].size) == ("file", 19)
        assert {i.name: i.kind for i in connection.list(str(folder))}["to a folder"] == "link"
        assert connection.read(f"{folder}/unet/config.json", 0, 9) == b'{"sample_'
        part = connection.read(f"{folder}/large.safetensors", (4 << 30) - 9000, (4 << 30) + 1000)  # 700 bytes at a time
        assert len(part) == 10_000 and part[9007:].startswith(trees.MARK) and not any(part[:9007])
        assert len(connection.list(f"{folder}/endless", most=500)) == 500
        assert connection.look(f"{folder}/to a file").target == f"{folder}/unet/config.json"
        assert connection.look(f"{folder}/to a link").target == f"{folder}/to a folder/config.json"
