"""s3:// against rclone's server and one that lies: ranges, credentials of every kind, regions, errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.connection import RemoteError, connect
from tests import forked
from tests.servers import running, trees
from tests.servers.faults import at_a_distance, opened, trouble
from tests.servers.oddhttp import Asked, Odd, reply
from tests.servers.rclone import rclone
from tests.servers.running import Server
from tests.servers.wire import Wire

pytest.importorskip("botocore")
KEY, SECRET = "TESTKEY0", "test/secret+0"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user who has set nothing up."""
    for name in [n for n in os.environ if n.startswith("AWS_") or n.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    return tmp_path / ".aws"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    served = tmp_path_factory.mktemp("served")
    bucket = served / "models"
    (bucket / "模型 %41&#?").mkdir(parents=True)
    (bucket / "模型 %41&#?" / "config.json").write_text('{"sample_size": 64}')
    (bucket / "many").mkdir()
    for n in range(1100):
        (bucket / "many" / f"{n}.json").touch()
    with (bucket / "large.safetensors").open("wb") as large:
        large.truncate(trees.LARGE)
        large.seek((4 << 30) + 7)
        large.write(trees.MARK)
    trees.sdxl(bucket / "sdxl")
    return served


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with rclone(folder, "s3", user=KEY, password=SECRET) as server:
        yield server


@pytest.fixture
def known(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with the environment of somebody who uses it."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


def test_a_bucket_is_told_as_it_is(known: Server) -> None:
    with opened("s3://models") as there:
        assert type(there).__module__ == "inspector.remote.s3"
        assert not {"s3fs", "aiobotocore"} & set(sys.modules)
        items = {item.name: item for item in there.list("/")}
        kinds = {"模型 %41&#?": "folder", "many": "folder", "sdxl": "folder", "large.safetensors": "file"}
        assert {name: item.kind for name, item in items.items()} == kinds
        assert items["large.safetensors"].size == trees.LARGE and items["large.safetensors"].stamp
        inside = there.list("/模型 %41&#?")
        assert [item.name for item in inside] == ["config.json"]
        assert there.look("/模型 %41&#?/config.json") == inside[0]
        assert there.look("/模型 %41&#?").kind == "folder"
        assert there.read("/模型 %41&#?/config.json", 2, 1 << 20) == b'sample_size": 64}'
        assert there.read("/large.safetensors", (4 << 30) + 7, (4 << 30) + 21) == trees.MARK
        assert there.read("/large.safetensors", trees.LARGE + 1, trees.LARGE + 9) == b""
        assert there.read("/many/5.json", 0, 9) == b""
        for call in (lambda: there.list("/no"), lambda: there.look("/no.json"), lambda: there.read("/no.json", 0, 9)):
            assert trouble(call) == "absent"


def test_many_names_and_no_more_than_asked_for(known: Server) -> None:
    with opened("s3://models") as there:
        assert len(there.list("/many")) == 1100
        assert len(there.list("/many", 7)) == 7


def test_nothing_outside_a_range_crosses_the_wire(known: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """open() of s3fs moved 210 MB for the headers of one pipeline."""
    with Wire(known.port) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.port}")
        with opened("s3://models") as there:
            there.look("/many/1.json")
            wire.reset()
            assert there.read("/large.safetensors", 5000, 105_000) == bytes(100_000)
            assert wire.down < 102_000 and wire.connections == 0


def test_a_real_folder_at_once(known: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, reads = trees.sdxl(tmp_path / "sdxl")
    with Wire(known.port, delay=0.02) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.port}")
        at_a_distance("s3://models/sdxl", "/sdxl", reads, wire)


def test_the_whole_command(known: Server) -> None:
    done = forked.run("diff", f"s3://{KEY}:{SECRET.replace('/', '%2F')}@models/sdxl", "--static")
    assert SECRET not in done.stdout + done.stderr and "test%2Fsecret" not in done.stdout + done.stderr
    assert "***@models/sdxl" in done.stdout


@pytest.mark.parametrize("place", ["address", "environment", "profile", "named profile"])
def test_credentials(place: str, server: Server, nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3://models"
    section = "default" if place == "profile" else "nas"
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.environment["AWS_ENDPOINT_URL"])
    if place == "address":
        url = f"s3://{KEY}:{SECRET.replace('/', '%2F')}@models"
    elif place == "environment":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    else:
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        keys = f"[{section}]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
        (nobody / "credentials").write_text(keys)
        header = section if section == "default" else f"profile {section}"
        (nobody / "config").write_text(f"[{header}]\nendpoint_url = {server.environment['AWS_ENDPOINT_URL']}\n")
        url = "s3://models" if section == "default" else "s3://nas@models"
    with opened(url) as there:
        assert "sdxl" in [item.name for item in there.list("/")]


def test_credentials_that_are_wrong(known: Server, nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url, words in (
        (f"s3://{KEY}:wrong@models", "SignatureDoesNotMatch"),
        ("s3://STRANGER:wrong@models", "InvalidAccessKeyId"),
    ):
        with opened(url) as there, pytest.raises(RemoteError, match=words) as caught:
            there.list("/")
        assert caught.value.trouble == "credentials" and "wrong" not in caught.value.message
    with opened("s3://nothing") as there, pytest.raises(RemoteError, match="NoSuchBucket"):
        there.list("/")
    with pytest.raises(InspectError, match=r"profile.*nowhere") as caught_:
        connect(parse("s3://nowhere@models"), 1.0)
    assert caught_.value.exit_code == 2
    (nobody / "config").write_text("no [section")
    with pytest.raises(InspectError) as caught_:
        connect(parse("s3://models"), 1.0)
    assert caught_.value.exit_code == 2 and "config" in caught_.value.message


def test_anybody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials a bucket that is open to all is read; one that is not says that none were found."""
    with rclone(folder, "s3") as public:
        monkeypatch.setenv("AWS_ENDPOINT_URL", public.environment["AWS_ENDPOINT_URL"])
        with opened("s3://models") as there:
            assert "sdxl" in [item.name for item in there.list("/")]
    denied = reply(b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", "403 Forbidden")
    with Odd(lambda asked: [denied]) as odd:
        monkeypatch.setenv("AWS_ENDPOINT_URL", odd.url().rstrip("/"))
        with opened("s3://models") as there, pytest.raises(RemoteError, match="AccessDenied") as caught:
            there.read("/m/config.json", 0, 9)
        assert caught.value.trouble == "denied" and "no AWS credentials were found" in caught.value.hint
        assert all("authorization" not in asked.headers for asked in odd.asked)


def test_files_for_all_in_a_bucket_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}'
    files = {"/b/m/model_index.json": content, "/b/m/unet/config.json": b"{}"}
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"

    def store(asked: Asked) -> Iterable[bytes]:
        body = files.get(asked.target)
        if body is None:
            yield reply(b"" if asked.method == "HEAD" else denied, "403 Forbidden")
        elif asked.method == "HEAD":
            yield reply(b"", Content_Length=str(len(body)))
        else:
            yield reply(body, "206 P", Content_Range=f"bytes 0-{len(body) - 1}/{len(body)}")

    with Odd(store) as odd:
        monkeypatch.setenv("AWS_ENDPOINT_URL", odd.url().rstrip("/"))
        with opened("s3://b/m") as there:
            assert [item.name for item in there.list("/m")] == ["model_index.json", "unet"]
            assert [item.name for item in there.list("/m/unet")] == ["config.json"]
            assert "lists no folders" in there.remarks[0]  # type: ignore[attr-defined]


def test_a_bucket_of_another_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server names the region; what is asked then is signed for it."""
    contents = b"<Contents><Key>a.json</Key><Size>5</Size></Contents>"
    listing = b"<ListBucketResult><KeyCount>1</KeyCount>" + contents + b"</ListBucketResult>"

    def regional(asked: Asked) -> Iterable[bytes]:
        if "/eu-north-1/s3/" in asked.headers.get("authorization", ""):
            yield reply(listing)
        else:
            wrong = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>"
            yield reply(wrong, "400 Bad Request", x_amz_bucket_region="eu-north-1")

    with Odd(regional) as odd:
        monkeypatch.setenv("AWS_ENDPOINT_URL", odd.url().rstrip("/"))
        with opened("s3://KEY:SECRET@b/") as there:
            assert [(item.name, item.size) for item in there.list("/")] == [("a.json", 5)]


def test_the_role_of_a_machine_of_amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for only once anybody is denied, and only for a bucket of Amazon's."""
    keys = {"Code": "Success", "AccessKeyId": "ROLEKEY", "SecretAccessKey": "s", "Token": "t"}
    keys["Expiration"] = "2100-01-01T00:00:00Z"

    def machine(asked: Asked) -> Iterable[bytes]:
        if asked.target.endswith("/role"):
            yield reply(json.dumps(keys).encode())
        else:
            yield reply(b"token" if asked.method == "PUT" else b"role")

    def amazon(asked: Asked) -> Iterable[bytes]:
        if "Credential=ROLEKEY/" in asked.headers.get("authorization", ""):
            yield reply(b"<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>a</Key></Contents></ListBucketResult>")
        else:
            yield reply(b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden")

    with Odd(machine) as metadata, Odd(amazon) as s3:
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url())
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url().rstrip("/"))
        with opened("s3://b") as there:
            assert trouble(lambda: there.list("/")) == "denied"
        assert not metadata.asked
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.eu-north-1.amazonaws.com")
        monkeypatch.setenv("http_proxy", s3.url())  # which answers for it
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with opened("s3://b") as there:
            assert [item.name for item in there.list("/")] == ["a"]
            assert metadata.asked


def test_encryption(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_CA_BUNDLE names the certificate to trust, as for every client of S3."""
    openssl = running.program("openssl", "apt-get install openssl")
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nas"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*make, *names], cwd=tmp_path, check=True, capture_output=True)
    options = ("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"))
    with rclone(folder, "s3", user=KEY, password=SECRET, options=options) as server:
        url = f"s3://{KEY}:{SECRET.replace('/', '%2F')}@models"
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.port}")
        with opened(url) as there:
            assert trouble(lambda: there.list("/")) == "identity"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "cert.pem"))
        with opened(url) as there:
            assert "sdxl" in [item.name for item in there.list("/")]


ANSWERS: dict[str, tuple[bytes, str, str]] = {
    "no XML": (reply(b"hello"), "odd", "and no list"),
    "an entity": (reply(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'), "odd", "and no list"),
    "a fault": (reply(b"", "500 Internal Server Error"), "odd", "500"),
    "slow down": (reply(b"<Error><Code>SlowDown</Code></Error>", "503 Slow Down"), "slow", "503 Slow Down"),
    "expired": (
        reply(b"<Error><Code>ExpiredToken</Code><Message>m</Message></Error>", "400 Bad"),
        "credentials",
        "Expired",
    ),
    "a page of a login": (reply(b"", "302 Found", Location="http://login.invalid/"), "odd", "from region to region"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_servers_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, kind, words = ANSWERS[name]
    with Odd(lambda asked: [answer]) as odd:
        monkeypatch.setenv("AWS_ENDPOINT_URL", odd.url().rstrip("/"))
        with opened("s3://KEY:SECRET@b/m", 3.0) as there, pytest.raises(RemoteError, match=words) as caught:
            there.list("/m")
        assert caught.value.trouble == kind
        assert len(odd.asked) <= 4  # who asks again is the core


def test_a_file_that_changes_between_listing_and_reading(known: Server, folder: Path) -> None:
    file = folder / "models" / "changing.json"
    file.write_text("{}")
    os.utime(file, (1e9, 1e9))
    try:
        with opened("s3://models") as there:
            there.list("/")
            assert there.read("/changing.json", 0, 9) == b"{}"
            os.utime(file, (1e9 + 60, 1e9 + 60))
            with pytest.raises(RemoteError, match="changed between being listed and being read"):
                there.read("/changing.json", 0, 9)
    finally:
        file.unlink()


def test_servers_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{running.free_port()}")
    with (
        opened("s3://KEY:SECRET@models") as there,
        pytest.raises(RemoteError, match="refuses the connection") as caught,
    ):
        there.list("/")
    assert caught.value.trouble == "unreachable"


def test_a_server_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lines are those of HTTP: see there for every way to die."""
    (tmp_path / "b").mkdir()
    with (tmp_path / "b" / "large.safetensors").open("wb") as large:
        large.truncate(1 << 30)
    with rclone(tmp_path, "s3", user=KEY, password=SECRET) as server, Wire(server.port) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.port}")
        with opened(f"s3://{KEY}:{SECRET.replace('/', '%2F')}@b", 0.7) as there:
            wire.hang_after = wire.down + 300_000
            assert trouble(lambda: there.read("/large.safetensors", 0, 64 << 20)) == "slow"
            wire.hang_after = None
            wire.cut_after = wire.down + 300_000
            assert trouble(lambda: there.read("/large.safetensors", 0, 64 << 20)) == "broken"
