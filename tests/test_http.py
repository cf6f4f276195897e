"""http:// and https:// against nginx, rclone, Python's own server and one that lies: lists, ranges, logins, faults."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote import pages, wire
from inspector.remote.address import parse
from inspector.remote.asking import onward
from inspector.remote.connection import Item, RemoteError, connect
from inspector.remote.permits import digest
from tests import forked
from tests.servers import running, trees
from tests.servers.faults import at_a_distance, dying, opened, trouble
from tests.servers.nginx import nginx
from tests.servers.oddhttp import Asked, Odd, reply
from tests.servers.rclone import rclone
from tests.servers.wire import Wire

MODEL = '{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "vae": [null, null]}'


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "INSPECT_PIPE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline, and what is odd in names; ``large`` holds something behind its fourth gigabyte."""
    served = tmp_path_factory.mktemp("served")
    served.chmod(0o755)
    sd = served / "sd 15"
    (sd / "unet").mkdir(parents=True)
    (sd / "model_index.json").write_text(MODEL)
    (sd / "unet" / "config.json").write_text('{"sample_size": 64}')
    with (sd / "unet" / "diffusion_pytorch_model.safetensors").open("wb") as large:
        large.truncate(trees.LARGE)
        large.seek((4 << 30) + 7)
        large.write(trees.MARK)
    (sd / "模型 %41&amp;#?.json").write_text("{}")
    (sd / "empty.json").write_text("")
    return served


