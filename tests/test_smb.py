"""smb:// against Samba's own server: what is fetched, who is let in, what is survived."""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.connection import Connection, connect
from tests.servers import trees
from tests.servers.faults import at_a_distance, dying, opened, refused, spoilt, trouble, unreachable
from tests.servers.running import Server
from tests.servers.smbd import smbd
from tests.servers.wire import Wire

pytest.importorskip("smbprotocol")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = trees.special(trees.odd(tmp_path_factory.mktemp("served")))
    (folder / "outside").symlink_to("/etc/passwd")
    (folder / "many").mkdir()
    for number in range(1200):
        (folder / "many" / f"a name long enough that a few hundred fill a page {number}.json").touch()
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with smbd(folder) as server:
        yield server


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("NETRC", "INSPECT_PIPE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def there(server: Server) -> Iterator[Connection]:
    with opened(server.url()) as connection:
        yield connection


def test_names_are_told_as_they_are(there: Connection, folder: Path) -> None:
    items = {item.name: item for item in there.list("/models")}
    assert {name: item.kind for name, item in items.items()} == {
        **dict.fromkeys(("unet", "many", "to a folder"), "folder"),
        **dict.fromkeys(("large.safetensors", "secret.json", "模型 ü.json", "to a file", "to a link"), "file"),
        "fifo": "file",  # Samba says so, and that it is empty
    }
    assert items["large.safetensors"].size == trees.LARGE and items["fifo"].size == 0
    assert items["unet"].size is None
    look = there.look("/models/to a link")
    assert (look.name, look.kind, look.size) == ("to a link", "file", 19)
    assert there.look("/models").kind == there.look("/Models/to a folder").kind == "folder"
    assert there.read("/models/fifo", 0, 9) == b""
    before = there.list("/models/unet")
    os.utime(folder / "unet" / "config.json", (1, 1))
    assert [i.name for i in before] == ["config.json"] and before != there.list("/models/unet")


def test_a_folder_of_several_pages(there: Connection) -> None:
    names = {item.name for item in there.list("/models/many")}
    assert len(names) == 1200
    assert len(there.list("/models/many", most=700)) == 700


@pytest.mark.parametrize(
    ("what", "name", "kind"),
    [
        ("look", "missing", "absent"),
        ("list", "missing/deeper", "absent"),
        ("read", "missing", "absent"),
        ("look", "dangling", "absent"),
        ("read", "circle", "absent"),
        ("read", "outside", "absent"),
        ("list", "unet/config.json", "absent"),
        ("read", "secret.json", "denied"),
        ("read", "unet", "odd"),
        ("read", "unet/config.json:stream", "absent"),
        ("read", "unet\\config.json", "absent"),
        ("look", "../models/unet", "absent"),
        ("look", "\udcff", "absent"),
        ("look", "../other/unet", "absent"),
    ],
)
def test_what_a_path_is_refused_for(there: Connection, what: str, name: str, kind: str) -> None:
    arguments = (0, 9) if what == "read" else ()
    assert trouble(lambda: getattr(there, what)(f"/models/{name}", *arguments)) == kind
    assert there.look("/models/unet").kind == "folder"  # it goes on


def test_only_the_range_crosses_the_wire(server: Server) -> None:
    with Wire(server.port) as wire, opened(server.url(port=wire.port)) as connection:
        large, at = "/models/large.safetensors", (4 << 30) + 7
        wire.reset()
        assert connection.read(large, at, at + len(trees.MARK)) == trees.MARK
        assert connection.read(large, at - 3, at + 100_000)[: 3 + len(trees.MARK)] == b"\0\0\0" + trees.MARK
        assert connection.read(large, trees.LARGE, trees.LARGE + 9) == b""
        assert connection.read(large, 5, 5) == b""
        assert wire.down < 110_000
        wire.reset()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert connection.read("/models/unet/config.json", 10, 1 << 60) == b'ize": 64}'
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16_000  # kB: nothing is made for a length
        whole = connection.read(large, at - (3 << 20), at + (2 << 20) + 5)
        assert len(whole) == (5 << 20) + 5 and whole[3 << 20 :].startswith(trees.MARK)
        assert len(connection.read(large, trees.LARGE - (2 << 20) - 1, 1 << 60)) == (2 << 20) + 1


def test_a_pipeline_of_7_gb_takes_a_moment(tmp_path: Path) -> None:
    _, reads = trees.sdxl(tmp_path / "sdxl")
    with smbd(tmp_path) as server, Wire(server.port, delay=0.02) as wire:
        at_a_distance(server.url(port=wire.port), "/models/sdxl", reads, wire)
        assert wire.connections == 1


def test_nobody_there(server: Server) -> None:
    unreachable(server)


def test_bytes_that_are_not_what_was_sent(server: Server, folder: Path) -> None:
    spoilt(server, "/models/unet/config.json", b'{"sample_size": 64}')


def test_reads_that_never_end(folder: Path) -> None:
    with smbd(folder) as server:
        dying(server, "/models", "/models/large.safetensors")


class TestLogin:
    def test_refusals(self, server: Server) -> None:
        error = refused(server.url(password="wr0ng"))
        assert error.trouble == "credentials" and f"refused the user {server.user} or the password" in error.message
        assert refused(server.url(user="nobody-at-all")).trouble == "credentials"
        error = refused(server.url(password=""))
        assert error.trouble == "credentials" and "no password" in error.message and ".netrc" in error.hint
        error = refused(server.url(user=""))
        assert error.trouble == "credentials" and "wants a login" in error.message and "guest@" in error.hint
        error = refused(server.url().replace("/models", "/other"))
        assert error.trouble == "absent" and "no share other" in error.message

    def test_where_the_password_comes_from(self, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bare = server.url(password="")
        with opened(server.url(user=f"WORKGROUP;{server.user}")):
            pass
        monkeypatch.setenv("INSPECT_PIPE_PASSWORD", server.password)
        with opened(bare):
            pass
        monkeypatch.delenv("INSPECT_PIPE_PASSWORD")
        (home / ".netrc").write_text(f"machine 127.0.0.1 login {server.user} password {server.password}\n")
        (home / ".netrc").chmod(0o600)
        with opened(server.url(user="")):
            pass

    def test_a_guest(self, folder: Path, server: Server) -> None:
        """Who asks to be a guest is one; who does not, and is taken for one, is told so."""
        options = f"map to guest = bad user\nguest account = {server.user}\nguest ok = yes"
        with smbd(folder, options) as other:
            with opened(other.url(user="guest", password="")) as connection:
                assert connection.read("/models/unet/config.json", 0, 9) == b'{"sample_'
            error = refused(other.url(user="nobody-at-all"))
            assert error.trouble == "credentials" and "guest" in error.message

    @pytest.mark.parametrize("url", ["smb://host", "smb://host/", "smb://host/share?x"])
    def test_addresses_that_say_too_little_or_too_much(self, url: str) -> None:
        with pytest.raises(InspectError) as caught:
            connect(parse(url), 1)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "clear"),
    [
        ("smb2 max credits = 12", False),
        ("server smb encrypt = required", False),
        ("server smb encrypt = off", True),
        ("server max protocol = SMB2_02", True),
    ],
)
def test_servers_new_and_old(folder: Path, options: str, clear: bool) -> None:
    """32 threads share the few questions that a server lets be on their way; what can be encrypted is."""
    heard = bytearray()
    with (
        smbd(folder, options) as server,
        Wire(server.port) as wire,
        opened(server.url(port=wire.port)) as connection,
        ThreadPoolExecutor(32) as pool,
    ):
        wire.listen = heard.extend
        calls = [pool.submit(connection.read, "/models/unet/config.json", 0, 100) for _ in range(64)]
        calls += [pool.submit(connection.read, "/models/large.safetensors", 0, 500_000) for _ in range(16)]
        assert {len(call.result()) for call in calls} == {19, 500_000}
        assert len(connection.read("/models/large.safetensors", 7, (3 << 20) + 9)) == (3 << 20) + 2
        assert len(connection.list("/models/many")) == 1200
    assert len(heard) > 16 * 500_000 and (b"sample_size" in heard) == clear


@pytest.mark.parametrize(("scheme", "package"), [("sftp", "asyncssh"), ("ssh", "asyncssh"), ("smb", "smbprotocol")])
def test_a_package_that_is_missing(scheme: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InspectError) as caught:
        connect(parse(f"{scheme}://ann:s3cret@127.0.0.1:1/models"), 1)
    extra = scheme.replace("ssh", "sftp")
    assert caught.value.exit_code == 2 and f"inspect-pipe[{extra}]" in caught.value.hint
    assert "s3cret" not in caught.value.message


def test_a_length_that_is_absurd() -> None:
    """A server whose message is said to have 4 GB: refused before room is made for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"\xff\xff\xff\xff" + b"x" * 1000)
                time.sleep(0.5)

        threading.Thread(target=serve, daemon=True).start()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        error = refused(f"smb://ann:one@127.0.0.1:{listening.getsockname()[1]}/models")
        assert error.trouble in ("odd", "broken")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16_000
