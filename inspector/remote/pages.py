"""What a page that lists a folder says: links that lead directly below it, and nothing else."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from inspector.remote.connection import Item
from inspector.remote.wire import Origin

ACCEPT = "application/json, text/html;q=0.9, */*;q=0.1"
"""nginx answers as it is configured; Caddy answers in JSON, with true sizes, when it is asked for."""
_LINK = re.compile(
    r"<a\b[^>]{0,300}?\bhref\s*=\s*(?:\"([^\"]{0,4000})\"|'([^']{0,4000})'|([^\s>]{1,4000}))[^>]{0,300}>", re.I
)
_TITLE = re.compile(r"<(?:title|h1)\b[^>]{0,300}>[^<]{0,40}?(?:index of|listing)\b", re.I)
_TAG = re.compile(r"<[^<>]{0,300}>")
_END = re.compile(r"<(?:script|style|hr|/pre|/table|/ul|/main|/body)\b", re.I)
_DATE = re.compile(r"\d{4}|\d:\d\d")
_OURS = (".json", ".safetensors")


def listed(url: str, kind: str, body: bytes) -> list[Item] | None:
    """The names that a page lists, in its order; None when it is no listing.

    Args:
        url: where the page is, as it was found in the end.
        kind: its ``Content-Type``.
        body: the page, or its beginning.
    """
    text = body.decode("utf-8", "surrogateescape")
    if "json" in kind:
        return from_json(text)
    items = from_html(url, text) if "html" in kind else []
    shows = _TITLE.search(text[: 1 << 16]) or any(item.name.endswith(_OURS) for item in items)
    return items if shows else None


def from_html(url: str, text: str) -> list[Item]:
    """By the links of nginx, Apache, Caddy, lighttpd, ``python -m http.server`` and their like.

    What stands beside a link, mostly a date and a rounded size, is its stamp.
    """
    links = list(_LINK.finditer(text))
    ends = [link.start() for link in links[1:]] + [min(len(text), links[-1].end() + 400)] if links else []
    items: dict[str, Item] = {}
    for link, end in zip(links, ends, strict=True):
        name, folder = below(url, html.unescape(link[1] or link[2] or link[3] or ""))
        if name and name not in items:
            rest = _END.split(text[link.end() : min(end, link.end() + 2000)], maxsplit=1)[0]
            beside = " ".join(html.unescape(_TAG.sub(" ", rest)).split())
            dated = _DATE.search(beside) and not re.search(r"\bago\b", beside)
            items[name] = Item(name, "folder" if folder else "file", stamp=beside[:200] if dated else "")
    return list(items.values())


def below(url: str, link: str) -> tuple[str, bool]:
    """The name that a link of a page has directly below it, and whether that is a folder's; empty for any other."""
    try:
        there = urljoin(url, link.strip())
        parts = urlsplit(there)
        if Origin.of(there) != Origin.of(url) or parts.query:
            return "", False
    except ValueError:
        return "", False
    top, full = (unquote(path, errors="surrogateescape") for path in (urlsplit(url).path, parts.path))
    name = full[len(top) :].removesuffix("/") if full.startswith(top) else ""
    return ("", False) if name in ("", ".", "..") or "/" in name else (name, full.endswith("/"))


def from_json(text: str) -> list[Item] | None:
    """The listings of nginx (``autoindex_format json``) and of Caddy; None for any other JSON."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and isinstance(r.get("name"), str) for r in rows):
        return None
    return [from_row(row) for row in rows]


def from_row(row: dict[str, Any]) -> Item:
    name = row["name"].removesuffix("/")
    folder = row.get("is_dir") is True or row.get("type") == "directory"
    size, stamp = row.get("size"), row.get("mtime") or row.get("mod_time")
    known = isinstance(size, int) and not isinstance(size, bool) and size >= 0 and not folder
    return Item(name, "folder" if folder else "file", size if known else None, str(stamp or ""))
