"""Explain pages of what `trace` and `blame` find on the way through `from_config`."""

from __future__ import annotations

from inspector.model import Severity
from inspector.rules.registry import documented

_PAGES: tuple[tuple[str, Severity, str, str, str, str], ...] = (
    (
        "IPT701",
        "error",
        "from_config raises",
        "The class refuses the config, or a keyword. The message is the library's own.",
        "`EDMEulerScheduler.from_config({'sigma_max': None})`: it computes with the None.",
        "`EDMEulerScheduler.from_config(config, sigma_max=80.0)`.",
    ),
    (
        "IPT702",
        "warning",
        "a keyword of from_config that comes to nothing",
        "`from_config` returns what the class does not take as unused keywords and says nothing, where the constructor "
        "would raise a TypeError.",
        "`DDIMScheduler.from_config(config, use_karras_sigmas=True)`.",
        "`EulerDiscreteScheduler.from_config(config, use_karras_sigmas=True)`.",
    ),
    (
        "IPT703",
        "warning",
        "a value was dropped, and another default took its place",
        "A name that was not passed by keyword is listed in `_use_default_values`, and `extract_init_dict` takes it "
        "out first. So the new class's default counts, even if the value was changed later or passed without its name.",
        "`EulerDiscreteScheduler.from_config(PNDMScheduler().config)`: timestep_spacing was 'leading', is 'linspace'.",
        "`EulerDiscreteScheduler.from_config(pndm.config, timestep_spacing='leading')`.",
    ),
    (
        "IPT704",
        "warning",
        "after a save and load the same line gives another object",
        "`_use_default_values` is not saved, so a value that is dropped in memory is explicit after a save and load. "
        "It is an error where the line then raises.",
        "`DPMSolverMultistepScheduler.from_config(deis.config)`: raises once deis was saved and loaded.",
        "`DPMSolverMultistepScheduler.from_config(deis.config, algorithm_type='dpmsolver++')`.",
    ),
    (
        "IPT705",
        "warning",
        "a flow schedule is none any more, or lost its shift",
        "Measured: a scheduler of flow matching follows a straight flow from noise to a point. The new one does not, "
        "or has other sigmas.",
        "`UniPCMultistepScheduler.from_config(flow_match.config)`.",
        "the same with `use_flow_sigmas=True, prediction_type='flow_prediction', flow_shift=3.0`.",
    ),
    (
        "IPT706",
        "warning",
        "__init__ makes another value of the one that was passed",
        "The class knows the name but not the value, and replaces it without raising.",
        "`DPMSolverMultistepScheduler.from_config(config, solver_type='bh2')`: becomes 'midpoint'.",
        "`DPMSolverMultistepScheduler.from_config(config, solver_type='midpoint')`.",
    ),
    (
        "IPT707",
        "warning",
        "the value in force would be lost on the next from_config or save",
        "The last hop of the chain wrote a place that `from_config` or `save_pretrained` does not read, or the name is "
        "listed in `_use_default_values` although its value is no default.",
        "`pipe.scheduler.config.use_karras_sigmas = True`.",
        "`pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)`.",
    ),
)

for _code, _severity, _title, _why, _wrong, _right in _PAGES:
    documented(_code, _severity, _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")
