"""Where to stop for one setting: the lines that read it, drop it, write it, each one at which a debugger can stop.

Everything is read from the source: nothing of the library is imported. A line is one that the compiled code has, or
the last such line before it, which is what debugpy would move the breakpoint to.
"""

from __future__ import annotations

import ast
import dis
import os
import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import CodeType
from typing import Any

from inspector import classes
from inspector.debugging.entry import only
from inspector.debugging.jsonc import lines_of
from inspector.debugging.session import first_line
from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.reads import index
from inspector.reads.names import CONFIGS

GENERIC = {"ConfigMixin", "SchedulerMixin", "ModelMixin", "DiffusionPipeline", "PushToHubMixin"}
"""Bases that read every config alike."""
_KEY = re.compile(r"[A-Za-z_]\w{0,99}")


@dataclass(frozen=True, slots=True)
class Break:
    """One line to stop at. ``what``: read, dropped or written; ``condition`` narrows it to the setting."""

    what: str
    file: str
    line: int
    function: str
    condition: str = ""
    place: str = ""
    source: str = ""

    @property
    def pdb(self) -> str:
        return f"b {self.file}:{self.line}" + (f", {self.condition}" if self.condition else "")


def breaks(key: str, names: Sequence[str] = (), tell: Callable[[str], None] = lambda message: None) -> list[Break]:
    """The lines for one setting.

    Args:
        key: the setting.
        names: the classes whose code counts; all of the library when empty.
        tell: told of what is being looked through.

    Raises:
        InspectError: no code knows the setting (exit status 2), or the library is not installed.
    """
    root = library()
    if not _KEY.fullmatch(key):
        raise InspectError(f"{key!r} is no name of a setting", hint="use_karras_sigmas, say", exit_code=EXIT_USAGE)
    tell("looking through the library")
    found = list(dict.fromkeys(of_classes(key, names) if names else of_library(key, root)))
    if not found:
        whose = f"the code of {', '.join(names)}" if names else "no code of diffusers"
        message = f"{whose} {'neither reads nor writes' if names else 'reads or writes'} {key!r}"
        raise InspectError(
            message, hint="is it spelled so? leave the class out to look everywhere", exit_code=EXIT_USAGE
        )
    return [*(b for b in found if b.what == "read"), *dropped(key, root), *written(key, root, found)]


def library() -> Path:
    """The folder of the installed library.

    Raises:
        InspectError: it is not installed.
    """
    root = classes.home("diffusers")
    if root is None:
        raise InspectError("diffusers is not installed", hint="pip install diffusers")
    return root


def of_classes(key: str, names: Sequence[str]) -> Iterator[Break]:
    """What the code of these classes does with it, and that of their bases."""
    seen: set[tuple[str, str]] = set()
    queue = [info for name in names if (info := classes.find("diffusers", name)) is not None]
    while queue:
        info = queue.pop(0)
        base = classes.home(info.library)
        if (info.name, info.file) in seen or info.name in GENERIC or base is None:
            continue
        seen.add((info.name, info.file))
        file = str(base.parent / info.file)
        known = index.facts(file) or {"classes": {}}
        yield from of_functions(key, file, known["classes"].get(info.name, {"functions": {}})["functions"], live=True)
        queue += [b for b in (classes.find(info.library, name) for name in info.bases) if b is not None]


def of_library(key: str, root: Path) -> Iterator[Break]:
    """What any code of the library does with a config's setting of this name."""
    word = re.compile(rf"\b{key}\b")
    for path in sorted(root.rglob("*.py")):
        if word.search(path.read_text(encoding="utf-8", errors="replace")):
            known = index.facts(str(path)) or {"classes": {}, "functions": {}}
            for name, cls in known["classes"].items():
                if name not in GENERIC:
                    yield from of_functions(key, str(path), cls["functions"], live=False, owner=f"{name}.")
            yield from of_functions(key, str(path), known["functions"], live=False)


def of_functions(
    key: str, file: str, functions: dict[str, list[dict[str, Any]]], *, live: bool, owner: str = ""
) -> Iterator[Break]:
    for name, definitions in functions.items():
        for facts in definitions:
            stored = {line for path, line, _how in facts["stores"] if place_of(path, key, live=live)}
            for path, *_, line, _how in facts["loads"]:  # self.k = k is told as a write alone
                if line not in stored and (place := place_of(path, key, live=live)):
                    yield placed("read", file, line, f"{owner}{name}", place=place)
            for path, line, _how in facts["stores"]:
                if place := place_of(path, key, live=live):
                    yield placed("written", file, line, f"{owner}{name}", place=place)


def place_of(path: str, key: str, *, live: bool) -> str:
    """From where a dotted path takes the setting; empty where it does not."""
    parts = path.split(".")
    for before, part in pairwise(parts):
        if before in CONFIGS or before == "%copy":
            if part == key:
                return "config.attr"
            if part == f"[{key}":
                return "config.item"
    return "live" if live and parts[:2] == ["self", key] else ""


