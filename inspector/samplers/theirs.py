"""What another project makes under a preset's name: which schedule that is, its sigmas, and its conventions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.samplers import elsewhere
from inspector.samplers.build import Subject
from inspector.samplers.recipes import OPTIONS, Recipe, beta_of, shift_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

PROJECTS = {"a1111": "A1111", "comfyui": "ComfyUI", "k-diffusion": "k-diffusion"}
SPACED = {
    "uniform": "both ends", "normal": "both ends", "sgm_uniform": "N of N+1", "simple": "every nth",
    "ddim": "from one", "ddim_uniform": "from one", "karras": "both ends", "exponential": "both ends",
    "polyexponential": "both ends", "beta": "both ends", "kl_optimal": "both ends",
}  # fmt: skip
"""Schedule -> which timesteps it visits."""
PLAIN = ("uniform", "karras", "exponential", "polyexponential")
"""The schedules of k-diffusion; over a model's levels they are those of A1111, which calls them."""
PUBLISHED = ("AYS", "align_your_steps")


@dataclass(frozen=True, slots=True)
class Theirs:
    """``project``: its key. ``schedule`` and ``sampler``: the names there. ``discard``: one sigma is dropped."""

    project: str
    schedule: str
    sampler: str
    discard: bool

    @property
    def by(self) -> str:
        """Whose code makes the sigmas."""
        return "comfyui" if self.project == "comfyui" else "a1111"


def theirs_of(subject: Subject, project: str) -> Theirs | None:
    """The project's sampler of this name, or None where it has none."""
    preset = subject.preset
    if project == "comfyui":
        if preset.comfy is None:
            return None
        sampler = f"{preset.comfy_sampler or 'sampler'} with {preset.comfy}"
        return Theirs(project, preset.comfy, sampler, preset.comfy_sampler in elsewhere.DISCARDING)
    if preset.a1111 is None or (project == "k-diffusion" and preset.a1111 not in PLAIN):
        return None
    if project == "k-diffusion":
        called = "get_sigmas" if preset.a1111 == "uniform" else f"get_sigmas_{preset.a1111}"
        return Theirs(project, preset.a1111, called, False)
    sampler = f"{preset.names.get('A1111', (preset.name,))[0]} with {preset.a1111}"
    return Theirs(project, preset.a1111, sampler, preset.discard)


def sigmas(subject: Subject, found: Theirs, steps: int) -> Array:
    """The sigmas there, float64, the final one included.

    Raises:
        NoReference: the project does not run such a model.
    """
    import numpy as np

    model = subject.model
    family = "sdxl" if model.name == "sdxl" else "sd1"
    given: dict[str, Any] = {"discard": found.discard, "family": family}
    if found.by == "comfyui":
        return np.array(elsewhere.comfyui(found.schedule, model.config, steps, mu=model.mu, **given))
    return np.array(elsewhere.a1111(found.schedule, model.config, steps, **given))


def recipe(subject: Subject, found: Theirs) -> Recipe | None:
    """The project's schedule as a list of conventions; None for lists of published levels."""
    config, mu = subject.model.config, subject.model.mu
    spaced = SPACED.get(found.schedule)
    if spaced is None:
        return None
    shift = shift_of(config, mu)
    levels = found.schedule if found.schedule in (*OPTIONS.values(), "polyexponential", "kl_optimal") else "times"
    if found.schedule == "beta" and found.by == "comfyui":
        levels = "beta_times"
    if shift is not None and found.schedule in ("normal", "sgm_uniform"):
        spaced = "twice, N" if found.schedule == "normal" else "twice, N of N+1"
    snr = "terminal" if config.get("rescale_betas_zero_snr") else "kept"
    fine = shift is not None and config.get("use_dynamic_shifting")
    beta = (*beta_of(config)[:3], 10000, None) if fine else beta_of(config)
    return Recipe(levels, spaced, between="log", discard=found.discard, snr=snr, beta=beta, shift=shift)


def conventions(subject: Subject, found: Theirs, steps: int) -> str:
    """All that sets the project's schedule apart, in words."""
    known = elsewhere.conventions(found.by, found.schedule, subject.model.config, steps, discard=found.discard)
    return "; ".join(c.says for c in known)


def precision(subject: Subject, found: Theirs) -> float:
    """How closely float64 agrees with what the project computes in float32."""
    return elsewhere.precision(found.by, found.schedule, subject.model.config, mu=subject.model.mu)
