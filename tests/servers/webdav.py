"""wsgidav under cheroot: WebDAV, anonymous or behind basic authentication."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import running


@contextlib.contextmanager
def webdav(
    folder: Path, *, user: str = "", password: str = "", config: dict[str, Any] | None = None
) -> Iterator[running.Server]:
    """Serves ``folder`` read-only; ``config`` adds to wsgidav's own."""
    path = running.program("wsgidav", "pip install wsgidav cheroot")
    users = {user: {"password": password}} if user else True
    settings = {
        "host": "127.0.0.1",
        "server": "cheroot",
        "provider_mapping": {"/": {"root": str(folder), "readonly": True}},
        "simple_dc": {"user_mapping": {"*": users}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "dir_browser": {"enable": False},
        "verbose": 1,
        "logging": {"enable_loggers": []},
        **(config or {}),
    }
    with running.folder() as state:

        def command(port: int) -> list[str]:
            (state / "config.json").write_text(json.dumps({**settings, "port": port}))
            return [path, "--config", str(state / "config.json")]

        with running.running(command, state) as (process, port):
            yield running.Server("webdav", port, "", state, process, user, password)