def dropped(key: str, root: Path) -> Iterator[Break]:
    """The beginning of ``extract_init_dict``, where the setting comes in, and its end, if it does not come out."""
    file = root / "configuration_utils.py"
    function = method(file, "ConfigMixin", "extract_init_dict")
    if function is None:
        return
    config = function.args.args[1].arg
    line = first_line(tree_of(file), "ConfigMixin", "extract_init_dict")
    if line is not None:
        label = "ConfigMixin.extract_init_dict"
        yield placed("dropped", str(file), line, label, condition=f"{key!r} in {config}")
        ends = [n for n in ast.walk(function) if isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple)]
        for end in ends[-1:]:
            assert isinstance(end.value, ast.Tuple)
            kept = end.value.elts[0]
            if isinstance(kept, ast.Name):
                yield placed("dropped", str(file), end.lineno, label, condition=f"{key!r} not in {kept.id}")


def written(key: str, root: Path, found: Sequence[Break]) -> Iterator[Break]:
    """Where the library's own machinery writes it, and the assignments that were found."""
    config, pipeline = root / "configuration_utils.py", root / "pipelines" / "pipeline_utils.py"
    for file, cls, name in (
        (config, "ConfigMixin", "register_to_config"),
        (config, "FrozenDict", "__setattr__"),
        (config, "FrozenDict", "__setitem__"),
        (pipeline, "DiffusionPipeline", "__setattr__"),
    ):
        function = method(file, cls, name)
        line = None if function is None else first_line(tree_of(file), cls, name)
        if function is not None and line is not None:
            given = function.args.kwarg
            condition = f"{key!r} in {given.arg}" if given is not None else f"{function.args.args[1].arg} == {key!r}"
            yield placed("written", str(file), line, f"{cls}.{name}", condition=condition)
    yield from (b for b in found if b.what == "written")


def placed(what: str, file: str, line: int, function: str, *, condition: str = "", place: str = "") -> Break:
    """The breakpoint at a line that runs, with its source."""
    lines = sorted(running(file))
    at = max((n for n in lines if n <= line), default=line)
    text = Path(file).read_text(encoding="utf-8").splitlines()
    return Break(what, file, at, function, condition, place, text[at - 1].strip() if at <= len(text) else "")


@cache
def running(file: str) -> frozenset[int]:
    """The lines of a file that its compiled code has; it is compiled, not run."""

    def lines(code: CodeType) -> Iterator[int]:
        yield from (line for _, line in dis.findlinestarts(code) if line)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from lines(constant)

    source = Path(file).read_text(encoding="utf-8")
    return frozenset(lines(compile(source, file, "exec", dont_inherit=True)))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def method(file: Path, cls: str, name: str) -> ast.FunctionDef | None:
    if not file.is_file():
        return None
    functions: list[ast.FunctionDef] = []
    for owner in tree_of(file).body:
        if isinstance(owner, ast.ClassDef) and owner.name == cls:
            functions += [f for f in owner.body if isinstance(f, ast.FunctionDef) and f.name == name]
    return functions[-1] if functions else None


def report_of(key: str, source: str = "", tell: Callable[[str], None] = lambda message: None) -> Report:
    """The lines, in every form that somebody can use.

    Args:
        key: the setting.
        source: ``class:NAME``, or any SOURCE whose classes count; the whole library when empty.
        tell: told of what is being done.

    Raises:
        InspectError: nothing knows the setting, or the source cannot be read.
    """
    found = breaks(key, names_of(source, tell), tell)
    root = library()
    by_file: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        at = {"line": one.line, **({"condition": one.condition} if one.condition else {})}
        if at not in by_file.setdefault(one.file, []):
            by_file[one.file].append(at)
    entry = {
        "name": f"Python: stop at {key}",
        "type": "debugpy",
        "request": "launch",
        "program": "${file}",
        "console": "integratedTerminal",
        "justMyCode": False,
        "rules": only([str(root)], [str(root.parent)], [sysconfig.get_path("stdlib")], os.name == "nt"),
    }
    comments = [f"// {b.file}:{b.line}" + (f"   {b.condition}" if b.condition else "") for b in found]
    data = {
        "command": "debug break",
        "key": key,
        "breakpoints": [asdict(b) for b in found],
        "pdb": list(dict.fromkeys(b.pdb for b in found)),
        "setBreakpoints": [{"source": {"path": f}, "breakpoints": b} for f, b in by_file.items()],
        "configuration": entry,
        "configuration_text": [*dict.fromkeys(comments), *lines_of(entry, "    ")],
        "answer": {"line": f"{len(found)} lines to stop at for {key}", "severity": "clean"},
    }
    return Report(
        source.removeprefix("class:") or "diffusers", {"diffusers": classes.version("diffusers") or ""}, data=data
    )


def names_of(source: str, tell: Callable[[str], None]) -> list[str]:
    """The classes of a source that the library has."""
    if not source:
        return []
    if source.startswith("class:"):
        classes.require(source.removeprefix("class:"))
        return [source.removeprefix("class:")]
    from inspector import snapshots

    snapshot = snapshots.take(source, static=not source.startswith("py:"), progress=tell)
    names = [c.cls for c in snapshot.components if classes.find("diffusers", c.cls) is not None]
    if not names:
        raise InspectError(f"{source} names no class of diffusers", hint="give a pipeline or a component of one")
    return list(dict.fromkeys(names))
