"""What every test shares: no network, and one cache, so that a demo is built once per run however many workers ask."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.pop("FORCE_COLOR", None)
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

# xdist's workers inherit the environment of the process that starts them: the first to come here decides for all.
# The folder outlives the run: demos are keyed by the libraries' versions and by their own source.
if "INSPECT_PIPE_CACHE" not in os.environ:
    os.environ["INSPECT_PIPE_CACHE"] = str(Path(tempfile.gettempdir()) / f"inspect-pipe-tests-{os.getuid()}")
