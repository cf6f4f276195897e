"""The line that keeps what was lost, every keyword of it tried by running before it is named."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing.causes import parameters
from inspector.tracing.making import configured
from inspector.tracing.run import Run
from inspector.tracing.schedule import apart, samples_a_flow, schedule

_FLOW: tuple[dict[str, Any], ...] = (
    {"prediction_type": "flow_prediction"},
    {"use_flow_sigmas": True},
    {"use_flow_sigmas": True, "prediction_type": "flow_prediction"},
)
_NEARER = 1e-3
_LITERAL = (bool, int, float, str, type(None))


def remedy(
    run: Run,
    gone: Mapping[str, Any],
    lost: set[str],
    meant: Mapping[str, Any],
    part: Any,
    later: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What to pass beside the config.

    Args:
        run: the line as the user wrote it.
        gone: the dropped values in whose place the class put another one.
        lost: the keywords that came to nothing, and are left out.
        meant: the right names of what was misspelt, with the values given.
        part: the live object that the config is of, or None.
        later: its config after a save and load, or None.

    Returns:
        ``keywords``: the keywords to write, the user's own ones included; ``kept``: those of them that bring a dropped
        value back; ``renamed``: those that were misspelt; ``refused``: ``{name, value, error}`` of the values that the
        class does not take; ``pinned``: what must be said for the line to work after a save and load, where these
        values are explicit; ``flow``: ``{now, keywords, apart, apart_then}`` when a flow schedule was put in: whether
        it is one now, how far its sigmas are from what they were, and what brings them back how near.
    """
    own = {k: v for k, v in run.keywords.items() if k not in lost}
    renamed = {k: v for k, v in meant.items() if k not in own and is_literal(v)}
    if renamed and refusal(run, {**own, **renamed}, renamed):
        renamed = {}
    own |= renamed
    gone = {k: v for k, v in gone.items() if k not in own}
    kept, refused = bring_back(run, own, {k: v for k, v in gone.items() if is_literal(v)})
    flow = flowing(run, {**own, **kept}, part)
    keywords = {**kept, **flow.get("keywords", {}), **own}
    pinned = pins(run, keywords, [r["name"] for r in refused], later)
    told = {"kept": kept, "renamed": renamed, "pinned": pinned, "flow": flow, "refused": refused}
    return {"keywords": {**keywords, **pinned}, **told}


def pins(run: Run, keywords: Mapping[str, Any], refused: list[str], later: Mapping[str, Any] | None) -> dict[str, Any]:
    """The new class's own values of the keys that it refuses, where the line fails after a save and load without."""
    own = {name: run.items[name] for name in refused if name in run.items and is_literal(run.items[name])}
    if later is None or not own or works(run, later, keywords):
        return {}
    return own if works(run, later, {**keywords, **own}) and works(run, run.config, {**keywords, **own}) else {}


def works(run: Run, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> bool:
    """Whether the object is made, and makes its timesteps."""
    tried = Run(run.cls, config, keywords)
    return tried.obj is not None and "error" not in schedule(tried.obj)


def bring_back(
    run: Run, own: Mapping[str, Any], gone: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The dropped values that arrive when they are keywords, all together where that works; and what is refused."""
    if not gone or not refusal(run, {**own, **gone}, gone):
        return dict(gone), []
    kept: dict[str, Any] = {}
    refused = []
    for name, value in gone.items():
        trial = {**kept, name: value}
        if error := refusal(run, {**own, **trial}, trial):
            refused.append({"name": name, "value": plain(value), "error": error})
        else:
            kept = trial
    return kept, refused


def refusal(run: Run, keywords: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Why these keywords cannot be had; empty when the object is made, has them, and makes its timesteps."""
    tried = Run(run.cls, run.config, keywords)
    if tried.error:
        return tried.error
    for name, value in wanted.items():
        if name not in tried.items or not same(plain(tried.items[name]), plain(value)):
            return f"{run.cls.__name__} makes {plain(tried.items.get(name))!r} of it"
    error = str(schedule(tried.obj).get("error", ""))
    return "" if error and "error" in schedule(run.obj) else error


def flowing(run: Run, keywords: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """How a flow schedule stays one, with its shift; empty when none was put in."""
    if part is None or not samples_a_flow(part) or run.obj is None:
        return {}
    before = schedule(part)
    mu = before.get("mu")
    found: dict[str, Any] = {"now": samples_a_flow(run.obj), "keywords": {}}
    found["apart"] = plain(apart(before, schedule(run.obj, mu)))
    takes, best = set(parameters(run.cls)), dict[str, Any]()
    made = Run(run.cls, run.config, keywords)
    if not samples_a_flow(made.obj):
        for flags in _FLOW:
            trial = Run(run.cls, run.config, {**keywords, **flags}) if flags.keys() <= takes else None
            if trial is not None and samples_a_flow(trial.obj):
                made, best = trial, flags
                break
        else:
            return found
    nearest = apart(before, schedule(made.obj, mu))
    for shift in shifts(takes, part):
        trial = Run(run.cls, run.config, {**keywords, **best, **shift})
        distance = apart(before, schedule(trial.obj, mu))
        if samples_a_flow(trial.obj) and distance < nearest - _NEARER:
            nearest, best = distance, {**best, **shift}
    return {**found, "keywords": best, "apart_then": plain(nearest)}


def shifts(takes: set[str], part: Any) -> Iterator[dict[str, Any]]:
    """The shift that the old object has, live or in its config, under every name that the new class has for one."""
    config = configured(part)
    values = (vars(part).get("_shift"), dict.get(config, "shift"), dict.get(config, "flow_shift"))
    for name in ("flow_shift", "shift"):
        for value in values if name in takes else ():
            if isinstance(value, int | float):
                yield {name: value}


def is_literal(value: Any) -> bool:
    """Whether a value can be typed."""
    if isinstance(value, list | tuple):
        return all(map(is_literal, value))
    if isinstance(value, dict):
        return all(isinstance(k, str) and is_literal(v) for k, v in value.items())
    return type(value) in _LITERAL


def literal(value: Any) -> str:
    """A value as it is typed: ``repr``, but for what is no literal there (``inf``)."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
    return repr(value)
