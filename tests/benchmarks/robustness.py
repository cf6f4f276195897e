"""``python -m tests.benchmarks.robustness REPORT.md``: hostile folders, fuzzes and faults, each tried and counted.

MINUTES (of the environment) says how long to fuzz, 3 when it says nothing. ``--corpus`` or ``--faults`` do a part, and
leave what the report says of the other.
"""

from __future__ import annotations

import os
import platform
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from tests import forked
from tests.faults import Figure, changing, delivering, dying, ending, hanging, refusing
from tests.fuzz import long

MINUTES = float(os.environ.get("MINUTES", "3"))
RUNS = 300
READS = 10_000
STATIC, BUILT = 5.0, 20.0
"""The longest that one case may take, in seconds, read only and built."""
HOSTILE, FUZZES, READING, WRITING = "Hostile folders", "Fuzzes", "Faults while reading", "Faults while writing"
SIGNALS, WORKER = "Signals", "The worker"
SECTIONS = (HOSTILE, FUZZES, READING, WRITING, SIGNALS, WORKER)
_HEAD = ("| what | tried | as promised | | seen |", "| --- | --- | --- | --- | --- |")
_TOP = """# What was tried to break it

[SECURITY.md](../SECURITY.md) says what is promised; the experiments are in `tests/hostile`, `tests/fuzz` and
`tests/faults`. `make robustness` tries them all and writes this page."""


def faults(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Each experiment whole, with what it is about."""

    def place(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    yield READING, refusing.every_call(place("calls"))
    yield READING, hanging.every_call(place("hangs"))
    yield READING, hanging.in_the_kernel(place("kernel"))
    yield READING, changing.every_read(place("changes"))
    yield READING, changing.exchanged(place("exchanges"), RUNS)
    reports = place("reports")
    yield WRITING, delivering.every_format(reports)
    yield WRITING, delivering.in_full(reports)
    yield WRITING, delivering.by_the_command(reports)
    yield WRITING, delivering.many_writers(reports, 16, READS)
    yield SIGNALS, ending.at_random(place("static"), RUNS)
    yield SIGNALS, ending.at_random(place("built"), RUNS, static=False)
    yield WORKER, dying.every_worker(place("workers"))


def fuzzes(minutes: float, seed: int) -> Iterator[tuple[str, Figure]]:
    share = minutes * 60 / 3
    yield FUZZES, long.of_headers(share, seed)
    yield FUZZES, long.of_folders(share)
    yield FUZZES, long.of_own(share)


def hostile() -> Iterator[tuple[str, Figure]]:
    """The corpus in both modes, and the weakenings that it must notice."""
    from tests.hostile.figures import figures

    found: dict[str, Any] = figures(tell)
    what = f"{found['cases']} labelled folders of {found['families']} families, {found['benign']} of them harmless"
    runs = Figure(f"{what}, read and built: exit status, codes and all else as labelled", found["runs"])
    runs.broken = list(found["wrong"])
    runs.note = (
        f"{found['executions']} executions, {found['imports']} imports off the table, {found['outside_reads']} reads "
        f"outside, {found['hangs']} hangs, {found['tracebacks']} tracebacks; the slowest "
        f"{found['slowest_static_s']:.1f} s with `--static` and {found['slowest_worker_s']:.1f} s in the worker"
    )
    yield HOSTILE, runs
    for key in ("executions", "imports", "outside_reads", "hangs", "tracebacks"):
        if found[key]:
            runs.broken.append(f"{found[key]} {key}")
    for key, most in (("slowest_static_s", STATIC), ("slowest_worker_s", BUILT)):
        if found[key] > most:
            runs.broken.append(f"{key}: {found[key]:.1f}")
    mutants = Figure("deliberate weakenings of the guards, each noticed by the corpus", found["mutants"])
    mutants.broken = list(found["survivors"])
    yield HOSTILE, mutants


def page(rows: list[tuple[str, Figure]], seed: int, before: str = "") -> str:
    """The report: a section for each part that was tried now, the others as they stood in the report before."""
    packages = ("diffusers", "transformers", "torch", "safetensors", "hypothesis")
    when = (
        f"On {date.today()}, Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        + ", ".join(f"{p} {version(p)}" for p in packages)
    )
    sections = {part.partition("\n")[0]: part.rstrip("\n") for part in before.split("\n## ")[1:]}
    for name in dict.fromkeys(name for name, _ in rows):
        figures = [figure for section, figure in rows if section == name]
        lines = [name, "", f"{when}{f'; headers from seed {seed} on' if name == FUZZES else ''}.", "", *_HEAD]
        lines += [
            f"| {f.what} | {f.tried:,} | {f.held:,} | "
            f"{f'{100 * f.held / f.tried:.4g} %' if f.tried else f'not here: {f.skipped}'} | {f.note} |"
            for f in figures
        ]
        broken = [line for f in figures for line in f.broken[:20]]
        sections[name] = "\n".join(
            [*lines, *(["", "Not as promised:", ""] if broken else []), *(f"- {b}" for b in broken)]
        )
    ordered = [name for name in SECTIONS if name in sections]
    return "\n\n## ".join([_TOP, *(sections[name] for name in ordered)]) + "\n"


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(report: Path, parts: list[str]) -> int:
    """Try everything, write the page, and return 1 when something was not as promised."""
    seed = random.SystemRandom().randrange(1 << 32)
    rows: list[tuple[str, Figure]] = []
    if not parts or "--corpus" in parts:
        for row in hostile():
            rows.append(row)
            tell(f"{row[1].held} of {row[1].tried}: {row[1].what}")
    if not parts or "--faults" in parts:
        with tempfile.TemporaryDirectory() as scratch:
            end = forked.start(Path(scratch))
            try:
                for row in chain(fuzzes(MINUTES, seed), faults(Path(scratch))):
                    rows.append(row)
                    tell(f"{row[1].held} of {row[1].tried}: {row[1].what} {row[1].broken[:3]}")
            finally:
                end()
    report.parent.mkdir(parents=True, exist_ok=True)
    before = report.read_text(encoding="utf-8") if parts and report.exists() else ""
    report.write_text(page(rows, seed, before), encoding="utf-8")
    return int(any(figure.broken for _, figure in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
