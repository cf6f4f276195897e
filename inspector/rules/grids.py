"""The grid of a sampler: sigmas and timesteps, their number, their order, their ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding
from inspector.rules.registry import Series, at_steps, finding, sampler_rule


def number(value: Any) -> str:
    """Six digits are enough to see a difference."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@sampler_rule("IPS301", "error", "sigmas differ from the reference")
def sigmas_differ(series: Series) -> Iterator[Finding]:
    """
    The sigmas or timesteps are not those that the class and its options stand for, computed in float64 from the papers.
    The tolerance is derived, not tuned: float32 keeps 1 - beta to half an ulp of 1, and that error grows by 1 over
    1 - alpha-bar at the last step; against the scheduler's own alphas 16 ulp are left for the arithmetic.

    wrong:
    ```python
    import inspector
    from diffusers import EulerDiscreteScheduler
    class Off(EulerDiscreteScheduler):
        def set_timesteps(self, *given, **named):
            super().set_timesteps(*given, **named)
            self.sigmas[3] *= 1.001
    obj = inspector.check_preset(Off.from_config({"beta_schedule": "scaled_linear"}), steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler Karras", model="sd15", steps=20)
    ```
    """
    rows = series.having(lambda r: r["verdict"] == "differ" and same_count(r) and not r["outside"])
    if not rows:
        return
    row = max(rows, key=_apart)
    far, times = row["worst"], row["times"]
    if far is not None and _number(far["relative"]) > row["tolerance"]:
        said = f"sigma {far['index']} is {number(far['actual'])}, it should be {number(far['expected'])} "
        said += f"(relative {number(far['relative'])}, tolerance {number(row['tolerance'])})"
    elif times is not None and times["apart"] > times["tolerance"]:
        said = f"timestep {times['index']} is {number(times['actual'])}, it should be {number(times['expected'])}"
    else:
        own = row["own"] or {"index": 0, "ulp": 0, "tolerance": 0}
        allowed = f"{own['tolerance']} are allowed"
        said = f"sigma {own['index']} is {number(own['ulp'])} ulp from what its own alphas give, {allowed}"
    yield finding(
        "IPS301", series.where, f"{at_steps(rows)}: {said}", "report it to diffusers with the numbers of -f json"
    )


@sampler_rule("IPS302", "error", "not finite")
def not_finite(series: Series) -> Iterator[Finding]:
    """
    A sigma, or the sample after a step, is NaN or infinite: the image is black. UniPC with `solver_type="bh1"` divides
    by the last step's B(h), which is infinite when the final sigma is zero.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("UniPC", model="sd15", steps=10, solver_type="bh1")
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("UniPC", model="sd15", steps=10, solver_type="bh2")
    ```
    """
    rows = series.having(lambda r: r["not_finite"])
    if rows:
        at = rows[0]["not_finite"]
        said = f"{at_steps(rows)}: sigma {at[0]} is {rows[0]['sigmas'][at[0]]}"
        yield finding("IPS302", series.where, said, "choose another schedule for these options")
    rows = series.having(lambda r: r["loop"] and r["loop"].get("not_finite") is not None)
    if rows:
        row = rows[0]
        last = row["loop"]["not_finite"] == row["loop"]["steps"] - 1
        said = f"{at_steps(rows)}: the sample is not finite after step {row['loop']['not_finite']}"
        kwargs = row["kwargs"]
        fix = (
            f"solver_type={'bh2'!r}"
            if kwargs.get("solver_type") == "bh1"
            else "another solver_type or final_sigmas_type"
        )
        yield finding("IPS302", series.where, said + (", the last one" if last else ""), fix)


@sampler_rule("IPS303", "error", "not decreasing, or repeated")
def not_decreasing(series: Series) -> Iterator[Finding]:
    """
    A level comes twice, or the noise grows on the way down. Where the first whole timestep is the one that repeats,
    `step` looks it up, takes the second of the two, and runs past the end: an IndexError at the last step
    (huggingface/diffusers #12771). It happens with `use_beta_sigmas` in DPM++, UniPC and DEIS from N = 32, and with
    squared-cosine betas.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M Beta", model="sd15", steps=40)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M Karras", model="sd15", steps=40)
    ```
    """
    rows = series.having(lambda r: r["not_decreasing"])
    if rows:
        at = rows[0]["not_decreasing"][0]
        pair = f"{number(rows[0]['sigmas'][at])} then {number(rows[0]['sigmas'][at + 1])}"
        way = "rise, and this class adds noise" if rows[0]["upward"] else "decrease"
        said = f"{at_steps(rows)}: sigmas {at} and {at + 1} do not {way}: {pair}"
        yield finding("IPS303", series.where, said, "fewer steps, or another spacing")
    rows = series.having(lambda r: r["repeated"] and r["repeated"]["leading"])
    if rows:
        seen = rows[0]["repeated"]
        what = f"timestep {number(seen['timestep'])} comes first and second"
        said = f"{at_steps(rows)}: {what}: step looks up the second one"
        yield finding("IPS303", series.where, said, "scheduler.set_begin_index(0) after set_timesteps")
    rows = series.having(lambda r: r["unpaired"])
    if rows:
        said = f"{at_steps(rows)}: a second-order class must hold each inner sigma twice, and does not"
        yield finding("IPS303", series.where, said, "report it to diffusers with the numbers of -f json")


