"""The reproductions of tests/data/defects: small scripts that import nothing but diffusers, torch and Python's own.

The first line is a comment with the title. Further ones say ``code`` (of the finding or law), ``classes`` (patterns of
the names it is about, else all), ``options`` (parameters of ``__init__`` that it needs), ``upstream`` (threads about
this defect), ``related`` (threads about its cause or its like) and ``found by`` (the command that finds it).
A script ends with status 1 where its defect shows and 0 where not. It may define ``shows(cls)``, which returns what
differs or None: then it is asked of every class. A file that ``inspect-pipe roundtrip`` saved is a reproduction too.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "defects"
SAVED = "# inspect-pipe: "
FIELD = re.compile(r"# (code|law|classes|options|upstream|related|found by): (.+)")


@dataclass(frozen=True, slots=True)
class Defect:
    """``name``: its path in the folder, without ``.py``. ``body``: the script without the lines that are read here."""

    name: str
    path: Path
    title: str
    body: str
    code: str
    classes: tuple[str, ...] = ("*",)
    options: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()


def comma(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def read(path: Path, folder: Path = FOLDER) -> Defect:
    """One script.

    Raises:
        ValueError: its header lacks the title or the code, or a thread is no number.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head, said = lines[:end], dict[str, str]()
    for line in head[1:]:
        if line.startswith(SAVED):
            held = json.loads(line.removeprefix(SAVED))
            said = {"code": held["law"], "classes": held["class"], **said}
        elif field := FIELD.fullmatch(line):
            said["code" if field[1] == "law" else field[1]] = field[2]
    if not head or "code" not in said:
        raise ValueError(f"{path.name} lacks its title or its code, see {Path(__file__).name}")
    threads = {key: comma(said.get(key, "")) for key in ("upstream", "related")}
    if wrong := [t for listed in threads.values() for t in listed if not re.fullmatch(r"#\d+", t)]:
        raise ValueError(f"{path.name}: {wrong[0]} is no thread, write #123")
    return Defect(
        name=path.relative_to(folder).with_suffix("").as_posix(),
        path=path,
        title=head[0].removeprefix("# ").rstrip("."),
        body="\n".join([*(h for h in head[1:] if h.startswith("# Found with")), *lines[end:]]).strip(),
        code=said["code"],
        classes=comma(said.get("classes", "*")),
        options=comma(said.get("options", "")),
        found_by=tuple(shlex.split(said.get("found by", ""))),
        **threads,
    )


def defects(folder: Path = FOLDER) -> list[Defect]:
    """All scripts of a folder and of the folders in it, those at the top first."""
    return [read(path, folder) for path in sorted(folder.rglob("*.py"), key=lambda p: (len(p.parts), p))]
