"""Reproductions on several releases: the worker in this interpreter, a release that fails, the page from few rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import versions
from tests.benchmarks.defects import ROOT, defects, read
from tests.benchmarks.history import story, table
from tests.benchmarks.upstream import checked, section

SHOWS = """# Some classes start at 999
# code: IPS304
# classes: DDIM*, EulerDiscreteScheduler, LMSDiscreteScheduler, VQDiffusionScheduler
# options: timestep_spacing
# upstream: #1, #2
# related: #3
def shows(cls):
    if cls.__name__ == "LMSDiscreteScheduler":
        raise ImportError("cannot import name 'gone' from 'there' (/some/where.py)")
    if cls.__name__ == "EulerDiscreteScheduler":
        from diffusers import NoSuchScheduler
    first = cls().timesteps[0]
    cls.set_timesteps = None  # must not reach the other scripts
    return "999" if first == 999 else None
"""
PLAIN = """# A whole script.
# Found with diffusers 9.9, seed 0
# inspect-pipe: {"law": "IPR401", "class": "DDIMScheduler"}
from diffusers import DDIMScheduler
DDIMScheduler().set_timesteps(5)
raise SystemExit(%s)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "defects"
    (where / "roundtrip").mkdir(parents=True)
    (where / "shows.py").write_text(SHOWS, encoding="utf-8")
    for name, end in (("one", "True"), ("zero", "False"), ("two", "2"), ("raises", "1 / 0")):
        (where / "roundtrip" / f"{name}.py").write_text(PLAIN % end, encoding="utf-8")
    (where / "roundtrip" / "dies.py").write_text("# It dies\n# code: X\nimport os\nos._exit(7)\n", encoding="utf-8")
    return where


def test_every_reproduction_in_a_release_and_one_release_that_fails(folder: Path, tmp_path: Path) -> None:
    def python_of(release: str, pins: object) -> Path:
        if release == "1":
            raise versions.Failed("no such release")
        return Path(sys.executable) if release == "2" else tmp_path / "no-python"

    listed = defects(folder)
    assert next(d.name for d in listed) == "shows"
    assert listed[0].upstream == ("#1", "#2")
    found = next(d for d in listed if d.name == "roundtrip/one")
    assert (found.title, found.code, found.classes) == ("A whole script", "IPR401", ("DDIMScheduler",))
    assert found.body.startswith("# Found with diffusers 9.9, seed 0\nfrom diffusers import")

    failed, row, missing = versions.matrix({"1": (), "2": (), "3": ()}, listed, python_of)
    assert failed == {"release": "1", "failed": "no such release"}
    assert missing == {"release": "3", "failed": "No such file or directory"}
    assert row["installed"]["python"] == sys.version.split()[0]
    assert "DDIMScheduler" in row["classes"]
    assert "SchedulerMixin" not in row["classes"]
    assert row["defects"]["shows"] == {
        "shows": ["DDIMParallelScheduler", "DDIMScheduler"],
        "holds": ["DDIMInverseScheduler"],
        "cannot": {
            "ImportError: cannot import name 'gone' from 'there'": ["LMSDiscreteScheduler"],
            "no class NoSuchScheduler": ["EulerDiscreteScheduler"],
            "no option timestep_spacing": ["VQDiffusionScheduler"],
        },
    }
    one = ["DDIMScheduler"]
    for name, expected in {
        "one": {"shows": one, "holds": [], "cannot": {}},
        "zero": {"shows": [], "holds": one, "cannot": {}},
        "two": {"shows": [], "holds": [], "cannot": {"exit status 2": one}},
        "raises": {"shows": [], "holds": [], "cannot": {"ZeroDivisionError: division by zero": one}},
    }.items():
        assert row["defects"][f"roundtrip/{name}"] == expected, name
    assert row["defects"]["roundtrip/dies"]["cannot"] == {"the process died": row["classes"]}


@pytest.mark.parametrize("text", ["", "# title\nx = 1\n", "# title\n# code: X\n# upstream: 12\n", "import os\n"])
def test_a_script_without_its_header(text: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"script\.py"):
        read(tmp_path / "script.py", tmp_path)


def test_the_result_and_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, Any]] = [
        {"release": "1", "classes": ["A", "B"], "defects": {}},
        {"release": "2", "failed": "why"},
    ]
    (tmp_path / "releases.toml").write_text('[releases]\n"1" = []\n"2" = ["numpy==1"]\n', encoding="utf-8")
    monkeypatch.setattr(versions, "RELEASES", tmp_path / "releases.toml")
    monkeypatch.setattr(versions, "answer", lambda python, asked: {k: v for k, v in rows[0].items() if k != "release"})

    def python_of(release: str, pins: object) -> Path:
        if pins == ["numpy==1"]:
            raise versions.Failed("why")
        return Path(sys.executable)

    real = versions.matrix
    monkeypatch.setattr(versions, "matrix", lambda releases, asked: real(releases, asked, python_of))
    out = tmp_path / "deep" / "versions.json"
    assert versions.main(out) == 1
    text = out.read_text(encoding="utf-8")
    assert json.loads(text) == {"schema": versions.SCHEMA, "releases": rows}
    assert '["A", "B"]' in text, "a list of names is one line"
    monkeypatch.setattr(versions, "matrix", lambda releases, asked: rows[:1])
    assert versions.main(out) == 0


