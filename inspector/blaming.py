"""Where the value of one setting comes from: class default, file, constructors, later writes."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, Report, Skip, same
from inspector.observe import alone, parts_of, versions
from inspector.observe.plain import plain
from inspector.observe.settings import is_pipeline
from inspector.reads import class_reads, writers
from inspector.reads.link import short
from inspector.tracing.lines import Step, traced
from inspector.tracing.listening import overheard
from inspector.tracing.making import Making, configured, constructors
from inspector.tracing.run import Run, saved_config
from inspector.tracing.tasks import own_file

_EMPTY = inspect.Parameter.empty


def blame_of(
    obj: Any, key: str, component: str = "", shown: str = "", disk: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The chain of one setting of a live object.

    Args:
        obj: a pipeline, or one component.
        key: the setting, with its component before a dot where that is needed.
        component: the component, the other way to say it.
        shown: the folder of the source, in whose JSON the line is looked for.
        disk: component path -> its JSON file.

    Raises:
        InspectError: nothing here has such a setting (exit 2).
    """
    path, part, name = place(obj, key, component)
    config = configured(part)
    cls: Any = type(part)
    hops: list[dict[str, Any]] = []
    default = inspect.signature(cls.__init__).parameters.get(name)
    if default is not None and default.default is not _EMPTY:
        hops.append(hop("class default", default.default, *definition(cls, name), f"{cls.__name__}.__init__"))
    file = own_file(path, disk or {})
    if file is not None and name in file:
        hops.append(hop("file", file[name], *in_file(shown, path, name, obj), "the JSON"))
    made, steps = remade(cls, file)
    if made is not None and name in made and hops and not same(plain(made[name]), hops[-1]["value"]):
        step = next((s for s in reversed(steps) if s.key == name), None)
        where = (step.file, step.line) if step else ("", 0)
        hops.append(hop("__init__", made[name], *where, step.source if step else "changed while constructing"))
    for step in pipeline_writes(obj, part, path, made, file):
        if step.key == name and step.store == "item":
            said = f"{type(obj).__name__}.__init__ writes it: {step.source}"
            hops.append(hop("pipeline's __init__", step.after, step.file, step.line, said))
    now = dict.get(config, name, _EMPTY)
    attribute = vars(config).get(name, _EMPTY)
    held = vars(part).get(name, _EMPTY)
    last = hops[-1]["value"] if hops else None
    candidates = [str(w) for w in writers(cls).get(name, ())]
    if now is not _EMPTY and (not hops or not same(plain(now), last)):
        because = "passed when it was made, or written to the config later" if file is None else "written after loading"
        hops.append(hop("config item", now, "", 0, because, candidates))
    if attribute is not _EMPTY and not same(plain(attribute), plain(None if now is _EMPTY else now)):
        hops.append(hop("config attribute", attribute, "", 0, f"a later write to config.{name}", candidates))
    apart = held is not _EMPTY and not same(plain(held), plain(None if now is _EMPTY else now))
    if apart and not (is_pipeline(part) and name in dict(parts_of(part))):
        because = f"{cls.__name__}'s own attribute, apart from the config"
        hops.append(hop("live attribute", held, "", 0, because, candidates))
    flagged = name in (config.get("_use_default_values") or ())
    return {
        "path": path, "class": cls.__name__, "key": name, "hops": hops, "flagged": flagged,
        "next": list(ahead(part, name, flagged)), "versions": versions(),
        "reads": [str(r) for r in class_reads(cls).get(name, ()) if r.place != "init"],
    }  # fmt: skip


def hop(
    kind: str, value: Any, file: str = "", line: int = 0, why: str = "", more: list[str] | None = None
) -> dict[str, Any]:
    return {
        "hop": kind,
        "value": plain(value),
        "file": file,
        "line": line or None,
        "reason": why,
        "writers": more or [],
    }


def place(obj: Any, key: str, component: str) -> tuple[str, Any, str]:
    """The component that has the setting, with its path and the setting's name.

    Raises:
        InspectError: none has it, or several have and none was named.
    """
    whole = is_pipeline(obj) or hasattr(type(obj), "__dataclass_fields__")
    root = "pipe" if whole else alone(obj)
    parts: dict[str, Any] = {root: obj, **(dict(parts_of(obj)) if whole else {})}
    parts = {n: p for n, p in parts.items() if isinstance(configured(p), dict)}
    head, dot, name = key.removeprefix("pipe.").rpartition(".")
    head = head.removesuffix(".config")
    if dot and head:
        component, key = head, name
    key = key.removeprefix("pipe.")
    if component and component not in parts:
        hint = f"there are {', '.join(parts)}"
        raise InspectError(f"no component {component} with a config", hint=hint, exit_code=EXIT_USAGE)
    having = [n for n, p in parts.items() if component in ("", n) and key in known(p)]
    if len(having) == 1:
        return having[0], parts[having[0]], key
    if having:
        hint = f"say which: {', '.join(f'{n}.{key}' for n in having)}"
        raise InspectError(f"{key} is a setting of more than one", hint=hint, exit_code=EXIT_USAGE)
    import difflib

    names = {f"{n}.{k}": k for n, p in parts.items() if component in ("", n) for k in known(p)}
    near = difflib.get_close_matches(key, list(dict.fromkeys(names.values())), n=2)
    shown = [next(full for full, k in names.items() if k == one) for one in near]
    hint = f"did you mean {' or '.join(shown)}?" if near else "inspect-pipe diff SOURCE -f json lists all settings"
    raise InspectError(f"no setting {key}", hint=hint, exit_code=EXIT_USAGE)


