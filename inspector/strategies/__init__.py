"""Hypothesis strategies over the real scheduler classes of the installed diffusers, for anyone's property tests.

    from hypothesis import given
    from inspector.strategies import scheduler_configs

    @given(scheduler_configs())
    def test_mine(config):
        cls, kwargs = config
        assert cls(**kwargs).config is not None

Needs hypothesis: ``pip install inspect-pipe[roundtrip]``.
"""

from __future__ import annotations

from inspector.strategies.classes import checkable, scheduler_classes
from inspector.strategies.configs import SchedulerConfig, preset_configs, scheduler_configs
from inspector.strategies.edits import KINDS, Edit, edits

__all__ = [
    "KINDS",
    "Edit",
    "SchedulerConfig",
    "checkable",
    "edits",
    "preset_configs",
    "scheduler_classes",
    "scheduler_configs",
]
