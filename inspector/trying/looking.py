"""Lines that change nothing of the source: what they give, or what they make and keep elsewhere."""

from __future__ import annotations

from typing import Any

from inspector.model import same
from inspector.observe.plain import plain
from inspector.observe.state import live
from inspector.trying.grammar import DeepCopy, FromConfig, Line, Path
from inspector.trying.session import Session, shown
from inspector.trying.walking import walked


def looked(line: Line, path: Path, session: Session) -> str:
    """What a path gives, and which of the places that is."""
    value = session.get(path, line)
    said = (
        f"gives {shown(value)}" if not live(value) or isinstance(value, dict) else f"gives the {type(value).__name__}"
    )
    holder = walked(session.base(path), path, line, len(path.steps) - 1) if path.steps else None
    item, key = path.steps[-1] if path.steps else (True, "")
    config: Any = holder if isinstance(holder, dict) else live(holder).get("_internal_dict")
    if item or not isinstance(config, dict) or key not in dict.keys(config):
        return said
    if holder is not config and key not in live(holder):
        said += f", from the item config[{key!r}]"
        if not same(plain(live(config).get(key)), plain(value)):  # the deprecated way, which reads the other layer
            said += f"; the attribute config.{key} says {shown(live(config).get(key))}"
    elif not same(plain(config[key]), plain(value)):
        said += f", from the attribute; the item config[{key!r}] says {shown(config[key])}"
    return said


def nothing(line: Line, session: Session) -> str:
    """Why a line that is about no object of the source changes nothing."""
    root = session.spoken or session.root
    if line.target is None:
        if isinstance(line.value, FromConfig | DeepCopy):
            return f"makes an object and keeps it nowhere; {root} is as it was"
        looks = looked(line, line.value, session) if isinstance(line.value, Path) else "only looks"
        return f"{looks}; {root} is as it was"
    name = line.target.root
    if line.target.steps:
        return f"writes into {name}, a copy of the config; {root} is as it was"
    if isinstance(line.value, DeepCopy):
        return f"{name} is a copy of {line.value.of.text}; {root} is as it was"
    if isinstance(line.value, Path):
        return f"{name} is another name for {line.value.text}; {root} is as it was"
    what = "a new object" if isinstance(line.value, FromConfig) else "a value"
    return f"{name} is {what}; {root} is as it was until it is put there"
