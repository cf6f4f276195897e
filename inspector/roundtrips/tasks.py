"""What the worker is asked for ``roundtrip``: names in, rows out, progress told on the way."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from inspector.model import EXIT_USAGE, InspectError
from inspector.observe.plain import plain
from inspector.roundtrips.counterexample import data_of, trial_of
from inspector.roundtrips.known import Known
from inspector.roundtrips.laws import LAWS, Law
from inspector.roundtrips.script import script
from inspector.roundtrips.search import Found, derived, judged, no_local_constants, quiet, search
from inspector.roundtrips.trial import Break, Rejected, Trial, saved
from inspector.strategies.classes import checkable
from inspector.strategies.configs import drawn
from inspector.strategies.literals import source

CI, NIGHTLY = 20, 300
PROFILES = {"ci": CI, "nightly": NIGHTLY}
"""Profile -> cases of each law on each class."""
ACROSS = "IPR420"
"""The one law that takes two processes: the parent compares what they wrote."""
_WRITTEN = 6
"""Configs of each class whose files are compared across processes."""


def laws_of(
    classes: Sequence[str] | None = None,
    laws: Sequence[str] = (),
    examples: int = CI,
    seed: int = 0,
    known: Sequence[Mapping[str, Any]] = (),
    share: tuple[int, int] = (0, 1),
    files: bool = False,
    replays: Sequence[Mapping[str, Any]] = (),
    tell: Callable[[int, int, str], None] | None = None,
    live: Any = None,
) -> dict[str, Any]:
    """Search for what breaks the laws.

    Args:
        classes: names of scheduler classes; all that diffusers has when None.
        laws: codes.
        examples, seed: see :func:`inspector.roundtrips.search.search`.
        known: known defects, as their file has them; each example is replayed.
        share: which part of the classes is searched here, of how many.
        files: whether the saved files of all these classes are digested, to be compared with another process's.
        replays: counterexamples to try in place of a search.
        tell: told of the progress.
        live: a class of the user's own, in place of ``classes``.

    Returns:
        ``laws`` (rows of the contract), ``known``, ``rejected``, ``unchecked`` (class -> why), ``files``, ``versions``.

    Raises:
        InspectError: there is no such class.
    """
    import torch

    from inspector.observe import versions

    torch.set_num_threads(1)
    own = {live.__name__: live} if live is not None else {}
    entries = [Known(**{**raw, "classes": tuple(raw["classes"])}) for raw in known]
    rows: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    wanted = [LAWS[code] for code in laws if code != ACROSS]
    can, cannot = checkable() if live is None else (own, {})
    chosen = sorted({**can, **cannot}) if classes is None else list(classes)
    for name in chosen:
        if name not in can and name not in cannot:
            raise InspectError(f"{name} is no scheduler of diffusers", exit_code=EXIT_USAGE)
    chosen, unchecked = [n for n in chosen if n in can], {n: cannot[n] for n in chosen if n in cannot}
    here = chosen[share[0] :: share[1]]
    total = len(here) * len(wanted) + len(chosen) * files
    for at, name in enumerate(here):
        refused: dict[str, Any] = {}
        for number, law in enumerate(wanted):
            if tell:
                tell(at * len(wanted) + number, total, f"{name} {law.name}")
            rows += rows_of(law, can[name], examples, seed, entries, refused)
        rejected += [{"class": name, "config": repr(config), "error": said} for said, config in refused.items()]
    digests = {}
    for at, name in enumerate(chosen if files else ()):
        if tell:
            tell(len(here) * len(wanted) + at, total, f"{name} files")
        digests[name] = list(written(can[name], seed))
    return {
        "laws": [*rows, *(replayed(data, own) for data in replays)],
        "known": [shows(entry, laws, own) for entry in entries] if share[0] == 0 else [],
        "rejected": rejected,
        "unchecked": unchecked,
        "files": digests,
        "versions": versions(),
    }


def laws_of_class(scheduler: Any, **given: Any) -> dict[str, Any]:
    """As :func:`laws_of`, for the class of a live scheduler of the user's own."""
    return laws_of([type(scheduler).__name__], live=type(scheduler), **given)


