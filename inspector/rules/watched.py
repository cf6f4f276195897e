"""Explain pages of what ``inspect-pipe watch`` finds while a script runs."""

from __future__ import annotations

from inspector.model import Severity
from inspector.rules.registry import documented

_PAGES: tuple[tuple[str, Severity, str, str, str, str], ...] = (
    (
        "IPW701",
        "warning",
        "written, and nothing read it",
        "From that line to the end of the run no code read the setting from the place it was written to, nor from any "
        "other; or it was overwritten before any did; or `from_config` dropped it. A note where the library wrote it.",
        "`pipe.requires_safety_checker = False`, which only gates a warning in `__init__`.",
        "`pipe.safety_checker = None`.",
    ),
    (
        "IPW702",
        "error",
        "read from another place than it was written to",
        "The config holds each key as item and as attribute, and the object may hold it once more; a write reaches one "
        "of them. In this run code read another one, and got another value. A warning where other code did see it.",
        '`scheduler.config["timestep_spacing"] = "trailing"`; `set_timesteps` reads the attribute.',
        '`scheduler = EulerDiscreteScheduler.from_config(scheduler.config, timestep_spacing="trailing")`.',
    ),
    (
        "IPW703",
        "warning",
        "read, but from_config or save takes another value",
        "The object itself follows the new value; what `from_config` makes of its config, or what is saved, does not.",
        "`scheduler.config.use_karras_sigmas = True`, then `UniPCMultistepScheduler.from_config(scheduler.config)`.",
        "`UniPCMultistepScheduler.from_config(scheduler.config, use_karras_sigmas=True)`.",
    ),
    (
        "IPW704",
        "warning",
        "a keyword that the class does not take",
        "`from_config`, and a scheduler's `from_pretrained`, drop without a word what `__init__` does not take.",
        "`DDIMScheduler.from_config(config, use_karras_sigmas=True)`.",
        "`DPMSolverMultistepScheduler.from_config(config, use_karras_sigmas=True)`.",
    ),
    (
        "IPW705",
        "warning",
        "a component that saving will lose",
        "The slot was empty when the pipeline was made, so the config says `(None, None)`, and an assignment leaves "
        "that: the component runs, and `save_pretrained` leaves it out.",
        "`pipe.safety_checker = checker`, where there was none.",
        "`pipe.register_modules(safety_checker=checker)`.",
    ),
    (
        "IPW706",
        "warning",
        "an argument that was given and never used",
        "`__call__` was given something other than the default, and no line that ran used it; `check_inputs` does not "
        "count. Often another argument switches it on.",
        '`pipe(prompt, callback_on_step_end_tensor_inputs=["latents"])` without a callback.',
        '`pipe(prompt, callback_on_step_end=look, callback_on_step_end_tensor_inputs=["latents"])`.',
    ),
    (
        "IPW707",
        "note",
        "the library changed a setting",
        "A method of the library wrote the setting while the script ran; the change stays for the runs after it.",
        "`scheduler.set_timesteps(20, mu=1.15)`, and then without `mu` for another image.",
        "`mu` each time, or a scheduler for each.",
    ),
    (
        "IPW708",
        "error",
        "computed from a component that was replaced",
        "`__init__` computed the attribute once; the component that was assigned since would make it another.",
        "`pipe.vae = other_vae`, with another number of blocks: images come out in another size.",
        "`pipe = StableDiffusionPipeline(**{**pipe.components, 'vae': other_vae})`.",
    ),
)
for _code, _severity, _title, _why, _wrong, _right in _PAGES:
    documented(_code, _severity, _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")
