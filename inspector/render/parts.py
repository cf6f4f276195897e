"""What every format for people shares: findings grouped by component and setting, values and readers as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from inspector.model import SEVERITIES, Finding, Report, Severity, Skip, same
from inspector.render import TELLING
from inspector.render.escape import Safe, safe

FILES = ""
"""The group of findings that concern files rather than a component."""

_READ_PLACES = {"config.attr": "attr", "config.item": "item", "live": "live", "init": "init"}


@dataclass(slots=True)
class Block:
    """What is said about one setting (or the whole component, when ``setting`` is empty): one proof, several codes."""

    setting: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def severity(self) -> Severity:
        return self.findings[0].severity

    @property
    def places(self) -> dict[str, Any]:
        return self.findings[0].places

    @property
    def reads(self) -> tuple[str, ...]:
        return max((f.reads for f in self.findings), key=len)

    @property
    def fixes(self) -> list[str]:
        return list(dict.fromkeys(f.fix for f in self.findings if f.fix))


@dataclass(slots=True)
class Group:
    """One component with its blocks, the worst first, and its notes by code."""

    path: str
    expression: str
    cls: str
    blocks: list[Block] = field(default_factory=list)
    notes: dict[str, list[Finding]] = field(default_factory=dict)


def groups(report: Report, *, verbose: bool = False) -> list[Group]:
    """The findings by component, in the order of the worst; notes apart unless ``verbose``."""
    if report.data.get("command") in TELLING:
        return []
    classes = classes_of(report)
    found: dict[str, Group] = {}
    blocks: dict[tuple[str, str, str], Block] = {}
    for finding in report.findings:
        path, setting = split_where(finding.where, classes)
        group = found.get(path)
        if group is None:
            group = found[path] = Group(path, expression(path, classes), classes.get(path, ""))
        if finding.severity == "note" and not verbose:
            group.notes.setdefault(finding.code, []).append(finding)
            continue
        key = (path, setting, repr(finding.places))
        if key not in blocks:
            blocks[key] = Block(setting)
            group.blocks.append(blocks[key])
        blocks[key].findings.append(finding)
    return list(found.values())


def classes_of(report: Report) -> dict[str, str]:
    """Component path -> class name, of both sources of a comparison."""
    components = [*report.data.get("other", {}).get("components", ()), *report.data.get("components", ())]
    return {c["path"]: c["class"] for c in components}


def split_where(where: str, paths: Iterable[str]) -> tuple[str, str]:
    """``scheduler.beta_end`` as component and setting; what belongs to no component is a file's."""
    owners = [p for p in paths if where == p or (where.startswith(p) and where[len(p)] in "./[")]
    if not owners:
        return FILES, where
    path = max(owners, key=len)
    rest = where[len(path) :]
    return path, rest[1:] if rest[:1] in (".", "/") else rest


def expression(path: str, paths: Iterable[str]) -> str:
    """How a user writes the component."""
    if path == FILES:
        return "files"
    return f"pipe.{path}" if path != "pipe" and "pipe" in paths else path


def marks(report: Report) -> dict[str, dict[Severity, int]]:
    """How many findings of each severity every component has."""
    classes = classes_of(report)
    found: dict[str, dict[Severity, int]] = {}
    for finding in report.findings:
        counts = found.setdefault(split_where(finding.where, classes)[0], {"error": 0, "warning": 0, "note": 0})
        counts[finding.severity] += 1
    return found


def value_text(data: Any, limit: int = 60) -> Safe:
    """One value as the Python a user would type; a tensor by its shape, dtype and digest."""
    if isinstance(data, dict) and "digest" in data and "shape" in data:
        shape = "×".join(map(str, data["shape"])) or "scalar"
        digest = f" {str(data['digest'])[:8]}" if data["digest"] else ""
        return safe(f"tensor {shape} {data.get('dtype', '')}{digest}", limit)
    text = repr(data)
    if len(text) > limit:
        kept = text[: limit - 1].rstrip()
        return Safe(safe(kept, limit) + "…")
    return safe(text, limit)


def odd_ones(places: dict[str, Any]) -> set[str]:
    """The places that left the value of the first one; a default that a file overrides is nothing odd."""
    values = list(places.values())
    return (
        {name for name, data in places.items() if not same(data, values[0]) and name != "default"} if values else set()
    )