@contextlib.contextmanager
def python(folder: Path) -> Iterator[int]:
    """``python -m http.server``: no ranges, no keep-alive, no sizes in its listings."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Not on the test's output."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that has had enough is no fault."""

    server = Quiet(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[dict[str, int]]:
    """Servers that list, by name; and nginx that lists nothing."""
    with contextlib.ExitStack() as opening:
        enter = opening.enter_context
        yield {
            "nginx": enter(nginx(folder)).port,
            "json": enter(nginx(folder, options="autoindex_format json;")).port,
            "rclone": enter(rclone(folder, "http")).port,
            "python": enter(python(folder)),
            "silent": enter(nginx(folder, listing=False)).port,
        }


@pytest.mark.parametrize("kind", ["nginx", "json", "rclone", "python", "silent"])
def test_the_same_folder_whoever_serves_it(kind: str, served: dict[str, int], folder: Path) -> None:
    top, weights = "/sd 15", "/sd 15/unet/diffusion_pytorch_model.safetensors"
    with opened(f"http://127.0.0.1:{served[kind]}/sd%2015") as there:
        assert type(there).__module__ == "inspector.remote.http"
        items = {item.name: item.kind for item in there.list(top)}
        known = {"model_index.json": "file", "unet": "folder"}
        odd = {"模型 %41&amp;#?.json": "file", "empty.json": "file"}
        assert items == (known if kind == "silent" else known | odd)
        unet = {item.name: item for item in there.list(f"{top}/unet")}
        assert set(unet) == {"config.json", "diffusion_pytorch_model.safetensors"}
        if kind in ("json", "silent"):
            assert unet["diffusion_pytorch_model.safetensors"].size == trees.LARGE
        text = (folder / "sd 15" / "unet" / "config.json").read_bytes()
        assert there.read(f"{top}/unet/config.json", 0, 1 << 20) == text
        assert there.read(f"{top}/unet/config.json", 2, 9) == text[2:9]
        assert there.look(f"{top}/unet/config.json").size == len(text)
        assert there.look(f"{top}/unet").kind == "folder"
        assert there.read(f"{top}/empty.json", 0, 100) == there.read(f"{top}/empty.json", 5, 6) == b""
        assert there.read(f"{top}/unet/config.json", 500, 600) == b""
        assert there.read(f"{top}/模型 %41&amp;#?.json", 0, 9) == b"{}"
        assert trouble(lambda: there.read(f"{top}/nothing.json", 0, 9)) == "absent"
        assert trouble(lambda: there.list("/nothing")) == "absent"
        remarks = " ".join(there.remarks)  # type: ignore[attr-defined]
        assert ("lists no folders" in remarks) == (kind == "silent")
        if kind == "python":  # what comes before it would be four gigabytes
            assert trouble(lambda: there.read(weights, (4 << 30) + 7, (4 << 30) + 21)) == "odd"
            assert "knows no ranges" in remarks
        else:
            assert there.read(weights, (4 << 30) + 7, (4 << 30) + 21) == trees.MARK


@pytest.mark.parametrize("kind", ["nginx", "python"])
def test_nothing_outside_a_range_crosses_the_wire(kind: str, served: dict[str, int]) -> None:
    """fsspec's open() moved 21 MB for this. A server without ranges cannot be stopped sooner than its buffers end."""
    with Wire(served[kind]) as between, opened(f"http://127.0.0.1:{between.port}/") as there:
        assert there.read("/sd 15/unet/diffusion_pytorch_model.safetensors", 0, 8) == bytes(8)
        assert between.down < (1000 if kind == "nginx" else 8_000_000)
        between.reset()
        if kind == "nginx":
            assert len(there.read("/sd 15/unet/diffusion_pytorch_model.safetensors", 5000, 105_000)) == 100_000
            assert 100_000 < between.down < 101_000
            assert between.connections == 0  # the one there was


def test_a_real_folder_at_once(tmp_path: Path) -> None:
    """17 files with 4 headers of 84 kB in 6.9 GB; 25 requests one after the other would take 0.5 s at 20 ms."""
    tmp_path.chmod(0o755)
    _, reads = trees.sdxl(tmp_path / "sdxl")
    with nginx(tmp_path) as server, Wire(server.port, delay=0.02) as between:
        at_a_distance(f"http://127.0.0.1:{between.port}/sdxl", "/sdxl", reads, between)


def test_the_whole_command(served: dict[str, int]) -> None:
    done = forked.run("diff", f"http://127.0.0.1:{served['silent']}/sd%2015", "--static", "-f", "json")
    report = json.loads(done.stdout)
    assert [found["code"] for found in report["findings"] if found["severity"] == "error"] == ["IPI911"]  # of zeros
    assert done.returncode == 3
    assert [skip["reason"] for skip in report["skipped"] if "lists no folders" in skip["reason"]]
    assert [part["path"] for part in report["data"]["components"]] == ["pipe", "unet"]


# Pages as their servers write them; links that lead elsewhere are no names.
LISTINGS = {
    "apache": '<h1>Index of /m</h1><table><tr><th><a href="?C=N;O=D">Name</a></th></tr><tr><td><a href="/">Parent</a>'
    '</td></tr><tr><td><a href="unet/">unet/</a></td><td align="right">2026-11-25 09:00  </td><td> - </td></tr>'
    '<tr><td><a href="a%20b.json">a b..&gt;</a></td><td>2026-11-25 09:00</td><td>1.2K</td></tr></table>',
    "caddy": '<html><title>m</title><a href="..">Up</a><a href="./?sort=size">Size</a><tr><a href="./unet/"><span>unet'
    '</span></a></tr><tr><a href="./a%20b.json">a b</a><td><time datetime="2026">11/25/2026 09:00:00</time></td></tr>',
    "lighttpd": "<title>Index of /m/</title><A HREF='../'>..</A>/ <a class=x href=\"unet/\">unet</a>/ <td>2026-Nov-25 "
    '09:00:00</td><a href="a%20b.json">a b.json</a><td class="m">2026-Nov-25 09:00:00</td><script>12:00:01</script>',
    "hostile": '<title>Index of x</title><a href="http://evil.test/m/x.json">1</a><a href="//evil.test/m/y">2</a>'
    '<a href="/m/deep/er/z.json">3</a><a href="../../etc/passwd">4</a><a href="..%2f..%2fetc">5</a>'
    '<a href="%2e%2e/">6</a>'
    '<a href="/other/q.json">7</a><a href="javascript:x()">8</a><a href="http://[">9</a><a href="unet/">unet</a>'
    '<a href="unet/">again</a><a href="a%20b.json">2026-11-25</a><a href="https://127.0.0.1:1/m/s">s</a>'
    + "<a "
    * 20_000,
}


@pytest.mark.parametrize("name", LISTINGS)
def test_pages_of_other_servers(name: str) -> None:
    begin = time.monotonic()
    items = pages.listed("http://127.0.0.1:1/m/", "text/html", LISTINGS[name].encode())
    assert [(item.name, item.kind) for item in items or []] == [("unet", "folder"), ("a b.json", "file")]
    assert time.monotonic() - begin < 2
    if name != "hostile":
        moved = pages.listed("http://127.0.0.1:1/m/", "text/html", LISTINGS[name].replace("09:00", "09:01").encode())
        assert moved and items and items[1].stamp != moved[1].stamp  # a date beside a name tells of a change
    assert "12:00:01" not in str(items)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", "<title>Welcome</title><a href='about.html'>about</a>"),
        ("text/html", ""),
        ("application/json", '{"name": "x"}'),
        ("application/json", "[" * 100_000),
        ("text/plain", "unet/"),
    ],
)
def test_what_is_no_listing(kind: str, body: str) -> None:
    assert pages.listed("http://h/m/", kind, body.encode()) is None


