"""The step loop of a sampler, what the network is told in it, and what set_timesteps leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import Finding
from inspector.rules.grids import number, same_count
from inspector.rules.registry import Series, at_steps, finding, sampler_rule


@sampler_rule("IPS307", "error", "the library rejects this combination of options")
def rejected(series: Series) -> Iterator[Finding]:
    """
    The constructor, `set_timesteps` or `step` raises. Some combinations are refused on purpose, with a message; others
    fail in the middle of the loop, when the first steps are paid for.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("SA-Solver", model="pixart", steps=10)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("SA-Solver", model="sd15", steps=10)
    ```
    """
    rows = series.having(lambda r: r["raised"])
    if rows:
        seen = rows[0]["raised"]
        when = "" if seen["stage"] in ("from_config", "constructor") else f"{at_steps(rows)}: "
        said = f"{when}{seen['stage']} raises {seen['type']}: {seen['message']}"
        fix = "fewer steps" if seen["limit"] else "leave out the option that the message names"
        yield finding("IPS307", series.where, said, fix, severity="warning" if seen["limit"] else None)
    rows = series.having(lambda r: r["loop"] and r["loop"].get("raised"))
    if rows:
        seen = rows[0]["loop"]["raised"]
        at = f"step {seen['step']} of {rows[0]['loop']['calls']}"
        message = f": {seen['message']}" if seen["message"] else ""
        fix = "scheduler.set_begin_index(0) after set_timesteps" if rows[0]["repeated"] else "other options or steps"
        said = f"{at_steps(rows)}: {at} (timestep {number(seen['timestep'])}) raises {seen['type']}{message}"
        yield finding("IPS307", series.where, said, fix)


@sampler_rule("IPS310", "error", "a step lands on another noise level than the next timestep")
def lands_elsewhere(series: Series) -> Iterator[Finding]:
    """
    On data that is one point, a step from one noise level must land exactly on the next. DDIM computes the timestep to
    land on as t - T // N, which is the next one of its list only for leading spacing (huggingface/diffusers #11347,
    #12633); with linspace and trailing the network is told less or more noise than there is.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DDIM trailing", model="sd15", steps=30)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DDIM", model="sd15", steps=30)
    ```
    """
    rows = series.having(lambda r: r["loop"] and r["loop"].get("wrong"))
    if rows:
        row = rows[0]
        seen, where = row["loop"], row["loop"]["landings"][0]
        said = (
            f"{at_steps(rows)}: {seen['wrong']} of {seen['of']} steps land on another noise level than the next "
            f"timestep's: step {where['step']} on sigma {number(where['landed'])}, "
            f"timestep {number(where['next'])} is sigma {number(where['told'])}"
        )
        yield finding("IPS310", series.where, said, "timestep_spacing='leading', or a number of steps that divides T")


@sampler_rule("IPS318", "error", "a timestep that training did not have")
def untrained_timestep(series: Series) -> Iterator[Finding]:
    """
    Leading spacing adds `steps_offset` to every timestep: with N = T, or one fewer in the multistep classes, the first
    one becomes T, and training ends at T - 1. DDIM and PNDM raise an IndexError at the first step; Euler and DPM++ use
    the largest sigma twice and tell the network a timestep it never saw.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("Euler leading", model="sd15", steps=1000)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("Euler leading", model="sd15", steps=999)
    ```
    """
    rows = series.having(lambda r: r["outside"] and same_count(r))
    if rows:
        times = rows[0]["timesteps"]
        far = [number(times[i]) for i in rows[0]["outside"][:2]]
        said = f"{at_steps(rows)}: timestep {' and '.join(far)} is not of the training"
        yield finding("IPS318", series.where, said, "fewer steps, or steps_offset=0")


@sampler_rule("IPS319", "note", "timesteps are cut off, not rounded")
def cut_timesteps(series: Series) -> Iterator[Finding]:
    """
    The classes in lambda keep whole timesteps. With Karras sigmas they round them; with exponential and beta sigmas,
    and with those of a flow, they cut off what is behind the point, so that the network is told up to one timestep too
    little, half a timestep on average. No eye sees it; comparisons with other projects do.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M Exponential", model="sd15", steps=20)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M Karras", model="sd15", steps=20)
    ```
    """
    rows = series.having(lambda r: r["times"] and r["times"].get("cut") is not None)
    if rows:
        row = max(rows, key=lambda r: len(r["timesteps"]))
        at = row["times"]["cut"]
        real, told = number(row["expected_timesteps"][at]), number(row["timesteps"][at])
        said = f"whole timesteps are cut off, not rounded: with {row['steps']} steps, {real} becomes {told}"
        yield finding("IPS319", series.where, said, "report it to diffusers with the numbers of -f json")


@sampler_rule("IPS313", "error", "set_timesteps leaves a mark")
def leaves_a_mark(series: Series) -> Iterator[Finding]:
    """
    Calling `set_timesteps` twice must equal calling it once. The classes of the DPM family write
    `config.flow_shift = exp(mu)` when they are given `mu`: the next call without it keeps the old shift. UniPC instead
    cannot be called without `mu` again. A class that only edits its own config is a note.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M flow", model="flux-dev", steps=10, flow_shift=1.0)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("fm_euler_pipe", model="sd3", steps=10)
    ```
    """
    again = series.first["again"]
    if again is None:
        return
    if not again["same"]:
        said = "a second equal call of set_timesteps gives other sigmas than the first"
        yield finding("IPS313", series.where, said, "make a new scheduler for each run")
    mu = again["mu"]
    if mu is not None and not mu["same"]:
        said = (
            f"set_timesteps(mu=…) persists: a later call without mu has {number(mu['after'])} as its second sigma, "
            f"on a fresh scheduler it has {number(mu['fresh'])}"
        )
        yield finding("IPS313", series.where, said, "pass mu to every call, or make a new scheduler")
    edited = again["config"]
    if edited and (mu is None or mu["same"]):
        key, (before, after) = next(iter(edited.items()))
        said = f"set_timesteps edits its own config: {key.lstrip('.')} {before!r} becomes {after!r}"
        yield finding("IPS313", series.where, said, f"{key.lstrip('.')}={after!r} from the start", severity="note")
    elif edited and not again["same"]:
        yield finding(
            "IPS313", series.where, f"set_timesteps edits its own config: {', '.join(edited)}", severity="note"
        )


@sampler_rule("IPS315", "error", "the step loop does not reach what its order promises")
def falls_short(series: Series) -> Iterator[Finding]:
    """
    On Gaussian data the exact result of the whole loop is known (`--solve`), and the loop is run in float64, so that
    what is off is the method's doing. A run over all presets solves the third-order SDE solvers. Told is a standard
    deviation that falls with less than half an order from 20 to 160 steps, or a third order that is farther off than
    the second at every N and falls behind by half an order: DPM++ 3M SDE has a sign error in its third-order term. What
    the last jump from the smallest sigma to zero leaves, sigma squared at most, is no finding.

    wrong:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 3M SDE", model="sd15", steps=30, solve=True)
    ```
    right:
    ```python
    import inspector
    obj = inspector.check_preset("DPM++ 2M", model="sd15", steps=30, solve=True)
    ```
    """
    rows = series.having(lambda r: r["solve"] and r["solve"].get("short"))
    if rows:
        row = max(rows, key=lambda r: int(r["steps"]))
        seen = row["solve"]
        said = (
            f"{at_steps([row])}: the loop ends with a standard deviation of {number(seen['std'])}, exact is "
            f"{number(seen['exact_std'])}; {seen['short']}"
        )
        yield finding("IPS315", series.where, said, "another solver_order or algorithm_type")
