"""``python -m tests.benchmarks.watching``: what watching costs, over a two-step run of ``demo:sd15``."""

from __future__ import annotations

import json
import sys
import time

LIMITS = {64: 1.25, 512: 1.05}
"""Pixels -> the most that a watched run may take, in times of one that is not. At 64 there is hardly anything to do."""
PAIRS = {64: 15, 512: 7}


def measured() -> tuple[dict[int, tuple[float, float]], float]:
    """Pixels -> CPU seconds of a run that is not watched, and of one that is: the best of several, in turn.

    Returns:
        These, and what a watch takes once, whatever runs in it: to begin and to report.
    """
    import torch
    from diffusers import DiffusionPipeline

    import inspector
    from inspector import demo

    torch.set_num_threads(1)
    pipe = DiffusionPipeline.from_pretrained(demo.path("sd15"))
    pipe.set_progress_bar_config(disable=True)

    def run(size: int) -> float:
        start = time.process_time()
        pipe("a", num_inference_steps=2, height=size, width=size, output_type="latent")
        return time.process_time() - start

    def watched(size: int) -> float:
        with inspector.watch(pipe):
            return run(size)

    def once() -> float:
        start = time.process_time()
        with inspector.watch(pipe):
            pass
        return time.process_time() - start

    found = {}
    for size, pairs in PAIRS.items():
        run(size), watched(size)
        times = [(run(size), watched(size)) for _ in range(pairs)]
        found[size] = (min(plain for plain, _ in times), min(seen for _, seen in times))
    return found, min(once() for _ in range(9))


def main() -> int:
    found, once = measured()
    if "--json" in sys.argv:
        json.dump({"runs": found, "once": once}, sys.stdout)
        return 0
    for size, (plain, seen) in found.items():
        ratio = f"{seen / plain:.2f} times, limit {LIMITS[size]}"
        sys.stdout.write(f"{size}x{size}: {plain * 1000:.0f} ms, watched {seen * 1000:.0f} ms, {ratio}\n")
    sys.stdout.write(f"to begin and to report: {once * 1000:.0f} ms\n")
    return int(any(seen / plain > LIMITS[size] for size, (plain, seen) in found.items()))


if __name__ == "__main__":
    raise SystemExit(main())
