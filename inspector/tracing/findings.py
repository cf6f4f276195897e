"""What went wrong on the way through ``from_config``, as findings with the line to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding, worst_first
from inspector.tracing.schedule import alike
from inspector.tracing.story import replaced
from inspector.tracing.summary import shortened

_OURS = ("compatible", "old", "scheduler")
"""Keys of a scheduler that a swap leaves hidden: they come back when the config goes to a class that takes them."""
_MOST = 4


def findings(found: dict[str, Any], line: str) -> tuple[Finding, ...]:
    """The findings of a trace, the worst first.

    Args:
        found: what :func:`inspector.tracing.tasks.trace_of` gave.
        line: the line to write.
    """
    return worst_first([*raised(found), *keywords(found, line), *replacements(found, line), *rest(found, line)])


def raised(found: dict[str, Any]) -> Iterator[Finding]:
    if found["raised"]:
        message = f"{found['into']}.from_config raises {found['raised']}"
        yield Finding("IPT701", "error", found["path"], message, "take the named argument out, or pass what is missing")


def keywords(found: dict[str, Any], line: str) -> Iterator[Finding]:
    """Keywords that came to nothing, and values that ``__init__`` replaced."""
    into = found["into"]
    for row in found["keys"]:
        value = f"{row['name']}={shortened(row['given'])}" if "given" in row else row["name"]
        if row["lost"]:
            quiet = "" if "without a word" not in row["reason"] and row["fate"] == "unused" else ", without a word"
            why = f"{into}.__init__ takes no such keyword, from_config returns it as unused{quiet}"
            also = "; the config's own value stays as a hidden key" if row["fate"] == "hidden" else ""
            cause = f"; {row['cause']['text']}" if "cause" in row else ""
            fix = line if row.get("cause", {}).get("meant") in found["renamed"] else instead(row)
            yield finding("IPT702", found, row, f"{value} has no effect: {why}{also}{cause}", fix)
        elif row["fate"] == "used" and "rewritten" in row and row["origin"] != "component":
            at = f"{row['rewritten']['file']}:{row['rewritten']['line']}"
            message = f"{value} becomes {shortened(row.get('result'))}: {into}.__init__ rewrites it ({at})"
            yield finding("IPT706", found, row, message, "")


def instead(row: dict[str, Any]) -> str:
    takers = row.get("cause", {}).get("classes", ())
    return f"leave {row['name']} out" + (f", or use a class that takes it: {', '.join(takers[:3])}" if takers else "")


def replacements(found: dict[str, Any], line: str) -> Iterator[Finding]:
    """Dropped values in whose place the new class put another one; keys of the config that nobody takes."""
    refused = {r["name"]: r["error"] for r in found["refused"]}
    for row in found["keys"]:
        name = row["name"]
        if replaced(row):
            message = f"{name}={shortened(row['given'])} was dropped; {found['into']}'s default"
            message += f" {shortened(row['result'])} takes its place"
            if row["edited"]:
                message += ": it is listed as a default although it was changed, or passed without its name"
            if name in refused:
                message += f". To keep it is not possible: {refused[name]}"
            yield finding("IPT703", found, row, message, "" if name in refused else line)
        elif row["fate"] == "hidden" and not row["lost"] and row.get("cause", {}).get("kind", "old") not in _OURS:
            if found["path"] == "pipe" and isinstance(row["given"], list):
                continue  # a component that the new pipeline has no place for
            meant = row["cause"].get("meant")
            fix = f"rename {name} to {meant} in the config" if meant else f"remove {name} from the config"
            fix = line if meant in found["renamed"] else fix
            value = f"{name}={shortened(row['given'])}"
            yield finding(
                "IPC104", found, row, f"{value} is no parameter of {found['into']}: {row['cause']['text']}", fix
            )


def rest(found: dict[str, Any], line: str) -> Iterator[Finding]:
    """What happens to a flow schedule, and what a save and load before the line would change."""
    flow, into = found["flow"], found["into"]
    if flow and not flow["now"]:
        before, now = (found[s].get("sigma_max") for s in ("schedule_before", "schedule"))
        message = f"{found['from']} is a flow schedule (sigma_max {before:g}), {into} as made here is none"
        message += f" (sigma_max {now:g})" if isinstance(now, float) else ""
        brings = flow["keywords"]
        message += "" if brings else f"; {into} takes no keywords that make it one"
        yield Finding("IPT705", "warning", found["path"], message, line if brings else f"keep {found['from']}")
    elif flow and flow["keywords"]:
        names = ", ".join(f"{k}={v!r}" for k, v in flow["keywords"].items())
        message = f"the shift of the flow schedule is lost: sigmas differ by up to {flow['apart']:.3f}, with {names}"
        yield Finding("IPT705", "warning", found["path"], f"{message} by {flow['apart_then']:.3f}", line)
    yield from saving(found, line)


def saving(found: dict[str, Any], line: str) -> Iterator[Finding]:
    later = found["after_save"]
    if not later or found["raised"]:
        return
    now, then = found["schedule"], later["schedule"]
    same_line = f"after a save and load of {found['from']} the same line"
    refused = later["raised"] or (then.get("error") if "error" not in now else None)
    if refused:
        what = "raises" if later["raised"] else "gives a scheduler that raises"
        message = f"{same_line} {what} {refused}{explicit(found, refused)}"
        yield Finding("IPT704", "error", found["path"], message, line)
    elif later["changed"]:
        names = ", ".join(
            f"{c['name']} {shortened(c['before'])} → {shortened(c['after'])}" for c in later["changed"][:_MOST]
        )
        more = f" and {len(later['changed']) - _MOST} more" if len(later["changed"]) > _MOST else ""
        effect = measured(now, then)
        yield Finding(
            "IPT704", "warning", found["path"], f"{same_line} gives other values: {names}{more}{effect}", line
        )


def explicit(found: dict[str, Any], refused: str) -> str:
    """The values that stand in the way once they are explicit."""
    names = [r["name"] for r in found["refused"] if r["error"] == refused]
    if not names:
        return ""
    values = {r["name"]: r["given"] for r in found["keys"] if "given" in r}
    named = ", ".join(f"{n}={shortened(values[n])}" for n in names)
    them, are = ("it", "is") if len(names) == 1 else ("them", "are")
    return f": {named} of {found['from']} {are} explicit then; now _use_default_values hides {them}"


def measured(now: dict[str, Any], then: dict[str, Any]) -> str:
    """What other values do to the schedule."""
    if "steps" not in now or "steps" not in then:
        return ""
    if alike(now, then):
        return f"; the schedule of {now['steps']} steps is the same"
    words = {"sigma_max": "sigma_max", "first_timestep": "first timestep"}
    differing = [
        f"{said} {now[k]:g} now, {then[k]:g} after a save and load"
        for k, said in words.items()
        if isinstance(now.get(k), float) and isinstance(then.get(k), float) and now[k] != then[k]
    ]
    steps = f"{now['steps']} steps"
    return f"; {steps}: {', '.join(differing)}" if differing else f"; the schedule of {steps} is another one"


def finding(code: str, found: dict[str, Any], row: dict[str, Any], message: str, fix: str) -> Finding:
    return Finding(code, "warning", f"{found['path']}.{row['name']}", message, fix)
