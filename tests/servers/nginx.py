"""nginx: static files with ranges, with a listing or without, behind basic authentication or not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.servers import running

CONFIG = """\
daemon off;
master_process off;
pid {state}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log {state}/access;
    client_body_temp_path {state}/body;
    proxy_temp_path {state}/proxy;
    fastcgi_temp_path {state}/fastcgi;
    uwsgi_temp_path {state}/uwsgi;
    scgi_temp_path {state}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        autoindex {listing};
        {authentication}
        {options}
    }}
}}
"""


@contextlib.contextmanager
def nginx(
    folder: Path, *, listing: bool = True, user: str = "", password: str = "", options: str = ""
) -> Iterator[running.Server]:
    """Serves ``folder``; ``options`` are lines of its ``server`` block. ``state / "access"`` has a line a request."""
    path = running.program("nginx")
    with running.folder() as state:
        (state / "users").write_text(f"{user}:{{PLAIN}}{password}\n")
        authentication = f'auth_basic "models"; auth_basic_user_file {state}/users;' if user else ""

        def command(port: int) -> list[str]:
            text = CONFIG.format(
                state=state,
                folder=folder,
                port=port,
                listing="on" if listing else "off",
                authentication=authentication,
                options=options,
            )
            (state / "config").write_text(text)
            return [path, "-p", str(state), "-e", "stderr", "-c", str(state / "config")]

        with running.running(command, state) as (process, port):
            yield running.Server("http", port, "", state, process, user, password)
