"""One pipeline's ``__call__``, or several side by side, as the report that every format takes."""

from __future__ import annotations

from collections.abc import Sequence

from inspector import classtable
from inspector.calling.chosen import pipeline
from inspector.calling.parameters import described, differs
from inspector.model import Report


def call_of(texts: Sequence[str], *, online: bool = False) -> Report:
    """The report of one pipeline's ``__call__``, or of several side by side.

    Args:
        texts: sources or class names.
        online: ask the Hub for the newest.

    Raises:
        InspectError: one of them is no pipeline, or has no ``__call__``.
    """
    shown = [described(pipeline(text, online=online)) for text in texts]
    names = list(dict.fromkeys(p["name"] for one in shown for p in one["parameters"]))
    differing = [n for n in names if len(shown) > 1 and differs(n, shown)]
    if len(shown) == 1:
        unused = [p["name"] for p in shown[0]["parameters"] if not p["used"]]
        line = f"{shown[0]['class']}: {counted(len(names))}"
        line += f", {len(unused)} never used by the body ({', '.join(unused)})" if unused else ", all used by the body"
    else:
        unlike = f"{len(differing)} not the same in all" if differing else "the same in all"
        line = f"{counted(len(names))}, {unlike}: {' · '.join(one['class'] for one in shown)}"
    answer = {"severity": "clean", "line": line}
    data = {"command": "call", "pipelines": shown, "differing": differing, "answer": answer}
    versions = {"diffusers": classtable.version("diffusers") or ""}
    return Report(" · ".join(texts), {k: v for k, v in versions.items() if v}, data=data)


def counted(number: int) -> str:
    return f"{number} parameter{'' if number == 1 else 's'}"
