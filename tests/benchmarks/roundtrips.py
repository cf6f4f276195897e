"""``python -m tests.benchmarks.roundtrips``: the search against a loop over the same cases written by hand."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CLASSES = ("EulerDiscreteScheduler", "DDIMScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler")
EXAMPLES = 300


def by_hand(cases: list[Any]) -> float:
    """Construct, save, load, compare, as one would write it for a list of cases; processor time in seconds."""
    start = time.process_time()
    for cls, kwargs in cases:
        scheduler = cls(**kwargs)
        with tempfile.TemporaryDirectory() as folder:
            scheduler.save_pretrained(folder)
            loaded = cls.from_pretrained(folder)
        for name, value in scheduler.config.items():
            if not name.startswith("_"):
                assert loaded.config[name] == value, name
    return time.process_time() - start


def measured() -> tuple[float, float, int]:
    """Seconds by hand, seconds of the search for law IPR401, and for how many cases: the best of three, in turn."""
    import logging
    import warnings

    import diffusers
    import torch

    from inspector.roundtrips.laws import LAWS
    from inspector.roundtrips.search import search
    from inspector.roundtrips.trial import Trial

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    law, classes = LAWS["IPR401"], [getattr(diffusers, name) for name in CLASSES]
    cases: list[Any] = []
    make = Trial.make

    def keep(self: Trial) -> Any:
        made = make(self)
        cases.append(tuple(self.config))
        return made

    Trial.make = keep  # type: ignore[method-assign]
    for cls in classes:
        search(law, cls, EXAMPLES, 0)
    Trial.make = make  # type: ignore[method-assign]

    def searching() -> float:
        start = time.process_time()
        for cls in classes:
            assert not search(law, cls, EXAMPLES, 0).new
        return time.process_time() - start

    pairs = [(by_hand(cases), searching()) for _ in range(3)]
    return min(a for a, _ in pairs), min(b for _, b in pairs), len(cases)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.stdout.write(" ".join(map(str, measured())) + "\n")
