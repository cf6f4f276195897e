"""Folders behind HTTP and HTTPS: listed by the server's own pages, else asked for by name; files by ranges."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

from inspector.remote import pages, probing
from inspector.remote.address import Address
from inspector.remote.asking import FAR, Answer, Asking, Question, partial
from inspector.remote.connection import Item, RemoteError
from inspector.remote.credentials import login
from inspector.remote.permits import Permits
from inspector.remote.refusals import refused
from inspector.remote.told import Facts, right, told
from inspector.remote.wire import Origin

_PAGE = 4 << 20
"""Bytes of a listing: ten thousand names in the widest of styles."""
_AT_ONCE = 16
_NO_LISTING = (403, 404, 405, 410)
_NO_HEAD = (400, 403, 405, 501)
"""What servers say to HEAD that would answer GET: an address that is signed for the one is not for the other."""


def connect(address: Address, seconds: float) -> Http:
    """Open ``http://`` or ``https://``. Nothing is asked yet."""
    return Http(address, seconds, address.scheme)


class Http:
    """A :class:`~inspector.remote.connection.Connection` over HTTP.

    Attributes:
        remarks: what the user should know of how this server was read.
        pooled: trouble with one answer is trouble with one line of several.
    """

    pooled = True

    def __init__(self, address: Address, seconds: float, scheme: str) -> None:
        user, password = login(address)
        host = f"[{address.host}]" if ":" in address.host else address.host
        self.base = f"{scheme}://{host}" + (f":{address.port}" if address.port else "")
        self.home = Origin.of(self.base)
        self.query, self.user = address.query, user
        self.asking = Asking(seconds, Permits(user, password))
        self.remarks: list[str] = []
        self.seen: dict[str, Facts] = {}
        self._learned: dict[str, Facts] = {}
        self._probed: dict[str, probing.Items] = {}

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        """The names directly in a folder: of the server's page, else those that are there of what may be there."""
        if found := self._probed.pop(path, []):
            return found[:most]
        answer = self.ask("GET", f"{path.rstrip('/')}/", {"Accept": pages.ACCEPT}, window=(0, _PAGE))
        items = None
        if answer.status == 200:
            items = pages.listed(answer.url, answer.headers.get_content_type(), answer.body)
        elif answer.status not in _NO_LISTING:
            raise self.refusal(answer)
        if items is None:
            return self._probe(path, answer)[:most]
        if answer.more:
            self._remark(f"the listing of {path} is longer than {_PAGE >> 20} MiB; the rest was not read")
        self.seen |= {probing.join(path, item.name): Facts(item.size) for item in items}
        return items[:most]

    def look(self, path: str) -> Item:
        """What one path is: a folder where the server adds a slash to it."""
        name = path.rpartition("/")[2]
        if facts := self._learned.pop(path, None):
            return facts.item(name)
        if not name:
            return Item("", "folder")
        answer = self.ask("HEAD", path)
        if urlsplit(answer.url).path.endswith("/"):
            return Item(name, "folder")
        if answer.status == 404 and "." not in name and self.ask("HEAD", f"{path}/").status in (200, 403):
            return Item(name, "folder")  # it adds none, and wants one
        if answer.status in _NO_HEAD or (answer.status == 200 and told(answer).size is None):
            answer = self.ask("GET", path, {"Range": "bytes=0-0"}, window=(0, 1))
        if answer.status not in (200, 206, 416):
            raise self.refusal(answer)
        if answer.status != 416:
            right(answer, name, 0)
        self.seen[path] = told(answer)
        return self.seen[path].item(name)

    def read(self, path: str, begin: int, end: int) -> bytes:
        """A range; of a server that knows none, no more than the file up to the end of it."""
        if begin >= end:
            return b""
        answer = self.ask("GET", path, {"Range": f"bytes={begin}-{end - 1}"}, window=(begin, end))
        if answer.status not in (200, 206, 416):
            raise self.refusal(answer)
        if answer.status != 416:
            right(answer, path, begin)
        self._hold(path, told(answer))
        size = self.seen[path].size
        whole = 0 if size is None else max(0, min(end, size) - begin)
        if answer.status == 416 and not whole:
            return b""
        if answer.status == 416:
            raise RemoteError(f"{answer.said}, but it has {size} bytes", "odd")
        if not partial(answer.status, answer.headers):
            if begin > FAR:
                raise RemoteError(f"the server knows no ranges, and {begin} bytes come before those wanted", "odd")
            if answer.more or begin:
                self._remark("the server knows no ranges: files were read from their beginning, and cut off")
        if len(answer.body) < whole:
            raise RemoteError(f"{self.home} sent {len(answer.body)} of {whole} bytes of {path}", "broken")
        return answer.body

    def close(self) -> None:
        """Cut what is under way."""
        self.asking.close()
        if "_workers" in vars(self):
            self._workers.shutdown(wait=False, cancel_futures=True)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        window: tuple[int, int] = (0, 0),
    ) -> Answer:
        """Ask something of a path.

        Raises:
            RemoteError: no answer came. Any status is an answer.
        """
        quoted = quote(path.encode("utf-8", "surrogateescape"), safe="/~!$&'()*+,;=:@")
        url = self.base + quoted + (f"?{self.query}" if self.query else "")
        return self.asking.ask(Question(method, url, headers or {}, body, window))

    def refusal(self, answer: Answer) -> RemoteError:
        return refused(answer, self.home, user=self.user)

    def _hold(self, path: str, facts: Facts) -> None:
        """Hold what an answer says of its file against what was said before.

        Raises:
            RemoteError: it is another file now.
        """
        before = self.seen.get(path, Facts())
        if before.differs(facts):
            error = RemoteError("it changed between being listed and being read", "odd", hint="try again")
            error.code = "IPI912"
            raise error
        if before.size is None:
            self._learned[path] = facts
        self.seen[path] = before.and_of(facts)

    def _probe(self, path: str, answer: Answer) -> probing.Items:
        """What is there of what may be there.

        Raises:
            RemoteError: nothing is.
        """
        found = probing.probed(path, self.look, self.read, self._workers)
        items = found.pop(path)
        if not items:
            said = f"no listing ({answer.said}), and no file of a usual name"
            hub = self.home.host.removeprefix("www.") in ("huggingface.co", "hf.co")
            hint = "hf://ORG/NAME reads a repository of the Hub" if hub else ""
            raise RemoteError(said, "denied" if answer.status == 403 else "absent", hint=hint)
        self._probed |= found
        self._remark("the server lists no folders: only what model_index.json names and the usual names were asked for")
        return items

    def _remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    @functools.cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_AT_ONCE, "asking")
