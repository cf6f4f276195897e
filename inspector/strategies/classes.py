"""Which scheduler classes the installed diffusers has, which of them can be made, and why the others cannot."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from inspector.model import EXIT_USAGE, InspectError


def require() -> Any:
    """Hypothesis's strategies.

    Raises:
        InspectError: hypothesis is not installed (exit 2).
    """
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise InspectError(
            "the search needs hypothesis, which is not installed",
            hint="pip install 'inspect-pipe[roundtrip]'",
            exit_code=EXIT_USAGE,
        ) from error
    return strategies


@cache
def every() -> dict[str, Any]:
    """Name -> class: all that diffusers exports as schedulers, those it has in name only among them."""
    import diffusers

    found = {name: getattr(diffusers, name) for name in sorted(dir(diffusers)) if name.endswith("Scheduler")}
    return {name: cls for name, cls in found.items() if isinstance(cls, type)}


@cache
def checkable() -> tuple[dict[str, Any], dict[str, str]]:
    """The classes whose objects can be made from their defaults (name -> class), and the others with the reason."""
    can: dict[str, Any] = {}
    cannot: dict[str, str] = {}
    for name, cls in every().items():
        reason = why_not(cls)
        if reason:
            cannot[name] = reason
        else:
            can[name] = cls
    return can, cannot


def why_not(cls: Any) -> str:
    """Why no object of a class can be made, or the empty string."""
    if backends := vars(cls).get("_backends"):  # a stand-in, which raises ImportError at every other look
        return f"needs {' and '.join(backends)}, which is not installed"
    if not hasattr(cls, "register_to_config"):
        return "has no config"
    from inspector.strategies.parameters import required

    try:
        cls(**required(cls))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the reason)
        return f"cannot be made from its defaults: {type(error).__name__}: {error}"[:200]
    return ""


def signature(cls: Any) -> dict[str, inspect.Parameter]:
    """The named parameters of a class's ``__init__``, in order; postponed annotations are evaluated where they can."""
    return _signature(cls)


@cache
def _signature(cls: Any) -> dict[str, inspect.Parameter]:
    try:
        found = inspect.signature(cls.__init__, eval_str=True).parameters.items()
    except Exception:  # noqa: BLE001 (an annotation of somebody's own may raise anything)
        found = inspect.signature(cls.__init__).parameters.items()
    return {k: p for k, p in found if k != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


def scheduler_classes() -> Any:
    """A strategy for the scheduler classes that can be checked here.

    Raises:
        InspectError: hypothesis is not installed.
    """
    return require().sampled_from(list(checkable()[0].values()))
