"""A Hub on the loopback for one repository: its listing, its files by ranges, and how much of them was sent."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "somebody/tiny"
REVISIONS = ("main", "v1", COMMIT)
LFS = (".safetensors", ".bin", ".ckpt")


class Hub:
    """Serves ``files`` as ``somebody/tiny``; ``somebody/gated`` is gated, and nothing else exists.

    Attributes:
        sent: path -> bytes of its content that were sent.
        tokens: the Authorization headers that came in.
        names: what the listing says instead of the files' own names, for a mirror that lies.
        ranges: whether a Range header is honoured.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.sent: Counter[str] = Counter()
        self.tokens: list[str | None] = []
        self.names: dict[str, str] = {}
        self.ranges = True
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Not on the test's output."""

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                hub.tokens.append(self.headers.get("Authorization"))
                path = unquote(urlsplit(self.path).path)
                status, headers, body = hub.answer(path, self.headers.get("Range"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    try:
                        for at in range(0, len(body), 1 << 16):
                            self.wfile.write(body[at : at + (1 << 16)])
                            if "/resolve/" in path:
                                hub.sent[path.partition("/resolve/")[2].partition("/")[2]] += len(
                                    body[at : at + (1 << 16)]
                                )
                    except (BrokenPipeError, ConnectionResetError):  # the client has had enough
                        self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, wanted: str | None) -> tuple[int, dict[str, str], bytes]:
        kind, _, rest = path.removeprefix("/api/models/").partition("/") if path.startswith("/api/") else ("", "", "")
        name = "/".join(path.strip("/").split("/")[2:4] if kind else path.strip("/").split("/")[:2])
        if name == "somebody/gated":
            return 403, {"X-Error-Code": "GatedRepo"}, b""
        if name != NAME:
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        if kind:
            return self.listing(rest.split("/")[1:])
        revision, _, file = path.partition("/resolve/")[2].partition("/")
        if revision not in REVISIONS:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if file not in self.files:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        return self.file(self.files[file], wanted)

    def listing(self, parts: list[str]) -> tuple[int, dict[str, str], bytes]:
        """``revision/<rev>`` and ``tree/<rev>`` of the API."""
        what, revision = parts[:2] or ("revision", "main")
        if revision not in REVISIONS:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        found = [
            {
                "rfilename": self.names.get(n, n),
                "path": n,
                "type": "file",
                "size": len(d),
                "oid": digest(d),
                "blobId": digest(d),
                **(
                    {"lfs": {"size": len(d), "oid": "0" * 64, "sha256": "0" * 64, "pointerSize": 130}}
                    if n.endswith(LFS)
                    else {}
                ),
            }
            for n, d in self.files.items()
        ]
        body: Any = {"id": NAME, "modelId": NAME, "sha": COMMIT, "siblings": found, "tags": []}
        return 200, {"Content-Type": "application/json"}, json.dumps(found if what == "tree" else body).encode()

    def file(self, content: bytes, wanted: str | None) -> tuple[int, dict[str, str], bytes]:
        headers = {"ETag": f'"{digest(content)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if not wanted or not self.ranges:
            return 200, headers, content
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        return 206, {**headers, "Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"}, part


def digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
