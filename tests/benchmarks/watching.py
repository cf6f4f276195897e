"""``python -m tests.benchmarks.watching``: what watching costs, over a two-step run of ``demo:sd15``."""

from __future__ import annotations

import sys
import time
from typing import Any

LIMIT = 1.5


def main() -> int:
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

    lines = []
    worst = 0.0
    for size in (64, 512):
        run(size), watched(size)
        pairs = [(run(size), watched(size)) for _ in range(7)]
        plain, seen = (min(times) for times in zip(*pairs, strict=True))
        worst = max(worst, seen / plain if size == 512 else 0.0)
        lines.append(f"{size}x{size}: {told(plain)}, watched {told(seen)}, {seen / plain:.2f} times")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(worst > LIMIT)


def told(seconds: Any) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    raise SystemExit(main())
