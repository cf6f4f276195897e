"""What has moved since a source was sealed: files, classes, settings, schedules, versions; each as a finding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from inspector.locks.file import Lock
from inspector.model import Finding, Severity, same

INDEX = "model_index.json"
_ABSENT = object()


def moved(before: Lock, now: Lock) -> list[Finding]:
    """Everything that is another than it was sealed, from the cause to the effect.

    Args:
        before: the seal.
        now: the same source, sealed anew; without components when only its files were read.
    """
    found = [*files(before, now)]
    if now.components or not before.components:
        touched = [f.where for f in found]
        found += [*components(before, now, touched), *schedules(before, now, touched)]
    return [*found, *versions(before, now, found)]


def files(before: Lock, now: Lock) -> Iterator[Finding]:
    for name in dict.fromkeys([*before.files, *now.files]):
        was, is_ = before.files.get(name), now.files.get(name)
        if was == is_:
            continue
        code = "IPB811" if "content" in (was or is_ or {}) else "IPB815"
        fix = f"put {name} back; if it is meant, seal it anew: inspect-pipe lock {before.source}"
        if was is None or is_ is None:
            said, severity = ("was added", "warning") if was is None else ("is gone", "error")
            yield _finding(code, name, f"the file {said} since it was sealed", fix, {}, severity)  # type: ignore[arg-type]
        elif code == "IPB811":
            values = places(was["content"], is_.get("content"))
            yield _finding(code, name, "the file says something else than when it was sealed", fix, values)
        else:
            yield _finding(code, name, f"the file has changed: {weights(was, is_)}", fix, places(was, is_))


def weights(was: Mapping[str, Any], is_: Mapping[str, Any]) -> str:
    """What is another in the header of a weights file."""
    parts = []
    if was.get("size") != is_.get("size"):
        parts.append(f"{was.get('size'):,} → {is_.get('size'):,} bytes")
    if was.get("header") != is_.get("header"):
        parts.append("other names, types or shapes of tensors, or other metadata")
    return ", ".join(parts)


def components(before: Lock, now: Lock, touched: list[str]) -> Iterator[Finding]:
    for path in dict.fromkeys([*before.components, *now.components]):
        was, is_ = before.components.get(path), now.components.get(path)
        if was is None or is_ is None:
            there = was or is_ or {}
            said = f"{there['class']} {'is gone' if is_ is None else 'was not there when it was sealed'}"
            fix = f"see {INDEX}; if it is meant, seal it anew"
            yield _finding("IPB812", path, said, fix, {"sealed" if is_ is None else "now": there["class"]})
            continue
        if was["class"] != is_["class"]:
            fix = f"name {was['class']} in {INDEX}; if it is meant, seal it anew"
            yield _finding("IPB812", path, f"{was['class']} → {is_['class']}", fix, places(was["class"], is_["class"]))
        yield from settings(path, was["settings"], is_["settings"], changed=written(path, touched))


def written(path: str, touched: list[str]) -> bool:
    """Whether a file of the component changed: one in its folder, the index, or the only one there is."""
    folder = path.partition("[")[0]
    return any(name == INDEX or "/" not in name or name.partition("/")[0].startswith(folder) for name in touched)


def settings(path: str, was: Mapping[str, Any], is_: Mapping[str, Any], *, changed: bool) -> Iterator[Finding]:
    for name in dict.fromkeys([*was, *is_]):
        a, b = was.get(name, _ABSENT), is_.get(name, _ABSENT)
        if same(a, b):
            continue
        values = {k: v for k, v in (("sealed", a), ("now", b)) if v is not _ABSENT}
        cause = "" if changed else ", and no file of it changed"
        # what a file does not say, the installed version decides
        fix = (
            f"write it into the config of {path}, so that no version decides it" if cause and "sealed" in values else ""
        )
        yield _finding("IPB813", f"{path}.{name}", f"{name}: {shown(a)} → {shown(b)}{cause}", fix, values)


def schedules(before: Lock, now: Lock, touched: list[str]) -> Iterator[Finding]:
    """Each scheduler once, at the number of steps where it moved most."""
    for path, runs in before.schedules.items():
        if path not in now.schedules:
            continue  # the component that is gone says so
        far = [(n, *apart(runs[n], now.schedules[path][n])) for n in runs if n in now.schedules[path]]
        far = [row for row in far if row[1]]
        if not far:
            continue
        steps, said, _, rounding = max(far, key=lambda row: (not row[3], row[2]))
        rest = [n for n, *_ in far if n != steps]
        more = f"; at {' and '.join(rest)} steps too" if rest else ""
        one, other = ends(runs[steps]), ends(now.schedules[path][steps])
        if rounding:
            yield _finding("IPB817", f"{path}.sigmas", f"{steps} steps: {said}, as float32 rounds it{more}", "", {})
            continue
        cause = "" if written(path, touched) else ", and no file of it changed"
        library = "diffusers"
        fix = f"pin the version that was sealed: pip install {library}=={before.versions.get(library)}" if cause else ""
        yield _finding("IPB814", f"{path}.sigmas", f"{steps} steps: {said}{more}{cause}", fix, places(one, other))


def apart(was: Mapping[str, Any], is_: Mapping[str, Any]) -> tuple[str, float, bool]:
    """What is another between two runs of ``set_timesteps``, the worst relative change, and whether it is rounding."""
    if "raises" in was or "raises" in is_:
        if was.get("raises") == is_.get("raises"):
            return "", 0.0, True
        return f"set_timesteps {ran(was)} when it was sealed, and {ran(is_)} now", math.inf, False
    if same(was["sigmas"], is_["sigmas"]) and same(was["timesteps"], is_["timesteps"]):
        return "", 0.0, True
    a, b = was["sigmas"], is_["sigmas"]
    if len(a) != len(b) or len(was["timesteps"]) != len(is_["timesteps"]):
        return (
            f"{len(a)} sigmas and {len(was['timesteps'])} timesteps → {len(b)} and {len(is_['timesteps'])}",
            math.inf,
            False,
        )
    if not same(a, b):
        worst, index = max((relative(x, y), -i) for i, (x, y) in enumerate(zip(a, b, strict=True)))
        index = -index
        said = f"the sigmas moved by up to {worst:.2g} relative (step {index}: {a[index]} → {b[index]})"
        within = worst <= 2 * max(was.get("tolerance", 0), is_.get("tolerance", 0)) and not times(was, is_)
        return said, worst, within
    index = next(i for i, (x, y) in enumerate(zip(was["timesteps"], is_["timesteps"], strict=True)) if x != y)
    one, other = was["timesteps"][index], is_["timesteps"][index]
    return f"the timesteps moved (step {index}: {one} → {other}), the sigmas did not", 0.0, False


def times(was: Mapping[str, Any], is_: Mapping[str, Any]) -> bool:
    """Whether a timestep is another by more than float32 rounds a number below 1000."""
    pairs = zip(was["timesteps"], is_["timesteps"], strict=True)
    return any(x != y and (not numbers(x, y) or abs(x - y) > 1e-3 * max(1.0, abs(x))) for x, y in pairs)


def relative(a: Any, b: Any) -> float:
    if a == b:
        return 0.0
    if not numbers(a, b):
        return math.inf
    return float(abs(a - b) / max(abs(a), abs(b)))


def numbers(a: Any, b: Any) -> bool:
    return isinstance(a, int | float) and isinstance(b, int | float)


def versions(before: Lock, now: Lock, found: list[Finding]) -> Iterator[Finding]:
    """The libraries that are others; whether that made a difference is what the seal is for."""
    others = {k: (v, now.versions[k]) for k, v in before.versions.items() if now.versions.get(k, v) != v}
    if not others:
        return
    said = ", ".join(f"{name} {a} → {b}" for name, (a, b) in sorted(others.items()))
    touched = [f for f in found if f.code in ("IPB811", "IPB815")]
    behaved = [f for f in found if f.code in ("IPB812", "IPB813", "IPB814")]
    if not found:
        why = "nothing that is sealed moved with it"
    elif behaved and not touched:
        why = "no file changed, so what moved above comes from it"
    else:
        why = "and files changed as well"
    yield _finding(
        "IPB816", "versions", f"{said}: {why}", "", {k: f"{a} → {b}" for k, (a, b) in others.items()}, "note"
    )


def places(was: Any, is_: Any) -> dict[str, Any]:
    return {"sealed": was, "now": is_}


def ends(run: Mapping[str, Any]) -> str:
    """The first and the last sigma that is not zero, for the reader."""
    if "raises" in run:
        return str(run["raises"])
    held = [s for s in run["sigmas"] if s != 0.0] or run["timesteps"]
    return f"first {held[0]}, last {held[-1]}" if held else "nothing"


def ran(run: Mapping[str, Any]) -> str:
    return f"raised {run['raises']}" if "raises" in run else "ran"


def shown(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."


def _finding(
    code: str, where: str, message: str, fix: str, values: dict[str, Any], severity: Severity | None = None
) -> Finding:
    from inspector.rules import RULES

    return Finding(code, severity or RULES[code].severity, where, message, fix, places=values)
