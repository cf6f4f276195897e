"""The same folders where they are remote: the same codes and the same exit status as on the disk."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("what is opened is told by the kernel of Linux", allow_module_level=True)
pytest.importorskip("fsspec")

from tests.hostile.corpus import Case, corpus
from tests.hostile.nursery import Nursery
from tests.hostile.place import begin
from tests.hostile.runner import compare, outputs, watched

FULL = bool(os.environ.get("INSPECT_PIPE_FULL"))
FAMILIES = (
    "json", "safetensors", "numbers", "pickles", "references", "credentials", "injection", "benign", "paths", "code",
    "libraries", "yaml",
)  # fmt: skip
"""The families whose matter is in the files: links, pipes and devices do not travel."""
ON_A_SERVER = """
import fsspec, os, sys
from inspector.cli import main
server = fsspec.filesystem("memory")
for top, _, names in os.walk(SOURCE):
    for name in names:
        path = os.path.join(top, name)
        server.pipe("/model/" + os.path.relpath(path, SOURCE), open(path, "rb").read())
sys.argv = ["inspect-pipe", "diff", "memory://model", "--static", "--report=jsonl=" + os.path.abspath("jsonl")]
main()
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_from_a_server(family: str, nursery: Nursery, tmp_path: Path) -> None:
    cases = [c for c in corpus([family]) if c.sample and not c.arguments]
    wrong: list[str] = []
    for case in cases if FULL else cases[:2]:
        wrong += [f"{case.id}: {w}" for w in read_there(replace(case, inside=False), nursery, tmp_path)]
        shutil.rmtree(tmp_path / "case")
        shutil.rmtree(tmp_path / "out")
    assert cases and not wrong


def read_there(case: Case, nursery: Nursery, folder: Path) -> list[str]:
    """What was not met; nothing for a case whose source is not its folder."""
    place = begin(folder / "case", case.base)
    (folder / "out").mkdir()
    if isinstance(case.make(place), str):
        return []
    done, verdict = watched(case, "static", nursery, place, folder / "out", [str(place.model)], call=ON_A_SERVER)
    compare(verdict, case.static, done, folder / "out")
    return [*verdict.wrong, *outputs(folder / "out", done)]