def readers(reads: Sequence[str]) -> dict[str, list[tuple[str, list[str]]]]:
    """Readers by the place they read: ``attr -> [("set_timesteps", ["scheduling_x.py", "397", "444"])]``."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    for read in reads:
        place, _, rest = read.partition(" ")
        location, _, function = rest.partition(" ")
        file, _, line = location.rpartition(":")
        lines = found.setdefault(_READ_PLACES.get(place, place), {}).setdefault((function, file), [])
        if line not in lines:
            lines.append(line)
    return {
        place: [(function, [file, *lines]) for (function, file), lines in functions.items()]
        for place, functions in found.items()
    }


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def verdict(report: Report, width: int = 0) -> tuple[Severity | Literal["clean"], Safe]:
    """One line that says it all, and how bad it is; as much of it as fits when ``width`` is given."""
    if "answer" in report.data:  # a command that answers a question, rather than one that looks for mistakes
        line = safe(report.data["answer"]["line"], 400)
        return report.data["answer"]["severity"], Safe(f"{line[: width - 1]}…" if 0 < width < len(line) else line)
    summary = report.summary
    found = [counted(summary[s], s) for s in SEVERITIES if summary[s]]
    failed = sum(s.failed for s in report.skipped)
    unread = [f"{counted(failed, 'part')} not read"] if failed else []
    found += [f"{len(report.suppressed):,} suppressed"] if report.suppressed else []
    severity: Severity | Literal["clean"] = "error" if summary["error"] or failed else "warning"
    if summary["error"] or summary["warning"]:
        short = ", ".join([*unread, *found])
        long = f"{short} · inspect-pipe explain {safe(report.findings[0].code, 20)}"
    elif failed:
        short = long = ", ".join([*unread, "nothing found in the rest", *found])
    else:
        severity = "clean"
        sizes = {"checks": checked, "tried": tried, "laws": searched}
        size = next((of for name, of in sizes.items() if name in report.data), sized)(report)
        nothing = "no difference" if "other" in report.data else "nothing found"
        nothing = "nothing has moved" if "sealed" in report.data else nothing
        short, long = ", ".join([nothing, *found]), f"{nothing} in {', '.join(size + found)}"
    source = safe(report.source, 200)
    if not width or len(source) + len(long) + 2 <= width:
        return severity, Safe(f"{source}: {long}")
    room = max(8, width - len(short) - 2)
    return severity, Safe(f"{source if len(source) <= room else '…' + source[1 - room :]}: {short}")


def sized(report: Report) -> list[str]:
    """``8 components, 149 settings``, of a seal the files first."""
    components = report.data.get("components", ())
    settings = sum(len(c["settings"]) for c in components)
    parts = [counted(len(components), "component"), counted(settings, "setting")]
    if "sealed" in report.data:
        parts = [counted(report.data["sealed"]["files"], "file"), *(parts if components else [])]
    return parts


def tried(report: Report) -> list[str]:
    """``14 presets, 252 runs``."""
    return [counted(len(report.data["presets"]), "preset"), counted(report.data["tried"], "run")]


def searched(report: Report) -> list[str]:
    """``49 classes, 17,000 cases`` of a search for what breaks a law."""
    rows = report.data["laws"]
    classes = len({row["class"] for row in rows})
    return [f"{classes} class{'' if classes == 1 else 'es'}", counted(sum(row["examples"] for row in rows), "case")]


def checked(report: Report) -> list[str]:
    """``98 checks of 14 presets``, without those that could not be made."""
    made = [row for row in report.data["checks"] if row["verdict"] != "skip"]
    return [f"{counted(len(made), 'check')} of {counted(len({row['preset'] for row in made}), 'preset')}"]


def unsaid(report: Report) -> list[Skip]:
    """The skips that no finding has already told in the same words."""
    said = {f.message for f in report.findings}
    return [s for s in report.skipped if s.reason not in said]


def accepted(report: Report, *, verbose: bool = False) -> list[Safe]:
    """What a baseline or a marker suppressed, by reason; what the settings ignore is told by ``data["ignored"]``."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for s in report.suppressed:
        if s.by != "settings":
            key = (s.reason.strip() or "no reason given", s.by, s.expires or "")
            found.setdefault(key, []).append(f"{safe(s.finding.code, 20)} {safe(s.finding.where, 120)}")
    shown = []
    for (reason, by, expires), names in found.items():
        kept = names if verbose else names[:3]
        rest = f" and {len(names) - len(kept)} more" if len(names) > len(kept) else ""
        until = f", until {safe(expires, 20)}" if expires else ""
        shown.append(Safe(f"{', '.join(kept)}{rest}: {safe(reason, 300)} ({by}{until})"))
    return shown


def skip_text(skip: Skip) -> Safe:
    return Safe(f"{safe(skip.where, 120)}: {safe(skip.reason, 400)}")
