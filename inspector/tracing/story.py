"""One observed run → the story of every key, what a save and load would change, and what to write."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing import causes
from inspector.tracing.lines import MISSING, Step
from inspector.tracing.reasons import Known, why
from inspector.tracing.remedy import literal, remedy
from inspector.tracing.run import Run, saved_config
from inspector.tracing.schedule import schedule

_NOTES = ("_use_default_values",)


def story(
    cls: Any,
    config: Mapping[str, Any],
    keywords: Mapping[str, Any],
    *,
    old: Any = None,
    part: Any = None,
    later: Mapping[str, Any] | None = None,
    disk: Mapping[str, Any] | None = None,
    components: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run ``cls.from_config(config, **keywords)`` and tell what became of every key.

    Args:
        cls: the class to make.
        config: what it is made from; not changed.
        keywords: what the user passes beside it.
        old: the class of the object that the config is of, where it is known.
        part: that object.
        later: the config that this object has after a save and load: the same line is tried on it, too.
        disk: the JSON file of that object.
        components: for a pipeline: the live components, passed as keywords too.
    """
    run = Run(cls, config, {**(components or {}), **keywords})
    named = config.get("_class_name")
    before = old.__name__ if old is not None else named if isinstance(named, str) else ""
    teller = Teller(run, old, before, disk or {}, components or {})
    rows = [teller.row(name) for name in names(cls, config, run.keywords)]
    kept = saved_config(run.obj) if run.obj is not None else None
    for entry in rows:
        entry["survives"] = None if kept is None else entry["name"] in kept
    gone = {r["name"]: config[r["name"]] for r in rows if replaced(r)}
    lost = {r["name"] for r in rows if r["lost"]}
    told = remedy(run, gone, lost, misspelt(run, rows), part, later)
    written = {k: v for k, v in told.pop("keywords").items() if k not in (components or {})}
    return {
        "from": before, "into": cls.__name__, "keywords": plain(dict(keywords)), "keys": rows,
        "compatible": causes.kin(before, cls), "raised": run.error or None, "said": run.said,
        "schedule": schedule(run.obj), "after_save": None if later is None else after_save(run, rows, later),
        "refused": told["refused"], "flow": told["flow"], "kept": sorted(told["kept"]),
        "pinned": sorted(told["pinned"]), "renamed": sorted(told["renamed"]),
        "arguments": [f"{k}={literal(v)}" for k, v in written.items()],
    }  # fmt: skip


def replaced(row: Mapping[str, Any]) -> bool:
    """Whether a value was dropped and the new class put another one in its place."""
    return (
        row["fate"] == "dropped"
        and "result" in row
        and not same(row["given"], row["result"])
        and not row["name"].startswith("_")
    )