def rows_of(
    law: Law, cls: Any, examples: int, seed: int, known: Sequence[Known], refused: dict[str, Any]
) -> list[dict[str, Any]]:
    """What one law says of one class: a row for each defect, or one."""
    row = {"law": law.code, "name": law.name, "class": cls.__name__, "counterexample": None, "cause": ""}
    if why := law.why_not(cls):
        return [{**row, "verdict": "skip", "examples": 0, "reason": why}]
    found: Found = search(law, cls, examples, seed, known)
    refused |= {said: config for said, config in found.rejected.items() if said not in refused}
    row["examples"] = found.examples
    if not found.examples and not found.new:
        return [{**row, "verdict": "skip", "reason": "the class or the library refused every case"}]
    rows = [{**row, "verdict": "broken", **broken(law, trial, how)} for trial, how in found.new]
    rows += [{**row, "verdict": "known", "cause": k.cause, "known": k.title} for k in found.known.values()]
    return rows or [{**row, "verdict": "holds"}]


def broken(law: Law, trial: Trial, how: Break) -> dict[str, Any]:
    """A break as plain data: what differs, and the case with the Python that shows it."""
    data = data_of(law.code, trial)
    case = {k: data[k] for k in ("kwargs", "positional", "edits")}
    case["code"] = script(law, trial, how)
    before, after = plain(how.before), plain(how.after)
    if before == after:  # another type: as Python writes it
        before, after = source(how.before), source(how.after)
    return {
        "cause": how.cause,
        "what": how.what,
        "before": before,
        "after": after,
        "counterexample": case,
    }


def shows(entry: Known, laws: Sequence[str], own: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a known defect is still there: its example, tried again."""
    kept = {"title": entry.title, "law": entry.law, "classes": list(entry.classes), "cause": entry.cause,
            "upstream": entry.upstream, "note": entry.note, "shows": None, "reason": "", "code": ""}  # fmt: skip
    if entry.law not in laws:
        return {**kept, "reason": "its law was not asked for"}
    if entry.law not in LAWS:
        return {**kept, "reason": f"there is no law {entry.law}"}
    law = LAWS[entry.law]
    try:
        trial = trial_of({"law": entry.law, **entry.example}, own)
    except InspectError as error:
        return {**kept, "reason": error.message}
    try:
        found = [b for b in judged(law, trial) if entry.covers(law.code, trial.config.cls.__name__, b.cause)]
    except Rejected:
        return {**kept, "reason": "the library refuses the example"}
    if not found:
        return {**kept, "shows": False}
    return {**kept, "shows": True, "code": script(law, trial, found[0])}


def replayed(data: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """One saved counterexample, tried again.

    Raises:
        InspectError: its class or its law is not here, or it is damaged.
    """
    law, trial = LAWS[data["law"]], trial_of(data, own)
    row = {"law": law.code, "name": law.name, "class": trial.config.cls.__name__, "examples": 1, "cause": "",
           "counterexample": None, "replayed": True}  # fmt: skip
    try:
        found = list(judged(law, trial))
    except Rejected:
        return {**row, "verdict": "skip", "examples": 0, "reason": "the library refuses this case now"}
    same = [b for b in found if b.cause == data.get("cause")] or found
    return {**row, "verdict": "broken", **broken(law, trial, same[0])} if same else {**row, "verdict": "holds"}


def written(cls: Any, seed: int) -> Iterator[list[str]]:
    """Config and digest of the file that a save writes, for a few configs of a class."""
    hypothesis: Any = importlib.import_module("hypothesis")
    seen: dict[str, str] = {}

    def keep(config: Any) -> None:
        try:
            text = saved(Trial(config).make())[0]
        except (Rejected, TypeError, ValueError):  # another law's matter
            hypothesis.reject()
        seen.setdefault(repr(config), hashlib.sha256(text.encode()).hexdigest())

    test = quiet(hypothesis, _WRITTEN)(hypothesis.given(drawn(cls))(keep))
    with no_local_constants():
        try:
            hypothesis.seed(derived(seed, ACROSS, cls.__name__))(test)()
        except hypothesis.errors.Unsatisfiable:
            return
    yield from ([config, digest] for config, digest in seen.items())
