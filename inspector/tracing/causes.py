"""Why a class does not take a key: whose key it is, a slip of the pen, or one of another version of the library."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from inspector import classes, classtable
from inspector.classes import ClassInfo
from inspector.model import Read

_SHOWN = 3
_WELL_KNOWN = (
    "EulerDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DDIMScheduler",
    "PNDMScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "StableDiffusionPipeline",
    "StableDiffusionXLPipeline",
    "AutoencoderKL",
    "UNet2DConditionModel",
)
"""Named first where many classes take a key."""


def cause(name: str, into: Any, old: str, written: str) -> dict[str, Any]:
    """Whose key this is.

    Args:
        name: a key that ``into`` does not take.
        into: a class of diffusers.
        old: the class that the config is of, where it is known.
        written: the version of diffusers that wrote the file or object, where it is known.

    Returns:
        ``kind``: compatible, old (of the class that the config is of), scheduler, typo, pipeline, model, newer,
        removed or unknown; ``classes`` that take the key; ``meant``, the parameter that was misspelt; ``text``, all
        of it in words.
    """
    taken = compatible(name, into)
    if taken:
        return told("compatible", f"it belongs to {named(taken)}", classes=taken)
    own = classes.find("diffusers", old) if old else None
    if own is not None and old != into.__name__ and name in own.parameters:
        return told("old", f"it belongs to {old}", classes=[old])
    others = ordered(classes.owners([name]).get(name, ()))
    if others:
        return told("scheduler", f"it belongs to {named(others)}", classes=others)
    running = classtable.version("diffusers") or ""
    newer = bool(written) and numbers(written) > numbers(running)
    if near := difflib.get_close_matches(name, parameters(into), n=1, cutoff=0.8):
        or_newer = f" It was written by diffusers {written}, this is {running}: it may be a newer key." if newer else ""
        return told("typo", f"did you mean {near[0]}?{or_newer}", meant=near[0])
    theirs = sorted({p for c in compatibles(into) for p in parameters(c)})
    if near := difflib.get_close_matches(name, theirs, n=1, cutoff=0.9):
        of = named(compatible(near[0], into))
        return told("typo", f"did you mean {near[0]}? It belongs to {of}, and {into.__name__} does not take it")
    for kind in ("pipeline", "model"):
        found = owners(name, kind)
        if found:
            what = "a setting of the pipeline" if kind == "pipeline" else "a setting of models"
            return told(kind, f"{what} ({named(found)}), none of {into.__name__}", classes=list(found))
    nobody = f"no scheduler, model or pipeline of diffusers {running} takes it"
    if written and numbers(written) != numbers(running):
        what = "a key of a newer library" if newer else "a key that was removed since, or added by hand"
        return told("newer" if newer else "removed", f"{nobody}; diffusers {written} wrote the config: {what}")
    return told("unknown", f"{nobody}: misspelt, or added by hand")


def told(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "classes": [], **more}


def named(found: list[str] | tuple[str, ...]) -> str:
    return ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")


def ordered(found: Iterable[str]) -> list[str]:
    """The well-known classes first, then those with short names."""
    return sorted(found, key=lambda n: (_WELL_KNOWN.index(n) if n in _WELL_KNOWN else len(_WELL_KNOWN), len(n), n))


@cache
def parameters(cls: Any) -> list[str]:
    """The names that ``__init__`` takes."""
    found = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [p.name for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]


@cache
def compatible(name: str, into: Any) -> list[str]:
    """The classes that the library calls compatible with this one, and that take the key."""
    return ordered({c.__name__ for c in compatibles(into) if c is not into and name in parameters(c)})


@cache
def compatibles(cls: Any) -> list[Any]:
    """What the library calls compatible with a class; dummies of what is not installed left out."""
    from diffusers.utils import DummyObject

    known = cls._get_compatibles() if getattr(cls, "has_compatibles", False) else []
    return [c for c in known if not isinstance(c, DummyObject)]


@cache
def owners(name: str, kind: str) -> tuple[str, ...]:
    """The pipelines or models of diffusers that take a key, from their source."""
    return tuple(ordered({i.name for i in candidates(name) if i.kind == kind}))


@cache
def candidates(name: str) -> tuple[ClassInfo, ...]:
    rows = classtable.table().names("diffusers")
    files = {found[0][0] for found in rows.values() if found[0][1] in ("pipeline", "model")}
    mentioning = {f for f in files if re.search(rf"\b{re.escape(name)}\b", source(f))}
    infos = (classes.find("diffusers", n) for n, found in rows.items() if found[0][0] in mentioning)
    return tuple(i for i in infos if i is not None and name in i.parameters)


@cache
def source(file: str) -> str:
    library, _, below = file.partition("/")
    root = classtable.home(library)
    path = Path(root or "", below)
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def numbers(version: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", version)[:3]]


def kin(old: str, into: Any) -> bool | None:
    """Whether the library counts the class of this name as compatible; None where the class is not known."""
    return old == into.__name__ or old in {c.__name__ for c in compatibles(into)} if old else None


def unread(cls: Any, name: str) -> bool:
    """Whether no code of the class itself reads a config key of this name."""
    return not any(r.place.startswith("config.") for r in reads(cls).get(name, ()))


@cache
def reads(cls: Any) -> dict[str, tuple[Read, ...]]:
    from inspector.reads import class_reads

    return class_reads(cls)