def misspelt(run: Run, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The names that were meant, with the values that were given under others."""
    found = [(r["cause"]["meant"], r["name"]) for r in rows if r.get("cause", {}).get("meant")]
    return {meant: run.keywords[name] if name in run.keywords else run.config[name] for meant, name in found}


def after_save(run: Run, rows: list[dict[str, Any]], config: Mapping[str, Any]) -> dict[str, Any]:
    """What the same line gives when the old object was saved and loaded before."""
    after = Run(run.cls, config, run.keywords)
    other = {k: plain(v) for k, v in after.items.items()}
    changed = [
        {"name": r["name"], "before": r["result"], "after": other[r["name"]]}
        for r in rows
        if r["name"] in other
        and "result" in r
        and not r["name"].startswith("_")
        and not same(r["result"], other[r["name"]])
    ]
    return {"raised": after.error or None, "schedule": schedule(after.obj), "changed": changed}


def names(cls: Any, config: Mapping[str, Any], passed: Mapping[str, Any]) -> list[str]:
    """Every key there is a story of: the config's order, the keywords', the signature's."""
    given = [str(k) for k in config if k not in _NOTES]
    ordered = [k for k in given if not k.startswith("_")] + [k for k in given if k.startswith("_")]
    return list(dict.fromkeys([*ordered, *passed, *causes.parameters(cls)]))


class Teller:
    """Tells the keys of one run."""

    def __init__(self, run: Run, old: Any, before: str, disk: Mapping[str, Any], components: Mapping[str, Any]) -> None:
        self.run, self.old, self.disk, self.components = run, before, disk, components
        self.defaults = {} if old is None else inspect.signature(old.__init__).parameters
        self.used, self.unused, self.hidden = run.seen.returned or ({}, {}, {})
        version = disk.get("_diffusers_version", run.config.get("_diffusers_version"))
        self.written = version if isinstance(version, str) else ""

    def row(self, name: str) -> dict[str, Any]:
        """One key as the design fixes it: name, fate, given, result, line, source, reason; and how it went."""
        run = self.run
        fate, returned = self.fate(name)
        origin = self.origin(name)
        lost = fate in ("unused", "hidden") and origin == "keyword" and not self.passed_on(name)
        found: dict[str, Any] = {"name": name, "fate": fate, "origin": origin, "returned": returned, "lost": lost}
        found["flagged"] = name in (run.config.get("_use_default_values") or ())
        if name in run.keywords or name in run.config:
            found["given"] = plain(run.keywords[name] if name in run.keywords else run.config[name])
        if name in run.keywords and name in run.config and origin == "keyword":
            found["in_config"] = plain(run.config[name])
        if (result := run.items.get(name, MISSING)) is not MISSING:
            found["result"] = plain(result)
        key = self.known(name, fate, origin)
        found["edited"] = key.edited
        decisive = (key.gone if fate != "used" else None) or (key.steps[-1] if key.steps else None)
        for field in ("line", "file", "source"):
            found[field] = getattr(decisive, field) if decisive else None
        found["reason"] = why(key)
        if key.cause is not None:
            found["cause"] = dict(key.cause)
        if fate == "dropped" and "result" in found and not name.startswith("_"):
            found["reason"] += f"; {run.cls.__name__}'s default takes its place"
        rewritten = [s for s in run.made.steps if s.key == name and not s.owner]
        found["steps"] = [as_data(s) for s in [*key.steps, *rewritten]]
        if items := [s for s in rewritten if s.store == "item"]:
            found["rewritten"] = as_data(items[-1])
            found["reason"] += f"; rewritten in __init__ ({items[-1].file}:{items[-1].line})"
        return found

    def fate(self, name: str) -> tuple[str, list[str]]:
        """What became of a key: its membership in what ``extract_init_dict`` returned, and nothing else."""
        parts = (("used", self.used), ("unused", self.unused), ("hidden", self.hidden))
        returned = [n for n, held in parts if name in held]
        for fate in ("used", "hidden", "unused"):
            if fate in returned:
                return fate, returned
        return "dropped" if name in self.run.config or name in self.run.keywords else "default", returned

    def origin(self, name: str) -> str:
        """Where the value that was passed came from."""
        passed, config = self.run.keywords, self.run.config
        if name in self.components and passed.get(name) is self.components[name]:
            return "component"
        if name in passed:
            return "keyword"
        if name not in config:
            return "default"
        if name in self.disk:
            return "file"
        return "default" if name in (config.get("_use_default_values") or ()) and not self.edited(name) else "config"

    def edited(self, name: str) -> bool:
        """Whether a key is listed as a default, and its value is none."""
        flagged = name in (self.run.config.get("_use_default_values") or ())
        default = self.defaults[name].default if name in self.defaults else MISSING
        return flagged and default is not MISSING and not same(plain(self.run.config[name]), plain(default))

    def passed_on(self, name: str) -> bool:
        """Whether ``__init__`` was given a keyword although it was returned as unused (``dtype``, deprecated names)."""
        passed = self.run.keywords
        return name in passed and name not in self.used and self.run.made.given.get(name, MISSING) is passed[name]

    def known(self, name: str, fate: str, origin: str) -> Known:
        run = self.run
        foreign = fate in ("unused", "hidden") and not name.startswith("_")
        return Known(
            name,
            fate,
            origin,
            run.cls.__name__,
            self.old,
            tuple(s for s in run.seen.steps if s.key == name),
            edited=self.edited(name),
            passed_on=fate == "unused" and self.passed_on(name),
            warned=any(repr(name) in said or f" {name} " in said for said in run.said),
            unread=foreign and causes.unread(run.cls, name),
            cause=causes.cause(name, run.cls, self.old, self.written if name in run.config else "")
            if foreign and not self.passed_on(name)
            else None,
        )


def as_data(step: Step) -> dict[str, Any]:
    """A step as plain data."""
    found = {"store": step.store, "file": step.file, "line": step.line, "source": step.source, "gone": step.gone}
    return {**found, "before": plain(step.before), "after": None if step.gone else plain(step.after)}
