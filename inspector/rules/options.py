"""The options of a sampler, its devices, and what other projects make of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding, Severity
from inspector.rules.grids import number
from inspector.rules.registry import Series, at_steps, finding, sampler_rule

_SPACING = ("timestep_spacing", "steps_offset")
_PROJECTS = {"a1111": "A1111", "comfyui": "ComfyUI", "k-diffusion": "k-diffusion"}
_NOTED = 1e-3
"""A difference from another project that no eye sees."""


@sampler_rule("IPS305", "warning", "on another device or dtype than asked")
def misplaced(series: Series) -> Iterator[Finding]:
    """
    `set_timesteps(device=...)` puts timesteps on the device; sigmas stay on the host in most classes (an index into
    them on the device would wait for it) and go along in the flow-matching ones. Each class has its own dtype for
    timesteps: int64, float32, or float64. What is elsewhere makes the loop copy at every step, or raise.

    wrong:
    ```python
    import inspector
    from diffusers import EulerDiscreteScheduler
    class Off(EulerDiscreteScheduler):
        def set_timesteps(self, *given, **named):
            super().set_timesteps(*given, **named)
            self.sigmas = self.sigmas.double()
    obj = inspector.check_preset(Off.from_config({"beta_schedule": "scaled_linear"}), steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler", model="sd15", steps=20, device="simulated")
    ```
    """
    rows = series.having(lambda r: r["misplaced"])
    if rows:
        name, seen = next(iter(rows[0]["misplaced"].items()))
        there, kind = seen["wanted"]
        said = f"{at_steps(rows)}: {name} are {seen['dtype']} on {seen['device']}, not {kind} on {there}"
        yield finding("IPS305", series.where, said, "report it to diffusers, with the device")


@sampler_rule("IPS306", "error", "two devices give different sigmas")
def devices_differ(series: Series) -> Iterator[Finding]:
    """
    Sigmas are computed on the host, so that they are the same bit for bit whatever device is asked for; what a device
    computes from them may differ by a few roundings. Going to a device and back must change nothing. Without a GPU a
    simulated device is used, which raises where a real one would.

    wrong:
    ```python
    import inspector
    from diffusers import EulerDiscreteScheduler
    class Off(EulerDiscreteScheduler):
        def set_timesteps(self, num_inference_steps, device=None):
            super().set_timesteps(num_inference_steps, device=device)
            self.sigmas = self.sigmas * (1.0 if device in (None, "cpu") else 1.01)
    obj = inspector.check_preset(Off.from_config({"beta_schedule": "scaled_linear"}), steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler", model="sd15", steps=20)
    ```
    """
    seen = series.first["moved"]
    if seen is None:
        return
    if seen["raised"]:
        said = f"moved to the device ({seen['device']}) set_timesteps raises {seen['raised']}"
        yield finding("IPS306", series.where, said, "set_timesteps(device='cpu')")
    elif not seen["there"]:
        said = f"on the device ({seen['device']}) the sigmas are others than on the host"
        yield finding("IPS306", series.where, said, "set_timesteps(device='cpu')")
    elif not seen["same"]:
        said = f"after a visit to the device ({seen['device']}) the host's sigmas are not what they were"
        yield finding("IPS306", series.where, said, "make a new scheduler for each device")


@sampler_rule("IPS308", "warning", "a preset passes a key its class does not take")
def unknown_key(series: Series) -> Iterator[Finding]:
    """
    `from_config` drops what the class does not take, without a word at any log level. `use_karras_sigmas` on Euler a
    is the best known one: the preset is called Karras and runs on the plain grid.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("Euler a Karras", model="sd15", steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler Karras", model="sd15", steps=20)
    ```
    """
    row = series.first
    for seen in (row["options"] or {}).get("unknown", ()):
        near = f"did you mean {seen['near']}?" if seen["near"] else f"leave {seen['key']} out, or choose another class"
        said = f"{seen['key']}={seen['value']!r} is not taken by {row['class']}: it is dropped without a word"
        yield finding("IPS308", series.where, said, near)


@sampler_rule("IPS309", "note", "an option that changes nothing")
def inert_option(series: Series) -> Iterator[Finding]:
    """
    The scheduler was made without the option, and sigmas, timesteps and every step of a short run were the same bit
    for bit. In a table of your own, an option that has the value it would have anyway is told too.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("Euler", model="sd15", steps=20, steps_offset=3)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler leading", model="sd15", steps=20, steps_offset=3)
    ```
    """
    row = series.first
    for seen in (row["options"] or {}).get("inert", ()):
        if seen["already"] and not row["yours"]:
            continue
        why = "it has that value anyway" if seen["already"] else "sigmas, timesteps and steps are the same without it"
        said = f"{seen['key']}={seen['value']!r} changes nothing: {why}"
        yield finding("IPS309", series.where, said, f"leave {seen['key']} out")


@sampler_rule("IPS312", "warning", "a setting of the model is lost on the way to this class")
def lost_setting(series: Series) -> Iterator[Finding]:
    """
    The model's config has a setting that changes the noise levels in the model's own class, and this class does not
    take it: `rescale_betas_zero_snr` in nine classes, `shift` of a flow model in DPM++ and UniPC (which call it
    `flow_shift`), `sigma_max` of a video model. The run uses levels that the model was not trained for. A spacing that
    the class does not know is a note.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DEIS", model="zero-snr", steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler", model="zero-snr", steps=20)
    ```
    """
    row = series.first
    for seen in (row["options"] or {}).get("lost", ()):
        said = f"{seen['key']}={seen['value']!r} of the model's {seen['owner']} is not read by {row['class']}"
        note = seen["key"] in _SPACING
        fix = f"flow_shift={seen['value']!r}" if seen["key"] == "shift" and row["kwargs"].get("use_flow_sigmas") else ""
        fix = fix or f"another class: one that takes {seen['key']}"
        yield finding("IPS312", series.where, said, fix, severity="note" if note else None)


@sampler_rule("IPS316", "warning", "another project's sampler of this name has other sigmas")
def elsewhere(series: Series) -> Iterator[Finding]:
    """
    `--against a1111`, `comfyui` or `k-diffusion` compares with the sigmas that project makes under the same name, and
    names the convention that makes the difference: it is named only if applying it makes the numbers agree. A
    difference below 0.1% is a note.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M", model="sd15", steps=20, against="a1111")
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M Karras", model="sd15", steps=20, against="a1111")
    ```
    """
    rows = series.having(lambda r: r["against"] and r["against"]["verdict"] == "differ")
    for reason in dict.fromkeys(r["against"]["reason"] for r in rows):
        mine = [r for r in rows if r["against"]["reason"] == reason]
        most = max((float(r["against"]["relative"]) for r in mine if r["against"]["relative"] is not None), default=1.0)
        seen = mine[0]["against"]
        name, closest = f"{_PROJECTS[seen['name']]}'s {seen['sampler']}", seen["closest"]
        by = "" if most == float("inf") else f" by up to {number(most * 100)}%"
        fix = closest["text"] if closest else ""
        severity: Severity | None = "note" if most < _NOTED else None
        yield finding("IPS316", series.where, f"{at_steps(mine)}: {name} differs{by}: {reason}", fix, severity=severity)
