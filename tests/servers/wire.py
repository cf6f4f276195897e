"""The way to a server: a TCP proxy that counts, delays, hangs and cuts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

CHUNK = 1 << 16
AHEAD = 256
"""Chunks on their way at once: 16 MB, so that a delay limits no throughput."""


class Wire:
    """``with Wire(server.port, delay=0.02) as wire: server.url("x", port=wire.port)``.

    Attributes:
        port: where to connect instead.
        delay: seconds of a round trip, the opening of a connection included; the throughput is not limited.
        hang_after, cut_after: bytes from the server (of all connections together) after which nothing more passes, or
            every connection is reset. Both can be set at any time, 0 meaning at once; None means never.
        connections: how many were opened; ``open`` how many still are.
        listen: called with all that passes, either way.
        change: what becomes of a piece of data from the server.
        up, down: bytes from the client and from the server that passed.
    """

    def __init__(
        self, port: int, *, delay: float = 0.0, hang_after: int | None = None, cut_after: int | None = None
    ) -> None:
        self.target, self.delay = port, delay
        self.listen: Callable[[bytes], object] = lambda data: None
        self.change: Callable[[bytes], bytes] = lambda data: data
        self.hang_after, self.cut_after = hang_after, cut_after
        self.port = self.connections = self.open = self.up = self.down = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Wire:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """Count anew."""
        self.connections = self.up = self.down = 0

    def cut(self) -> None:
        """Reset every connection now, and refuse none later."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=CHUNK))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        ends = [writer]
        try:
            await asyncio.sleep(self.delay)  # the handshake's round trip
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=CHUNK)
            ends.append(far_writer)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, far_writer, "up"))
                ways.create_task(self._pass(far_reader, writer, "down"))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # the client sees it: the connection is reset below
        finally:
            self.open -= 1
            self._tasks.discard(task)
            for end in ends:
                _reset(end)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        """One direction: read now, write half a round trip later."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)

        async def reading() -> None:
            while True:
                data = await reader.read(CHUNK)
                await queue.put((self._loop.time() + self.delay / 2, data))
                if not data:
                    return

        async def writing() -> None:
            while True:
                due, data = await queue.get()
                if (wait := due - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                if not data:
                    with contextlib.suppress(OSError):
                        writer.write_eof()
                    return
                data = await self._let(data, way)
                writer.write(data)
                await writer.drain()
                self._count(data, way)

        async with asyncio.TaskGroup() as ends:
            ends.create_task(reading())
            ends.create_task(writing())

    async def _let(self, data: bytes, way: str) -> bytes:
        """The part of the data that may pass; the rest never comes."""
        if self.hang_after is not None and self.down + (len(data) if way == "down" else 0) > self.hang_after:
            await asyncio.Event().wait()
        if self.cut_after is not None and self.down + (len(data) if way == "down" else 0) > self.cut_after:
            raise ConnectionResetError
        return self.change(data) if way == "down" else data

    def _count(self, data: bytes, way: str) -> None:
        self.listen(data)
        if way == "up":
            self.up += len(data)
        else:
            self.down += len(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, as a dead machine's neighbour would answer."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()
