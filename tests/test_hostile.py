"""Hostile folders: every label met in both modes, by every command that takes a SOURCE; and every weakening noticed."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("what is opened is told by the kernel of Linux", allow_module_level=True)

from tests import forked
from tests.hostile.corpus import Case, corpus
from tests.hostile.figures import noticed
from tests.hostile.mutants import MUTANTS, Mutant
from tests.hostile.nursery import Nursery
from tests.hostile.place import begin
from tests.hostile.runner import clean, judged, outputs, watched

FULL = bool(os.environ.get("INSPECT_PIPE_FULL"))
CASES = corpus()
FAMILIES = sorted({c.family for c in CASES})
CHUNK = 30
READ = {
    family: [c for c in CASES if c.family == family and (FULL or not c.heavy)][
        :: 1 if FULL or family == "benign" else 2
    ]
    for family in FAMILIES
}
"""Every second case, and all that must stay clean; all with INSPECT_PIPE_FULL=1 and by make robustness."""
CHUNKS = [
    pytest.param(cases[at : at + CHUNK], id=f"{family}-{at // CHUNK}")
    for family, cases in READ.items()
    for at in range(0, len(cases), CHUNK)
]
SAMPLES = [c for family in FAMILIES for c in CASES if c.family == family and c.during is None and (FULL or c.sample)]
"""Those that are built too."""
COMMANDS: dict[str, list[str]] = {
    "trace": ["trace", "SOURCE", "--into", "EulerDiscreteScheduler"],
    "whatif": ["whatif", "SOURCE", "pipe.scheduler.config.beta_end = 0.5"],
    "call": ["call", "SOURCE"],
    "sigmas": ["sigmas", "Euler", "--model", "SOURCE", "--steps", "4"],
    "snapshot": ["snapshot", "SOURCE", "-o", "OUT/snapshot.json"],
    "lock": ["lock", "SOURCE", "-o", "OUT/lock.toml"],
    "blame": ["blame", "SOURCE", "scheduler.beta_end"],
    "lint": ["presets", "lint", "SOURCE"],
}
"""The other commands that take a SOURCE; ``lint`` takes it for a file of presets."""


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with tempfile.TemporaryDirectory() as folder:
        end = forked.serving(Path(folder))
        made = Nursery()
        yield made
        made.close()
        end()


def test_there_are_as_many_as_were_promised() -> None:
    assert len(CASES) >= 200 and len({c.id for c in CASES}) == len(CASES)
    assert sum(c.family == "benign" for c in CASES) >= 15
    assert len(MUTANTS) >= 30 and {m.family for m in MUTANTS} <= set(FAMILIES)
    assert all(any(c.sample for c in CASES if c.family == family) or family == "special" for family in FAMILIES)


@pytest.mark.parametrize("cases", CHUNKS)
def test_read(cases: list[Case], nursery: Nursery, tmp_path: Path) -> None:
    assert not told(cases, "static", nursery, tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
def test_built(family: str, nursery: Nursery, tmp_path: Path) -> None:
    told([next(c for c in CASES if c.family == "benign")], "worker", nursery, tmp_path)  # the server may start with it
    cases = [c for c in SAMPLES if c.family == family]
    assert not told(cases if FULL else cases[:2], "worker", nursery, tmp_path)


def told(cases: list[Case], mode: str, nursery: Nursery, folder: Path) -> list[str]:
    """What was not met: the case, and what of it."""
    verdicts = [judged(case, mode, nursery, folder) for case in cases]
    return [f"{v.case.id}: {w}" for v in verdicts for w in v.wrong]


# Each family with a command of its own in every run, so that each command meets several; all pairs in the full one
PAIRS = [
    pytest.param(family, command, id=f"{family}-{command}")
    for number, (family, command) in enumerate(itertools.product(FAMILIES, COMMANDS))
    if FULL or number // len(COMMANDS) % len(COMMANDS) == number % len(COMMANDS)
]


@pytest.mark.parametrize(("family", "command"), PAIRS)
def test_other_commands(family: str, command: str, nursery: Nursery, tmp_path: Path) -> None:
    """No label: what a command makes of a folder is its own matter. It ends as the contract says, and is as safe."""
    case = next((c for c in CASES if c.family == family and c.sample), None) or family_first(family)
    place = begin(tmp_path / "case", case.base)
    made = case.make(place)
    source = made if isinstance(made, str) else str(place.model)
    source = str(Path(source) / "model_index.json") if command == "lint" and Path(source).is_dir() else source
    (tmp_path / "out").mkdir()
    words = [w.replace("SOURCE", source).replace("OUT", str(tmp_path / "out")) for w in COMMANDS[command]]
    done, verdict = watched(case, "worker", nursery, place, tmp_path / "out", words)
    wrong = [w for w in (*verdict.wrong, *outputs(tmp_path / "out", done)) if not w.startswith("no ")]
    assert not wrong and done.status in (0, 1, 2, 3), (done.status, wrong, done.err[-800:])
    clean(tmp_path / "case")


def family_first(family: str) -> Case:
    return next(c for c in CASES if c.family == family and c.during is None)


@pytest.mark.parametrize("family", FAMILIES if FULL else ("json", "links", "pickles"))
def test_python(family: str, nursery: Nursery, tmp_path: Path) -> None:
    """``inspector.diff`` of the same folder finds the same."""
    case = next((c for c in CASES if c.family == family and c.sample), None) or family_first(family)
    place = begin(tmp_path / "case", case.base)
    case.make(place)
    (tmp_path / "out").mkdir()
    code = (
        "import inspector, json\n"
        "r = inspector.diff(SOURCE, static=True)\n"
        "print(json.dumps([f.code for f in r.findings if f.severity != 'note']), repr(r).isprintable())\n"
    )
    done, verdict = watched(case, "static", nursery, place, tmp_path / "out", [str(place.model)], call=code)
    assert not verdict.wrong, verdict.wrong
    codes, printable = done.out.split("] ")
    assert frozenset(json.loads(codes + "]")) >= case.static.codes and printable.strip() == "True"


@pytest.mark.parametrize(
    "at", ["code: a conftest.py", "code: a pytest.ini", "links: the index leads to the environment"]
)
def test_the_pytest_plugin(at: str, nursery: Nursery, tmp_path: Path) -> None:
    """Neither what a folder brings for pytest nor what it links to is honoured; a folder that fails fails the run."""
    case = replace(next(c for c in CASES if c.id == at), inside=False)
    place = begin(tmp_path / "case", case.base)
    case.make(place)
    (tmp_path / "out").mkdir()
    code = (
        "import os, sys\nos.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\nimport pytest\n"
        "sys.exit(pytest.main(['-p', 'inspector.pytest_plugin', '-p', 'no:cacheprovider', '--inspect-pipe=' + SOURCE]))"
    )
    done, verdict = watched(case, "worker", nursery, place, tmp_path / "out", [str(place.model)], call=code)
    wrong = [w for w in verdict.wrong if "os.fork" not in w]
    assert not wrong, (wrong, done.out[-500:])
    assert done.status == (1 if case.static.status else 0), done.out[-1500:]


def test_the_command_itself_where_a_folder_brings_its_modules(tmp_path: Path) -> None:
    """The console script, started for real with the hostile folder as its current one."""
    case = next(c for c in CASES if c.id == "code: all of them")
    place = begin(tmp_path / "case", case.base)
    case.make(place)
    script = Path(sys.executable).with_name("inspect-pipe")
    if not script.exists():
        pytest.skip("inspect-pipe is not installed as a command here")
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [script, "diff", ".", "--static"], cwd=place.model, capture_output=True, text=True, env=environ, timeout=60
    )
    assert done.returncode == case.static.status, done.stderr
    assert not place.marker.exists()


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if FULL or m.few], ids=lambda m: m.name)
def test_a_weakening_is_noticed(mutant: Mutant, nursery: Nursery, tmp_path: Path) -> None:
    assert noticed(mutant, tmp_path), "no case notices"


def test_every_weakening_applies() -> None:
    """The text that a mutant replaces is there once; those of the full run too."""
    package = Path(forked.ROOT) / "inspector"
    for mutant in MUTANTS:
        assert mutant.cases()
        for file, old, _ in mutant.patches:
            assert (package / file).read_text().count(old) == 1, (mutant.name, file, old)
