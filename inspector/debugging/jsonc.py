"""``launch.json`` as text: found its parts, changed only what has to change, every other byte as it was.

What VS Code reads: JSON with comments and commas after the last element. No library for Python keeps the rest of such
a file byte for byte, so this finds the places (:func:`parsed`) and replaces or inserts text there (:func:`put`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_OTHER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|\b(?:true|false|null)\b")
_DEEPEST = 100
_SHORT = 160
"""Characters of an object that stays on one line: a pair of folders does."""


class BrokenError(Exception):
    """The text is no such file; ``line`` and ``column`` count from one."""

    def __init__(self, text: str, at: int, what: str) -> None:
        self.line = text.count("\n", 0, at) + 1
        self.column = at - (text.rfind("\n", 0, at) + 1) + 1
        super().__init__(f"line {self.line}, column {self.column}: {what}")


@dataclass
class Node:
    """One value with its place in the text; its parts: ``keys`` and ``items`` of an object, ``items`` of an array."""

    start: int
    end: int
    value: Any
    keys: list[str] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    def get(self, key: str) -> Node | None:
        """The part of an object; of two with one name the last counts, as in VS Code."""
        return next((n for k, n in zip(reversed(self.keys), reversed(self.items), strict=True) if k == key), None)


def parsed(text: str) -> Node:
    """The whole file as its parts.

    Raises:
        BrokenError: it is not what VS Code would read.
    """
    node = value_at(text, blank(text, 0), 0)
    if (end := blank(text, node.end)) < len(text):
        raise BrokenError(text, end, f"unexpected {text[end]!r} after the end")
    return node


def blank(text: str, at: int) -> int:
    """The end of the white space and comments that begin here."""
    found = _BLANK.match(text, at)
    assert found is not None
    if text.startswith("/*", found.end()):
        raise BrokenError(text, found.end(), "a comment that does not end")
    return found.end()


def value_at(text: str, at: int, depth: int) -> Node:
    first = text[at : at + 1]
    if first in ("{", "["):
        if depth > _DEEPEST:
            raise BrokenError(text, at, "nested too deep")
        return container(text, at, depth, "}" if first == "{" else "]")
    found = (_STRING if first == '"' else _OTHER).match(text, at)
    if found is None:
        raise BrokenError(text, at, f"unexpected {first!r}" if first else "unexpected end")
    try:
        return Node(at, found.end(), json.loads(found[0]))
    except ValueError:
        raise BrokenError(text, at, "a string with an escape that JSON does not have") from None


def container(text: str, start: int, depth: int, end: str) -> Node:
    """An object or array, from its bracket to the other."""
    node = Node(start, start, {} if end == "}" else [])
    at = blank(text, start + 1)
    while not text.startswith(end, at):
        if end == "}":
            key = _STRING.match(text, at)
            if key is None:
                raise BrokenError(text, at, f"a name was expected, not {text[at : at + 1]!r}")
            node.keys.append(json.loads(key[0]))
            at = blank(text, key.end())
            if not text.startswith(":", at):
                raise BrokenError(text, at, "a colon was expected")
            at = blank(text, at + 1)
        node.items.append(value_at(text, at, depth + 1))
        at = blank(text, node.items[-1].end)
        if text.startswith(",", at):
            at = blank(text, at + 1)
        elif not text.startswith(end, at):
            raise BrokenError(text, at, f"a comma or {end!r} was expected")
    node.end = at + 1
    values = [n.value for n in node.items]
    node.value = dict(zip(node.keys, values, strict=True)) if end == "}" else values
    return node


def put(text: str, entry: dict[str, Any]) -> str:
    """The file with this configuration in it: the one of its name brought up to date, or a new one at the end.

    Of an entry that is there already only the values that differ are replaced; what the user added to it stays.

    Raises:
        BrokenError: the file is not what VS Code would read, or ``configurations`` is no list.
    """
    if not text[blank(text, 0) :]:
        lead = "" if text.endswith("\n") or not text.strip("\ufeff") else eol(text)
        return f"{text}{lead}{written({'version': '0.2.0', 'configurations': [entry]}, '', text)}{eol(text)}"
    root = parsed(text)
    if not isinstance(root.value, dict):
        raise BrokenError(text, root.start, "an object was expected")
    held = root.get("configurations")
    if held is None:
        return appended(text, root, "configurations", [entry])
    if not isinstance(held.value, list):
        raise BrokenError(text, held.start, '"configurations" is no list')
    old = next((n for n in held.items if isinstance(n.value, dict) and n.value.get("name") == entry["name"]), None)
    if old is None:
        return appended(text, held, None, entry)
    for key, value in entry.items():
        part = old.get(key)
        if part is None:
            text = appended(text, old, key, value)
        elif part.value != value or type(part.value) is not type(value):
            text = text[: part.start] + written(value, indent_of(text, part.start), text) + text[part.end :]
        else:
            continue
        held = parsed(text).get("configurations")
        assert held is not None
        old = next(n for n in held.items if isinstance(n.value, dict) and n.value.get("name") == entry["name"])
    return text


def appended(text: str, node: Node, key: str | None, value: Any) -> str:
    """The text with one more element at the end of an object or array; a comma after the last one stays there."""
    inner = indent_of(text, node.start) + step(text)
    if node.items and "\n" in text[node.start : node.items[0].start]:
        inner = indent_of(text, node.items[0].start)
    shown = written(value, inner, text)
    line = f"{json.dumps(key)}: {shown}" if key is not None else shown
    if not node.items:
        at = node.start + len(text[node.start : node.end - 1].rstrip())  # after what comments there are
        after = "" if "\n" in text[at : node.end - 1] else f"{eol(text)}{indent_of(text, node.start)}"
        return f"{text[:at]}{eol(text)}{inner}{line}{after}{text[at:]}"
    last = node.items[-1].end
    comma = blank(text, last)
    if text.startswith(",", comma):
        at, after = comma + 1, ","
    else:
        text = f"{text[:last]},{text[last:]}"
        at, after = last + 1, ""
    at = end_of_comments(text, at)
    return f"{text[:at]}{eol(text)}{inner}{line}{after}{text[at:]}"


def end_of_comments(text: str, at: int) -> int:
    """The end of what else stands on this line, if it is only comments: those belong to the element before."""
    found = re.compile(r"(?:[ \t]*/\*[^\r\n]*?\*/)*[ \t]*(?://[^\r\n]*)?(?=\r?\n|$)").match(text, at)
    return at + len(found[0].rstrip()) if found is not None and found[0].strip() else at


def written(value: Any, indent: str, text: str) -> str:
    """A value as it is put into the text, with the indentation and line ends that the text has."""
    return f"{eol(text)}{indent}".join(lines_of(value, step(text)))


def lines_of(value: Any, indent: str) -> list[str]:
    """A value as lines of JSON; an object or array of plain values stays on one line where that is short."""
    plain = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return [plain]
    inner = value.values() if isinstance(value, dict) else value
    if len(plain) <= _SHORT and not any(isinstance(v, dict | list) for v in inner):
        return [f"{{ {plain[1:-1]} }}"] if isinstance(value, dict) else [plain]
    parts = [(f"{json.dumps(k, ensure_ascii=False)}: ", v) for k, v in value.items()] if isinstance(value, dict) else []
    parts = parts or [("", v) for v in value]
    lines = ["{" if isinstance(value, dict) else "["]
    for number, (name, part) in enumerate(parts):
        first, *rest = lines_of(part, indent)
        lines += [f"{indent}{name}{first}", *(f"{indent}{line}" for line in rest)]
        lines[-1] += "," if number < len(parts) - 1 else ""
    return [*lines, "}" if isinstance(value, dict) else "]"]


def eol(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def indent_of(text: str, at: int) -> str:
    """The white space at the beginning of the line."""
    line = text[text.rfind("\n", 0, at) + 1 : at].lstrip("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def step(text: str) -> str:
    """By how much this text indents: as its first indented line; four blanks where there is none."""
    found = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return found[1] if found and set(found[1]) <= {" ", "\t"} and len(found[1]) <= 8 else "    "
