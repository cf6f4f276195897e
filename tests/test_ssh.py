"""sftp:// and who is let in where: host keys, the user's ssh config, keys, agent, passwords; against real servers."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.connection import connect
from tests.servers import running, trees
from tests.servers.faults import opened, refused
from tests.servers.nginx import nginx
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.sshd import at_home, key, known, sshd

pytest.importorskip("asyncssh")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.odd(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with sshd(folder) as server:
        yield server


@pytest.fixture(autouse=True)
def home(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return at_home(server, monkeypatch, tmp_path)


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
        """``sftp://NAS/…`` means what ``ssh NAS`` means; a jump host has to be known as well."""
        moved = shutil.move(home / ".ssh" / "id_ed25519", home / "elsewhere")
        (home / ".ssh" / "config").write_text(
            f"Host NAS gate\n HostName 127.0.0.1\n Port {server.port}\n User {server.user}\n"
            f" IdentityFile ~/absent\n IdentityFile {moved}\nHost NAS\n ProxyJump gate\n HostKeyAlias nas.example\n"
        )
        with opened("sftp://NAS/~") as connection:
            assert connection.look("/~").kind == "folder"
            assert len(getattr(connection, "_route")) == 2  # noqa: B009
        (home / ".ssh" / "known_hosts").write_text(known(server.state / "host", "nas.example"))
        error = refused("ssh://NAS/~")
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
                ours.rename(home / "right")
                with opened(server.url()):
                    pass
                subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
                others = [key(home / f"other{number}") for number in range(7)]
                subprocess.run(["ssh-add", "-q", *others], check=True, capture_output=True)
                error = refused(server.url())
                assert error.trouble == "credentials" and "IdentitiesOnly yes" in error.hint
                config = "Host 127.0.0.1\n IdentityFile ~/right\n IdentitiesOnly yes\n"
                (home / ".ssh" / "config").write_text(config)
                with opened(server.url()):
                    pass
            finally:
                agent.kill()
                agent.wait()
        (home / ".ssh" / "config").unlink()
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
