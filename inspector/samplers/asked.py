"""What a user asks of ``sigmas``, checked before the work: numbers of steps, a dtype, a project, one model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.samplers.devices import named
from inspector.samplers.models import MODELS, Model
from inspector.samplers.presets import Preset, find, keyed

MOST = 1000
DTYPES = ("float32", "float16", "bfloat16", "float64")
PROJECTS = ("a1111", "comfyui", "k-diffusion")
_RANGE = re.compile(r"(\d+)-(\d+)")


def steps_of(text: str) -> tuple[int, ...]:
    """``20,30`` or ``1-100``, or both; empty text is no choice.

    Raises:
        InspectError: what is no number of steps from 1 to 1000 (exit 2).
    """
    found: list[int] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        between = _RANGE.fullmatch(part)
        low, high = between.groups() if between else (part, part)
        if not low.isascii() or not low.isdecimal() or not high.isdecimal():
            raise _wrong(f"--steps {part[:40]!r} is no number of steps", "write --steps 20,30 or --steps 1-100")
        numbers = range(int(low[:9]), int(high[:9]) + 1)
        if not numbers or numbers[0] < 1 or numbers[-1] > MOST:
            raise _wrong(f"--steps {part[:40]!r} is not between 1 and {MOST}", "write --steps 20,30 or --steps 1-100")
        found += numbers
    if text.strip() and not found:
        raise _wrong(f"--steps {text[:40]!r} names no number of steps", "write --steps 20,30 or --steps 1-100")
    return tuple(dict.fromkeys(found))


def checked_steps(numbers: Sequence[Any]) -> tuple[int, ...]:
    """The same for numbers that are numbers already.

    Raises:
        InspectError: one is no whole number from 1 to 1000 (exit 2).
    """
    for n in numbers:
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
            raise _wrong(f"{n!r} is no number of steps from 1 to {MOST}", "steps=20, or steps=(20, 30)")
    return tuple(numbers)


def one_of(value: str, known: Sequence[str], option: str) -> str:
    """The value, if it is one of those.

    Raises:
        InspectError: with the nearest one (exit 2).
    """
    if value in known:
        return value
    from difflib import get_close_matches

    near = get_close_matches(value.lower(), known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    raise _wrong(f"{option} {value[:40]!r} does not exist", hint)


def given(
    presets: Iterable[str],
    models: Iterable[Model],
    steps: Sequence[int],
    *,
    own: Sequence[Preset] = (),
    device: str = "cpu",
    dtype: str = "float32",
    over: Mapping[str, Any] | None = None,
    against: str = "",
    solve: bool = False,
) -> dict[str, Any]:
    """The arguments of `tasks.checks_of`, as plain data.

    Args:
        presets: names; empty for the user's own presets, or without any for the whole table.

    Raises:
        InspectError: an unknown preset, device, dtype or project (exit 2).
    """
    chosen = [find(name, own) for name in presets] or list(own)
    return {
        "presets": [p.key if keyed(p.key) is p else plain_preset(p) for p in chosen],
        "models": [m.name if MODELS.get(m.name) is m else {**_fields(m), "config": dict(m.config)} for m in models],
        "steps": list(steps),
        "device": named(device),
        "dtype": one_of(dtype, DTYPES, "--dtype"),
        "over": dict(over or {}),
        "against": one_of(against, PROJECTS, "--against") if against else "",
        "solve": solve,
    }


def plain_preset(preset: Preset) -> dict[str, Any]:
    """A preset of the user's own as what :class:`Preset` is made of; the rest keeps its defaults."""
    return {k: v for k, v in asdict(preset).items() if k in ("key", "name", "cls", "kwargs", "kind", "source")}


def _fields(model: Model) -> dict[str, Any]:
    return {"name": model.name, "mu": model.mu, "source": model.source, "kind": model.kind}


def _wrong(message: str, hint: str) -> InspectError:
    return InspectError(message, hint=hint, exit_code=EXIT_USAGE)
