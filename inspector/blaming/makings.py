"""A component made anew from its file, and its pipeline's constructor called once more: what they rewrite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inspector.blaming.places import known
from inspector.observe import parts_of
from inspector.observe.settings import is_pipeline
from inspector.tracing.lines import Step, traced
from inspector.tracing.listening import overheard
from inspector.tracing.making import Making, configured, constructors
from inspector.tracing.run import Run, lightly
from inspector.trying.copies import copied


def remade(cls: Any, file: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, list[Step]]:
    """The config that the class alone has when it is made from its file, and what its ``__init__`` rewrote."""
    if file is None or hasattr(cls, "register_modules") or not hasattr(cls, "extract_init_dict"):
        return None, []
    run = Run(cls, dict(file), {})
    return (run.items if run.obj is not None else None), [s for s in run.made.steps if not s.owner]


def pipeline_writes(obj: Any, part: Any, path: str, file: Mapping[str, Any] | None) -> Iterator[Step]:
    """What the pipeline's constructor does to the config of this component, seen by calling it on copies."""
    if not is_pipeline(obj) or part is obj or "[" in path or not hasattr(type(part), "extract_init_dict"):
        return
    flagged = dict.get(configured(part), "_use_default_values") or ()
    own = {k: v for k, v in dict.items(configured(part)) if k in known(part) and k not in flagged}
    run = Run(type(part), dict(file) if file is not None else own, {})
    if run.obj is None:
        return
    cls: Any = type(obj)
    copies = {**dict(parts_of(copied(obj))), path: run.obj}  # a constructor may write into what it is given
    expected, optional = cls._get_signature_keys(cls)
    given = {n: copies.get(n) for n in expected}
    given |= {k: dict.get(configured(obj), k) for k in optional if k not in given and k in configured(obj)}
    making = Making(cls)
    with lightly(type(part)), overheard(), traced(dict.fromkeys(constructors(cls), making.begin)):
        try:
            cls(**given)
        except Exception as error:  # noqa: BLE001 (stand-ins do not satisfy every pipeline: what was seen stands)
            del error
    yield from (s for s in making.steps if s.owner == path)
