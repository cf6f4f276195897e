"""The figures of the corpus: every case in both modes, and every mutant."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.hostile.corpus import Case, corpus
from tests.hostile.mutants import MUTANTS, Mutant, copied
from tests.hostile.nursery import Nursery
from tests.hostile.runner import Verdict, judged


def figures(tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Run everything; what SECURITY.md and reports/robustness.md say of it.

    Args:
        tell: told what is being done.
    """
    from inspector.classes import cache_dir
    from tests import forked

    os.environ.setdefault("INSPECT_PIPE_CACHE", str(cache_dir()))  # the one place outside that is read and written
    cases = corpus()
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        open_.callback(forked.serving(folder))
        nursery = Nursery()
        open_.callback(nursery.close)
        found: dict[str, list[Verdict]] = {}
        for mode in ("static", "worker"):
            tell(f"{len(cases)} cases, {mode}")
            found[mode] = list(run(cases, mode, nursery, folder))
        tell(f"{len(MUTANTS)} mutants")
        caught = [m.name for m in MUTANTS if noticed(m, folder)]
    every = [v for verdicts in found.values() for v in verdicts]
    return {
        "cases": len(cases),
        "families": len({c.family for c in cases}),
        "benign": sum(c.family == "benign" for c in cases),
        "runs": len(every),
        "labels_met": sum(not v.wrong for v in every),
        "executions": sum(v.executions for v in every),
        "imports": sum(v.imports for v in every),
        "outside_reads": sum(v.outside for v in every),
        "hangs": sum(v.hung for v in every),
        "tracebacks": sum(v.traceback for v in every),
        "slowest_static_s": max(v.seconds for v in found["static"]),
        "slowest_worker_s": max(v.seconds for v in found["worker"]),
        "mutants": len(MUTANTS),
        "mutants_caught": len(caught),
        "wrong": [f"{v.mode} {v.case.id}: {w}" for v in every for w in v.wrong],
        "survivors": [m.name for m in MUTANTS if m.name not in caught],
    }


def run(cases: Iterable[Case], mode: str, nursery: Nursery, folder: Path) -> Iterable[Verdict]:
    """The verdicts on cases, one after the other."""
    for case in cases:
        if mode == "static" or case.during is None:
            with tempfile.TemporaryDirectory(dir=folder) as name:
                yield judged(case, mode, nursery, Path(name))


def noticed(mutant: Mutant, folder: Path) -> list[str]:
    """What the corpus says of a weakened copy; nothing when it does not notice."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        nursery = Nursery(copied(Path(name), mutant.patches))
        try:
            for verdict in run(mutant.cases(), mutant.mode, nursery, folder):
                if verdict.wrong:
                    return [f"{verdict.case.id}: {w}" for w in verdict.wrong]
        finally:
            nursery.close()
    return []
