"""What the headers of an answer say of the file that it is about."""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.remote.asking import Answer, partial
from inspector.remote.connection import Item, RemoteError

_RANGE = re.compile(r"bytes (?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19}|\*)$")
_PLAIN = "identity"


class Facts(NamedTuple):
    """What is known of a file: what later answers are held against."""

    size: int | None = None
    etag: str = ""
    modified: str = ""

    def differs(self, other: Facts) -> bool:
        """Whether the two are of different contents, as far as both say."""
        if None not in (self.size, other.size) and self.size != other.size:
            return True
        if self.etag and other.etag:
            return self.etag != other.etag
        return bool(self.modified and other.modified and self.modified != other.modified)

    def and_of(self, later: Facts) -> Facts:
        size = later.size if self.size is None else self.size
        return Facts(size, self.etag or later.etag, self.modified or later.modified)

    def item(self, name: str) -> Item:
        return Item(name, "file", self.size, self.etag or self.modified)


def told(answer: Answer) -> Facts:
    """The size of the whole file, where that is told, and its marks."""
    found = _RANGE.match(answer.headers.get("Content-Range", ""))
    text = ""
    if answer.status == 416 or partial(answer.status, answer.headers):
        text = found[3] if found else ""
    elif coding(answer) == _PLAIN:
        text = answer.headers.get("Content-Length", "")
    size = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None
    return Facts(size, tag(answer.headers.get("ETag", "")), answer.headers.get("Last-Modified", ""))


def tag(text: str) -> str:
    """An entity tag without its marks: proxies that compress weaken it, or add to it."""
    return re.sub(r"[-;](gzip|br|zstd|deflate)$", "", text.strip().removeprefix("W/").strip('"'))


def coding(answer: Answer) -> str:
    return str(answer.headers.get("Content-Encoding", _PLAIN)).lower()[:20]


def is_page(answer: Answer, name: str) -> bool:
    """Whether a page came in the place of a file: a login, or a site that answers 200 to everything."""
    page = answer.headers.get_content_type() in ("text/html", "application/xhtml+xml")
    return answer.status in (200, 206) and page and not name.lower().endswith((".html", ".htm"))


def right(answer: Answer, name: str, begin: int) -> None:
    """Hold an answer against what was asked for: bytes of a file, from ``begin`` on.

    Raises:
        RemoteError: it has others.
    """
    if is_page(answer, name):
        raise RemoteError(f"a page ({answer.headers.get_content_type()}) stands where it should be", "absent")
    if coding(answer) != _PLAIN:
        message = f"the server compresses it ({coding(answer)}) although it was asked not to: its ranges mean nothing"
        raise RemoteError(message, "odd")
    if partial(answer.status, answer.headers):
        text = answer.headers.get("Content-Range", "")
        found = _RANGE.match(text)
        if not found or found[1] is None or int(found[1]) != begin:
            raise RemoteError(f"asked for bytes from {begin} on, the server answers {text[:60] or 'others'!r}", "odd")
