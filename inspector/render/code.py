"""A line of Python broken to fit a width, still the same Python: so that a fix can be pasted from the screen."""

from __future__ import annotations

import ast

from inspector.render.escape import Safe


def broken(line: Safe, width: int) -> Safe:
    """The line as it is where it fits; else broken inside the call that ends it, and between its arguments.

    Prose, and code that ends in no call, is left to the reader's terminal.
    """
    tree = parsed(line) if len(line) > width else None
    if tree is None:
        return line
    raw = line.encode()  # ast counts bytes
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.end_col_offset == len(raw))
    call = next(calls, None)  # the outermost comes first
    given: list[ast.expr | ast.keyword] = [] if call is None else [*call.args, *call.keywords]
    arguments = sorted(given, key=lambda n: n.col_offset)
    if not arguments:
        return line
    head = raw[: arguments[0].col_offset].decode()
    inner = [raw[n.col_offset : n.end_col_offset].decode() for n in arguments]
    if len(together := ", ".join(inner)) + 4 <= width:
        return Safe(f"{head}\n    {together}\n)")
    return Safe(head + "".join(f"\n    {argument}," for argument in inner) + "\n)")


def parsed(line: str) -> ast.Module | None:
    """The line as Python, or None when it is prose."""
    try:
        return ast.parse(line)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # all of these are how ast says: no line of Python
        return None
