"""``python -m tests.benchmarks.tracing``: seconds of processor time of the first trace of a process, imports apart."""

from __future__ import annotations

import sys
import time

SD15 = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "clip_sample": False,
}


def main() -> None:
    """Trace SD 1.5's scheduler into Euler; torch has run once before, as in any process that made the object."""
    from diffusers import EulerDiscreteScheduler, PNDMScheduler

    from inspector.tracing.report import report_of
    from inspector.tracing.tasks import trace_of

    obj = PNDMScheduler.from_config(SD15)
    EulerDiscreteScheduler.from_config(obj.config).set_timesteps(20)
    start = time.process_time()
    report = report_of("sd15", trace_of(obj, EulerDiscreteScheduler, []))
    took = time.process_time() - start
    assert report.findings
    sys.stdout.write(f"{took}\n")


if __name__ == "__main__":
    main()