def test_a_tree_without_end_ends() -> None:
    """fsspec's find follows the links of such a server for ever."""

    def endless(asked: Asked) -> Iterable[bytes]:
        page = b"<title>Index of</title><a href='again/'>again</a><a href='/'>top</a><a href='model_index.json'>m</a>"
        body = MODEL.encode() if asked.target.endswith(".json") else page
        yield reply(body, Content_Type="application/json" if asked.target.endswith(".json") else "text/html")

    with Odd(endless) as odd:
        done = forked.run("diff", odd.url("m"), "--static")
        assert len(odd.asked) < 150, done.stderr
        assert done.returncode == 3 and "levels" in done.stdout + done.stderr


def test_a_file_that_lies_takes_no_other_with_it() -> None:
    """Of the many lines to a server one breaks; the report says of which file, and has the others."""
    page = "<title>Index of</title>" + "".join(f"<a href='{name}'>{name}</a>" for name in ("model_index.json", "unet/"))
    files = {"/m/model_index.json": MODEL.encode(), "/m/unet/config.json": b'{"sample_size": 64}'}

    def lying(asked: Asked) -> Iterable[bytes | None]:
        if asked.target in ("/m/", "/m/unet/"):
            more = "".join(f"<a href='{name}'>x</a>" for name in ("config.json", "generation_config.json"))
            yield reply(
                (page if asked.target == "/m/" else f"<title>Index of</title>{more}").encode(), Content_Type="text/html"
            )
        elif body := files.get(asked.target):
            time.sleep(0.8 if "unet" in asked.target else 0)  # under way while the other breaks, and breaks again
            yield reply(body)
        else:
            yield reply(b'{"a', Content_Length="99")
            yield None

    with Odd(lying) as odd:
        done = forked.run("diff", odd.url("m"), "--static", "-f", "json")
    report = json.loads(done.stdout)
    unread = [found["message"] for found in report["findings"] if found["code"] == "IPI901"]
    assert done.returncode == 3 and len(unread) == 1
    assert "generation_config.json" in unread[0] and "broke off" in unread[0]
    assert "sample_size" in done.stdout


def test_a_site_that_says_200_to_everything() -> None:
    def site(asked: Asked) -> Iterable[bytes]:
        yield reply(b"<html>404, by a page that says 200</html>", Content_Type="text/html")

    with Odd(site) as odd, opened(odd.url("m")) as there:
        assert trouble(lambda: there.list("/m")) == "absent"
        with pytest.raises(RemoteError, match=r"a page \(text/html\) stands where it should be"):
            there.read("/m/config.json", 0, 100)


