"""The fuzzes for as long as one likes; what is judged wrongly is made small, and kept."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import Figure
from tests.fuzz import KEPT, folders, headers
from tests.fuzz.texts import written

_SOME = 200
OWN = ("report", "baseline", "lock")


def of_headers(seconds: float, seed: int, *, most: int = 10**9) -> Figure:
    """Headers by the number of their seed, each compared with the library."""
    figure = Figure("the header reader and the safetensors library agree on a header, or a stated rule is the stricter")
    seen: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while figure.tried < most and time.monotonic() < until:
        content = headers.file(random.Random(seed + figure.tried))
        try:
            headers.compared(content, seen)
            problem = ""
        except Exception as error:
            keep("header", {"file": content})
            problem = f"{type(error).__name__}: {error}"
        figure.judge(f"seed {seed + figure.tried}", problem)
    figure.note = counted(seen)
    return figure


def of_folders(seconds: float, *, most: int = 10**9, anew: bool = True) -> Figure:
    """Folders with one or two damaged JSON files."""
    figure = Figure("a folder with damaged JSON files ends in a report or a refusal, in time, twice the same")
    with tempfile.TemporaryDirectory() as scratch:
        root = folders.make(Path(scratch) / "model")
        seen: Counter[str] = Counter()
        drawn(figure, "folder", folders.damage(), lambda d: folders.judged(d, root, seen), seconds, most, anew)
    figure.note = counted(seen)
    return figure


def of_own(seconds: float, *, most: int = 10**9, anew: bool = True) -> Figure:
    """Damaged reports, baselines and locks."""
    figure = Figure("a damaged report, baseline or lock is taken or refused, in time")
    with tempfile.TemporaryDirectory() as scratch:
        own, file = folders.saved(Path(scratch)), Path(scratch) / "own.json"
        seen: Counter[str] = Counter()
        for kind in OWN:
            make = written(own[kind]).map(lambda content: {"file": content})

            def act(files: dict[str, bytes], kind: str = kind) -> None:
                folders.taken(kind, files["file"], file, seen)

            drawn(figure, kind, make, act, seconds / len(OWN), most // len(OWN), anew)
    figure.note = counted(seen)
    return figure


def drawn(
    figure: Figure,
    kind: str,
    make: st.SearchStrategy[dict[str, bytes]],
    act: Callable[[dict[str, bytes]], None],
    seconds: float,
    most: int,
    anew: bool,
) -> None:
    """Have hypothesis draw cases until the time is up; one that fails is made small by it, and kept."""
    last: dict[str, bytes] = {}
    tried = 0

    def one(files: dict[str, bytes]) -> None:
        nonlocal last, tried
        tried += 1
        try:
            act(files)
        except BaseException:
            last = files
            raise

    until = time.monotonic() + seconds
    while tried < most and time.monotonic() < until:
        search = settings(
            max_examples=min(_SOME, most - tried),
            deadline=None,
            database=None,
            derandomize=not anew,
            suppress_health_check=list(HealthCheck),
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                search(given(make)(one))()
        except Exception as error:
            figure.broken.append(f"{kind} ({keep(kind, last).name}): {type(error).__name__}: {str(error)[:300]}")
            break
    figure.tried += tried


def keep(kind: str, files: dict[str, bytes]) -> Path:
    """Put a case where every later run of the suite tries it."""
    text = json.dumps({"kind": kind, "files": {n: c.decode("latin-1") for n, c in files.items()}}, indent=1)
    place = KEPT / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text + "\n")
    return place


def kept() -> dict[str, tuple[str, dict[str, bytes]]]:
    """The cases that are kept: name -> kind and files."""
    found = {}
    for place in sorted(KEPT.glob("*.json")):
        content: dict[str, Any] = json.loads(place.read_text())
        found[place.stem] = (content["kind"], {n: t.encode("latin-1") for n, t in content["files"].items()})
    return found


def counted(seen: Counter[str]) -> str:
    return ", ".join(f"{n:,} {what}" for what, n in seen.most_common())
