"""``python -m tests.benchmarks.robustness REPORT.md``: hostile folders, fuzzes and faults, each tried and counted.

MINUTES (of the environment) says how long to fuzz, 3 when it says nothing; ``--corpus`` and ``--faults`` do a part.
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


def faults(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Each experiment whole, with what it is about."""

    def place(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    reading, writing = "Faults while reading", "Faults while writing"
    yield reading, refusing.every_call(place("calls"))
    yield reading, hanging.every_call(place("hangs"))
    yield reading, hanging.in_the_kernel(place("kernel"))
    yield reading, changing.every_read(place("changes"))
    yield reading, changing.exchanged(place("exchanges"), RUNS)
    reports = place("reports")
    yield writing, delivering.every_format(reports)
    yield writing, delivering.in_full(reports)
    yield writing, delivering.by_the_command(reports)
    yield writing, delivering.many_writers(reports, 16, READS)
    yield "Signals", ending.at_random(place("static"), RUNS)
    yield "Signals", ending.at_random(place("built"), RUNS, static=False)
    yield "The worker", dying.every_worker(place("workers"))


def fuzzes(minutes: float, seed: int) -> Iterator[tuple[str, Figure]]:
    name, share = "Fuzzes", minutes * 60 / 3
    yield name, long.of_headers(share, seed)
    yield name, long.of_folders(share)
    yield name, long.of_own(share)


def hostile() -> Iterator[tuple[str, Figure]]:
    """The corpus in both modes, and the weakenings that it must notice."""
    from tests.hostile.figures import figures

    found: dict[str, Any] = figures(tell)
    name = "Hostile folders"
    what = f"{found['cases']} labelled folders of {found['families']} families, {found['benign']} of them harmless"
    runs = Figure(f"{what}, read and built: exit status, codes and all else as labelled", found["runs"])
    runs.broken = list(found["wrong"])
    runs.note = (
        f"{found['executions']} executions, {found['imports']} imports off the table, {found['outside_reads']} reads "
        f"outside, {found['hangs']} hangs, {found['tracebacks']} tracebacks; the slowest "
        f"{found['slowest_static_s']:.1f} s with `--static` and {found['slowest_worker_s']:.1f} s in the worker"
    )
    yield name, runs
    for key in ("executions", "imports", "outside_reads", "hangs", "tracebacks"):
        if found[key]:
            runs.broken.append(f"{found[key]} {key}")
    for key, most in (("slowest_static_s", STATIC), ("slowest_worker_s", BUILT)):
        if found[key] > most:
            runs.broken.append(f"{key}: {found[key]:.1f}")
    mutants = Figure("deliberate weakenings of the guards, each noticed by the corpus", found["mutants"])
    mutants.broken = list(found["survivors"])
    yield name, mutants


def page(rows: list[tuple[str, Figure]], seed: int) -> str:
    packages = ("diffusers", "transformers", "torch", "safetensors", "hypothesis")
    lines = [
        "# What was tried to break it",
        "",
        f"On {date.today()}, Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        + ", ".join(f"{p} {version(p)}" for p in packages)
        + f". `make robustness` writes this page; it fuzzes for {MINUTES:g} minutes (headers from seed {seed} on).",
        "[SECURITY.md](../SECURITY.md) says what is promised; the experiments are in `tests/hostile`, `tests/fuzz` and "
        "`tests/faults`.",
    ]
    before = ""
    for section, figure in rows:
        if section != before:
            lines += [
                "",
                f"## {section}",
                "",
                "| what | tried | as promised | | seen |",
                "| --- | --- | --- | --- | --- |",
            ]
            before = section
        share = f"{100 * figure.held / figure.tried:.4g} %" if figure.tried else f"not here: {figure.skipped}"
        lines.append(f"| {figure.what} | {figure.tried:,} | {figure.held:,} | {share} | {figure.note} |")
    broken = [line for _, figure in rows for line in figure.broken[:20]]
    return "\n".join([*lines, *(["", "## Not as promised", ""] if broken else []), *(f"- {b}" for b in broken), ""])


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
    report.write_text(page(rows, seed), encoding="utf-8")
    return int(any(figure.broken for _, figure in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
