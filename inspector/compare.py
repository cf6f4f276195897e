"""What is different between two snapshots, whatever they were made of: two folders, two machines, before and after.

What equals what is written down in :mod:`inspector.equality`. Beyond that:

- a component without data (meta device) is compared by its settings, not by its device and dtype;
- a source whose files alone were read (``--static``) has no live state: what both have is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.equality import difference, equal, text
from inspector.model import Component, Finding, Place, Setting, Severity, Skip, Snapshot, Value, same, worst_first

_EFFECTIVE: tuple[Place, ...] = ("attr", "item", "disk", "default", "live")
"""Where the value in force stands: mostly the attribute is read; a file's value, else the default, becomes it."""
_STATE = ("device", "dtype", "parameters", "training", "hooks", "offload", "adapters", "quantization")
_MATERIAL = ("device", "dtype")


def compare(a: Snapshot, b: Snapshot) -> tuple[Finding, ...]:
    """Every difference as a finding, the worst first; ``places`` holds the two values as ``a`` and ``b``."""
    found = [*versions(a, b)]
    paths = list(dict.fromkeys([*(c.path for c in a.components), *(c.path for c in b.components)]))
    for path in paths:
        ours, theirs = a.component(path), b.component(path)
        if ours is None or theirs is None:
            found.append(only_in_one(path, ours, theirs))
            continue
        if ours.cls != theirs.cls:
            found.append(
                _finding("IPD603", path, f"{ours.cls} in a, {theirs.cls} in b", {"a": ours.cls, "b": theirs.cls})
            )
        found += settings(a, ours, theirs)
        found += state(ours, theirs)
    return worst_first(found)


def not_compared(a: Snapshot, b: Snapshot) -> Iterator[Skip]:
    """What the two sources cannot tell of each other."""
    pairs = [(c, d) for c in a.components if (d := b.component(c.path)) is not None]
    if any(map(observed, a.components)) != any(map(observed, b.components)):
        yield Skip("state", "one of the two was read from files only: live attributes and state were not compared")
    if any(meta(c) != meta(d) for c, d in pairs):
        yield Skip("device, dtype", "one of the two was built without weights (meta device)")


def versions(a: Snapshot, b: Snapshot) -> Iterator[Finding]:
    """Packages that both sources name with different versions."""
    for name in sorted(a.versions.keys() & b.versions.keys()):
        if a.versions[name] != b.versions[name]:
            values = {"a": a.versions[name], "b": b.versions[name]}
            yield _finding("IPD605", f"versions.{name}", f"{name} {values['a']} in a, {values['b']} in b", values)


def only_in_one(path: str, ours: Component | None, theirs: Component | None) -> Finding:
    there = ours or theirs
    assert there is not None
    side, other = ("a", "b") if ours is not None else ("b", "a")
    return _finding("IPD602", path, f"{path} ({there.cls}) is only in {side}; {other} has none", {side: there.cls})


def settings(a: Snapshot, ours: Component, theirs: Component) -> Iterator[Finding]:
    """The settings of one component in both: the value in force, then each place that disagrees on its own."""
    names = list(dict.fromkeys([*(s.name for s in ours.settings), *(s.name for s in theirs.settings)]))
    for name in names:
        first, second = ours.setting(name), theirs.setting(name)
        where = f"{ours.path}.{name}"
        if first is None or second is None:
            if ours.cls == theirs.cls and observed(ours) == observed(theirs):
                yield from lacking(where, first, second)
            continue
        if first.role == "component" and second.role == "component":
            continue  # the components themselves are compared
        yield from places(where, first, second, remedy(a, ours, second))


def lacking(where: str, first: Setting | None, second: Setting | None) -> Iterator[Finding]:
    """A setting that one of two objects of the same class has, and the other has not."""
    side, there = ("a", first) if first is not None else ("b", second)
    value = effective(there) if there is not None else None
    if value is not None and value.data is not None:
        name = where.rpartition(".")[2]
        yield _finding("IPD601", where, f"{name} is only in {side}: {text(value.data)}", {side: value.data})


def places(where: str, first: Setting, second: Setting, fix: str) -> Iterator[Finding]:
    """One setting: the values in force, then each place that both have; the first difference is said, once."""
    pairs = [("", effective(first), effective(second))]
    pairs += [(p, first.place(p), second.place(p)) for p in _EFFECTIVE if p != "default"]
    known = [(p, x, y) for p, x, y in pairs if x is not None and y is not None and not x.identical(y)]
    for place, x, y in known:
        if not equal(x.data, y.data):
            message = difference(first.name, x.data, y.data) + (f" ({place})" if place else "")
            reads = tuple(str(r) for r in first.reads)
            yield _finding("IPD601", where, message, {"a": x.data, "b": y.data}, fix, reads)
            return
    for _, x, y in known[:1]:
        how = f"{x.type} in a, {y.type} in b" if same(x.data, y.data) else "the same name in another folder"
        yield _finding("IPD606", where, f"{first.name}: {how}", {"a": x.data, "b": y.data})


def state(ours: Component, theirs: Component) -> Iterator[Finding]:
    """What the objects are, beside their settings."""
    if not (observed(ours) and observed(theirs)):
        keys: tuple[str, ...] = tuple(k for k in ("parameters", "dtype") if k in ours.state and k in theirs.state)
    else:
        keys = _STATE
    if meta(ours) != meta(theirs):
        keys = tuple(k for k in keys if k not in _MATERIAL)
    for key in keys:
        yield from state_entry(f"{ours.path}.{key}", key, ours.state.get(key), theirs.state.get(key))
    if observed(ours) and observed(theirs) and ours.cls == theirs.cls:
        for kind in ("tensors", "attributes"):
            first, second = ours.state.get(kind) or {}, theirs.state.get(kind) or {}
            for name in dict.fromkeys([*first, *second]):
                yield from state_entry(f"{ours.path}.{name}", name, first.get(name), second.get(name))


def state_entry(where: str, name: str, first: Any, second: Any) -> Iterator[Finding]:
    if not equal(first, second):
        yield _finding("IPD604", where, difference(name, first, second), {"a": first, "b": second})


def remedy(a: Snapshot, ours: Component, wanted: Setting) -> str:
    """The line that gives a the value of b."""
    value = effective(wanted)
    if value is None or ours.kind not in ("scheduler", "pipeline"):
        return ""
    name = a.expression(ours)
    if ours.kind == "scheduler" and wanted.accepted:
        return f"{name} = {ours.cls}.from_config({name}.config, {wanted.name}={value.data!r})"
    return f"{name}.register_to_config({wanted.name}={value.data!r})" if ours.kind == "pipeline" else ""


def effective(setting: Setting) -> Value | None:
    return next((v for p in _EFFECTIVE if (v := setting.place(p)) is not None), None)


def observed(component: Component) -> bool:
    """Whether there was a live object, not only its files."""
    return any(s.item is not None or s.attr is not None or s.live is not None for s in component.settings)


def meta(component: Component) -> bool:
    device = component.state.get("device")
    return device == "meta" or (isinstance(device, list) and "meta" in device)


def _finding(
    code: str, where: str, message: str, places: dict[str, Any], fix: str = "", reads: tuple[str, ...] = ()
) -> Finding:
    severity: Severity = "note" if code in ("IPD605", "IPD606") else "warning"
    return Finding(code, severity, where, message, fix, places=places, reads=reads)
