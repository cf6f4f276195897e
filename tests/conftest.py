"""What every test shares: no network, and one cache, so that a demo is built once per run however many workers ask."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.pop("FORCE_COLOR", None)
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
# Tiny tensors in several processes: more threads than one only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What a shell starts in the background ignores SIGINT, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# xdist's workers inherit the environment of the process that starts them: the first to come here decides for all.
# The folder outlives the run: demos are keyed by the libraries' versions and by their own source.
if "INSPECT_PIPE_CACHE" not in os.environ:
    os.environ["INSPECT_PIPE_CACHE"] = str(Path(tempfile.gettempdir()) / f"inspect-pipe-tests-{os.getuid()}")

from tests.forked import SERVER, STAND_IN, start

_OPEN = pytest.StashKey[contextlib.ExitStack]()

# What a fuzz draws is the same in every run, so that a run is red for what changed; make test-full draws anew.
settings.register_profile("suite", derandomize=True)
if not os.environ.get("INSPECT_PIPE_FULL"):
    settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """What all test processes use is started once, by the one that starts the others."""
    if hasattr(config, "workerinput"):
        return
    config.stash[_OPEN] = opened = contextlib.ExitStack()
    opened.callback(start(Path(opened.enter_context(tempfile.TemporaryDirectory()))))
    if config.getoption("numprocesses", None) and (missing := demos()):
        building = subprocess.Popen([sys.executable, "-m", "inspector.demo", *missing], stderr=subprocess.DEVNULL)
        opened.callback(building.wait)


# What takes longest a test, or waits for a fixture: first, so that no worker is left alone with it at the end.
LONG = ("test_readme", "test_against", "test_capture_untouched", "test_presets_built", "test_whatif_pipelines")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait, for a server that says nothing or a limit that has to pass."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _OPEN in config.stash:
        config.stash[_OPEN].close()


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that this process starts are forked (tests/forked.py)."""
    if SERVER in os.environ:
        monkeypatch.setattr("inspector.process.subprocess", STAND_IN)
        monkeypatch.setattr("inspector.demo.subprocess", STAND_IN)


def demos() -> list[str]:
    """All that are not there yet: built in one process now, they cost a twentieth of one each when a test asks."""
    from inspector import demo

    return sorted({d.home for d in demo.GALLERY if not (demo.root() / d.home).is_dir()})
