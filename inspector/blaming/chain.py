"""The chain of one setting of a live object: every place that its value came through, with the value there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from inspector.blaming.ahead import ahead, remedy
from inspector.blaming.files import in_file
from inspector.blaming.makings import pipeline_writes, remade
from inspector.blaming.places import held, inside, place, reading, whole
from inspector.model import EXIT_USAGE, InspectError, same
from inspector.observe import versions
from inspector.observe.plain import plain
from inspector.reads import writers
from inspector.reads.link import short
from inspector.tracing.lines import MISSING, undisturbed
from inspector.tracing.listening import overheard
from inspector.tracing.making import configured
from inspector.tracing.tasks import own_file

_PLACES = {"config.attr": "config attribute", "config.item": "config item", "live": "live attribute"}


def blame_of(
    obj: Any, key: str, component: str = "", shown: str = "", disk: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The chain of one setting of a live object.

    Args:
        obj: a pipeline, or one component; only read.
        key: the setting, with its component before a dot where that is needed, and with keys inside its value after.
        component: the component, the other way to say it.
        shown: the folder of the source, in whose JSON the line is looked for.
        disk: component path -> its JSON file.

    Raises:
        InspectError: nothing here has such a setting (exit 2).
    """
    path, part, names = place(obj, key, component)
    with overheard():
        return undisturbed(lambda: chain(obj, path, part, names, shown, disk or {}))


def chain(obj: Any, path: str, part: Any, names: list[str], shown: str, disk: Mapping[str, Any]) -> dict[str, Any]:
    name, config, file = names[0], configured(part), own_file(path, disk)
    folder = shown or str(dict.get(configured(obj) or {}, "_name_or_path") or "")
    everyone = reading(obj, path, part, name)
    reads = [r for r in everyone if r.place != "init"]
    places = list(dict.fromkeys(_PLACES[r.place] for r in reads))
    start = list(made(obj, path, part, names, folder, file))
    since = list(later(part, name, start[-1]["value"] if start else MISSING, places, file))
    found: dict[str, Any] = {
        "path": path, "class": type(part).__name__, "key": ".".join(names), "hops": [*start, *since],
        "flagged": name in (dict.get(config, "_use_default_values") or ()), "read_from": places,
        "reads": [str(r) for r in reads], "read_at_start": [str(r) for r in everyone if r.place == "init"],
        "read_whole": whole(obj, path), "in_force": None, "next": [], "write": "", "versions": versions(),
    }  # fmt: skip
    if len(names) > 1:
        return {**found, "hops": narrowed(found["hops"], names[1:], f"{path}.{name}")}
    force = in_force(start, since, part, name, places, bool(found["read_at_start"]) and not found["read_whole"])
    if force is not None:
        wanted = since[-1]["value"] if force["stale"] else force["value"]
        found |= {"in_force": force, "next": list(ahead(part, name, wanted))}
        found["write"] = remedy(obj, path, part, name, wanted, stale=force["stale"], coming=found["next"])
    return found


def made(
    obj: Any, path: str, part: Any, names: list[str], folder: str, file: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    """The hops until the object stands: the class's default, the file, its own ``__init__``, the pipeline's."""
    name, cls = names[0], type(part)
    last: Any = MISSING
    default = inspect.signature(cls.__init__).parameters.get(name)
    if default is not None and default.default is not inspect.Parameter.empty:
        last = default.default
        yield hop("class default", last, *definition(cls, name), f"{cls.__name__}.__init__")
    if file is not None and name in file:
        last = file[name]
        yield hop("file", last, *in_file(folder, path, names), "the JSON")
    alone, steps = remade(cls, file)
    if alone is not None and name in alone and last is not MISSING and not same(plain(alone[name]), plain(last)):
        last = alone[name]
        step = next((s for s in reversed(steps) if s.key == name), None)
        where = (step.file, step.line) if step else ("", 0)
        yield hop("__init__", last, *where, step.source if step else "changed while constructing")
    for step in pipeline_writes(obj, part, path, file):
        if step.key == name and step.store == "item":
            said = f"{type(obj).__name__}.__init__ writes it: {step.source}"
            yield hop("pipeline's __init__", step.after, step.file, step.line, said)


def later(
    part: Any, name: str, last: Any, places: list[str], file: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    """What was written since, as far as it can be seen: the places that say another thing than the hop before."""
    cls: Any = type(part)
    known = writers(cls).get(name, ())
    items = [str(w) for w in known if w.place in ("config.item", "register")]
    attributes = [str(w) for w in known if w.place in ("config.attr", "register")]
    own = [str(w) for w in known if w.place == "live"]
    now = held(part, name)
    item = now.get("config item")
    if "config item" in now and (last is MISSING or not same(item, last)):
        yield hop("config item", item, why=how(part, name, file), by=items)
    if "config attribute" in now and not same(now["config attribute"], item):
        yield hop("config attribute", now["config attribute"], why=f"a later write to config.{name}", by=attributes)
    if "live attribute" in now and not same(now["live attribute"], item):
        why = f"the object's own attribute {name}, apart from the config"
        yield hop("live attribute", now["live attribute"], why=why, by=own)


def how(part: Any, name: str, file: Mapping[str, Any] | None) -> str:
    """How a value may have come into the config item."""
    if file is not None:
        return "written after it was loaded"
    if name in (dict.get(configured(part), "_use_default_values") or ()):
        return "listed as a default, which it is not: passed without its name, or written later"
    return "passed by name when it was made, or written later"


def in_force(
    start: list[dict[str, Any]],
    since: list[dict[str, Any]],
    part: Any,
    name: str,
    places: list[str],
    at_start: bool,
) -> dict[str, Any] | None:
    """The value that the code works with, and the place it is read from.

    Where only ``__init__`` reads it, a later write is ``stale``: the object goes on with what it was made of.
    """
    hops = [*start, *since]
    if not hops:
        return None
    now = held(part, name)
    read = next((p for p in places if p in now), None)
    if read is not None:
        return {"place": read, "value": now[read], "stale": False}
    if at_start and start and since:
        return {"place": start[-1]["hop"], "value": start[-1]["value"], "stale": True}
    return {"place": hops[-1]["hop"], "value": hops[-1]["value"], "stale": False}


def narrowed(hops: list[dict[str, Any]], keys: list[str], of: str) -> list[dict[str, Any]]:
    """The same hops with what stands at the end of the keys.

    Raises:
        InspectError: no value has such a key (exit 2).
    """
    found = []
    for one in hops:
        try:
            found.append({**one, "value": inside(one["value"], keys)})
        except KeyError:
            continue
    if not found:
        hint = f"its value is {hops[-1]['value']!r}" if hops else "it has no value"
        raise InspectError(f"no {'.'.join(keys)} in {of}", hint=hint[:300], exit_code=EXIT_USAGE)
    return found


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


def hop(
    kind: str, value: Any, file: str = "", line: int = 0, why: str = "", by: list[str] | None = None
) -> dict[str, Any]:
    return {"hop": kind, "value": plain(value), "file": file, "line": line or None, "reason": why, "writers": by or []}