@sampler_rule("IPS304", "error", "wrong count, or wrong last sigma")
def wrong_count(series: Series) -> Iterator[Finding]:
    """
    N steps need N timesteps and N + 1 sigmas, the last one zero. With `timestep_spacing="trailing"` the range
    `arange(T, 0, -T/N)` runs one further where T/N rounds down: N = 61, 103, 121… of 1000, 15 and 30 of 1100; the
    extra timestep is -1, and step indexes the training table from its end. DEIS and SA-Solver have no
    `final_sigmas_type` and stop at the smallest sigma: some noise stays in the image.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DDIM trailing", model="sd15", steps=61)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DDIM trailing", model="sd15", steps=50)
    ```
    """
    rows = series.having(lambda r: not same_count(r))
    if rows:
        row = rows[0]
        count, times = row["count"], row["timesteps"]
        extra = f", the last is {number(times[-1])}" if times and _number(times[-1]) < 0 else ""
        said = f"{count['timesteps']} timesteps instead of {count['expected']}{extra}"
        if count["timesteps"] == count["expected"]:
            said = f"{count['sigmas']} sigmas for {count['timesteps']} timesteps"
        yield finding(
            "IPS304", series.where, f"{at_steps(rows)}: {said}", "another number of steps, or another spacing"
        )
    rows = series.having(lambda r: r["end"] and r["end"]["sigma"] > 0 and not r["end"]["asked"] and same_count(r))
    if rows:
        row = rows[-1]
        said = f"the run ends at sigma {number(row['end']['sigma'])}, not at 0: {row['class']} has no final_sigmas_type"
        fix = "DPMSolverMultistepScheduler.from_config(scheduler.config, final_sigmas_type='zero')"
        yield finding("IPS304", series.where, said, fix, severity="warning")


@sampler_rule("IPS314", "warning", "the run starts at the smallest sigma")
def starts_low(series: Series) -> Iterator[Finding]:
    """
    With one step, `linspace(0, 999, 1)` is 0 and not 999, and leading spacing begins at its offset: the sample is pure
    noise and the network is told that there is almost none, so that the noise stays. A1111 and ComfyUI start a single
    step at the largest sigma.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("Euler", model="sd15", steps=1)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler trailing", model="sd15", steps=1)
    ```
    """
    for row in series.having(lambda r: r["start"] and r["start"]["sigma"] < 0.05 * _number(r["start"]["largest"])):
        top, low = number(_number(row["start"]["largest"])), number(row["start"]["sigma"])
        said = f"1 step: it starts at sigma {low}, near the smallest, and the sample is noise of sigma {top}"
        yield finding("IPS314", series.where, said, "timestep_spacing='trailing'")


@sampler_rule("IPS311", "error", "the flow shift is applied twice")
def shifted_twice(series: Series) -> Iterator[Finding]:
    """
    FlowMatchEuler shifts its training sigmas in `__init__`, takes `sigma_max` and `sigma_min` from them, spaces the
    steps between these, and shifts the result again in `set_timesteps` (huggingface/diffusers #13243). The end of the
    default grid is shift(shift(1/T)) where shift(1/T) is meant. Pipelines that pass their own `sigmas` are not hit.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("Euler FlowMatch", model="sd3", steps=28)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("fm_euler_pipe", model="sd3", steps=28)
    ```
    """
    rows = series.having(lambda r: r["shift"])
    if rows:
        row = rows[-1]
        seen = row["shift"]
        said = (
            f"{at_steps(rows)}: the shift of {number(seen['factor'])} is applied twice: the last sigma above 0 is "
            f"{number(seen['last'])}, shifted once it is {number(seen['once'])}"
        )
        yield finding("IPS311", series.where, said, "set_timesteps(sigmas=numpy.linspace(1.0, 1 / N, N))")


def same_count(row: dict[str, Any]) -> bool:
    """As many sigmas and timesteps as there should be."""
    count = row["count"]
    if count is None:
        return True
    sigmas = count["sigmas"] == len(row["expected"]) or row["derived"]
    return bool(count["timesteps"] == count["expected"] and sigmas)


def _number(value: Any) -> float:
    return float(value)


def _apart(row: dict[str, Any]) -> float:
    return _number(row["worst"]["relative"]) if row["worst"] else 0.0