def test_names_of_shards_are_asked_for(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    shard = "diffusion_pytorch_model-00001-of-00002.safetensors"
    (tmp_path / "unet").mkdir()
    (tmp_path / "model_index.json").write_text(MODEL)
    index = json.dumps({"weight_map": {"a": shard, "b": "../x.safetensors"}})
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(index)
    (tmp_path / "unet" / shard).write_bytes(bytes(8))
    with nginx(tmp_path, listing=False) as server, opened(server.url()) as there:
        there.list("/")
        assert shard in [item.name for item in there.list("/unet")]


def ranged(content: bytes, **more: str) -> bytes:
    return reply(content[:10], "206 Partial Content", Content_Range=f"bytes 0-9/{len(content)}", **more)


CONTENT = b'{"a": 1}' * 100
# What a server says to "the first ten bytes", and what becomes of that: the bytes, or the trouble and a word of it.
LIES: dict[str, tuple[list[bytes | None], bytes | tuple[str, str]]] = {
    "a range": ([ranged(CONTENT)], CONTENT[:10]),
    "200 and a range": ([reply(CONTENT[:10], Content_Range="bytes 0-9/800")], CONTENT[:10]),
    "all of it": ([reply(CONTENT)], CONTENT[:10]),
    "all of it, without a length": ([reply(CONTENT, Content_Length=""), None], CONTENT[:10]),
    "in chunks": ([reply(b"a\r\n" + CONTENT[:10] + b"\r\n0\r\n\r\n", "206 Partial Content", Content_Length="",
        Transfer_Encoding="chunked", Content_Range="bytes 0-9/800")], CONTENT[:10]),
    "another range": ([reply(CONTENT[:10], "206 P", Content_Range="bytes 5-14/800")], ("odd", "answers 'bytes 5-14")),
    "no range named": ([reply(CONTENT[:10], "206 P")], ("odd", "answers 'others'")),
    "several ranges": ([reply(b"--x", "206 P", Content_Type="multipart/byteranges; boundary=x")], ("odd", "others")),
    "fewer bytes": ([reply(CONTENT[:5], "206 P", Content_Range="bytes 0-4/800")], ("broken", "5 of 10 bytes")),
    "a length that is too long": ([ranged(CONTENT, Content_Length="999"), None], CONTENT[:10]),
    "broken off": ([reply(CONTENT[:4], "206 P", Content_Length="10", Content_Range="bytes 0-9/800"), None],
        ("broken", "broke off")),
    "broken off in a chunk": ([reply(b"a\r\n1234", Content_Length="", Transfer_Encoding="chunked"), None],
        ("broken", "broke off")),
    "compressed": ([reply(gzip.compress(CONTENT), Content_Encoding="gzip")], ("odd", r"compresses it \(gzip\)")),
    "nothing there": ([reply(b"<h1>no</h1>", "404 Nowhere", Content_Type="text/html")], ("absent", "404 Nowhere")),
    "gone": ([reply(b"", "410 Gone")], ("absent", "410 Gone")),
    "denied": ([reply(b"", "403 Forbidden")], ("denied", "403 Forbidden")),
    "a login wanted": ([reply(b"", "401 No", WWW_Authenticate="Basic")], ("credentials", "asks for a login")),
    "a fault": ([reply(b"", "500 Oh \x1b[31m no")], ("odd", "500 Oh")),
    "overloaded": ([reply(b"", "503 Busy", Retry_After="120")], ("slow", "503 Busy, .* come back after 120 s")),
    "too often": ([reply(b"", "429 Too Many Requests")], ("slow", "429 Too Many")),
    "a bad gateway": ([reply(b"", "502 Bad Gateway")], ("slow", "502 Bad Gateway")),
    "round and round": ([reply(b"", "302 Found", Location="/m/config.json")], ("odd", "more than 5 redirects")),
    "off to nowhere": ([reply(b"", "302 Found", Location="http://[/")], ("odd", "a redirect to no address")),
    "off to a file": ([reply(b"", "302 Found", Location="file:///etc/passwd")], ("odd", "no address|redirect to file")),
    "not HTTP": ([b"SSH-2.0-OpenSSH_9.2\r\n", None], ("odd", "does not speak HTTP")),
    "headers without end": ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 200], ("odd", "does not speak HTTP")),
    "silence": ([None], ("broken", "broke off")),
    "sizes beyond all": ([reply(CONTENT[:10], "206 P", Content_Range=f"bytes 0-9/{2**60}")], CONTENT[:10]),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_what_servers_say(name: str) -> None:
    parts, wanted = LIES[name]
    with Odd(lambda asked: parts) as odd, opened(odd.url("m"), 3.0) as there:
        if isinstance(wanted, bytes):
            assert there.read("/m/config.json", 0, 10) == wanted
        else:
            kind, words = wanted
            with pytest.raises(RemoteError, match=words) as caught:
                there.read("/m/config.json", 0, 10)
            assert caught.value.trouble == kind


def test_a_file_without_end_is_left_after_its_range() -> None:
    sent = itertools.count()

    def endless(asked: Asked) -> Iterable[bytes]:
        yield reply(b"", Content_Length="", Content_Type="application/octet-stream")
        while True:
            next(sent)
            yield bytes(1 << 16)

    with Odd(endless) as odd, opened(odd.url("m")) as there:
        assert there.read("/x.safetensors", 100, 200) == bytes(100)
        assert "knows no ranges" in there.remarks[0]  # type: ignore[attr-defined]
        assert trouble(lambda: there.read("/x.safetensors", 1 << 40, (1 << 40) + 8)) == "odd"
        assert next(sent) < 250  # 16 MB, most of it in the buffers of this machine