def known(part: Any) -> list[str]:
    taken = list(inspect.signature(type(part).__init__).parameters)[1:]
    names = dict.fromkeys([*dict.keys(configured(part)), *vars(configured(part)), *taken])
    return [n for n in names if not n.startswith("_") and n not in ("kwargs", "args")]


def definition(cls: type, name: str) -> tuple[str, int]:
    """File and line of a parameter in the source of ``__init__``."""
    init = inspect.unwrap(cls.__init__)  # type: ignore[misc]
    try:
        source, first = inspect.getsourcelines(init)
        file = short(inspect.getsourcefile(init) or "")
    except (OSError, TypeError):  # written in C, or at a prompt
        return "", 0
    found = next((i for i, text in enumerate(source) if re.match(rf"\s*{re.escape(name)}\b\s*[:=,]", text)), 0)
    return file, first + found


def in_file(root: str, path: str, name: str, obj: Any) -> tuple[str, int]:
    """The JSON file of a component and the line of a key in it."""
    folder = root or str(dict.get(configured(obj) or {}, "_name_or_path") or "")
    if not folder:
        return "", 0
    base = Path(folder)
    files = ["model_index.json"] if path == "pipe" else [f"{path}/scheduler_config.json", f"{path}/config.json"]
    files += ["scheduler_config.json", "config.json"] if path != "pipe" else []
    for file in [base] if base.is_file() else [base / f for f in files]:
        if file.is_file() and file.stat().st_size < 1 << 20:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            line = next((i for i, text in enumerate(lines, 1) if re.match(rf'\s*"{re.escape(name)}"\s*:', text)), 0)
            shown = file.name if file == base else str(file.relative_to(base))
            return shown, line
    return "", 0


def remade(cls: Any, file: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, list[Step]]:
    """The config that the class alone has when it is made from its file, and what its ``__init__`` rewrote."""
    if file is None or hasattr(cls, "register_modules") or not hasattr(cls, "extract_init_dict"):
        return None, []
    run = Run(cls, dict(file), {})
    return (run.items if run.obj is not None else None), [s for s in run.made.steps if not s.owner]


def pipeline_writes(obj: Any, part: Any, path: str, made: Any, file: Mapping[str, Any] | None) -> Iterator[Step]:
    """What the pipeline's constructor does to the config of this component, seen by calling it once more."""
    if not is_pipeline(obj) or part is obj or not hasattr(type(part), "set_timesteps"):
        return
    flagged = dict.get(configured(part), "_use_default_values") or ()
    own = {k: v for k, v in dict.items(configured(part)) if k in known(part) and k not in flagged}
    config = dict(file) if file is not None else own
    run = Run(type(part), config, {})
    if run.obj is None:
        return
    parts = {**dict(parts_of(obj)), path: run.obj}
    expected, optional = type(obj)._get_signature_keys(type(obj))
    scalars = {k: dict.get(configured(obj), k) for k in optional if k not in parts and k in configured(obj)}
    making = Making(type(obj))
    watchers = dict.fromkeys(constructors(type(obj)), making.begin)
    given = {n: parts.get(n) for n in expected}
    with overheard(), traced(watchers):
        try:
            type(obj)(**given, **{k: v for k, v in scalars.items() if k not in given})
        except Exception as error:  # noqa: BLE001 (stand-ins do not satisfy every pipeline: what was seen stands)
            del error
    yield from (s for s in making.steps if s.owner == path)


def ahead(part: Any, name: str, flagged: bool) -> Iterator[dict[str, Any]]:
    """What the next ``from_config`` and the next save make of the value."""
    config = configured(part)
    if not is_pipeline(part):
        run = Run(type(part), copy.copy(config), {})
        step = next((s for s in run.seen.steps if s.key == name and s.store == "config" and s.gone), None)
        used = run.seen.returned is not None and name in run.seen.returned[0]
        found: dict[str, Any] = {"by": "from_config", "kept": used}
        if name in run.items:
            found["value"] = plain(run.items[name])
        if step is not None:
            found |= {"file": step.file, "line": step.line}
        if flagged and not used:
            found["reason"] = "dropped: listed in _use_default_values, so the default of the new class takes its place"
        else:
            found["reason"] = "kept" if used else run.error or "not passed to the class"
        yield found
    saved = saved_config(part)
    if saved is not None:
        yield {"by": "save", "kept": name in saved, **({"value": saved[name]} if name in saved else {}), "reason": ""}


def report_of(source: str, found: dict[str, Any]) -> Report:
    """The chain as the report that every format takes."""
    last = found["hops"][-1] if found["hops"] else None
    where = f"{found['path']}.{found['key']}"
    if last is None:
        line = f"{where}: no value anywhere"
    else:
        at = f" ({last['file']}:{last['line']})" if last["file"] and last["line"] else ""
        line = f"{where} is {last['value']!r}, from: {last['hop']}{at}"
    step = next((n for n in found["next"] if n["by"] == "from_config"), None)
    strays = last is not None and step is not None and "value" in step and not same(step["value"], last["value"])
    answer = {"severity": "warning" if strays else "clean", "line": line}
    data = {
        "command": "blame",
        **{k: v for k, v in found.items() if k not in ("versions", "skipped")},
        "answer": answer,
    }
    return Report(source, found["versions"], (), tuple(Skip(**s) for s in found.get("skipped", ())), (), data)
