"""The strategies on the real classes: what they draw is accepted, varied, and small when it is shrunk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import diffusers
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings

from inspector import strategies
from inspector.model import InspectError
from inspector.strategies import KINDS, Edit, SchedulerConfig, checkable, edits, preset_configs, scheduler_configs
from inspector.strategies.classes import every
from inspector.strategies.configs import drawn
from inspector.strategies.literals import decoded, encoded, source

QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
                 max_examples=30)  # fmt: skip


def many(strategy: Any, examples: int = 30) -> list[Any]:
    drawn: list[Any] = []
    test = settings(QUIET, max_examples=examples)(given(strategy)(lambda one: drawn.append(one)))
    seed(0)(test)()
    return drawn


def test_every_class_is_checkable_or_has_a_reason() -> None:
    can, cannot = checkable()
    assert can.keys() | cannot.keys() == every().keys() and all(cannot.values())
    assert "EulerDiscreteScheduler" in can and len(can) > 40


SOME = sorted(checkable()[0])[:: 1 if os.environ.get("INSPECT_PIPE_FULL") else 7]
"""Every seventh class; all of them with INSPECT_PIPE_FULL=1."""


@pytest.mark.parametrize("name", SOME)
def test_what_is_drawn_is_accepted_and_differs_from_the_defaults(name: str) -> None:
    cls = checkable()[0][name]
    configs = many(scheduler_configs(cls), 10)
    assert all(isinstance(c.build(), cls) for c in configs)
    used = {k for c in configs for k in c.kwargs}
    assert len(used) >= min(3, len(strategies.parameters.varied(cls)))


def test_a_config_is_a_pair_and_its_code_makes_it() -> None:
    for config in many(scheduler_configs(diffusers.UniPCMultistepScheduler)):
        cls, kwargs = config
        assert cls is diffusers.UniPCMultistepScheduler and kwargs == dict(config.kwargs)
        import numpy as np

        made = eval(repr(config), {**vars(diffusers), "np": np})
        assert dict(made.config) == dict(config.build().config)


def test_some_are_passed_by_position() -> None:
    counts = {c.positional for c in many(drawn(diffusers.DDIMScheduler, True), 60)}
    assert counts == {0, 1, 2}


def test_it_shrinks_to_the_settings_that_matter() -> None:
    cls = diffusers.DPMSolverMultistepScheduler
    quiet = settings(QUIET, max_examples=300, phases=(Phase.generate, Phase.shrink))
    smallest = find(drawn(cls), lambda c: c.kwargs.get("use_karras_sigmas") is True, settings=quiet, random=Random(0))
    assert smallest == SchedulerConfig(cls, {"use_karras_sigmas": True})


def test_presets_are_configs_too() -> None:
    configs = many(preset_configs(), 20)
    assert len({c.cls for c in configs}) > 5 and all(c.build() for c in configs)


def test_every_kind_of_edit_is_drawn_and_can_be_done() -> None:
    cls = diffusers.EulerDiscreteScheduler
    found: dict[str, Edit] = {e.kind: e for e in many(edits(cls), 300)}
    assert found.keys() == set(KINDS)
    for edit in found.values():
        assert "scheduler" in str(edit) and edit.apply(cls()).config


def test_without_hypothesis_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(InspectError, match="hypothesis") as told:
        strategies.scheduler_classes()
    assert told.value.exit_code == 2 and "inspect-pipe[roundtrip]" in told.value.hint


def odd_values() -> Iterator[Any]:
    import numpy as np

    yield from (1, 0.5, True, None, "a", [1, 2], (1, 2), (0.5,), float("inf"), np.float32(0.5), np.int64(3))
    yield from (np.linspace(0, 1, 3), np.linspace(0, 1, 3, dtype=np.float32))


@pytest.mark.parametrize("value", odd_values(), ids=source)
def test_a_value_survives_json_and_its_own_source(value: Any) -> None:
    import json

    import numpy as np

    for again in (decoded(json.loads(json.dumps(encoded(value)))), eval(source(value), {"np": np})):
        assert type(again) is type(value) and np.array_equal(again, value)
