"""The differences between two machines as findings: those that matter, and those that are proved not to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.environment.against import ABSENT, Row
from inspector.model import Finding
from inspector.rules.environment import found


def judge(rows: list[Row], names: tuple[str, str] = ("here", "there")) -> Iterator[Finding]:
    """A finding for each difference that is of consequence, or could be taken for one.

    Args:
        rows: the differences.
        names: how the two sides are called after a value of theirs: ``here``, ``on nas``.
    """
    for one in rows:
        what, alike = one["what"], one["here"] == one["there"]
        between = ", ".join(f"{shown(one[side])} {name}" for side, name in zip(("here", "there"), names, strict=True))
        sides = f"{what} {one['here']} on both sides, and other code" if alike else f"{what}: {between}"
        where = [name for name, patched in zip(names, one.get("patched", ()), strict=False) if patched]
        sides += f" (changed after installation {' and '.join(where)})" if where else ""
        message = f"{sides}: {one['why']}" if one["why"] else sides
        if one["matters"] == "code":
            yield found("IPE516", what, message, remedy(one), severity="error" if alike else "warning")
        elif one["matters"] == "same":
            yield found("IPE519", what, message)
        elif one["matters"] != "no":
            certain = ABSENT in (one["here"], one["there"])
            code = "IPE518" if one.get("variable") else "IPE517"
            yield found(code, what, message, remedy(one), confidence="certain" if certain else "possible")


def remedy(one: Row) -> str:
    """How the two become the same."""
    what = one["what"]
    if one.get("variable"):
        return f"set {what} the same on both"
    if "files" not in one:
        return ""
    if one["here"] == one["there"]:
        return f"reinstall {what} on the side where inspect-pipe env says that files were changed"
    version = str(one["there"] if one["there"] != ABSENT else one["here"]).partition(" ")[0]
    return f"pip install {what}=={version} on both"


def shown(value: Any) -> str:
    return "not set" if value is None else repr(value) if value == "" else str(value)
