"""``python -m tests.benchmarks.laws REPORT.md``: each law, the fault seeded for it, and how small its proof became."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path


def page() -> str:
    from importlib.metadata import version

    from inspector.roundtrips.laws import LAWS
    from inspector.roundtrips.search import search
    from tests.faulty import FAULTS
    from tests.test_laws import EXAMPLES

    lines = [
        "# What the laws of `roundtrip` catch",
        "",
        f"Each law is given a scheduler that is right but for one fault (tests/faulty.py), {EXAMPLES} cases, seed 0, "
        f"on diffusers {version('diffusers')}. `make reports` writes this page; tests/test_laws.py holds it.",
        "",
        "| law | seeded fault | caught as | settings and edits | smallest case |",
        "| --- | --- | --- | --- | --- |",
    ]
    for fault in FAULTS:
        found = search(LAWS[fault.law], fault.cls, EXAMPLES, 0)
        trial = next((trial for trial, how in found.new if how.cause == fault.cause), None)
        name = fault.cls.__name__
        if trial is None:
            lines.append(f"| {fault.law} | {name} | **not caught** | | |")
            continue
        size = len(trial.config.kwargs) + len(trial.edits)
        case = "; ".join([repr(trial.config), *map(str, trial.edits)])
        lines.append(f"| {fault.law} {LAWS[fault.law].name} | {name} | {fault.cause} | {size} | `{case}` |")
    shuffled = "a `to_json_string` that walks over a set"
    lines.append(f"| IPR420 {LAWS['IPR420'].name} | {shuffled} | in two processes: tests/test_roundtrip.py | | |")
    lines += ["", "The laws:", ""]
    for code, law in sorted(LAWS.items()):
        about = inspect.cleandoc(law.check.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"- **{code} {law.name}**: {about}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
