"""The readers and writers that source analysis names, against what the real library does when it runs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector import reads
from inspector.model import Read

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

Seen = set[tuple[str, str, str, int]]  # name, place, file, line
Predicted = Callable[[str], tuple[Read, ...]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def places(found: tuple[Read, ...]) -> set[str]:
    return {r.place for r in found}


# -- the truth: every read of a config and of a live setting, as the library runs ------------------------------------

GENERIC = {"configuration_utils.py", "pipeline_utils.py", "modeling_utils.py", "scheduling_utils.py"}


class Recorder:
    """Notes who reads which key of a config, and which live attribute of the same name (design, fact 19)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from diffusers import ConfigMixin, SchedulerMixin, configuration_utils

        self.seen: Seen = set()
        recorder = self

        class RecordingDict(configuration_utils.FrozenDict):  # type: ignore[misc]
            def __getattribute__(self, name: str) -> Any:
                if not name.startswith("_") and dict.__contains__(self, name):
                    recorder.note(name, "config.attr")
                return super().__getattribute__(name)

            def __getitem__(self, key: str) -> Any:
                recorder.note(key, "config.item")
                return super().__getitem__(key)

            def get(self, key: str, default: Any = None) -> Any:
                recorder.note(key, "config.item")
                return super().get(key, default)

            def __contains__(self, key: object) -> bool:
                recorder.note(str(key), "config.item")
                return super().__contains__(key)

        def live(obj: Any, name: str) -> Any:
            if not name.startswith("__") and name in object.__getattribute__(obj, "__dict__"):
                recorder.note(name, "live")
            return object.__getattribute__(obj, name)

        monkeypatch.setattr(configuration_utils, "FrozenDict", RecordingDict)
        monkeypatch.setattr(SchedulerMixin, "__getattribute__", live, raising=False)
        assert issubclass(diffusers.DDIMScheduler, ConfigMixin)

    def note(self, name: str, place: str) -> None:
        frame = sys._getframe(2)
        file = Path(frame.f_code.co_filename)
        if file.name == "configuration_utils.py" and frame.f_code.co_name == "__getattr__" and frame.f_back:
            # The old way, scheduler.k: __getattr__ answers from the item.
            frame, place = frame.f_back, "config.item"
            file = Path(frame.f_code.co_filename)
        if "diffusers" in file.parts and file.name not in GENERIC:
            self.seen.add((name, place, file.name, frame.f_lineno))

    def missed(self, predicted: Predicted, names: set[str]) -> list[tuple[str, str, str, int]]:
        """What was read but not predicted with this file, line and place."""

        def known(name: str, place: str, file: str, line: int) -> bool:
            return any(r.file == file and r.line == line and r.place in (place, "init") for r in predicted(name))

        return sorted(s for s in self.seen if s[0] in names and not known(*s))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def scheduler_classes() -> list[type]:
    from diffusers import SchedulerMixin

    names = [n for n in dir(diffusers) if n.endswith("Scheduler")]
    found = [c for c in (getattr(diffusers, n) for n in names) if isinstance(c, type) and issubclass(c, SchedulerMixin)]
    return sorted(set(found), key=lambda c: c.__name__)


def variants(cls: type) -> Iterator[dict[str, Any]]:
    """The default construction, and one more for each switch."""
    yield {}
    options = {"timestep_spacing": ("trailing", "leading", "linspace"), "prediction_type": ("v_prediction", "sample")}
    options["variance_type"] = ("learned_range", "learned")
    options["algorithm_type"] = ("sde-dpmsolver++", "dpmsolver")
    for name, parameter in inspect.signature(cls.__init__).parameters.items():  # type: ignore[misc]
        for value in (True,) if parameter.default is False else options.get(name, ()):
            yield {name: value}


def exercise(cls: type, kwargs: dict[str, Any]) -> Any:
    """Make a scheduler and drive it through everything a pipeline calls; what it refuses, it refuses."""
    try:
        scheduler: Any = cls(**kwargs)
    except (ValueError, NotImplementedError, TypeError):
        return None
    sample = torch.ones(1, 4, 8, 8)
    for steps in ({"num_inference_steps": 4}, {"num_inference_steps": 4, "mu": 0.5}, {}):
        try:
            scheduler.set_timesteps(**steps)
        except Exception:  # noqa: S112 (any refusal will do: only the reads until then matter)
            continue
        for t in list(getattr(scheduler, "timesteps", ()))[:3]:
            for act in (
                lambda t=t: scheduler.scale_model_input(sample, t),
                lambda t=t: scheduler.step(sample, t, sample),
                lambda t=t: scheduler.step(torch.cat([sample, sample], 1), t, sample),
                lambda t=t: scheduler.add_noise(sample, sample, t.reshape(1)),
                lambda t=t: scheduler.get_velocity(sample, sample, t.reshape(1)),
                lambda: scheduler.init_noise_sigma,
                lambda: len(scheduler),
            ):
                try:
                    act()
                except Exception:  # noqa: S112
                    continue
    return scheduler


@pytest.mark.parametrize("cls", scheduler_classes(), ids=lambda c: c.__name__)
def test_every_read_of_a_running_scheduler_is_predicted(cls: type, recorder: Recorder) -> None:
    made = [s for s in (exercise(cls, kwargs) for kwargs in variants(cls)) if s is not None]
    predicted = reads.class_reads(cls)
    names = {name for scheduler in made for name in scheduler._internal_dict}
    assert recorder.missed(lambda name: predicted.get(name, ()), names) == []
    print("SEEN", cls.__name__, len(recorder.seen), len(made))
