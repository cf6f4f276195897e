"""sftp:// against OpenSSH's own server, rclone's and asyncssh's: what is fetched, who is let in, what is survived."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.connection import Connection, connect
from tests.servers import running, trees
from tests.servers.faults import dying, inspection, opened, refused, spoilt, trouble, unreachable
from tests.servers.nginx import nginx
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.sshd import key, known, sshd
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
    """The user's home: a copy of the server's, for one test."""
    ours = shutil.copytree(server.environment["HOME"], tmp_path / "home")
    for name, value in {**server.environment, "HOME": str(ours)}.items():
        monkeypatch.setenv(name, value)
    for name in ("NETRC", "INSPECT_PIPE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return Path(ours)


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
        url = url.replace(f":{server.port}", f":{wire.port}")
        times = []
        for _ in range(3):  # a machine that others use as well: the best of three
            wire.reset()
            begin = time.monotonic()
            inspection(url, str(folder), reads)
            times.append(time.monotonic() - begin)
            assert wire.down + wire.up < 1_000_000 and wire.connections == 1
            if times[-1] < 1.5:
                break
        assert min(times) < 1.5


def test_nobody_there(server: Server) -> None:
    unreachable(server)


def test_bytes_that_are_not_what_was_sent(server: Server, folder: Path) -> None:
    spoilt(server, f"{folder}/unet/config.json", b'{"sample_size": 64}')


def test_reads_that_never_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sshd(folder) as server:
        monkeypatch.setenv("HOME", server.environment["HOME"])
        dying(server, str(folder), f"{folder}/large.safetensors")


class TestHostKeys:
    def file(self, home: Path, *lines: str) -> None:
        (home / ".ssh" / "known_hosts").write_text("".join(lines))

    def test_a_host_that_nobody_knows(self, server: Server, home: Path) -> None:
        self.file(home)
        error = refused(server.url())
        shown = subprocess.run(["ssh-keygen", "-lf", server.state / "host.pub"], capture_output=True, text=True).stdout
        assert error.trouble == "identity" and shown.split()[1] in error.message and "ssh-ed25519" in error.message
        assert f"ssh -p {server.port} 127.0.0.1" in error.hint and "accept-new" in error.hint
        with opened(server.url() + "?accept-new") as connection:
            assert connection.look("/~").kind == "folder"
        assert not (home / ".ssh" / "known_hosts").read_text()  # nothing is written where nobody said so

    def test_a_key_that_has_changed(self, server: Server, home: Path, tmp_path: Path) -> None:
        other = key(tmp_path / "other")
        self.file(home, "# a line\n", known(other, f"[127.0.0.1]:{server.port}"))
        for url in (server.url(), server.url() + "?accept-new"):
            error = refused(url)
            assert error.trouble == "identity" and "HAS CHANGED" in error.message
            assert f"{home}/.ssh/known_hosts:2" in error.message and "ssh-keygen -R" in error.hint

    def test_a_key_of_another_kind_is_a_change(self, server: Server, home: Path, tmp_path: Path) -> None:
        rsa = key(tmp_path / "rsa", "-t", "rsa", "-b", "2048")
        self.file(home, known(rsa))
        error = refused(server.url() + "?accept-new")
        assert error.trouble == "identity" and "HAS CHANGED" in error.message

    def test_other_lines(self, server: Server, home: Path) -> None:
        host = server.state / "host"
        self.file(home, "@revoked ", known(host))
        assert "revoked" in refused(server.url() + "?accept-new").message
        self.file(home, "no line\n", known(host, "127.0.0.1,[127.0.0.1]:*"))
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", home / ".ssh" / "known_hosts"], capture_output=True)
        with opened(server.url()):
            pass

    def test_a_certificate(self, server: Server, home: Path, tmp_path: Path) -> None:
        """A host whose key an authority vouches for, that we know or do not."""
        from tests.servers.oddssh import Open, oddssh

        authority, host = key(tmp_path / "authority"), key(tmp_path / "host")
        sign = f"ssh-keygen -q -s {authority} -I it -h -n 127.0.0.1 {host}.pub"
        subprocess.run(sign.split(), check=True, capture_output=True)
        certificate = tmp_path / "host-cert.pub"
        with oddssh(host, server_factory=Open, sftp_factory=True, server_host_certs=[str(certificate)]) as port:
            url = f"sftp://x@127.0.0.1:{port}/"
            self.file(home, "@cert-authority ", known(authority, "127.0.0.1"))
            with opened(url):
                pass
            self.file(home)
            assert refused(url).trouble == "identity"
            with opened(url + "?accept-new"):
                pass
            self.file(home, known(host))
            with opened(url):
                pass

    def test_none_is_nobody(self, server: Server, home: Path) -> None:
        (home / ".ssh" / "config").write_text("UserKnownHostsFile none\n")
        assert refused(server.url()).trouble == "identity"

    def test_what_else_may_be_asked(self, server: Server) -> None:
        with pytest.raises(InspectError) as caught:
            connect(parse(server.url() + "?accept-any"), 1)
        assert caught.value.exit_code == 2


class TestConfig:
    def test_an_alias_and_a_jump(self, server: Server, home: Path, tmp_path: Path) -> None:
        """``sftp://nas/…`` means what ``ssh nas`` means; a jump host has to be known as well."""
        moved = shutil.move(home / ".ssh" / "id_ed25519", home / "elsewhere")
        (home / ".ssh" / "config").write_text(
            f"Host nas gate\n HostName 127.0.0.1\n Port {server.port}\n User {server.user}\n"
            f" IdentityFile ~/absent\n IdentityFile {moved}\nHost nas\n ProxyJump gate\n HostKeyAlias nas.example\n"
        )
        with opened("sftp://nas/~") as connection:
            assert connection.look("/~").kind == "folder"
            assert len(getattr(connection, "_route")) == 2  # noqa: B009
        (home / ".ssh" / "known_hosts").write_text(known(server.state / "host", "nas.example"))
        error = refused("ssh://nas/~")
        assert "gate (127.0.0.1" in error.message and "with ssh gate;" in error.hint
        (home / ".ssh" / "config").write_text("Host a\n ProxyJump b\nHost b\n ProxyJump a\n")
        assert "circle" in refused("sftp://a/").message

    def test_a_config_that_is_none(self, home: Path) -> None:
        (home / ".ssh" / "config").write_text("Port many\n")
        error = refused("sftp://nas/x")
        assert error.trouble == "odd" and ".ssh/config" in error.hint


