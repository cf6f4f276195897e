"""Findings → the file each is about, and the line of its key there: what CI systems put their annotations on.

Files are opened the way all files of a folder are: listed names, regular files, within caps. What cannot be read, or
is not there, leaves a finding without a line, or without a file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from inspector.fingerprints import fingerprints
from inspector.model import Finding, InspectError, Report
from inspector.reading import Folder
from inspector.render.parts import FILES, classes_of, split_where
from inspector.sources import COMPONENT_FILES, INDEX

WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""What CI systems call the folder of the project, which their paths are relative to."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"(?=\s*(:)?)|[{}\[\]]|\n', re.DOTALL)
_LINE = re.compile(r"\bline (\d+)\b")
_MEMBER = re.compile(r"^(\w+)\[(\d+)\]$")
_SMALL = 1 << 20

Found = tuple[Path, int | None]
Keys = tuple[dict[str, int], dict[str, int]]


def located(report: Report, inspected: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Fingerprint of a finding → its file, relative to the project, and the line, where there is one.

    Args:
        report: with findings, suppressed or not.
        inspected: the files and folders on disk that the report is about, the first first.
    """
    # of two that are compared, the second is what became of the first
    roots = [*inspected[1:2], *inspected[:1]] if "other" in report.data else list(inspected[:1])
    found: dict[str, dict[str, Any]] = {}
    readers = [Root(root, report) for root in roots]
    try:
        findings = [*report.findings, *(s.finding for s in report.suppressed)]
        for finding, name in zip(findings, fingerprints(findings), strict=True):
            places = [place for r in readers if (place := r.place(finding)) is not None]
            if places:
                file, line = next((p for p in places if p[1] is not None), places[0])
                found[name] = {"file": shown(file), **({} if line is None else {"line": line})}
    finally:
        for reader in readers:
            reader.close()
    return found


class Root:
    """One inspected file or folder, each of its files read at most once."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path, self.report = path, report
        self.classes = classes_of(report)
        self._texts: dict[str, str] = {}
        self._keys: dict[str, Keys] = {}
        self._folder: Folder | None = None
        try:
            self._folder = Folder(path) if path.is_dir() else Folder(path.parent, only=path.name)
        except InspectError:  # it has been told already, by the command itself
            self._folder = None

    def close(self) -> None:
        if self._folder is not None:
            self._folder.close()

    def place(self, finding: Finding) -> Found | None:
        """The file of a finding, and the line where it can be told."""
        if self._folder is None:
            return None
        if not self.path.is_dir():
            if self.path.name not in self._folder.entries:
                return None
            return self.path, self.line(self.path.name, finding)
        entry = self._folder.entries.get(finding.where)
        if entry is not None and entry.kind != "folder":  # a finding about a file
            return self.path / finding.where, self.line(finding.where, finding)
        owner, setting = split_where(finding.where, self.classes)
        for name in candidates(owner):
            if name in self._folder.entries:
                line = key_line(self._lines(name), setting) if setting else None
                return self.path / name, line
        return None

    def line(self, name: str, finding: Finding) -> int | None:
        """The line that the message names, else that of the key."""
        if self.path.suffix == ".py":
            return script_line(self.path.name, finding, self.report)
        if told := _LINE.search(finding.message):
            return int(told[1])
        owner, setting = split_where(finding.where, self.classes)
        key = setting if owner != FILES else finding.where
        return table_line(self._text(name), key) if name.endswith(".toml") else key_line(self._lines(name), key)

    def _lines(self, name: str) -> Keys:
        if name not in self._keys:
            self._keys[name] = key_lines(self._text(name))
        return self._keys[name]

    def _text(self, name: str) -> str:
        if name not in self._texts:
            assert self._folder is not None
            try:
                data = self._folder.content(name)
            except InspectError:
                data = b""
            self._texts[name] = data.decode("utf-8", "replace") if len(data) <= _SMALL else ""
        return self._texts[name]


def candidates(component: str) -> Iterator[str]:
    """The config files that a component of this name may have, in the order in which the libraries look."""
    if component in ("pipe", FILES):
        yield INDEX
    member = _MEMBER.match(component)
    folder = component if member is None else member[1] if member[2] == "0" else f"{member[1]}_{member[2]}"
    for file in COMPONENT_FILES:
        yield f"{folder}/{file}"
    yield from COMPONENT_FILES  # the folder of one component


def key_lines(text: str) -> Keys:
    """Where the keys of a JSON object are, as they are written there: the lines at the top, and those further in."""
    top: dict[str, int] = {}
    deeper: dict[str, int] = {}
    line, depth = 1, 0
    for token in _TOKEN.finditer(text):
        found = token[0]
        if found in "{[":
            depth += 1
        elif found in "}]":
            depth -= 1
        elif token[1]:
            (top if depth == 1 else deeper).setdefault(found, line)
        line += found.count("\n")
    return top, deeper


def key_line(keys: Keys, key: str) -> int | None:
    """The line of a key of a JSON object: at the top if it is there, else wherever it first is."""
    name = re.split(r"[.\[]", key, maxsplit=1)[0]
    wanted = {json.dumps(k, ensure_ascii=e) for k in (key, name) for e in (True, False)}
    return next((min(found) for lines in keys if (found := [lines[w] for w in wanted if w in lines])), None)


def table_line(text: str, key: str) -> int | None:
    """The line of a table, or of a key, of a TOML file."""
    name = re.escape(key)
    found = re.search(rf"""(?m)^\s*(?:\[+[^\]\n]*?)?["']?{name}["']?\s*[\].=]""", text)
    return None if found is None else text.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1


def script_line(name: str, finding: Finding, report: Report) -> int | None:
    """The line of the user's script that wrote the setting."""
    for fate in report.data.get("fates", ()):
        by = fate["by"]
        if fate["where"] == finding.where and by["file"] == name and f"{name}:{by['line']}" in finding.message:
            return int(by["line"])
    told = re.search(rf"(?<![\w./]){re.escape(name)}:(\d+)", finding.message)
    return int(told[1]) if told else None


def shown(path: Path) -> str:
    """Relative to the project, with slashes; absolute where it lies elsewhere."""
    here, file = Path(os.path.realpath(Path.cwd())), Path(os.path.abspath(path))
    spaces = [Path(os.path.realpath(os.environ[w])) for w in WORKSPACES if os.environ.get(w)]
    base = next((s for s in spaces if s == here or s in here.parents), here)
    real = Path(os.path.realpath(file.parent)) / file.name
    return next((p.relative_to(base) for p in (file, real) if base in p.parents), file).as_posix()