def test_what_was_not_asked_again_is_kept() -> None:
    was = [{"release": r, "installed": {"numpy": "1"}, "defects": {"a": 1, "b": 1, "gone": 1}} for r in "12"]
    now: list[dict[str, Any]] = [
        {"release": "1", "installed": {"numpy": "1"}, "defects": {"a": 2}},
        {"release": "2", "installed": {"numpy": "2"}, "defects": {"a": 2}},
        {"release": "3", "failed": "why"},
    ]
    assert [row.get("defects") for row in versions.merged(now, was, {"a", "b"})] == [{"a": 2, "b": 1}, {"a": 2}, None]


def test_why_a_command_failed() -> None:
    talk = "import sys; sys.stderr.write('WARNING: a\\nERROR: No matching distribution found\\nnotice\\n'); sys.exit(1)"
    with pytest.raises(versions.Failed, match=r"^No matching distribution found$"):
        versions.ran([sys.executable, "-c", talk])
    with pytest.raises(versions.Failed, match=r"^ModuleNotFoundError: No module named 'nowhere'$"):
        versions.ran([sys.executable, "-c", "import nowhere"])


def rows(**answers: str) -> list[dict[str, Any]]:
    """Releases 1, 2, … in which each class answers the letter at that place: s(hows), h(olds), n(o option), x, -."""
    words = {"s": "shows", "h": "holds", "n": "no option beta", "x": "ValueError: bad"}
    made: list[dict[str, Any]] = []
    for at in range(len(next(iter(answers.values())))):
        told = {cls: words[letters[at]] for cls, letters in answers.items() if letters[at] != "-"}
        cannot: dict[str, list[str]] = {}
        for cls, said in told.items():
            if said not in ("shows", "holds"):
                cannot.setdefault(said, []).append(cls)
        kept = {v: [c for c, s in told.items() if s == v] for v in ("shows", "holds")}
        made.append({"release": str(at + 1), "defects": {"it": {**kept, "cannot": cannot}}})
    return [*made, {"release": "9", "failed": "why"}]


def test_the_history_of_a_defect() -> None:
    made = rows(AScheduler="-nss", BScheduler="-nss", CScheduler="hshs", DScheduler="hhhh", EScheduler="sxhh")
    assert [line.strip() for line in story("it", made)] == [
        "First shows in 1, the oldest of those tried that can be asked.",
        "Comes between 1 and 2: C.",
        "Gone between 2 and 3: C.",
        "Comes between 3 and 4: C.",
        "Gone between 1 and 3: E.",
    ]
    assert table("it", made) == [
        "| | 1 | 2 | 3 | 4 |",
        "|---|---|---|---|---|",
        "| **shows in** | **1 of 3** | **1 of 2** | **2 of 5** | **3 of 5** |",
        "| A, B | – | no option | shows | shows |",
        "| C | holds | shows | holds | shows |",
        "| E | shows | [1] | holds | holds |",
        "",
        "[1] ValueError: bad  ",
    ]
    assert story("it", rows(DScheduler="hh")) == ["It shows in none of the releases tried."]
    many = rows(**{f"S{i}Scheduler": "hs" for i in range(7)})
    assert story("it", many) == ["First shows in 2, not yet in 1.  ", "Comes between 1 and 2: 7 classes.  "]


def test_a_section_and_an_old_matrix(folder: Path) -> None:
    defect = read(folder / "shows.py", folder)
    made = [dict(r, defects={"shows": r["defects"]["it"]}) for r in rows(AScheduler="hs")[:2]]
    text = "\n".join(section(defect, "what it prints", made, "2"))
    assert text.startswith("## Some classes start at 999\n\nUpstream: [#1](https://github.com/huggingface/diffusers/")
    for part in ("First shows in 2", "def shows(cls):", "```text\nwhat it prints\n```", "| A | holds | shows |"):
        assert part in text
    assert "# classes:" not in text
    assert "It does not show in diffusers 2." in "\n".join(section(defect, None, made, "2"))

    checked(defect, "it shows", made, "2")
    checked(defect, None, made, "1")
    checked(defect, None, made, "7")
    for said, here in ((None, "2"), ("it shows", "1")):
        with pytest.raises(RuntimeError, match="make versions"):
            checked(defect, said, made, here)


def test_the_matrix_knows_every_reproduction() -> None:
    result = json.loads((ROOT / "reports" / "versions.json").read_text(encoding="utf-8"))
    listed = {d.name for d in defects()}
    assert len({d.title for d in defects()}) == len(listed)
    for row in result["releases"]:
        assert set(row["defects"]) == listed, "make versions"
