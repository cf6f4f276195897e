"""``inspector.roundtrip`` and ``inspect-pipe roundtrip``: the search, shared out to guarded processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.model import EXIT_USAGE, InspectError, Report, Snapshot
from inspector.result import Result
from inspector.roundtrips.known import Known, load
from inspector.settings import did_you_mean

SECONDS = 7200.0
"""A nightly search takes an hour."""
MOST = 4
"""Worker processes at once: each holds the libraries."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched: ``classes`` and ``laws`` are all when empty; ``known`` None is the list of this package.

    A class is a name, ``py:module:Class``, or the class itself, which is then checked in this process.
    """

    classes: tuple[Any, ...] = ()
    laws: tuple[str, ...] = ()
    examples: int | None = None
    profile: str = "ci"
    seed: int = 0
    known: Path | None = None
    timeout: float = SECONDS


def searched(search: Search, tell: Callable[[Any], None] | None = None) -> Report:
    """Search, and report.

    Raises:
        InspectError: there is no such class, law or profile, or the list of known defects cannot be read.
    """
    from inspector.roundtrips.report import report_of
    from inspector.roundtrips.tasks import ACROSS, PROFILES

    if search.profile not in PROFILES:
        hint = did_you_mean(search.profile, PROFILES)
        raise InspectError(f"--profile {search.profile!r} does not exist", hint=hint, exit_code=EXIT_USAGE)
    if search.examples is not None and search.examples < 1:
        raise InspectError(f"--examples {search.examples}: at least 1", exit_code=EXIT_USAGE)
    laws = laws_named(search.laws)
    examples = search.examples or PROFILES[search.profile]
    task: dict[str, Any] = {
        "laws": laws,
        "examples": examples,
        "seed": search.seed,
        "known": [raw(k) for k in (load() if search.known is None else load(search.known))],
    }
    live = [c for c in search.classes if not isinstance(c, str)]
    user = [c for c in search.classes if c not in live and c.startswith("py:")]
    theirs = list(dict.fromkeys(c.removeprefix("class:") for c in search.classes if c not in live and c not in user))
    parts = [here(cls, task) for cls in live]
    if theirs or not search.classes:
        from inspector import classes

        for name in theirs:
            classes.require(name)
        workers = max(2 if ACROSS in laws else 1, min(MOST, os.cpu_count() or 1))
        given = [
            {**task, "classes": theirs or None, "share": [at, workers], "files": at < 2 and ACROSS in laws}
            for at in range(workers)
        ]
        parts += together("roundtrip", None, given, search.timeout, tell)
    for source in user:
        whole = {**task, "files": ACROSS in laws}
        second = [{**whole, "laws": [ACROSS], "known": []}] if ACROSS in laws else []
        parts += together("roundtrip of a class", source, [whole, *second], search.timeout, tell)
    found, unchecked = joined(parts, files=ACROSS in laws)
    return report_of(title(search), found, search.seed, examples, unchecked)


def here(cls: Any, task: Mapping[str, Any]) -> dict[str, Any]:
    """A class that is alive in this process; the one law that takes two processes says so."""
    from inspector.roundtrips.tasks import ACROSS, laws_of

    found = laws_of([cls.__name__], live=cls, **task)
    if ACROSS in task["laws"]:
        reason = "takes two processes: name the class as py:module:Class"
        found["laws"].append({"law": ACROSS, "name": "hash-seed", "class": cls.__name__, "examples": 0, "cause": "",
                              "counterexample": None, "verdict": "skip", "reason": reason})  # fmt: skip
    return found


def replay(texts: Mapping[str, str], tell: Callable[[Any], None] | None = None) -> Report:
    """Try saved counterexamples again.

    Args:
        texts: where each comes from -> the file's text.
        tell: told of the progress.

    Raises:
        InspectError: one is damaged, of another version, or of a class that is not here.
    """
    from inspector.roundtrips.counterexample import read
    from inspector.roundtrips.report import report_of

    held = [read(text, where) for where, text in texts.items()]
    laws_named(sorted({str(h.get("law")) for h in held}))
    own = sorted({str(h["source"]) for h in held if h.get("source")})
    parts = []
    for source in ("", *own):
        given = {"laws": [], "replays": [h for h in held if h.get("source", "") == source], "classes": []}
        if source:
            del given["classes"]
            parts += together("roundtrip of a class", source, [given], SECONDS, tell)
        elif given["replays"]:
            parts += together("roundtrip", None, [given], SECONDS, tell)
    found, _ = joined(parts, files=False)
    return report_of(", ".join(texts), found, int(held[0].get("seed", 0)), 1, {})


def together(
    task: str, source: str | None, given: Sequence[dict[str, Any]], timeout: float, tell: Callable[[Any], None] | None
) -> list[dict[str, Any]]:
    """The same task in several processes at once, each with a hash seed of its own."""
    from inspector import snapshots

    done: dict[int, tuple[int, int]] = {}

    def one(at: int) -> dict[str, Any]:
        def heard(said: Any) -> None:
            done[at] = (said[0], said[1])
            if tell is not None:
                tell([sum(d for d, _ in done.values()), sum(t for _, t in done.values()), said[2]])

        if source is not None:
            return snapshots.ask(source, task, given[at], timeout=timeout, hash_seed=at)
        return snapshots.alone(task, given[at], timeout=timeout, progress=heard, hash_seed=at)

    with ThreadPoolExecutor(len(given)) as pool:
        return list(pool.map(one, range(len(given))))


def joined(parts: Sequence[Mapping[str, Any]], *, files: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers of several processes as one, and the classes that cannot be checked."""
    from inspector.roundtrips.laws.across import compared

    found: dict[str, Any] = {"laws": [], "known": [], "rejected": [], "versions": {}}
    unchecked: dict[str, str] = {}
    for part in parts:
        for name in ("laws", "known", "rejected"):
            found[name] += part[name]
        found["versions"] = {**found["versions"], **part["versions"]}
        unchecked |= part["unchecked"]
    if files:
        digested = [part["files"] for part in parts if part["files"]]
        for one, other in zip(digested[::2], digested[1::2], strict=True):
            found["laws"] += compared(one, other)
    found["known"] = list({k["title"]: k for k in reversed(found["known"])}.values())[::-1]
    return found, unchecked


