"""What every protocol has to survive, and how it is asked: over one connection, from several threads, in its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.connection import Connection, RemoteError, connect
from tests.servers.running import Server, free_port
from tests.servers.wire import Wire

SECONDS = 10.0
TOLD = ("broken", "odd", "slow", "identity", "credentials")


@contextmanager
def opened(url: str, seconds: float = SECONDS) -> Iterator[Connection]:
    connection = connect(parse(url), seconds)
    try:
        yield connection
    finally:
        connection.close()


def refused(url: str, seconds: float = SECONDS) -> RemoteError:
    """The error of a connection that must not come to be; no password is in it."""
    with pytest.raises(RemoteError) as caught, opened(url, seconds):
        pass
    password = parse(url).password
    assert not password or password not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def trouble(call: Callable[[], object]) -> str:
    """What kind of RemoteError a call ends in; every one has something to say."""
    with pytest.raises(RemoteError) as caught:
        call()
    assert caught.value.message
    return caught.value.trouble


def inspection(url: str, path: str, reads: Sequence[tuple[str, int, int]]) -> None:
    """A folder and its folders listed, and these ranges read, as an inspection does: all that can be is at once."""
    with opened(url) as connection, ThreadPoolExecutor(32) as pool:
        folders = [item.name for item in connection.list(path) if item.kind == "folder"]
        listings = list(pool.map(lambda name: connection.list(f"{path}/{name}"), folders))
        parts = list(pool.map(lambda read: connection.read(f"{path}/{read[0]}", read[1], read[2]), reads))
    assert [len(part) for part in parts] == [end - begin for _, begin, end in reads]
    assert sum(map(len, listings)) == len(reads) - 1  # model_index.json is not in a folder


def at_a_distance(url: str, path: str, reads: Sequence[tuple[str, int, int]], wire: Wire) -> None:
    """An inspection over a wire with 20 ms for a round trip: under 1.5 s, and under 1 MB, both ways together.

    The best of three, on a machine that others use as well.
    """
    times: list[float] = []
    while len(times) < 3 and not (times and times[-1] < 1.5):
        wire.reset()
        begin = time.monotonic()
        inspection(url, path, reads)
        times.append(time.monotonic() - begin)
        assert wire.down + wire.up < 1_000_000
    assert min(times) < 1.5


def unreachable(server: Server) -> None:
    """A port where nobody listens, a name that nobody has, a peer that never says a word."""
    error = refused(server.url("x", port=free_port()))
    assert error.trouble == "unreachable" and "refuses" in error.message
    error = refused(server.url("x").replace("127.0.0.1", "nowhere.invalid"))
    assert error.trouble == "unreachable" and "nowhere.invalid" in error.message and "not known" in error.message
    with Wire(server.port, hang_after=0) as wire:
        begin = time.monotonic()
        assert refused(server.url("x", port=wire.port), 1.0).trouble == "slow"
        assert time.monotonic() - begin < 3
    with Wire(server.port, cut_after=0) as wire:
        assert refused(server.url("x", port=wire.port)).trouble == "broken"


def dying(server: Server, path: str, large: str) -> None:
    """A read that hangs, one that is cut, one whose connection we close, one whose server dies: each ends and says how.

    ``path`` is the served folder and ``large`` a file of many megabytes in it; the server is dead in the end.
    """
    with Wire(server.port) as wire:
        url = server.url(port=wire.port)
        with opened(url, 2.0) as connection:
            wire.hang_after = wire.down + 300_000
            begin = time.monotonic()
            assert trouble(lambda: connection.read(large, 0, 64 << 20)) == "slow"
            wire.hang_after = 0  # another connection would not get through either
            assert trouble(lambda: connection.list(path)) == "slow"
            assert time.monotonic() - begin < 7
            begin = time.monotonic()
            connection.close()
            assert time.monotonic() - begin < 1
            assert trouble(lambda: connection.list(path)) == "broken"
        wire.hang_after = None
        with opened(url) as connection:
            wire.cut_after = wire.down + 300_000
            assert trouble(lambda: connection.read(large, 0, 64 << 20)) == "broken"
            wire.cut_after = None
        with opened(url, 20.0) as connection:
            wire.hang_after = wire.down + 300_000
            reader = Reader(lambda: connection.read(large, 0, 64 << 20), wire)
            begin = time.monotonic()
            connection.close()
            assert reader.trouble() == "broken"
            assert time.monotonic() - begin < 1.5
        wire.hang_after = None
        with opened(url, 20.0) as connection:
            wire.delay = 0.5  # so that it is in the middle for a while
            reader = Reader(lambda: connection.read(large, 0, 256 << 20), wire)
            server.kill()
            assert reader.trouble() == "broken"


class Flip:
    """Changes one byte of each piece of data that is long enough; ``hits`` counts them."""

    def __init__(self, at: int) -> None:
        self.at, self.hits = at, 0

    def __call__(self, data: bytes) -> bytes:
        if len(data) <= self.at:
            return data
        self.hits += 1
        changed = bytearray(data)
        changed[self.at] ^= 0x41
        return bytes(changed)


def spoilt(server: Server, path: str, content: bytes) -> None:
    """Bytes that are not what the server sent: noticed, and told as any other trouble."""
    for at in (2, 20, -1):
        with Wire(server.port) as wire:
            url = server.url(port=wire.port)
            with opened(url, 2.0) as connection:
                assert connection.read(path, 0, 100) == content
                wire.change = flip = Flip(at)
                troubles = []
                for _ in range(2):
                    try:
                        assert connection.read(path, 0, 100) == content  # the right bytes or an error, no others
                    except RemoteError as error:
                        troubles.append(error.trouble)
                assert set(troubles) <= set(TOLD) and bool(troubles) == bool(flip.hits)
            assert flip.hits
            wire.change = Flip(60)
            with pytest.raises(RemoteError), opened(url, 2.0) as connection:
                connection.read(path, 0, 100)


class Reader:
    """A call in a thread of its own, and what became of it."""

    def __init__(self, call: Callable[[], object], wire: Wire) -> None:
        self._error: InspectError | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        before, until = wire.down, time.monotonic() + 10
        self._thread.start()
        while wire.down < before + 100_000:  # it is in the middle
            assert time.monotonic() < until, "it never came so far"
            time.sleep(0.005)

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except InspectError as error:
            self._error = error

    def trouble(self) -> str:
        self._thread.join(10)
        assert isinstance(self._error, RemoteError), self._error
        return self._error.trouble
