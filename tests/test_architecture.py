"""The map in ARCHITECTURE.md holds: three levels, rooms that import only what is named, and light module tops."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "inspector"
FILES = sorted(PACKAGE.rglob("*.py"))
LEVELS = ("bottom", "worker", "door")
COMMANDS = (
    "app",
    "baselines",
    "debugging",
    "environment",
    "experiments",
    "locks",
    "presets",
    "remote",
    "roundtrip",
    "samplers",
    "snapshots",
    "stories",
)
TOP_LEVEL_EXCEPTIONS = {f"cli/{name}.py": {"typer"} for name in COMMANDS} | {
    str(file.relative_to(PACKAGE)): {"pytest"} for file in (PACKAGE / "pytest_plugin").glob("*.py")
}
"""Module tops that import more than the standard library: typer reads the options from the functions themselves, and
the plugin is imported by pytest alone."""

EVERYWHERE = ("print", "sys.exit", "exit", "os._exit")
EXITS = {"script.py": ("print", "sys.exit", "exit")}
"""``watch`` ends the children that the user's script forked, which must not report as well."""

COMMUNITY = ("demo/long_prompt.py", "demo/wildcard.py")
"""Copied into a demo's folder as its pipeline.py and never imported from here."""


def rooms() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Room -> its level, its modules, the rooms it may import, as the table says."""
    found = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] in LEVELS:
            allowed = tuple(r for r in re.split(r",\s*", cells[4]) if r != "–")
            found[cells[1]] = (cells[0], tuple(re.findall(r"`(\w+)`", cells[2])), allowed)
    return found


ROOMS = rooms()
HOME = {module: room for room, (_, modules, _) in ROOMS.items() for module in modules}


def unit(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module named by an import, at the top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "relative imports reach no further than the own package"
            if node.level == 0 and node.module == "inspector":
                yield from (f"inspector.{alias.name}" for alias in node.names)
            elif node.level == 0 and node.module:
                yield node.module


def top(tree: ast.Module) -> ast.Module:
    """What runs when the module is imported: no functions, nothing for the type checker alone."""

    def kept(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
                yield from kept(node.body)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    return ast.Module(list(kept(tree.body)), [])


def test_every_module_has_one_room() -> None:
    units = {unit(f) for f in FILES} - {"__init__"}
    assert units == set(HOME)
    assert len(HOME) == sum(len(modules) for _, modules, _ in ROOMS.values())


def test_levels_only_go_down() -> None:
    for room, (level, _, allowed) in ROOMS.items():
        for other in allowed:
            assert LEVELS.index(ROOMS[other][0]) <= LEVELS.index(level), (room, other)
            assert ROOMS[other][0] != "door"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_stay_within_the_rooms(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    here = unit(file)
    if here == "__init__":
        return
    allowed = {HOME[here], *ROOMS[HOME[here]][2]}
    for name in imports(tree):
        parts = name.split(".")
        if parts[0] == "inspector" and len(parts) > 1 and parts[1] != "__version__":
            assert HOME[parts[1]] in allowed, f"{here} ({HOME[here]}) imports {parts[1]} ({HOME[parts[1]]})"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_module_tops_are_light(file: Path) -> None:
    if str(file.relative_to(PACKAGE)) in COMMUNITY:
        return
    allowed = (
        set(sys.stdlib_module_names) | {"inspector"} | TOP_LEVEL_EXCEPTIONS.get(str(file.relative_to(PACKAGE)), set())
    )
    found = {name.partition(".")[0] for name in imports(top(ast.parse(file.read_text(encoding="utf-8"))))}
    assert found <= allowed


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_modules_stay_readable(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_only_the_command_line_prints_and_exits() -> None:
    for file in FILES:
        if unit(file) in ("cli", "worker", "process") or file.name == "__main__.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in EXITS.get(file.name, EVERYWHERE):
                pytest.fail(f"{file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}")
