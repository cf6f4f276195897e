"""A line of Python broken to fit a width, still valid Python: so that a fix can be pasted from the screen."""

from __future__ import annotations

from inspector.render.escape import Safe

_OPEN, _CLOSE = "([{", ")]}"


def broken(line: Safe, width: int) -> Safe:
    """The line as it is where it fits; else broken after its last outer bracket opens, and between its arguments.

    Prose, and code that has no such bracket, is left to the reader's terminal.
    """
    if len(line) <= width or not line.endswith(")"):
        return line
    start = _outermost(line)
    if start is None:
        return line
    inner = line[start + 1 : -1]
    if len(inner) + 5 <= width:
        return Safe(f"{line[: start + 1]}\n    {inner}\n)")
    arguments = "".join(f"\n    {a}," for a in _arguments(inner))
    return Safe(f"{line[: start + 1]}{arguments}\n)")


def _outermost(line: str) -> int | None:
    """Where the bracket opens that the line's last character closes, strings aside; None when it is not code."""
    stack: list[int] = []
    for position, character, depth in _walk(line):
        if character in _OPEN:
            stack.append(position)
        elif character in _CLOSE:
            if not stack:
                return None
            start = stack.pop()
            if position == len(line) - 1:
                return start if depth == 0 else None
    return None


def _arguments(inner: str) -> list[str]:
    """What commas at the outer level part."""
    cuts = [p for p, character, depth in _walk(inner) if character == "," and depth == 0]
    return [inner[a:b].strip() for a, b in zip([0, *(c + 1 for c in cuts)], [*cuts, len(inner)], strict=True)]


def _walk(text: str) -> list[tuple[int, str, int]]:
    """Every character outside of strings, with the depth of the brackets around it."""
    found: list[tuple[int, str, int]] = []
    depth, quote, skip = 0, "", False
    for position, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth -= character in _CLOSE
            found.append((position, character, depth))
            depth += character in _OPEN
    return found
