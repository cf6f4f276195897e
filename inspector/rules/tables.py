"""Explain pages of what is found in a table of presets rather than by a rule over one of them."""

from __future__ import annotations

from inspector.rules.registry import documented

documented(
    "IPS317",
    "warning",
    "two presets of a table are one sampler",
    """
    Both were made on the same models and run: sigmas, timesteps and every sample of a short run are equal, bit for bit.
    Whoever chooses between the two names chooses nothing. Most often an option of one of them has a name that its class
    does not take (IPS308), or one that has no effect (IPS309).

    wrong: `{"DPM++ 2M": (DPMSolverMultistepScheduler, {}), "DPM++ 2M Karras": (DPMSolverMultistepScheduler,
    {"use_karras": True})}`, for the option is called `use_karras_sigmas`.
    right: `{"DPM++ 2M": (DPMSolverMultistepScheduler, {}), "DPM++ 2M Karras": (DPMSolverMultistepScheduler,
    {"use_karras_sigmas": True})}`.
    """,
)
