"""Which component a key is of, and which of its places the code reads."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
from typing import Any, NoReturn

from inspector.model import EXIT_USAGE, InspectError, Read
from inspector.observe import alone, parts_of
from inspector.observe.outside import read_by_pipelines
from inspector.observe.plain import plain
from inspector.observe.settings import is_pipeline, kind_of, library_pair
from inspector.reads import readers
from inspector.tracing.lines import MISSING
from inspector.tracing.making import configured

_CODE = ("pipeline", "scheduler", "model")


def place(obj: Any, key: str, component: str) -> tuple[str, Any, list[str]]:
    """The component that has the setting, with its path; the setting's name, and the keys inside its value.

    Raises:
        InspectError: none has it, or several have and none was named.
    """
    everything = parts(obj)
    holders = {n: p for n, p in everything.items() if isinstance(configured(p), dict)}
    names = [n for n in key.removeprefix("pipe.").split(".") if n]
    if not component and names and names[0] in everything and (len(names) > 1 or names[0] not in known(obj)):
        component, names = names[0], names[1:]
    if not holders:
        what = f"{type(obj).__name__} has no config of diffusers"
        raise InspectError(what, hint="blame is for schedulers, models and pipelines", exit_code=EXIT_USAGE)
    names = names[1:] if names[:1] == ["config"] and len(names) > 1 else names
    if component and component not in holders:
        refuse(component, everything, holders)
    if not names:
        hint = "give KEY or COMPONENT.KEY: scheduler.beta_end, say"
        raise InspectError(f"{key}: no setting is named", hint=hint, exit_code=EXIT_USAGE)
    having = [n for n, p in holders.items() if component in ("", n) and names[0] in known(p)]
    if len(having) == 1:
        return having[0], holders[having[0]], names
    if having:
        hint = f"say which: {', '.join(f'{n}.{names[0]}' for n in having)}"
        raise InspectError(f"{names[0]} is a setting of more than one", hint=hint, exit_code=EXIT_USAGE)
    everywhere = {f"{n}.{k}": k for n, p in holders.items() if component in ("", n) for k in known(p)}
    near = difflib.get_close_matches(names[0], list(dict.fromkeys(everywhere.values())), n=2)
    shown = [next(full for full, k in everywhere.items() if k == one) for one in near]
    hint = f"did you mean {' or '.join(shown)}?" if near else "inspect-pipe diff SOURCE -f json lists all settings"
    raise InspectError(f"no setting {'.'.join(names)}", hint=hint, exit_code=EXIT_USAGE)


def parts(obj: Any) -> dict[str, Any]:
    """The object and its components by path; what is alone is called by its kind."""
    whole = is_pipeline(obj) or "components" in getattr(type(obj), "__dataclass_fields__", ())
    return {"pipe" if whole else alone(obj): obj, **(dict(parts_of(obj)) if whole else {})}


def refuse(component: str, everything: dict[str, Any], holders: dict[str, Any]) -> NoReturn:
    what = f"no component {component} with a config"
    if component in everything:
        what = f"{component} is a {type(everything[component]).__name__}, whose settings are in no config of diffusers"
    raise InspectError(what, hint=f"there are {', '.join(holders)}", exit_code=EXIT_USAGE)


def known(part: Any) -> list[str]:
    """The settings of a component: what its config holds, and what its class takes."""
    config = configured(part)
    if not isinstance(config, dict):
        return []
    taken = list(inspect.signature(type(part).__init__).parameters)[1:]
    names = dict.fromkeys([*dict.keys(config), *vars(config), *taken])
    return [n for n in names if not n.startswith("_") and n not in ("kwargs", "args")]


def reading(obj: Any, path: str, part: Any, name: str) -> tuple[Read, ...]:
    """Who reads the setting, in the code of the pipeline and of all its components; ``__init__`` last.

    Of a component that is alone, a pipeline of the library that reads it counts too.
    """
    found = everyone(obj).get((path, name), ())
    if any(r.place != "init" for r in found) or is_pipeline(obj) or kind_of(part) not in _CODE:
        return found
    outside = read_by_pipelines(kind_of(part), [name]).get(name, "")
    file, _, line = outside.rpartition(":")
    return (Read("config.attr", file, int(line), "of a pipeline"), *found) if outside else found


def whole(obj: Any, path: str) -> list[str]:
    """The code that takes the whole config of a component, and may read any setting."""
    return [str(r) for r in everyone(obj).get((path, "*"), ()) if r.place.startswith("config.")]


def everyone(obj: Any) -> dict[tuple[str, str], tuple[Read, ...]]:
    return readers({p: type(o) for p, o in parts(obj).items() if kind_of(o) in _CODE})


def held(part: Any, name: str) -> dict[str, Any]:
    """What the three places of a live object hold; of a pipeline's component, the class in each."""
    config = configured(part)
    found = {"config item": dict.get(config, name, MISSING), "config attribute": vars(config).get(name, MISSING)}
    own = vars(part).get(name, MISSING)
    if is_pipeline(part) and own is not MISSING and (name in parts(part) or is_pair(found["config item"])):
        own = library_pair(own)
    return {p: plain(v) for p, v in {**found, "live attribute": own}.items() if v is not MISSING}


def is_pair(item: Any) -> bool:
    """Whether a pipeline's config item names a component: ``(library, class)``, both None where there is none."""
    return isinstance(item, list | tuple) and len(item) == 2 and all(v is None or isinstance(v, str) for v in item)


def inside(value: Any, keys: Sequence[str]) -> Any:
    """The value at the end of keys that lead into it.

    Raises:
        KeyError: there is none.
    """
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list | tuple) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise KeyError(key)
    return value
