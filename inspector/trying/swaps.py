"""What ``from_config`` does besides what was asked: settings that fall back, settings that nobody takes over.

Everything is observed: the config that it was given beside the object that came out, and the same line run on the
source after the library saved and loaded it.
"""

from __future__ import annotations

from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.settings import defaults_of, kind_of
from inspector.observe.state import live
from inspector.trying import made, measure
from inspector.trying.copies import quiet
from inspector.trying.session import shown

_MOST = 3


def config_of(source: Any) -> Any:
    """The config of an object, or the config itself."""
    return source if isinstance(source, dict) else live(source).get("_internal_dict", {})


def fallen(source: Any, obj: Any, asked: set[str]) -> str:
    """The settings that the source's config has and the new object does not, since they were listed as defaults."""
    config, result = config_of(source), live(obj).get("_internal_dict", {})
    flagged = dict.get(config, "_use_default_values") or ()
    origin = class_named(dict.get(config, "_class_name")) if isinstance(source, dict) else type(source)
    before = defaults_of(origin) if origin else {}
    rows, odd = [], []
    for k, v in dict.items(config):
        if k in flagged and k not in asked and k in defaults_of(type(obj)) and not alike(v, dict.get(result, k)):
            rows.append(f"{k} {shown(v)} → {shown(dict.get(result, k))}")
            odd += [] if k not in before or alike(v, before[k]) else [k]
    if not rows:
        return ""
    told = f"{some(rows)}: listed in _use_default_values, so {type(obj).__name__}'s own default holds"
    wrongly = f"{', '.join(odd)} {'is' if len(odd) == 1 else 'are'} listed wrongly: set by position, or after __init__"
    return f"{told}; {wrongly}" if odd else told


def attributes(source: Any, obj: Any, asked: set[str]) -> str:
    """What only the attributes of the source's config said: ``from_config`` reads the items."""
    config, accepted = config_of(source), defaults_of(type(obj))
    rows = [
        f"{k}={shown(v)}"
        for k, v in live(config).items()
        if k in accepted and k not in asked and k in dict.keys(config) and not alike(v, dict.get(config, k))
    ]
    return f"{some(rows)} was only in the config's attributes, and from_config reads the items" if rows else ""


def woken(source: Any, obj: Any, asked: set[str]) -> str:
    """What lay in the source's config unread, and is a setting of the new class."""
    config, accepted = config_of(source), defaults_of(type(obj))
    origin = class_named(dict.get(config, "_class_name")) if isinstance(source, dict) else type(source)
    if not origin or origin is type(obj):
        return ""
    result = live(obj).get("_internal_dict", {})
    rows = [
        f"{k}={shown(v)}"
        for k, v in dict.items(config)
        if k in accepted and k not in (*asked, *defaults_of(origin)) and not alike(v, accepted[k])
        if alike(v, dict.get(result, k))
    ]
    return f"{some(rows)} lay unread in the config of {origin.__name__}, and holds now" if rows else ""


def unread(source: Any, obj: Any, asked: set[str]) -> str:
    """What the source's class was set to and the new class does not take."""
    config = config_of(source)
    flagged = dict.get(config, "_use_default_values") or ()
    origin = class_named(dict.get(config, "_class_name")) if isinstance(source, dict) else type(source)
    before, accepted = defaults_of(origin) if origin else {}, defaults_of(type(obj))
    rows = [
        f"{k}={shown(v)}{nearest(k, obj)}"
        for k, v in dict.items(config)
        if not k.startswith("_") and k not in (*flagged, *asked, *accepted) and not alike(v, before.get(k))
    ]
    return f"{type(obj).__name__} has no use for {some(rows)}" if rows else ""


def nearest(key: str, obj: Any) -> str:
    """The setting whose name contains this one: ``flow_shift`` for ``shift``."""
    config = live(obj).get("_internal_dict", {})
    near = [k for k in defaults_of(type(obj)) if k.endswith(f"_{key}")]
    return f" (its {near[0]} is {shown(dict.get(config, near[0]))})" if near else ""


def class_named(name: Any) -> Any:
    import diffusers

    return getattr(diffusers, name, None) if isinstance(name, str) else None


def after_saving(source: Any, cls: type, keywords: dict[str, Any], obj: Any) -> str:
    """What the same ``from_config`` gives of a source that was saved and loaded first, where that is another thing."""
    if kind_of(source) != "scheduler" or kind_of(obj) != "scheduler":
        return ""
    try:
        loaded = made.saved(source)
    except Exception:  # noqa: BLE001 (what cannot be saved has no second story)
        return ""
    try:
        with quiet():
            other: Any = cls.from_config(loaded.config, **keywords)  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 (whatever the library raises is the answer)
        return f"had {type(source).__name__} been saved and loaded first, this line would raise {measure.said(error)}"
    one, two = measure.scheduler(obj), measure.scheduler(other)
    names = measure.different(one, two)
    if not names:
        return ""
    config = live(other)["_internal_dict"]
    kept = [
        f"{k}={shown(dict.get(config, k))}"
        for k, v in dict.items(live(obj)["_internal_dict"])
        if k in defaults_of(cls) and not alike(v, dict.get(config, k))
    ]
    what = f"{two['first']}, not {one['first'].rpartition(' ')[2]}" if "first" in names else f"other {names[0]}"
    if "raises" in names and two.get("raises"):
        what = f"a run that raises {two['raises']}"
    return f"had {type(source).__name__} been saved and loaded first, this line would give {what} ({some(kept)})"


def alike(a: Any, b: Any) -> bool:
    return same(plain(a), plain(b))


def some(rows: list[str]) -> str:
    rest = f" and {len(rows) - _MOST} more" if len(rows) > _MOST else ""
    return ", ".join(rows[:_MOST]) + rest