def test_waiting_when_asked_to() -> None:
    turns = iter([reply(b"", "503 Busy", Retry_After="0"), ranged(CONTENT)])
    with Odd(lambda asked: [next(turns)]) as odd, opened(odd.url("m")) as there:
        assert there.read("/x.json", 0, 10) == CONTENT[:10]


def test_a_line_that_was_closed_meanwhile_is_no_fault() -> None:
    with Odd(lambda asked: [ranged(CONTENT), None]) as odd, opened(odd.url("m")) as there:
        for _ in range(3):
            assert there.read("/x.json", 0, 10) == CONTENT[:10]
        assert odd.connections == 3


@pytest.mark.parametrize("how", ["etag", "modified", "size"])
def test_a_file_that_changes_between_looking_and_reading(how: str) -> None:
    version = ["1"]

    def changing(asked: Asked) -> Iterable[bytes]:
        now = version[0]
        marks = {"ETag": f'W/"{now}"'} if how == "etag" else {"Last_Modified": now} if how == "modified" else {}
        size = 800 + (int(now) if how == "size" else 0)
        if asked.method == "HEAD":
            yield reply(b"", Content_Length=str(size), **marks)
        else:
            yield reply(CONTENT[:10], "206 P", Content_Range=f"bytes 0-9/{size}", **marks)

    with Odd(changing) as odd, opened(odd.url("m")) as there:
        assert there.look("/x.json") == there.look("/x.json")
        assert there.read("/x.json", 0, 10) == CONTENT[:10]
        version[0] = "2"
        with pytest.raises(RemoteError, match="changed between being listed and being read") as caught:
            there.read("/x.json", 0, 10)
        assert caught.value.code == "IPI912"
        there.look("/x.json")  # what it is now
        assert there.read("/x.json", 0, 10) == CONTENT[:10]


def test_redirects_and_the_login(tmp_path: Path) -> None:
    """To a store elsewhere for a file, without the login; never where the password could be read on the way."""

    def store(asked: Asked) -> Iterable[bytes]:
        yield reply(CONTENT, ETag='"x"')

    with Odd(store) as elsewhere:

        def front(asked: Asked) -> Iterable[bytes]:
            if "authorization" not in asked.headers:
                yield reply(b"", "401 Unauthorized", WWW_Authenticate='Basic realm="m"')
            elif "store" in asked.target:
                yield reply(b"", "302 Found", Location=elsewhere.url("signed ä?sig=secret").replace("ä", "\xe4"))
            elif "moved" in asked.target:
                yield reply(b"", "301 Moved", Location="/x.json")
            else:
                yield ranged(CONTENT)

        with Odd(front) as odd, opened(odd.url("m").replace("//", "//me:hush@")) as there:
            assert there.read("/moved.json", 0, 10) == CONTENT[:10]
            assert there.read("/store.json", 0, 10) == CONTENT[:10]
            assert ["authorization" in asked.headers for asked in odd.asked] == [False, True, True, True]
            assert [asked.target for asked in elsewhere.asked] == ["/signed%20%E4?sig=secret"]
            assert "authorization" not in elsewhere.asked[0].headers


def test_an_address_that_is_signed_for_reading_alone() -> None:
    """A store denies HEAD then; and every request carries the signature, which no message shows."""

    def store(asked: Asked) -> Iterable[bytes]:
        signed = asked.method == "GET" and asked.target.endswith("?sig=a%2Bb")
        yield ranged(CONTENT) if signed else reply(b"", "403 Forbidden")

    with Odd(store) as odd, opened(odd.url("x.json?sig=a%2Bb")) as there:
        assert there.look("/x.json").size == len(CONTENT)
        assert there.read("/x.json", 0, 10) == CONTENT[:10]
    with Odd(lambda asked: [reply(b"", "403 Forbidden")]) as odd, opened(odd.url("x.json?sig=a%2Bb")) as there:
        with pytest.raises(RemoteError) as caught:
            there.look("/x.json")
        assert "sig" not in f"{caught.value} {caught.value.hint}"


