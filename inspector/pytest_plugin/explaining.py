"""What a comparison with ``==`` of configs, snapshots or sigmas would say if it could. Imports no library to tell."""

from __future__ import annotations

import ast
import itertools
import math
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from inspector.model import Snapshot

_SHOWN = 20
_ABSENT = object()


def explain(left: object, right: object) -> list[str] | None:
    """The lines of an assertion error, the most telling first (pytest cuts after eight); None: not ours to explain."""
    if is_config(left) or is_config(right):
        if isinstance(left, dict) and isinstance(right, dict):
            return configs(left, right, named(left, right))
        return None
    if is_snapshot(left) and is_snapshot(right):
        return snapshots(left, right)  # type: ignore[arg-type]
    if configured(left) and configured(right):
        line = f"two objects of {named(left, right)}: == of schedulers and models asks whether they are one object"
        return [line, *configs(vars(left)["_internal_dict"], vars(right)["_internal_dict"], "their configs")]
    if is_sigmas(left) and is_sigmas(right):
        return sigmas(left, right)
    return None


def ambiguous(excinfo: pytest.ExceptionInfo[BaseException]) -> list[str]:
    """What ``assert a == b`` of tensors or arrays would have said, had it not raised for being more than one value.

    Only names, attributes and constant subscripts are looked up again: nothing that a test wrote is run twice.
    """
    if not isinstance(excinfo.value, RuntimeError | ValueError) or not {"torch", "numpy"} & sys.modules.keys():
        return []
    entry = excinfo.traceback[-1]
    try:
        tree = ast.parse(str(entry.statement).strip()).body[0]
    except (SyntaxError, IndexError, OSError):
        return []
    if not (isinstance(tree, ast.Assert) and isinstance(tree.test, ast.Compare)):
        return []
    if len(tree.test.ops) != 1 or not isinstance(tree.test.ops[0], ast.Eq):
        return []
    try:
        left, right = (held(node, entry.frame.raw) for node in (tree.test.left, *tree.test.comparators))
    except Exception:  # noqa: BLE001 (an attribute may raise anything; then there is nothing to add)
        return []
    if not (is_sigmas(left) and is_sigmas(right)):
        return []
    return [*sigmas(left, right), "to compare them: inspector.assert_same_sigmas(a, b, rtol=...)"]


def held(node: ast.AST, frame: FrameType) -> Any:
    """What a name, an attribute or a constant subscript stands for in a frame.

    Raises:
        LookupError: it is anything else, or not there.
    """
    match node:
        case ast.Name(id=name):
            return frame.f_locals[name] if name in frame.f_locals else frame.f_globals[name]
        case ast.Constant(value=value):
            return value
        case ast.Attribute(value=inner, attr=name):
            return getattr(held(inner, frame), name)
        case ast.Subscript(value=inner, slice=index):
            return held(inner, frame)[held(index, frame)]
    raise LookupError(type(node).__name__)


def is_config(obj: object) -> bool:
    return type(obj).__name__ == "FrozenDict" and type(obj).__module__.startswith("diffusers.")


def configured(obj: object) -> bool:
    return hasattr(obj, "__dict__") and is_config(vars(obj).get("_internal_dict"))


def is_snapshot(obj: object) -> bool:
    return type(obj).__name__ == "Snapshot" and type(obj).__module__ == "inspector.model"


def is_sigmas(obj: object) -> bool:
    """A tensor or array of one dimension with real numbers in it; a list only where it falls like sigmas."""
    if type(obj).__module__ in ("torch", "numpy") and hasattr(obj, "dtype"):
        return len(getattr(obj, "shape", ())) == 1 and "float" in str(obj.dtype)
    if not isinstance(obj, list | tuple) or len(obj) < 3 or not any(isinstance(v, float) for v in obj):
        return False
    return all(type(v) in (int, float) for v in obj) and all(a >= b for a, b in itertools.pairwise(obj))


def sigmas(left: Any, right: Any) -> list[str]:
    from inspector.agreeing import explained
    from inspector.model import InspectError

    try:
        return explained(left, right, 0.0, names=("left", "right"))
    except InspectError as error:
        return [error.message]


def named(left: object, right: object) -> str:
    names = dict.fromkeys(type(side).__name__ for side in (left, right))
    return " and ".join(names)


