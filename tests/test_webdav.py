"""webdav:// against wsgidav, rclone and one that lies: lists by PROPFIND, ranges of HTTP, logins, XML of strangers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from inspector.remote.connection import Item, RemoteError
from tests import forked
from tests.servers import trees
from tests.servers.faults import at_a_distance, dying, opened, trouble
from tests.servers.nginx import nginx
from tests.servers.oddhttp import Asked, Odd, reply
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.webdav import webdav
from tests.servers.wire import Wire


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "INSPECT_PIPE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    served = tmp_path_factory.mktemp("served")
    served.chmod(0o755)
    (served / "模型 %41&#?").mkdir()
    (served / "模型 %41&#?" / "config.json").write_text('{"sample_size": 64}')
    with (served / "large.safetensors").open("wb") as large:
        large.truncate(trees.LARGE)
        large.seek((4 << 30) + 7)
        large.write(trees.MARK)
    (served / "empty").mkdir()
    trees.sdxl(served / "sdxl")
    return served


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[dict[str, Server]]:
    with contextlib.ExitStack() as opening:
        enter = opening.enter_context
        yield {
            "wsgidav": enter(webdav(folder, user="me", password="hush@1/%")),
            "rclone": enter(rclone(folder, "webdav", user="me", password="hush@1/%")),
        }


@pytest.mark.parametrize("kind", ["wsgidav", "rclone"])
def test_the_same_folder_whoever_serves_it(kind: str, served: dict[str, Server], folder: Path) -> None:
    with opened(served[kind].url()) as there:
        assert type(there).__module__ == "inspector.remote.webdav"
        items = {item.name: item for item in there.list("/")}
        kinds = {"模型 %41&#?": "folder", "empty": "folder", "sdxl": "folder", "large.safetensors": "file"}
        assert {name: item.kind for name, item in items.items()} == kinds
        assert items["large.safetensors"].size == trees.LARGE and items["large.safetensors"].stamp
        assert there.list("/empty") == []
        assert len(there.list("/", 2)) == 2
        inside = there.list("/模型 %41&#?")
        assert [item.name for item in inside] == ["config.json"]
        assert there.look("/模型 %41&#?/config.json") == inside[0]
        assert there.look("/empty").kind == "folder"
        assert there.read("/模型 %41&#?/config.json", 2, 1 << 20) == b'sample_size": 64}'
        assert there.read("/large.safetensors", (4 << 30) + 7, (4 << 30) + 21) == trees.MARK
        assert there.read("/large.safetensors", trees.LARGE + 1, trees.LARGE + 9) == b""
        assert trouble(lambda: there.list("/nothing")) == trouble(lambda: there.look("/nothing")) == "absent"
        assert trouble(lambda: there.read("/nothing.json", 0, 9)) == "absent"
        assert trouble(lambda: there.list("/large.safetensors")) == "odd"
    with opened(served[kind].url(password="wrong")) as there:
        with pytest.raises(RemoteError, match="refuses the login of me") as caught:
            there.list("/")
        assert caught.value.trouble == "credentials"


@pytest.mark.parametrize("kind", ["wsgidav", "rclone"])
def test_nothing_outside_a_range_crosses_the_wire(kind: str, served: dict[str, Server]) -> None:
    """webdav4 asks for ``bytes=0-``: all that fits into the buffers comes."""
    with Wire(served[kind].port) as wire, opened(served[kind].url(port=wire.port)) as there:
        there.list("/empty")
        wire.reset()
        assert there.read("/large.safetensors", 5000, 105_000) == bytes(100_000)
        assert wire.down < 101_000 and wire.connections == 0


def test_a_real_folder_at_once(served: dict[str, Server], folder: Path, tmp_path: Path) -> None:
    _, reads = trees.sdxl(tmp_path)
    with Wire(served["wsgidav"].port, delay=0.02) as wire:
        at_a_distance(served["wsgidav"].url(port=wire.port), "/sdxl", reads, wire)


def test_a_server_that_takes_a_digest_gets_no_password(folder: Path) -> None:
    """And gets a new digest for every path, over a line or several."""
    only = {"http_authenticator": {"accept_basic": False, "accept_digest": True, "default_to_digest": True}}
    with webdav(folder, user="me", password="hush", config=only) as server:
        with Wire(server.port) as wire, opened(server.url(port=wire.port)) as there:
            assert [item.name for item in there.list("/模型 %41&#?")] == ["config.json"]
            assert there.read("/模型 %41&#?/config.json", 0, 2) == b'{"'
            assert there.read("/large.safetensors", 0, 8) == bytes(8)
        with opened(server.url(password="wrong")) as there:
            assert trouble(lambda: there.list("/")) == "credentials"


def test_a_file_that_changes_between_listing_and_reading(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "config.json"
    file.write_text("{}")
    os.utime(file, (1e9, 1e9))
    with webdav(tmp_path) as server, opened(server.url()) as there:
        before = there.list("/")
        assert there.read("/config.json", 0, 9) == b"{}"
        os.utime(file, (1e9 + 60, 1e9 + 60))
        with pytest.raises(RemoteError, match="changed between being listed and being read") as caught:
            there.read("/config.json", 0, 9)
        assert caught.value.code == "IPI912"
        assert there.list("/") != before
        assert there.read("/config.json", 0, 9) == b"{}"


def test_the_whole_command(served: dict[str, Server], folder: Path) -> None:
    done = forked.run("diff", served["wsgidav"].url("sdxl"), "--static")
    assert "hush" not in done.stdout + done.stderr
    assert "***@127.0.0.1" in done.stdout


def found(*responses: str, top: str = "/m/") -> bytes:
    one = f"<d:response><d:href>{top}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>"
    own = f"{one}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    text = f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{own}{"".join(responses)}</d:multistatus>'
    return reply(text.encode(), "207 Multi-Status", Content_Type="application/xml")


def file(href: str, size: str = "5", status: str = "HTTP/1.1 200 OK", more: str = "") -> str:
    prop = f"<d:prop><d:resourcetype/><d:getcontentlength>{size}</d:getcontentlength>{more}</d:prop>"
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat>{prop}<d:status>{status}</d:status></d:propstat></d:response>"
    )


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
LISTINGS: dict[str, tuple[bytes, object]] = {
    "plain": (found(file("/m/a.json")), [("a.json", 5)]),
    "whole addresses": (found(file("http://127.0.0.1/m/a%20b.json"), top="http://127.0.0.1/m"), [("a b.json", 5)]),
    "moved by a proxy": (found(file("/inside/m/a.json"), top="/inside/m/"), [("a.json", 5)]),
    "sizes that are none": (found(file("/m/a", "-1"), file("/m/b", "x"), file("/m/c", "9" * 40)),
        [("a", None), ("b", None), ("c", None)]),
    "an absurd size": (found(file("/m/a", str(2**60))), [("a", 2**60)]),
    "properties it does not have": (found(file("/m/a", "7", "HTTP/1.1 404 Not Found")), [("a", None)]),
    "names that are none": (found(file("/m/a%2Fb"), file("/m/..")), [("b", 5), ("..", 5)]),
    "an entity that expands": (reply(f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l11;</x>'.encode(), "207 M"),
        "document type"),
    "a file of ours": (reply(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "207 M"),
        "document type"),
    "an unknown encoding": (reply(b'<?xml version="1.0" encoding="nonsense"?><x/>', "207 M"), "no XML that we read"),
    "cut short": (reply(b"<d:multistatus xmlns:d='DAV:'><d:resp", "207 M"), "no XML that we read"),
    "no XML": (reply(b"hello", "207 M"), "no XML that we read"),
    "empty": (reply(b"", "207 M"), "no XML that we read"),
    "nothing in it": (reply(b"<multistatus xmlns='DAV:'/>", "207 M"), "empty"),
    "a page": (reply(b"<html></html>", "200 OK", Content_Type="text/html"), "does not speak WebDAV here: 200 OK"),
    "not allowed": (reply(b"", "405 Not Allowed"), "does not speak WebDAV here: 405"),
    "another server": (reply(b"", "302 Found", Location="http://other.invalid/m/"), "another server; it was not"),
    "depth": (reply(b"<" + b"a><" * 200_000 + b"a>", "207 M"), "no XML that we read"),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTINGS)
def test_what_servers_list(name: str) -> None:
    answer, wanted = LISTINGS[name]
    with Odd(lambda asked: [answer]) as odd, opened(odd.url("m", "webdav")) as there:
        if isinstance(wanted, str):
            with pytest.raises(RemoteError, match=wanted) as caught:
                there.list("/m")
            assert caught.value.trouble == "odd" and len(caught.value.message) < 300
        else:
            assert there.list("/m") == [Item(each, "file", size) for each, size in wanted]  # type: ignore[attr-defined]


def test_a_listing_without_end_is_not_read_to_it() -> None:
    def endless(asked: Asked) -> Iterable[bytes]:
        yield reply(b"<multistatus xmlns='DAV:'>", "207 M", Content_Length="")
        while True:
            yield file("/m/a").encode() * 1000

    with Odd(endless) as odd, opened(odd.url("m", "webdav")) as there, pytest.raises(RemoteError, match="16 MiB"):
        there.list("/m")


def test_what_is_no_webdav_and_what_only_moved(folder: Path) -> None:
    with nginx(folder) as server:
        url = f"webdav://127.0.0.1:{server.port}/"
        with opened(url) as there, pytest.raises(RemoteError, match="does not speak WebDAV here: 405") as caught:
            there.list("/")
        assert "http://" in caught.value.hint

    def moved(asked: Asked) -> Iterable[bytes]:
        yield found(file("/n/a.json"), top="/n/") if asked.target == "/n/" else reply(b"", "301 Moved", Location="/n/")

    with Odd(moved) as odd, opened(odd.url("m", "webdav")) as there:
        assert [item.name for item in there.list("/m")] == ["a.json"]
        assert {asked.method for asked in odd.asked} == {"PROPFIND"}


def test_a_server_that_dies(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with (tmp_path / "large.safetensors").open("wb") as large:
        large.truncate(1 << 30)
    with webdav(tmp_path) as server:
        dying(server, "/", "/large.safetensors")