def test_a_public_server_leads_to_no_private_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever inspects a model of a stranger's asks nothing of the machines around him."""
    assert wire.public("8.8.8.8")
    assert not any(map(wire.public, ("169.254.169.254", "10.1.2.3", "100.64.0.1", "127.0.0.1", "::1", "fe80::1%eth0")))
    with Odd(lambda asked: [ranged(CONTENT)]) as inside:
        there = inside.url("secret")
        with Odd(lambda asked: [reply(b"", "302 Found", Location=there)]) as odd:
            with opened(odd.url("m")) as private:  # as a NAS may
                assert private.read("/x.json", 0, 10) == CONTENT[:10]
            monkeypatch.setattr(wire, "public", lambda peer: peer == "127.0.0.2")
            with (
                Odd(odd.answer, "127.0.0.2") as far,
                opened(f"http://127.0.0.2:{far.port}/m") as public,
                pytest.raises(RemoteError, match="of a private network; it was not followed"),
            ):
                public.read("/x.json", 0, 10)
        assert len(inside.asked) == 1


@pytest.mark.parametrize(
    ("method", "here", "place", "there"),
    [
        ("GET", "http://nas/m/a", "/m/b", "http://nas/m/b"),
        ("GET", "http://nas/m/a", "https://nas/m/a", "https://nas/m/a"),
        ("HEAD", "https://nas/m/a", "https://cdn.test/x y?s=1", "https://cdn.test/x%20y?s=1"),
        ("PROPFIND", "http://nas/m", "http://nas/m/", "http://nas/m/"),
        ("PROPFIND", "http://nas/m", "http://cdn.test/m/", ""),
        ("GET", "https://nas/m/a", "http://nas/m/a", ""),
        ("GET", "https://nas/m/a", "gopher://nas/m/a", ""),
        ("GET", "https://nas/m/a", "https://nas:port/", ""),
    ],
)
def test_where_a_redirect_may_lead(method: str, here: str, place: str, there: str) -> None:
    if there:
        assert onward(method, here, place) == there
    else:
        assert trouble(lambda: onward(method, here, place)) == "odd"


