"""An ssh server of asyncssh's in this process, for what OpenSSH's does not do: odd logins, odd sftp answers."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

PASSWORD = "the one"


class Bare(asyncssh.SFTPServer):
    """Tells nothing of what it lists, sends more or less than it is asked for, and leaves the text of a path alone."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        while path.endswith(b"/endless"):
            yield asyncssh.SFTPName(b"and another", b"", asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_REGULAR))
        for entry in sorted(Path(self.map_path(path).decode()).iterdir()):
            yield asyncssh.SFTPName(os.fsencode(entry.name), b"", asyncssh.SFTPAttrs())

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        wanted = size + 5 if size < 5000 else 700
        return bytes(super().read(file_obj, offset, wanted))  # type: ignore[arg-type]

    def realpath(self, path: bytes) -> bytes:
        return path


class Asking(asyncssh.SSHServer):
    """Takes a password, and only as the answer to a question, as a NAS whose logins go by PAM."""

    def password_auth_supported(self) -> bool:
        return False

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Any) -> bool:
        return list(responses) == [PASSWORD]


class Open(asyncssh.SSHServer):
    """Lets anybody in."""

    def begin_auth(self, username: str) -> bool:
        return False


@contextmanager
def oddssh(host_key: Path, **options: Any) -> Iterator[int]:
    """The port of a server with these options of ``asyncssh.listen``."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen("127.0.0.1", 0, server_host_keys=[str(host_key)], **options)

    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield acceptor.get_port()
    finally:

        async def stop() -> None:
            acceptor.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
