"""One small scheduler for each law, right but for one fault that the law must catch; each fault needs a setting."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDIMScheduler
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import SchedulerMixin


class Plain(SchedulerMixin, ConfigMixin):
    """A scheduler of somebody's own, as simple as one can be."""

    _compatibles = ["DDIMScheduler", "DDPMScheduler"]

    @register_to_config
    def __init__(
        self,
        num_train_timesteps: int = 1000,
        beta_start: float = 0.0001,
        steps_offset: int = 0,
        clip_sample: bool = True,
        trained_betas: list[float] | None = None,
    ) -> None:
        self.betas = torch.linspace(beta_start, 0.02, num_train_timesteps)

    def set_timesteps(self, num_inference_steps: int) -> None:
        self.timesteps = torch.arange(num_inference_steps) + self.config.steps_offset


class LosesOnSave(Plain):
    def to_json_string(self) -> str:
        return json.dumps({**json.loads(super().to_json_string()), "steps_offset": 0})


class LosesOnFromConfig(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        init.pop("clip_sample", None)
        return init, unused, hidden


class Replaces(Plain):
    @register_to_config
    def __init__(self, num_train_timesteps: int = 1000, steps_offset: int = 0) -> None:
        super().__init__(num_train_timesteps=num_train_timesteps, steps_offset=0)


class LosesOnTheWayBack(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        came_from_another = "prediction_type" in config_dict
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        if came_from_another:
            init.pop("beta_start", None)
        return init, unused, hidden


class SavesAnotherValue(Plain):
    def to_json_string(self) -> str:
        data = json.loads(super().to_json_string())
        return json.dumps({**data, "clip_sample": True})


class ChangesWhenSeen(Plain):
    def __repr__(self) -> str:
        self.register_to_config(steps_offset=0)
        return "ChangesWhenSeen"


class SharesItsConfig(Plain):
    def __deepcopy__(self, memo: Any) -> Any:
        return copy.copy(self)


def remade(num_train_timesteps: int) -> Any:
    return ForgetsInPickle(num_train_timesteps=num_train_timesteps)


class ForgetsInPickle(Plain):
    def __reduce__(self) -> Any:
        return remade, (self.config["num_train_timesteps"],)


class LoadsText(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        if init.get("steps_offset"):
            init["steps_offset"] = str(init["steps_offset"])
        return init, unused, hidden


class CountsLoads(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        if init.get("steps_offset"):
            init["steps_offset"] += 1
        return init, unused, hidden


class RemembersItsOrigin(Plain):
    @classmethod
    def from_pretrained(cls, *given: Any, **named: Any) -> Any:
        made = super().from_pretrained(*given, **named)
        made.loaded = True
        return made

    def set_timesteps(self, num_inference_steps: int) -> None:
        super().set_timesteps(num_inference_steps)
        if vars(self).get("loaded") and self.config.steps_offset:
            self.timesteps = self.timesteps + 1


class Drifts(Plain):
    def set_timesteps(self, num_inference_steps: int) -> None:
        super().set_timesteps(num_inference_steps)
        if not self.config.clip_sample:
            self.betas = self.betas * 0.5


class WritesItsConfig(Plain):
    def set_timesteps(self, num_inference_steps: int) -> None:
        super().set_timesteps(num_inference_steps)
        self.register_to_config(clip_sample=True)


class DropsUnknownKeys(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, _ = super().extract_init_dict(config_dict, **kwargs)
        return init, unused, {}


class RegistersHalf(Plain):
    def register_to_config(self, **kwargs: Any) -> None:
        before = dict(vars(self.config)) if hasattr(self, "_internal_dict") else {}
        super().register_to_config(**kwargs)
        for name in before.keys() & kwargs.keys():
            object.__setattr__(self._internal_dict, name, before[name])


class RevertsEdits(Plain):
    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        if "beta_start" in init:
            init["beta_start"] = 0.0001
        return init, unused, hidden


class KnowsItsName(Plain):
    """Right by itself; a class derived from it loses a setting."""

    @classmethod
    def extract_init_dict(cls, config_dict: Any, **kwargs: Any) -> Any:
        init, unused, hidden = super().extract_init_dict(config_dict, **kwargs)
        if cls.__name__ != "KnowsItsName":
            init.pop("steps_offset", None)
        return init, unused, hidden


class ForgetsInCopies(Plain):
    def __deepcopy__(self, memo: Any) -> Any:
        return type(self)(num_train_timesteps=self.config["num_train_timesteps"])


class Shuffles(Plain):
    def to_json_string(self) -> str:
        kept = json.loads(super().to_json_string())
        return json.dumps({name: kept[name] for name in set(kept)} if kept["steps_offset"] else kept)


@dataclass(frozen=True)
class Fault:
    """``cause`` is what the law has to say of it, and does not say of ``Plain``."""

    law: str
    cls: Any
    cause: str


FAULTS = (
    Fault("IPR401", LosesOnSave, "steps_offset differs"),
    Fault("IPR402", LosesOnFromConfig, "clip_sample passed by name"),
    Fault("IPR403", Replaces, "steps_offset: the item differs"),
    Fault("IPR404", LosesOnTheWayBack, "beta_start differs"),
    Fault("IPR405", SavesAnotherValue, "clip_sample was passed and differs"),
    Fault("IPR406", ChangesWhenSeen, "steps_offset differs"),
    Fault("IPR407", SharesItsConfig, "the copy shares its config"),
    Fault("IPR408", ForgetsInPickle, "the item differs after item"),
    Fault("IPR409", LoadsText, "int comes back as str"),
    Fault("IPR411", CountsLoads, "steps_offset differs"),
    Fault("IPR412", RemembersItsOrigin, "timesteps differ"),
    Fault("IPR413", Drifts, "betas differ"),
    Fault("IPR414", WritesItsConfig, "clip_sample: the item changes"),
    Fault("IPR415", DropsUnknownKeys, "a key of the config is lost by from_config"),
    Fault("IPR416", RegistersHalf, "register edit does not reach the attribute"),
    Fault("IPR417", RevertsEdits, "item edit of a setting passed before"),
    Fault("IPR418", KnowsItsName, "a setting of the parent is lost by from_config"),
    Fault("IPR419", ForgetsInCopies, "deepcopy: passed by name is not in the item"),
)
"""The law of the hash seed takes two processes and has a test of its own."""

CLASSES = {fault.cls.__name__: fault.cls for fault in FAULTS} | {"DDIMScheduler": DDIMScheduler}