def raw(known: Known) -> dict[str, Any]:
    names = ("title", "law", "cause", "upstream", "note")
    return {
        **{name: getattr(known, name) for name in names},
        "classes": list(known.classes),
        "example": dict(known.example),
    }


def laws_named(given: Sequence[str]) -> list[str]:
    """Codes of laws, by code or by name.

    Raises:
        InspectError: there is no such law (exit 2).
    """
    from inspector.roundtrips.laws import LAWS

    names = {law.name: code for code, law in LAWS.items()}
    found = []
    for text in given or sorted(LAWS):
        code = names.get(text.lower(), text.upper())
        if code not in LAWS:
            hint = did_you_mean(text, [*names, *LAWS])
            raise InspectError(f"no law is called {text!r}", hint=hint, exit_code=EXIT_USAGE)
        found.append(code)
    return list(dict.fromkeys(found))


def title(search: Search) -> str:
    laws = f", law {', '.join(search.laws)}" if search.laws else ""
    names = [c if isinstance(c, str) else c.__name__ for c in search.classes]
    return f"{', '.join(names) or 'all scheduler classes'}{laws}"


def result_of(classes: Sequence[Any], law: Any, examples: int | None, profile: str, seed: int, known: Any) -> Result:
    """As :func:`searched`, for the Python API."""
    laws = (law,) if isinstance(law, str) else tuple(law)
    file = None if known is None else Path(known)
    report = searched(Search(tuple(classes), laws, examples, profile, seed, file))
    return Result(report, Snapshot(report.source, report.versions))
