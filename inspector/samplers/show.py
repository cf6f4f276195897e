"""The table of presets as reports: all of them, or one with the code to paste and what the name means elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.samplers.presets import AYS, PIPE, PRESETS, SHIFT, Preset, call_for, find, meanings, plain

CONFIG = "pipe.scheduler.config"


def listed(own: Sequence[Preset] = (), word: str = "", by: str = "class") -> Report:
    """The table of presets.

    Args:
        own: the user's own presets, which come first.
        word: only those in which it occurs: in the key, a name, the class, an option or a project.
        by: ``class`` or ``ui``: what the table is ordered by for a reader.

    Raises:
        InspectError: the word occurs nowhere (exit 2).
    """
    rows = [*own, *PRESETS.values()]
    if word:
        rows = [p for p in rows if plain(word) in "\n".join(map(plain, _said(p)))]
    if not rows:
        raise InspectError(
            f"no preset has {word!r} in its name, class, options or projects",
            hint="inspect-pipe presets list shows them all",
            exit_code=EXIT_USAGE,
        )
    classes, projects = {p.cls for p in rows}, {u for p in rows for u in p.names}
    line = (
        f"{_counted(len(rows), 'preset')} of {_counted(len(classes), 'class')}, as {len(projects)} projects name them"
    )
    data = {
        "command": "presets list",
        "by": by,
        "presets": [row_of(p) for p in rows],
        "answer": {"severity": "clean", "line": line},
    }
    return Report("presets", data=data)


def shown(name: str, own: Sequence[Preset] = ()) -> Report:
    """One preset, and every other that somebody calls by this name.

    Raises:
        InspectError: nobody calls a preset so (exit 2, with those that are near).
    """
    found = meanings(name, own) or [find(name, own)]
    presets = [row_of(p) | {"code": code(p), "flow_code": flow_code(p), "called": called(p, name)} for p in found]
    first = found[0]
    line = f"{first.name}: {first.cls}"
    if len(found) > 1:
        line += f"; the name has {len(found)} meanings"
    data = {
        "command": "presets show",
        "name": name,
        "presets": presets,
        "answer": {"severity": "clean", "line": line},
    }
    return Report(name, data=data)


def row_of(preset: Preset) -> dict[str, Any]:
    """A preset as plain data."""
    return {
        "key": preset.key,
        "name": preset.name,
        "class": preset.cls,
        "kwargs": dict(preset.kwargs),
        "kind": preset.kind,
        "order": preset.order,
        "stochastic": preset.stochastic,
        "names": {project: list(names) for project, names in preset.names.items()},
        "a1111": preset.a1111,
        "discard": preset.discard,
        "comfy": preset.comfy,
        "comfy_sampler": preset.comfy_sampler,
        "call": dict(preset.call),
        "flow": None if preset.flow is None else dict(preset.flow),
        "source": preset.source,
        "note": preset.note,
        "built": preset.built,
        "inherits": list(preset.inherits),
    }


def code(preset: Preset) -> str:
    """The lines that put the preset's scheduler into ``pipe``, as the preset's own project builds it."""
    lines = [f"from diffusers import {preset.cls}", "", f"pipe.scheduler = {_made(preset, preset.kwargs)}"]
    return "\n".join(lines + _call_lines(preset))


def flow_code(preset: Preset) -> str:
    """The same for a flow model (SD 3, Flux), where that takes other options; empty where it does not, or cannot be."""
    if preset.kind == "flow" or not preset.flow or preset.built != "from_config":
        return ""
    return f"pipe.scheduler = {_made(preset, {**preset.kwargs, **preset.flow})}"


def called(preset: Preset, name: str) -> list[str]:
    """The projects that call the preset by this very name."""
    wanted = plain(name)
    return [project for project, names in preset.names.items() if any(plain(n) == wanted for n in names)]


def _made(preset: Preset, kwargs: Mapping[str, Any]) -> str:
    given = [f"{k}={_literal(v)}" for k, v in kwargs.items()]
    if preset.built == "constructor":
        inherited = [f"{k}={CONFIG}.{k}" for k in preset.inherits if k not in kwargs]
        return f"{preset.cls}({', '.join([*inherited, *given])})"
    return f"{preset.cls}.from_config({', '.join([CONFIG, *given])})"


def _call_lines(preset: Preset) -> list[str]:
    """How the pipeline is called where the number of steps alone does not make the schedule."""
    lines = []
    for key, value in preset.call.items():
        if value == PIPE:  # flow pipelines pass these themselves
            continue
        if value == AYS:
            lines += [
                "# ten timesteps for Stable Diffusion 1.5; for XL they are",
                f"# {call_for(preset, 10, sdxl=True)[key]}",
            ]
            value = call_for(preset, 10)[key]
        lines.append(f"pipe(prompt, {key}={value!r})")
    return ["", *lines] if lines else []


def _literal(value: Any) -> str:
    return f"{CONFIG}.shift" if value == SHIFT else repr(value)


def _said(preset: Preset) -> Iterable[str]:
    yield from (preset.key, preset.name, preset.cls, preset.kind, *preset.kwargs, *map(str, preset.kwargs.values()))
    for project, names in preset.names.items():
        yield from (project, *names)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"