class TestKeys:
    def test_no_key(self, server: Server, home: Path) -> None:
        shutil.rmtree(home / ".ssh")
        error = refused(server.url() + "?accept-new")
        assert error.trouble == "credentials" and "no key was accepted" in error.message and "ssh-add" in error.hint

    def test_a_locked_key_is_named_and_nobody_is_asked(self, server: Server, home: Path) -> None:
        locked = home / ".ssh" / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "a phrase", "-f", locked], check=True, capture_output=True)
        error = refused(server.url())
        assert error.trouble == "credentials" and "pass phrase" in error.message
        assert "no ssh agent runs" in error.message and error.hint == f"unlock it for the agent: ssh-add {locked}"

    def test_the_agent_lets_us_in(self, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = home / ".ssh" / "id_ed25519"
        with running.folder() as state:
            agent = subprocess.Popen(
                [running.program("ssh-agent"), "-D", "-a", state / "agent"], stdout=subprocess.DEVNULL
            )
            try:
                monkeypatch.setenv("SSH_AUTH_SOCK", str(state / "agent"))
                assert _soon((state / "agent").exists)
                subprocess.run(["ssh-add", "-q", ours], check=True, capture_output=True)
                ours.unlink()
                with opened(server.url()):
                    pass
            finally:
                agent.kill()
                agent.wait()
        assert refused(server.url()).trouble == "credentials"  # an agent that is gone is no agent


class TestPasswords:
    @pytest.fixture(autouse=True)
    def unknown(self, home: Path) -> None:
        (home / ".ssh" / "known_hosts").unlink()

    @pytest.fixture(scope="class")
    def other(self, folder: Path) -> Iterator[Server]:
        with rclone(folder, "sftp", user="ann", password="right/one") as server:
            yield server

    def test_they_come_from_the_address_the_environment_or_netrc(
        self, other: Server, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = "?accept-new"
        with opened(other.url() + new) as connection:
            assert connection.read("/unet/config.json", 0, 9) == b'{"sample_'
            assert connection.look("/unet/config.json").target == "/unet/config.json"
        monkeypatch.setenv("INSPECT_PIPE_PASSWORD", other.password)
        with opened(other.url(password="").replace(":@", "@") + new):
            pass
        monkeypatch.delenv("INSPECT_PIPE_PASSWORD")
        (home / ".netrc").write_text(f"machine 127.0.0.1 login ann password {other.password}\n")
        (home / ".netrc").chmod(0o600)
        with opened(other.url(user="") + new):
            pass

    def test_a_wrong_one(self, other: Server) -> None:
        error = refused(other.url(password="wr0ng") + "?accept-new")
        assert error.trouble == "credentials" and "refused the password of ann" in error.message


class TestOddServers:
    def test_one_that_tells_no_attributes_and_sends_too_much(self, server: Server, folder: Path) -> None:
        from tests.servers.oddssh import Bare, Open, oddssh

        with (
            oddssh(server.state / "host", server_factory=Open, sftp_factory=Bare) as port,
            opened(f"sftp://x@127.0.0.1:{port}/") as connection,
        ):
            items = {item.name: item for item in connection.list(str(folder / "unet"))}
            assert (items["config.json"].kind, items["config.json"].size) == ("file", 19)
            assert {i.name: i.kind for i in connection.list(str(folder))}["to a folder"] == "link"
            assert connection.read(f"{folder}/unet/config.json", 0, 9) == b'{"sample_'
            assert connection.look(f"{folder}/to a file").target == f"{folder}/unet/config.json"
            assert connection.look(f"{folder}/to a link").target == f"{folder}/to a folder/config.json"

    def test_one_that_asks_for_the_password(self, server: Server) -> None:
        """A password that was given is the answer to one question for it; nobody is asked for one that was not."""
        from tests.servers.oddssh import PASSWORD, Asking, oddssh

        with oddssh(server.state / "host", server_factory=Asking, sftp_factory=True) as port:
            with opened(f"sftp://ann:{PASSWORD}@127.0.0.1:{port}/"):
                pass
            assert refused(f"sftp://ann:no@127.0.0.1:{port}/").trouble == "credentials"
            assert refused(f"sftp://ann@127.0.0.1:{port}/").trouble == "credentials"

    def test_one_without_sftp_and_one_without_ssh(self, server: Server, folder: Path) -> None:
        from tests.servers.oddssh import Open, oddssh

        with oddssh(server.state / "host", server_factory=Open) as port:
            error = refused(f"sftp://x@127.0.0.1:{port}/")
            assert error.trouble == "odd" and "serves no sftp" in error.message
        with nginx(folder) as web:
            error = refused(f"sftp://127.0.0.1:{web.port}/")
            assert error.trouble == "broken" and f"port {web.port} is that of an ssh server" in error.hint


def _soon(true: object) -> bool:
    for _ in range(500):
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False
