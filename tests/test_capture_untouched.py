"""Looking changes nothing: every scheduler class in four states, and every demo, before and after ``capture``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from inspector import demo
from inspector.model import InspectError
from inspector.observe import capture

pytest.importorskip("torch")

# Importing accelerate and the pipelines sets a warnings filter: before the first look, not during it.
import diffusers  # noqa: E402
import diffusers.pipelines.pipeline_loading_utils  # noqa: E402
import torch  # noqa: E402

from fingerprint import difference, fingerprint, surroundings  # noqa: E402


def scheduler_classes() -> list[Any]:
    from diffusers import SchedulerMixin

    names = [n for n in dir(diffusers) if n.endswith("Scheduler")]
    found = [c for c in (getattr(diffusers, n) for n in names) if isinstance(c, type) and issubclass(c, SchedulerMixin)]
    return sorted(set(found), key=lambda c: c.__name__)


# What a class without defaults for everything is made with.
NEEDED: dict[str, dict[str, Any]] = {
    "AmusedScheduler": {"mask_token_id": 7},
    "VQDiffusionScheduler": {"num_vec_classes": 5},
}


def fresh(cls: Any) -> Any:
    try:
        return cls(**NEEDED.get(cls.__name__, {}))
    except (TypeError, ImportError, ValueError) as error:
        pytest.skip(f"cannot be made with defaults: {error}")


def assert_untouched(obj: Any, **options: Any) -> None:
    before, around = fingerprint(obj), surroundings(obj)
    snapshot = capture(obj, **options)
    assert difference(before, fingerprint(obj)) == {}
    assert difference(around, surroundings(obj)) == {}
    assert snapshot.components
    # And looking has not made the next look see something else.
    assert capture(obj, **options) == snapshot


@pytest.mark.parametrize("cls", scheduler_classes(), ids=lambda c: c.__name__)
def test_a_scheduler(cls: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    scheduler = fresh(cls)
    with caplog.at_level(logging.DEBUG):
        assert_untouched(scheduler)
        assert_untouched(scheduler, fresh=True)
        silent(caplog)
        run(scheduler)
        caplog.clear()  # what the run itself has to say
        assert_untouched(scheduler)
        edit(scheduler)
        assert_untouched(scheduler)
        silent(caplog)
    assert capfd.readouterr().out == ""


def silent(caplog: pytest.LogCaptureFixture) -> None:
    libraries = ("diffusers", "transformers", "inspector", "root")
    assert [r for r in caplog.records if r.name.split(".")[0] in libraries] == []


def run(scheduler: Any) -> None:
    """Two steps, as far as the class takes this call: there is then per-run state to leave alone."""
    sample = torch.ones(1, 4, 8, 8)
    try:
        scheduler.set_timesteps(4)
        for t in list(scheduler.timesteps)[:2]:
            scheduler.step(scheduler.scale_model_input(sample, t), t, sample)
    except Exception:  # noqa: BLE001 (a class that refuses has still been run until then)
        return


def edit(scheduler: Any) -> None:
    """The classic mistakes: one setting changed in the attribute, one in the item, one on the object."""
    names = [n for n in dict.keys(scheduler._internal_dict) if not n.startswith("_")]
    for name, place in zip(names, ("attr", "item", "live"), strict=False):
        if place == "attr":
            setattr(scheduler._internal_dict, name, 7)
        elif place == "item":
            scheduler._internal_dict[name] = 7
        else:
            object.__setattr__(scheduler, name, 7)


def test_the_fingerprint_sees_what_repr_does() -> None:
    scheduler = diffusers.DDIMScheduler()
    before = fingerprint(scheduler)
    repr(scheduler)
    assert difference(before, fingerprint(scheduler))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.betas.add_(0),
        lambda s: setattr(s, "betas", s.betas.clone()),
        lambda s: setattr(s, "_internal_dict", type(s._internal_dict)(s._internal_dict)),
        lambda s: vars(s._internal_dict).update(beta_end=0.5),
        lambda s: s._internal_dict.move_to_end("beta_start"),
        lambda s: s.config.__setattr__("num_train_timesteps", 1000.0),
    ],
    ids=["in place", "replaced tensor", "replaced config", "attribute", "order", "type"],
)
def test_the_fingerprint_sees_small_things(change: Any) -> None:
    scheduler = diffusers.DDIMScheduler()
    before = fingerprint(scheduler)
    change(scheduler)
    assert difference(before, fingerprint(scheduler))


@pytest.mark.parametrize("name", sorted(demo.NAMES))
def test_a_demo(name: str) -> None:
    torch.set_num_threads(1)
    try:
        folder = demo.path(name)
        pipe = demo.live(name) if name in demo.LIVE else loaded(folder)
    except InspectError as error:
        pytest.skip(error.message)
    assert_untouched(pipe)


def loaded(folder: Path) -> Any:
    """The pipeline as the user would have it; where the library cannot load it, as this project builds it."""
    from diffusers import DiffusionPipeline

    code = (folder / "pipeline.py").is_file()
    try:
        return DiffusionPipeline.from_pretrained(folder, local_files_only=True, trust_remote_code=code)
    except (AttributeError, ImportError, ValueError, OSError):
        import tempfile

        from inspector.build import build_folder
        from inspector.lookup import Options
        from inspector.reading import Limits

        with tempfile.TemporaryDirectory() as private:
            return build_folder(folder, Limits(), Path(private), Options()).obj
