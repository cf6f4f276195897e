"""What the checks of samplers cost: the whole public matrix against its bare ``set_timesteps`` calls."""

from __future__ import annotations

import sys
import time

MODELS = ("sd15", "sdxl", "sd21-v", "zero-snr", "pixart", "sd3", "flux-dev", "flux-schnell")
STEPS = (1, 2, 5, 10, 20, 25, 30, 50, 100)


def matrix(runs: int = 3) -> tuple[float, float]:
    """Seconds of processor time for the bare calls and for the checks, schedulers reused; the best of several runs.

    The presets of the golden records on the models of their kind; the schedulers are made before the clock starts.
    """
    import json

    import torch

    from inspector.samplers.build import Workshop, call_of, class_of
    from inspector.samplers.models import MODELS as KNOWN
    from inspector.samplers.run import Plan, everything, quiet, run
    from tests.golden import REDUCED

    torch.set_num_threads(1)
    keys = json.loads(REDUCED.read_text(encoding="utf-8"))["presets"]
    subjects = [s for s in everything([KNOWN[m] for m in MODELS]) if s.preset.key in keys]
    run(Plan(subjects[:1], (5,)))  # what is imported on first use
    plain, checked = [], []
    for _ in range(runs):
        shop, held = Workshop(), []
        with quiet():
            for subject in subjects:
                try:
                    made = shop.get(class_of(subject.preset.cls), subject.preset, subject.model, subject.kwargs)
                except NotImplementedError:  # SA-Solver refuses PixArt's algorithm_type
                    continue
                held.append((subject, shop.working(made)))
            start = time.process_time()
            for subject, scheduler in held:
                for n in STEPS:
                    try:
                        scheduler.set_timesteps(**call_of(subject, n))
                    except (ValueError, TypeError):  # LCM at 100 steps; FlowMatchHeun with mu
                        continue
            plain.append(time.process_time() - start)
        start = time.process_time()
        run(Plan(subjects, STEPS, loops=False), shop=shop)
        checked.append(time.process_time() - start)
    return min(plain), min(checked)


if __name__ == "__main__":
    sys.stdout.write("{} {}\n".format(*matrix()))