@pytest.mark.parametrize("place", ["address", "environment", "netrc"])
def test_logins(place: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine h login you password x\nmachine 127.0.0.1 login me password hush@1/%\n")
    with nginx(folder, user="me", password="hush@1/%") as server:
        url = f"http://127.0.0.1:{server.port}/"
        with opened(url) as there, pytest.raises(RemoteError, match="asks for a login") as caught:
            there.list("/sd 15")
        assert caught.value.trouble == "credentials" and "~/.netrc" in caught.value.hint
        if place == "address":
            url = server.url()
            assert "hush" in url
        elif place == "environment":
            url = server.url(password="")
            monkeypatch.setenv("INSPECT_PIPE_PASSWORD", "hush@1/%")
        else:
            monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with opened(url) as there:
            assert "unet" in [item.name for item in there.list("/sd 15")]
        with opened(server.url(password="wrong")) as there:
            with pytest.raises(RemoteError, match="refuses the login of me") as caught:
                there.list("/sd 15")
            assert caught.value.trouble == "credentials" and "wrong" not in str(caught.value)


def test_a_netrc_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine h\nlogin\n  secret-word garbage here\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(InspectError) as caught:
        connect(parse("http://h/m"), 1.0)
    assert caught.value.exit_code == 2 and "netrc, line" in caught.value.message
    assert "secret-word" not in caught.value.message


def test_the_examples_of_rfc_7616() -> None:
    challenge = {"realm": "http-auth@example.org", "qop": "auth, auth-int", "algorithm": "SHA-256"} | {
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    }  # fmt: skip
    own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    for algorithm, wanted in (
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ):
        asked = challenge | {"algorithm": algorithm}
        said = digest("Mufasa", "Circle of Life", "GET", "/dir/index.html", asked, 1, own)
        assert f'response="{wanted}"' in said


def test_encryption(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate nobody vouches for, one that is trusted, a server that does not encrypt, and a tunnel to it."""
    running.program("openssl", "apt-get install openssl")
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nas"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *make, *names], cwd=tmp_path, check=True, capture_output=True)
    tmp_path.chmod(0o755)
    with nginx(folder) as plain:
        with opened(f"https://127.0.0.1:{plain.port}/") as there, pytest.raises(RemoteError) as caught:
            there.list("/sd 15")
        assert caught.value.trouble == "odd" and "no encrypted connection" in str(caught.value)
    port = running.free_port()
    options = (
        f"listen 127.0.0.1:{port} ssl; ssl_certificate {tmp_path}/cert.pem; ssl_certificate_key {tmp_path}/key.pem;"
    )
    with nginx(folder, options=options, user="me", password="hush"), tunnel(port) as proxy:
        url = f"https://me:hush@127.0.0.1:{port}/"
        with opened(url) as there, pytest.raises(RemoteError) as caught:
            there.list("/sd 15")
        assert caught.value.trouble == "identity" and "self-signed" in str(caught.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        with opened(url) as there:
            assert "unet" in [item.name for item in there.list("/sd 15")]
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxy:pass@127.0.0.1:{proxy.port}")
        with opened(url) as there:
            assert "unet" in [item.name for item in there.list("/sd 15")]
        assert proxy.asked[0].method == "CONNECT" and proxy.asked[0].headers["proxy-authorization"].startswith("Basic")
        assert "authorization" not in proxy.asked[0].headers  # the server's own login stays inside
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        count = len(proxy.asked)
        with opened(url) as there:
            there.list("/sd 15")
        assert len(proxy.asked) == count


@contextlib.contextmanager
def tunnel(port: int) -> Iterator[Odd]:
    """A proxy that connects whoever asks to this one port."""

    def through(asked: Asked) -> Iterable[bytes | None]:
        yield b"HTTP/1.1 200 Connected\r\n\r\n"
        sock = next(iter(odd._open))  # the one connection there is
        with socket.create_connection(("127.0.0.1", port)) as far:

            def back() -> None:
                with contextlib.suppress(OSError):
                    while data := far.recv(65536):
                        sock.sendall(data)

            threading.Thread(target=back, daemon=True).start()
            with contextlib.suppress(OSError):
                while data := sock.recv(65536):
                    far.sendall(data)
        yield None

    with Odd(through) as odd:
        yield odd


def test_a_proxy_for_what_is_not_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    with Odd(lambda asked: [ranged(CONTENT)]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://proxy:pass@127.0.0.1:{proxy.port}")
        with opened("http://nas.invalid:8080/m") as there:
            assert there.read("/m/x.json", 0, 10) == CONTENT[:10]
        assert proxy.asked[0].target == "http://nas.invalid:8080/m/x.json"
        assert proxy.asked[0].headers["host"] == "nas.invalid:8080"
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
        with (
            opened("http://nas.invalid/m") as there,
            pytest.raises(RemoteError, match=r"socks5:// proxy for nas.invalid"),
        ):
            there.read("/m/x.json", 0, 10)


def test_servers_that_cannot_be_reached() -> None:
    """fsspec tells all of these as FileNotFoundError."""
    for url, kind, words in (
        (f"http://127.0.0.1:{running.free_port()}/m", "unreachable", "refuses the connection"),
        ("http://nowhere.invalid/m", "unreachable", "no address is known for nowhere.invalid"),
    ):
        with opened(url) as there:
            for call in (
                lambda: there.list("/m"),
                lambda: there.look("/m/x.json"),
                lambda: there.read("/m/x.json", 0, 9),
            ):
                with pytest.raises(RemoteError, match=words) as caught:
                    call()
                assert caught.value.trouble == kind


def drip(asked: Asked) -> Iterable[bytes]:
    """A byte now and then: a socket's own timeout begins anew with each."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 800\r\nX: " + b"y" * 1000:
        yield bytes([byte])
        time.sleep(0.1)


def silent(asked: Asked) -> Iterable[bytes]:
    time.sleep(30)
    return ()


@pytest.mark.parametrize("answer", [drip, silent])
def test_every_answer_has_its_time(answer: object) -> None:
    with Odd(answer) as odd:  # type: ignore[arg-type]
        begin = time.monotonic()
        with opened(odd.url("m"), 0.6) as there:
            assert trouble(lambda: there.read("/x.json", 0, 10)) == "slow"
        assert 0.5 < time.monotonic() - begin < 1.5
        there = connect(parse(odd.url("m")), 30.0)
        threading.Timer(0.3, there.close).start()
        begin = time.monotonic()
        assert trouble(lambda: there.read("/x.json", 0, 10)) == "broken"  # closed by us
        assert time.monotonic() - begin < 1.3


def test_a_server_that_dies(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with (tmp_path / "large.safetensors").open("wb") as large:
        large.truncate(1 << 30)
    with nginx(tmp_path) as server:
        dying(server, "/", "/large.safetensors")


def test_an_item_says_what_it_is() -> None:
    assert pages.from_row({"name": "..", "is_dir": True}) == Item("..", "folder")  # the core refuses such a name
