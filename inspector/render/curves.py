"""What a picture of sigmas shows: the rows of ``sigmas`` as groups of panels with their curves, as plain numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.render.escape import Safe, safe
from inspector.render.parts import counted, value_text

MOST = 6
"""Panels of one figure; a larger group goes on in the next."""

PROJECTS = {"a1111": "A1111", "comfyui": "ComfyUI", "k-diffusion": "k-diffusion"}
"""How the projects that `--against` compares with write themselves."""

_SHOWN = 2
"""Options of a sampler that its title names."""

_SCHEDULE = re.compile(
    r"use_\w+_(sigmas|lambdas)|timestep_spacing|flow_shift|shift|prediction_type|final_sigmas_type|steps_offset"
)
"""Options that choose among the schedules of one sampler; the others choose the sampler."""


@dataclass(frozen=True, slots=True)
class Curve:
    """``points``: (step, sigma) with sigma above zero and finite; the rest has no place on a logarithmic axis."""

    role: str
    label: Safe
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One row of the report: its curves, and how far each sigma is from its reference.

    ``wrong``: its codes, or its verdict where it has none; empty where all is right or nothing could be judged.
    ``errors``: (step, |sigma / reference - 1|), exact agreement left out; ``note``: why there are none.
    ``tolerance``: relative; 0 is none.
    """

    title: Safe
    wrong: Safe
    curves: tuple[Curve, ...]
    errors: tuple[tuple[int, float], ...]
    note: Safe
    tolerance: float


@dataclass(frozen=True, slots=True)
class Group:
    """What one figure shows. ``sampler``: class and solver; ``place``: model and device.

    ``slug`` is made for the name of a file.
    """

    sampler: Safe
    place: Safe
    slug: str
    panels: tuple[Panel, ...]

    @property
    def title(self) -> Safe:
        return Safe(f"{self.sampler} · {self.place}")

    @property
    def alt(self) -> Safe:
        """The figure in words."""
        shown = ", ".join(f"{p.title} ({p.wrong})" if p.wrong else p.title for p in self.panels)
        return Safe(f"Sigma by step on a logarithmic axis, {self.title}: {shown}")


def groups(checks: Sequence[Mapping[str, Any]], severe: Mapping[str, str] | None = None) -> list[Group]:
    """The rows that have sigmas, by sampler, model and device; what is wrong comes first.

    ``severe``: code -> severity; a note is nothing wrong, and without it every code is.
    """
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in checks:
        if positive(row.get("sigmas")) or positive(row.get("expected")):
            found.setdefault(_key(row), []).append(row)
    made = []
    for key, rows in found.items():
        chunks = [rows[i : i + MOST] for i in range(0, len(rows), MOST)]
        for number, chunk in enumerate(chunks, 1):
            part = f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""
            place = Safe(f"{_place(chunk[0])}{part}")
            made.append(
                Group(_sampler(chunk[0]), place, _slug((*key, part)), tuple(panel(row, severe) for row in chunk))
            )
    return sorted(made, key=lambda group: not any(p.wrong for p in group.panels))


def panel(row: Mapping[str, Any], severe: Mapping[str, str] | None = None) -> Panel:
    """One row as curves: the reference, what diffusers made, what another project makes."""
    expected, actual = list(row.get("expected") or ()), list(row.get("sigmas") or ())
    actual = distinct(actual, len(expected))
    against = row.get("against") or {}
    curves = [Curve("reference", Safe("reference (float64)"), positive(expected))]
    curves.append(Curve("diffusers", Safe("diffusers"), positive(actual)))
    if against.get("sigmas"):
        project = str(against.get("name", ""))
        curves.append(Curve(project, safe(PROJECTS.get(project, project), 40), positive(against["sigmas"])))
    comparable = len(expected) == len(actual) or (row.get("derived") and 0 < len(actual) <= len(expected))
    pairs = list(zip(expected, actual, strict=False)) if comparable else []
    errors = tuple(
        (i, abs(a / e - 1)) for i, (e, a) in enumerate(pairs) if _number(e) and _number(a) and e != 0 and a != e
    )
    note = "" if errors else "equal" if pairs else "no reference" if not expected else "another count"
    limit, verdict = row.get("tolerance"), row.get("verdict")
    codes = [c for c in row.get("codes") or () if severe is None or severe.get(c) in ("error", "warning")]
    return Panel(
        Safe(f"{safe(row.get('name') or row.get('preset', ''), 60)}, {counted(int(row.get('steps') or 0), 'step')}"),
        safe(", ".join(codes) or (verdict if verdict in ("differ", "raise") else ""), 60),
        tuple(c for c in curves if c.points),
        errors,
        Safe(note),
        float(limit or 0.0) if _number(limit) else 0.0,
    )


def distinct(sigmas: Sequence[Any], wanted: int) -> list[Any]:
    """The sigmas without the repetitions of classes of order two, where that gives as many as the reference has."""
    kept = [s for i, s in enumerate(sigmas) if i == 0 or s != sigmas[i - 1]]
    return kept if len(sigmas) != wanted and len(kept) == wanted else list(sigmas)


def positive(sigmas: Iterable[Any] | None) -> tuple[tuple[int, float], ...]:
    return tuple((i, float(s)) for i, s in enumerate(sigmas or ()) if _number(s) and s > 0)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    solver = sorted((k, repr(v)) for k, v in (row.get("kwargs") or {}).items() if not _SCHEDULE.fullmatch(k))
    where = (str(row.get(k, "")) for k in ("model", "device", "dtype"))
    return (str(row.get("class", "")).removesuffix("Scheduler"), *(f"{k}={v}" for k, v in solver), *where)


def _sampler(row: Mapping[str, Any]) -> Safe:
    given = (row.get("kwargs") or {}).items()
    solver = [f"{safe(k, 40)}={value_text(v, 40)}" for k, v in given if not _SCHEDULE.fullmatch(k)]
    kept = solver if len(solver) <= _SHOWN else [*solver[:_SHOWN], "…"]
    return Safe(", ".join([safe(str(row.get("class", "")).removesuffix("Scheduler"), 60), *kept]))


def _place(row: Mapping[str, Any]) -> Safe:
    return Safe(f"{safe(row.get('model', ''), 60)} · {safe(row.get('device', ''), 20)}")


def _slug(parts: Iterable[Any]) -> str:
    text = "-".join(str(p) for p in parts if p)
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:100] or "sigmas"
