"""``CLASS.from_config(config, **keywords)``, run for real under observation → the story of every key."""

from __future__ import annotations

import contextlib
import copy
import inspect
import json
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.tracing.lines import Extraction, Step, configured, construction, extraction, traced
from inspector.tracing.reasons import why
from inspector.trying.session import overheard

STEPS = 20
_NOTES = ("_use_default_values",)
_EMPTY = inspect.Parameter.empty


class Run:
    """One observed ``from_config``: the object it made or the error it raised, and what was seen on the way."""

    def __init__(self, cls: Any, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> None:
        self.cls, self.config, self.keywords = cls, config, dict(keywords)
        self.seen, self.rewritten, self.said = Extraction(), list[Step](), list[str]()
        self.obj: Any = None
        self.error = ""
        given = copy.copy(config)  # a dict of the same class, flags and all
        watchers = {cls.extract_init_dict.__func__.__code__: extraction(self.seen)}
        watchers |= dict.fromkeys(constructors(cls), construction(self.rewritten))
        with lightly(cls), overheard() as said, traced(watchers):
            try:
                self.obj = cls.from_config(given, **self.keywords)
            except Exception as error:  # noqa: BLE001 (what the library raises is what was asked for)
                self.error = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        self.said = [s for s in dict.fromkeys(said) if s]

    @property
    def items(self) -> dict[str, Any]:
        return dict(dict.items(configured(self.obj))) if self.obj is not None else {}


def constructors(cls: type) -> Iterator[CodeType]:
    """The code of every ``__init__`` of the class and its bases, the library's own wrapper taken off."""
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        code = getattr(inspect.unwrap(init), "__code__", None) if init is not None else None
        if code is not None and base.__module__.partition(".")[0] != "torch":
            yield code


@contextlib.contextmanager
def lightly(cls: type) -> Iterator[None]:
    """A model's weights are not what is asked for: they stay on the meta device."""
    if hasattr(cls, "named_parameters"):
        from inspector.makers import on_meta

        with on_meta():
            yield
    else:
        yield


def saved_config(obj: Any) -> dict[str, Any] | None:
    """What the library's own save would write, from a copy of the config; None if it cannot be written."""
    scratch = object.__new__(type(obj))
    vars(scratch)["_internal_dict"] = copy.copy(configured(obj))
    try:
        saved: dict[str, Any] = json.loads(type(obj).to_json_string(scratch))
    except Exception:  # noqa: BLE001 (not everything in a live config can be written: then nothing is said of saving)
        return None
    return saved


def reloaded(old: Any, saved: Mapping[str, Any] | None) -> Any:
    """The config that the old class has after its JSON is loaded again; None when it cannot be had."""
    if old is None or saved is None or hasattr(old, "register_modules"):
        return None
    with lightly(old), overheard():
        try:
            return configured(old.from_config(dict(saved)))
        except Exception:  # noqa: BLE001 (an object that does not survive its own save: inspect-pipe diff tells that)
            return None


def schedule(obj: Any) -> dict[str, Any]:
    """First sigma and timestep of 20 steps; nothing for what is no scheduler or takes none."""
    if obj is None or not hasattr(type(obj), "set_timesteps"):
        return {}
    scratch = copy.deepcopy(obj)
    try:
        scratch.set_timesteps(STEPS)
    except Exception as error:  # noqa: BLE001 (flow matching wants mu, some refuse the combination: that is told)
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
    found: dict[str, Any] = {"steps": STEPS}
    for name, short in (("sigmas", "sigma"), ("timesteps", "timestep")):
        row = vars(scratch).get(name)
        if row is not None and len(row):
            found[f"first_{short}"] = plain(round(float(row[0]), 4))
    return found


def story(
    cls: Any,
    config: Mapping[str, Any],
    keywords: Mapping[str, Any],
    *,
    old: Any = None,
    saved: Mapping[str, Any] | None = None,
    disk: Mapping[str, Any] | None = None,
    components: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run ``cls.from_config(config, **keywords)`` and tell what became of every key.

    Args:
        cls: the class to make.
        config: what it is made from; not changed.
        keywords: what the user passes beside it.
        old: the class of the object that the config is of, where it is known.
        saved: what that object's save writes; the same swap is then tried after a save and load, too.
        disk: the JSON file of that object.
        components: for a pipeline: the live components, passed as keywords too.
    """
    passed = {**(components or {}), **keywords}
    run = Run(cls, config, passed)
    named = config.get("_class_name")
    before = old.__name__ if old is not None else named if isinstance(named, str) else ""
    rows = [row(name, run, before, disk, components or {}) for name in names(cls, config, passed)]
    after = after_save(cls, passed, reloaded(old, saved))
    found: dict[str, Any] = {
        "from": before, "into": cls.__name__, "keywords": plain(dict(keywords)), "keys": rows,
        "raised": run.error or None, "said": run.said, "schedule": schedule(run.obj), "after_save": None,
        "keep_raises": None,
    }  # fmt: skip
    kept = saved_config(run.obj) if run.obj is not None else None
    for entry in rows:
        entry["survives"] = None if kept is None else entry["name"] in kept
    keep = {
        r["name"]: config[r["name"]]
        for r in rows
        if r["fate"] == "dropped" and "result" in r and not same(r["given"], r["result"]) and not private(r["name"])
    }
    if keep:  # a line is only recommended after it has been tried
        tried = Run(cls, config, {**passed, **keep})
        found["keep_raises"] = tried.error or schedule(tried.obj).get("error") if tried.obj is not None else tried.error
    if after is not None:
        other = {k: plain(v) for k, v in after.items.items()}
        changed = [
            {"name": r["name"], "before": r["result"], "after": other[r["name"]]}
            for r in rows
            if r["name"] in other
            and "result" in r
            and not private(r["name"])
            and not same(r["result"], other[r["name"]])
        ]
        found["after_save"] = {"raised": after.error or None, "schedule": schedule(after.obj), "changed": changed}
    return found


def after_save(cls: Any, passed: Mapping[str, Any], config: Any) -> Run | None:
    return None if config is None else Run(cls, config, passed)


def private(name: str) -> bool:
    return name.startswith("_")


def names(cls: Any, config: Mapping[str, Any], passed: Mapping[str, Any]) -> list[str]:
    """Every key there is a story of: the config's order, the keywords', the signature's."""
    taken = list(inspect.signature(cls.__init__).parameters.values())[1:]
    own = [p.name for p in taken if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    given = [str(k) for k in config if k not in _NOTES]
    ordered = [k for k in given if not private(k)] + [k for k in given if private(k)]
    return list(dict.fromkeys([*ordered, *passed, *own]))


def row(name: str, run: Run, old: str, disk: Mapping[str, Any] | None, components: Mapping[str, Any]) -> dict[str, Any]:
    """The story of one key as the design fixes it: fate, given, result, line, source, reason; and how it went."""
    config, passed = run.config, run.keywords
    used, unused, hidden = run.seen.returned or ({}, {}, {})
    where = [n for n, held in (("used", used), ("unused", unused), ("hidden", hidden)) if name in held]
    if "used" in where:
        fate = "used"
    elif "hidden" in where:
        fate = "hidden"
    elif where:
        fate = "unused"
    else:
        fate = "dropped" if name in config else "default"
    steps = [s for s in run.seen.steps if s.key == name]
    flagged = name in (config.get("_use_default_values") or ())
    if name in components and passed[name] is components[name]:
        origin = "component"
    elif name in passed:
        origin = "keyword"
    elif name not in config:
        origin = "default"
    elif disk is not None and name in disk:
        origin = "file"
    else:
        origin = "default" if flagged else "config"
    decisive = next((s for s in steps if s.store == "config" and s.gone and fate != "used"), None) or (
        steps[-1] if steps else None
    )
    result = run.items.get(name, _EMPTY)
    found: dict[str, Any] = {"name": name, "fate": fate, "origin": origin, "returned": where, "flagged": flagged}
    if name in passed or name in config:
        found["given"] = plain(passed[name] if name in passed else config[name])
    if name in passed and name in config and origin == "keyword":
        found["in_config"] = plain(config[name])
    if result is not _EMPTY:
        found["result"] = plain(result)
    found["line"] = decisive.line if decisive else None
    found["file"] = decisive.file if decisive else None
    found["source"] = decisive.source if decisive else None
    found["reason"] = why(name, fate, steps, run.cls.__name__, old, origin)
    if fate == "dropped" and result is not _EMPTY and not private(name):
        found["reason"] += f"; {run.cls.__name__}'s default takes its place"
    found["steps"] = [told(s) for s in [*steps, *(s for s in run.rewritten if s.key == name and not s.owner)]]
    rewritten = next((s for s in reversed(run.rewritten) if s.key == name and not s.owner and s.store == "item"), None)
    if rewritten is not None:
        found["rewritten"] = told(rewritten)
        found["reason"] += f"; rewritten in __init__ ({rewritten.file}:{rewritten.line})"
    return found


def told(step: Step) -> dict[str, Any]:
    """A step as plain data."""
    found = {"store": step.store, "file": step.file, "line": step.line, "source": step.source, "gone": step.gone}
    return {**found, "before": plain(step.before), "after": None if step.gone else plain(step.after)}