def configs(left: dict[str, Any], right: dict[str, Any], what: str) -> list[str]:
    """Which keys differ, how many, the worst number and the tolerance under which the numbers would agree."""
    keys = sorted({**left, **right}, key=lambda k: k.startswith("_"))  # the library's own, which only follow, last
    pairs = {k: (dict.get(left, k, _ABSENT), dict.get(right, k, _ABSENT)) for k in keys}
    found = {k: p for k, p in pairs.items() if not alike(*p)}
    if not found:
        return [*hidden(left, right), f"{what}: the same {len(keys)} keys and values"]
    far = {k: apart(*p) for k, p in found.items()}
    numbers = {k: f for k, f in far.items() if f is not None}
    lines = [f"{what}: {len(found)} of {len(keys)} keys differ: {', '.join(found)}"]
    if numbers:
        from inspector.samplers.agreement import smallest

        worst = max(numbers, key=numbers.__getitem__)
        lines.append(f"worst number: {worst}: {found[worst][0]!r} and {found[worst][1]!r}: {relative(numbers[worst])}")
        if len(numbers) == len(found) and math.isfinite(numbers[worst]):
            lines.append(f"smallest relative tolerance that would pass: {smallest(numbers[worst]):g}")
    if others := [k for k in found if k not in numbers]:
        lines.append(f"no tolerance makes these the same: {', '.join(others)}")
    lines += [f"  {k}: {told(left, right, k)}" for k in [*found][:_SHOWN]]
    lines += [f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return [*lines, *hidden(left, right)]


def alike(a: Any, b: Any) -> bool:
    if a is _ABSENT or b is _ABSENT:
        return a is b
    return a is b or bool(a == b)


def apart(a: Any, b: Any) -> float | None:
    """How far two numbers are from each other, relative to the second; None where they are none."""
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in (a, b)):
        return None
    return abs(a - b) / abs(b) if b else math.inf


def relative(far: float) -> str:
    return f"relative {far:.3g}" if math.isfinite(far) else "no relative tolerance allows for a 0"


def told(left: dict[str, Any], right: dict[str, Any], key: str) -> str:
    """Both values; of two lists what only one of them has."""
    a, b = dict.get(left, key), dict.get(right, key)
    if not (isinstance(a, list) and isinstance(b, list) and all(isinstance(v, str) for v in (*a, *b))):
        return f"{side(left, key)} != {side(right, key)}"
    only = [
        f"only {n}: {', '.join(rest)}" for n, x, y in (("left", a, b), ("right", b, a)) if (rest := [*set(x) - set(y)])
    ]
    return "; ".join(only) or "the same entries in another order or number"


def side(config: dict[str, Any], key: str) -> str:
    held = dict.get(config, key, _ABSENT)
    if held is _ABSENT:
        return "absent"
    shown = repr(held)
    return shown if len(shown) <= 80 else f"{shown[:76]} ..."


def hidden(left: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
    """What ``==`` does not see: an attribute of a config that is not its item (IPC101)."""
    for name, config in (("left", left), ("right", right)):
        held = getattr(config, "__dict__", {})
        for key in dict.keys(config):
            if key in held and not alike(held[key], dict.get(config, key)):
                yield (
                    f"{name}: {key} is {dict.get(config, key)!r} as item, which == compares, "
                    f"but {held[key]!r} as attribute (IPC101)"
                )


def snapshots(left: Snapshot, right: Snapshot) -> list[str]:
    """The differences as ``inspect-pipe diff A B`` tells them."""
    from inspector.compare import compare

    total = sum(len(c.settings) for c in left.components)
    found = [f for f in compare(left, right) if f.severity != "note"] or list(compare(left, right))
    if not found:
        fields = [f for f in left.__dataclass_fields__ if getattr(left, f) != getattr(right, f)]
        return [f"snapshots: no setting of {total} differs; what does: {', '.join(fields)}"]
    far = {f.where: far for f in found if (far := apart(*(f.places.get(k) for k in ("a", "b")))) is not None}
    number = f"{len(found)} difference{'s' if len(found) > 1 else ''}"
    lines = [f"snapshots: {number} in {total} settings (a is the left one, b the right one)"]
    if far:
        from inspector.samplers.agreement import smallest

        worst = max(far, key=far.__getitem__)
        passes = f"; smallest that would pass: {smallest(far[worst]):g}" if math.isfinite(far[worst]) else ""
        lines.append(f"worst number: {worst}: {relative(far[worst])}{passes}")
    lines += [f"  {f.code} {f.where}: {f.message}" for f in found[:_SHOWN]]
    return [*lines, f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else lines
