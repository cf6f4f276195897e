"""What one row of the table of presets says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["vp", "flow", "edm"]

SHIFT = "SHIFT"
"""In ``kwargs``: the model's own shift goes here."""
PIPE = "PIPE"
"""In ``call``: the sigmas that diffusers' own flow pipelines pass, from 1 to 1/N in N even steps."""
AYS = "AYS"
"""In ``call``: the ten timesteps of Align Your Steps (Sabour et al. 2024) for the model."""

FLOW: Mapping[str, Any] = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": SHIFT}
"""What a class of the DPM family needs on a flow model; sdnext modules/sd_samplers_diffusers.py sets these."""

SDNEXT = "sdnext modules/sd_samplers_diffusers.py, the options of its settings page at their defaults"
SDNEXT_MODEL = ("beta_start", "beta_end", "beta_schedule", "prediction_type")
"""What SD.Next takes over from the model's own scheduler; num_train_timesteps it sets itself."""
SDNEXT_FLOW: Mapping[str, Any] = {"use_flow_sigmas": True}
"""What SD.Next adds on a flow model; prediction type and shift are in the rows."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One sampler as people name it, and the diffusers scheduler that stands for it.

    ``cls.from_config(model_config, **kwargs)`` makes it where ``built`` is ``from_config``. Where it is
    ``constructor``, ``cls(**kwargs)`` does, and of the model's config only the keys in ``inherits`` come in.

    ``kind``: ``vp`` for models with betas (Stable Diffusion), ``flow`` for flow matching, ``edm`` for models without
    betas that train on sigmas. ``order``: of the solver, None where steps add noise. ``stochastic``: whether a step
    adds noise. ``names``: project -> what it is called there, a label of its menu or a name of its API.
    ``a1111`` and ``comfy``: the schedule of the sigmas there; ``discard``: A1111 drops the last sigma but one;
    ``comfy_sampler``: the sampler there. ``call``: keywords for ``set_timesteps``. ``flow``: the kwargs it needs beside
    its own on a flow model, None when it cannot do flow. ``source``: where the mapping is from. ``note``: what
    the mapping does not carry over.
    ``own``: a class that derives from ``cls`` and takes its place, of a table in the user's own code.
    """

    key: str
    name: str
    cls: str
    kwargs: Mapping[str, Any]
    kind: Kind = "vp"
    order: int | None = None
    stochastic: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    a1111: str | None = None
    discard: bool = False
    comfy: str | None = None
    comfy_sampler: str | None = None
    call: Mapping[str, Any] = field(default_factory=dict)
    flow: Mapping[str, Any] | None = None
    source: str = ""
    note: str = ""
    built: Literal["from_config", "constructor"] = "from_config"
    inherits: tuple[str, ...] = ()
    own: Any = None

    @property
    def shown(self) -> str:
        """The name of the class that is made."""
        return self.cls if self.own is None else str(self.own.__name__)
