"""When two pieces of plain data are the same in two places, and where exactly they differ.

The written rules:

- a tuple equals a list and 1 equals 1.0, but 1 is not True; NaN equals NaN (both are the text ``nan`` here);
- a tensor is its shape, dtype and digest; its device is no content, and a tensor without data (meta) only has a shape;
- two absolute paths, or addresses, that end in the same name are the same place on two machines.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from inspector.model import same

_LONGEST = 100
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://[^/]*/.")


def equal(a: Any, b: Any) -> bool:
    """Content equality by the written rules."""
    if same(a, b):
        return True
    if isinstance(a, dict) and isinstance(b, dict) and "digest" in a and "digest" in b:
        blank = a["digest"] is None or b["digest"] is None
        return blank and a.get("shape") == b.get("shape") and a.get("dtype") == b.get("dtype")
    if isinstance(a, str) and isinstance(b, str):
        return path_name(a) is not None and path_name(a) == path_name(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return False


def path_name(value: str) -> str | None:
    """The last name of what looks like an absolute path of some machine, or None."""
    if value.startswith(("/", "~/")) or _ADDRESS.match(value):
        return PurePosixPath(value).name or None
    if value[1:3] in (":\\", ":/") or value.startswith("\\\\"):
        return PureWindowsPath(value).name or None
    return None


def difference(name: str, a: Any, b: Any) -> str:
    """Where exactly two values differ: the one entry of a long list, not the whole list twice."""
    whole = f"{name}: {text(a)} in a, {text(b)} in b"
    if not same_shape(a, b):
        return whole
    found = entries(a, b)
    if not found or (len(whole) <= _LONGEST and len(found) > 1):
        return whole
    rest = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(f"{name}{line}" for line in found[:3]) + rest


def entries(a: Any, b: Any) -> list[str]:
    """One line per entry that differs, as deepdiff finds them."""
    from deepdiff import DeepDiff

    class Written:
        """The written rules decide what is the same; deepdiff only walks down to where the difference is."""

        def match(self, level: Any) -> bool:
            return True

        def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
            if equal(level.t1, level.t2):
                return True
            if same_shape(level.t1, level.t2):
                return False
            diff_instance.custom_report_result("differs", level)
            return True

    tree = DeepDiff(
        a,
        b,
        view="tree",
        custom_operators=[Written()],
        ignore_type_in_groups=[(list, tuple)],
        zip_ordered_iterables=True,
        verbose_level=2,
    )
    lines = []
    for kind, levels in tree.items():
        for level in levels:
            where = level.path(root="")
            if kind.endswith("_added"):
                lines.append(f"{where} is only in b: {text(level.t2)}")
            elif kind.endswith("_removed"):
                lines.append(f"{where} is only in a: {text(level.t1)}")
            else:
                lines.append(f"{where}: {text(level.t1)} in a, {text(level.t2)} in b")
    return lines


def same_shape(a: Any, b: Any) -> bool:
    """Whether there is something to walk into on both sides."""
    if isinstance(a, dict) and isinstance(b, dict):
        return "digest" not in a and "digest" not in b
    return isinstance(a, list | tuple) and isinstance(b, list | tuple)


def text(data: Any) -> str:
    """A value for a message, cut where it is too long to read."""
    if isinstance(data, dict) and "digest" in data:
        return f"tensor {'×'.join(map(str, data.get('shape', ())))} {data.get('dtype')}"
    shown = repr(data)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 4]} ..."
