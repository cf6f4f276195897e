"""Folders behind WebDAV: listed by ``PROPFIND``, files by ranges of HTTP."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from inspector.remote.address import Address
from inspector.remote.connection import Item, RemoteError
from inspector.remote.http import Http
from inspector.remote.probing import join
from inspector.remote.told import Facts, tag

_ASKED = b"""<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getetag/><getlastmodified/></prop></propfind>
"""
_MOST = 16 << 20
"""Bytes of a listing: ten thousand names with all that a talkative server says of each."""
_DAV = "{DAV:}"


def connect(address: Address, seconds: float) -> WebDav:
    """Open ``webdav://``, which is HTTP, or ``webdavs://``, which is HTTPS. Nothing is asked yet."""
    return WebDav(address, seconds, {"webdav": "http", "webdavs": "https"}[address.scheme])


class WebDav(Http):
    """A :class:`~inspector.remote.connection.Connection` over WebDAV (RFC 4918)."""

    def list(self, path: str, most: int = 10_000) -> list[Item]:
        """The names directly in a folder, by one request."""
        found = self._found(f"{path.rstrip('/')}/", "1")
        top = min(found, key=len)  # the folder itself, wherever a proxy moved it
        if found.pop(top)[0].kind != "folder":
            raise RemoteError("not a folder", "odd")
        self.seen |= {join(path, item.name): facts for item, facts in found.values() if item.kind == "file"}
        return [item for item, _ in found.values()][:most]

    def look(self, path: str) -> Item:
        """What one path is, by one request."""
        item, facts = next(iter(self._found(path, "0").values()))
        if item.kind == "file":
            self.seen[path] = facts
        return Item(path.rpartition("/")[2], item.kind, item.size, item.stamp)

    def _found(self, path: str, depth: str) -> dict[str, tuple[Item, Facts]]:
        """What ``PROPFIND`` finds: path on the server → what it is.

        Raises:
            RemoteError: nothing, or no sense.
        """
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        answer = self.ask("PROPFIND", path, headers, _ASKED, window=(0, _MOST))
        if answer.status in (200, 405, 501):
            hint = "http:// or https:// reads what no WebDAV serves"
            raise RemoteError(f"{self.home} does not speak WebDAV here: {answer.said}", "odd", hint=hint)
        if answer.status != 207:
            raise self.refusal(answer)
        if answer.more:
            raise RemoteError(f"its listing is longer than {_MOST >> 20} MiB; it was not read", "odd")
        found = {}
        for response in parsed(answer.body).iterfind(f"{_DAV}response"):
            place = unquote(urlsplit((response.findtext(f"{_DAV}href") or "").strip()).path, errors="surrogateescape")
            found[place.rstrip("/") or "/"] = described(place.rstrip("/").rpartition("/")[2], response)
        if not found:
            raise RemoteError("the server's listing is empty, not even the folder itself is in it", "odd")
        return found


def described(name: str, response: Element) -> tuple[Item, Facts]:
    """What one ``response`` says, by the properties that the server has."""
    texts: dict[str, str] = {}
    folder = False
    for part in response.iterfind(f"{_DAV}propstat"):
        if " 200" in (part.findtext(f"{_DAV}status") or " 200"):
            texts |= {p.tag: (p.text or "").strip() for p in part.iterfind(f"{_DAV}prop/*")}
            folder = folder or part.find(f"{_DAV}prop/{_DAV}resourcetype/{_DAV}collection") is not None
    if folder:
        return Item(name, "folder"), Facts()
    length = texts.get(f"{_DAV}getcontentlength", "")
    size = int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else None
    mark, modified = tag(texts.get(f"{_DAV}getetag", "")), texts.get(f"{_DAV}getlastmodified", "")
    return Item(name, "file", size, mark or modified), Facts(size, mark, modified)


class _Plain(TreeBuilder):
    """Without a document type there are no entities, which could expand to gigabytes or name other files."""

    def doctype(self, *_: object) -> None:
        raise ParseError("it declares a document type")


def parsed(body: bytes) -> Element:
    """The XML of a listing.

    Raises:
        RemoteError: it is none, or one that declares a document type.
    """
    parser = XMLParser(target=_Plain())  # noqa: S314 - no document type gets through
    try:
        for at in range(0, len(body), 4096):
            parser.feed(body[at : at + 4096])
        root = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise RemoteError(f"the server's listing is no XML that we read: {error!s:.100}", "odd") from None
    if not isinstance(root, Element):
        raise RemoteError("the server's listing is empty", "odd")
    return root
