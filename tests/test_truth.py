"""Are the findings true? Schedulers are edited in every way people edit them, observed, and compared with the claims.

A representative part runs always. ``INSPECT_PIPE_FULL=1 python -m pytest tests/test_truth.py`` runs the whole product:
every scheduler class × every setting × every kind of edit × what was done before × what was done after (an hour of one
core).
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

diffusers = pytest.importorskip("diffusers")

import inspector.siblings  # noqa: E402
from inspector.model import Finding  # noqa: E402
from inspector.observe import capture  # noqa: E402
from inspector.rules import judge  # noqa: E402
from tests import truth  # noqa: E402

FULL = os.environ.get("INSPECT_PIPE_FULL") == "1"
SAMPLE = {
    "EulerDiscreteScheduler": ("beta_end", "use_karras_sigmas", "timestep_spacing"),
    "DDIMScheduler": ("num_train_timesteps", "clip_sample", "set_alpha_to_one", "trained_betas"),
    "DDPMScheduler": ("variance_type", "beta_schedule"),
    "DDIMParallelScheduler": ("set_alpha_to_one",),
    "CogVideoXDDIMScheduler": ("rescale_betas_zero_snr", "snr_shift_scale"),
    "DPMSolverMultistepScheduler": ("algorithm_type", "lambda_min_clipped", "flow_shift"),
    "DPMSolverSinglestepScheduler": ("solver_order", "lower_order_final"),
    "FlowMatchEulerDiscreteScheduler": ("shift", "num_train_timesteps", "use_karras_sigmas"),
    "UniPCMultistepScheduler": ("solver_order", "prediction_type"),
    "LTXEulerAncestralRFScheduler": ("num_train_timesteps", "eta"),
}
UNSEEN = {
    # Only the timesteps before the first set_timesteps, which a run makes anew, come out otherwise.
    ("SCMScheduler", "num_train_timesteps"),
}  # fmt: skip
"""Changes without any evidence on the object, when the setting was given explicitly before."""


@pytest.fixture(autouse=True)
def without_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector.siblings, "survey", lambda obj, items=None: [])


def serious(obj: Any) -> list[Finding]:
    return [f for f in judge(capture(obj)) if f.severity != "note"]


def cases() -> Iterator[Any]:
    for cls in truth.schedulers():
        if FULL or cls.__name__ in SAMPLE:
            yield pytest.param(cls, id=cls.__name__)


@pytest.mark.parametrize("cls", cases())
def test_claims(cls: Any) -> None:
    wrong = []
    for name, value in truth.settings(cls).items():
        if not FULL and name not in SAMPLE[cls.__name__]:
            continue
        meant = truth.make(cls, **{name: value})
        if FULL or name == SAMPLE[cls.__name__][0]:
            wrong += [f"{name} by keyword: {f.code} {f.message}" for f in serious(meant)]
        reference = truth.behaviour(meant), truth.state(meant)
        for how, before, after in ways():
            try:
                obj = truth.edited(cls, name, value, how, before, after)
            except Exception:  # the class refuses the edit, or the run after it
                continue
            claims = Claims(obj, name, value, how, before, reference)
            wrong += [f"{name} {how} after {before}, then {after}: {w}" for w in claims.wrong()]
    assert not wrong, "\n".join(wrong)


def ways() -> Iterator[tuple[str, str, str]]:
    yield "positional", "nothing", "nothing"
    for how in truth.EDITS:
        for before in truth.BEFORE if FULL else ("nothing", "explicit"):
            for after in truth.AFTER if FULL else ("nothing",):
                yield how, before, after


class Claims:
    """The findings on one edited scheduler, beside what is observed of it."""

    def __init__(self, obj: Any, name: str, value: Any, how: str, before: str, reference: Any) -> None:
        self.obj, self.name, self.value, self.how, self.before = obj, name, value, how, before
        self.cls = type(obj)
        self.meant, self.meant_state = reference
        self.findings = serious(obj)
        self.now = truth.behaviour(obj)
        self.config = vars(obj)["_internal_dict"]

    def wrong(self) -> Iterator[str]:
        yield from self.missed()
        for finding in self.findings:
            for story in (self.said, self.fixed):
                yield from (f"{finding.code} {finding.where}: {w} | {finding.message}" for w in story(finding))

    def missed(self) -> Iterator[str]:
        """Whatever is lost by a swap or a save, or does not act as meant, must be told of this setting."""
        item, attr = self.config.get(self.name), vars(self.config).get(self.name)
        agree = truth.same(item, attr) and self.now == self.meant
        for again in (lambda: self.cls.from_config(copy.deepcopy(self.obj.config)), lambda: truth.saved(self.obj)):
            if agree:
                try:
                    other = again()
                except Exception:
                    agree = False
                    break
                agree = truth.same(other.config.get(self.name), self.value) and truth.behaviour(other) == self.now
        told = any(f.where == f"scheduler.{self.name}" for f in self.findings)
        known = (self.cls.__name__, self.name) in UNSEEN or (self.how == "live" and self.now == self.meant)
        if not agree and not told and not known:
            yield f"not told; findings {[(f.code, f.where) for f in self.findings]}"

    def said(self, finding: Finding) -> Iterator[str]:
        name, text = finding.where.partition(".")[2], finding.message
        item = self.config.get(name)
        if finding.code == "IPC101":
            yield from self.said_of_config(name, item, text)
        elif finding.code == "IPC102" and "raises" not in text:
            if truth.same(self.swapped(name), item):
                yield "from_config keeps it"
        elif finding.code == "IPC106":
            unchanged = truth.behaviour(truth.make(self.cls))
            if self.now != unchanged or (name == self.name and self.meant != unchanged):
                yield "it does something"
        elif finding.code == "IPC107" and name == self.name:
            stale = re.search(r"already computed (.*?) from the old", text)
            now = truth.state(self.obj)
            for derived in stale[1].split(", ") if stale else ():
                if derived in now and now[derived] == self.meant_state.get(derived):
                    yield f"{derived} is as if built with the new value"

    def said_of_config(self, name: str, item: Any, text: str) -> Iterator[str]:
        if "from_config, save_pretrained and repr use" in text and not truth.same(self.swapped(name), item):
            yield f"from_config makes it {self.swapped(name)!r}"
        if "which" not in text and not truth.same(truth.saved(self.obj).config.get(name), item):
            yield "a saved copy has another value"
        alike = copy.deepcopy(self.obj)
        if "the item, so" in text:
            setattr(alike.config, name, item)
        elif "the attribute, so" in text or "reads either" in text:
            alike.config[name] = vars(self.config).get(name)
        conditional = ", until " in text or "takes the whole config" in text
        if not conditional and truth.behaviour(alike) != self.now:
            yield "the other place is read"

    def swapped(self, name: str) -> Any:
        try:
            return self.cls.from_config(copy.deepcopy(self.obj.config)).config.get(name)
        except Exception as error:
            return error

    def fixed(self, finding: Finding) -> Iterator[str]:
        """The line of the fix, executed."""
        if f"  # or {self.name}=" in finding.fix:  # nothing tells which value is the newer: both are offered
            return
        names = {"scheduler": copy.deepcopy(self.obj), self.cls.__name__: self.cls}
        try:
            exec(finding.fix, names)
        except Exception as error:
            yield f"{finding.fix} raises {error!r}"
            return
        new: Any = names["scheduler"]
        places = new.config.get(self.name), vars(new.config).get(self.name)
        if not all(truth.same(p, self.value) for p in places):
            yield f"{finding.fix} gives {places}"
        elif truth.behaviour(new) != self.meant:
            yield f"{finding.fix} acts otherwise"
        yield from (f"{finding.fix} leaves {left.code} {left.message}" for left in serious(new))


def test_one_line_mends_every_edit() -> None:
    scheduler = diffusers.DPMSolverMultistepScheduler(beta_schedule="scaled_linear")
    scheduler.config.use_karras_sigmas = True
    scheduler.config["algorithm_type"] = "sde-dpmsolver++"
    scheduler.config["beta_end"] = 0.012
    scheduler.solver_order = 3
    for finding in serious(scheduler):
        names = {"scheduler": scheduler, "DPMSolverMultistepScheduler": diffusers.DPMSolverMultistepScheduler}
        exec(finding.fix, names)
        made: Any = names["scheduler"]
        wanted = {"use_karras_sigmas": True, "algorithm_type": "sde-dpmsolver++", "beta_end": 0.012, "solver_order": 3}
        assert {k: made.config[k] for k in wanted} == wanted, finding.fix
        assert made.config.beta_schedule == "scaled_linear" and not serious(made)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "UniPCMultistepScheduler", "PNDMScheduler", "LCMScheduler"])
def test_a_run_is_no_finding(name: str) -> None:
    scheduler = getattr(diffusers, name)(num_train_timesteps=1000)
    list(truth.run(scheduler, 6, {}, 1))
    assert not serious(scheduler)
