"""``python -m tests.benchmarks.gallery REPORT.md``: every demo with its verdict, findings and seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from inspector.demo import NAMES


def main(report: Path) -> None:
    """Inspect every demo and write the table."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    lines = ["| demo | exit | errors | warnings | notes | skipped | seconds |", "| --- |" + " --- |" * 6]
    for name in NAMES:
        command = [sys.executable, "-m", "inspector"]
        subprocess.run([*command, "demo", name], env=env, stdout=subprocess.DEVNULL, check=False)
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "diff", f"demo:{name}", "-f", "json"], env=env, text=True, capture_output=True, check=False
        )
        seconds = time.perf_counter() - start
        counts = json.loads(done.stdout)["summary"] if done.stdout else {}
        shown = [str(counts.get(k, "–")) for k in ("error", "warning", "note", "skipped")]
        lines.append(f"| demo:{name} | {done.returncode} | {' | '.join(shown)} | {seconds:.1f} |")
        sys.stdout.write(lines[-1] + "\n")
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(
        "# The gallery\n\n`make reports` writes this page.\n\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
