"""The experiments of tests/faults see a tool that is weaker: each weakening here is one that somebody may make."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from inspector import listing, process, writing
from inspector.listing import Entry
from inspector.opening import Tree
from tests.faults import changing, delivering, dying, refusing


def in_place(target: Path, text: str, *, inspected: Iterable[Path] = ()) -> None:
    writing.fill(target.with_suffix(".new"), text.encode())
    target.write_text(text)


def unsynced(file: Path, data: bytes) -> None:
    file.write_bytes(data)


@pytest.mark.parametrize(("name", "instead"), [("write", in_place), ("fill", unsynced)])
def test_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, instead: Any) -> None:
    monkeypatch.setattr(writing, name, instead)
    assert delivering.every_format(tmp_path).broken


def test_opening_the_joined_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(self: Tree, parts: tuple[str, ...], where: str) -> tuple[int, os.stat_result]:
        descriptor = os.open(os.path.join(self.prefix, *self.inside, *parts), os.O_RDONLY)
        return descriptor, os.fstat(descriptor)

    monkeypatch.setattr(Tree, "open", joined)
    assert changing.exchanged(tmp_path, 60).broken


def test_passing_over_what_cannot_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = listing.resolved

    def quiet(tree: Tree, parts: tuple[str, ...], facts: Any, above: Any) -> Any:
        return (Entry("/".join(parts), "file"), None) if isinstance(facts, OSError) else real(tree, parts, facts, above)

    monkeypatch.setattr(listing, "resolved", quiet)
    assert refusing.every_call(tmp_path).broken


def test_believing_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "parsed", lambda out: ("snapshot", {"source": "all is well"}))
    monkeypatch.setattr(dying, "WORKERS", {k: dying.WORKERS[k] for k in ("garbage", "exit 7")})
    assert dying.every_worker(tmp_path).broken
