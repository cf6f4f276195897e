"""A report is written whole or not at all, and never into what is inspected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.model import EXIT_UNWRITABLE, InspectError
from inspector.writing import write


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    write(target, "one 日本\n")
    write(target, "two\n")
    assert target.read_text(encoding="utf-8") == "two\n"
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_planted_link_is_replaced_not_followed(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "report.json"
    victim.write_text("mine")
    target.symlink_to(victim)
    write(target, "report")
    assert victim.read_text() == "mine" and not target.is_symlink() and target.read_text() == "report"


@pytest.mark.parametrize("inside", ["report.json", "unet/report.json", "unet/../x.json"])
def test_refuses_the_inspected_folder(tmp_path: Path, inside: str) -> None:
    model = tmp_path / "model"
    (model / "unet").mkdir(parents=True)
    with pytest.raises(InspectError, match="lies inside the inspected model") as caught:
        write(model / inside, "x", inspected=[model])
    assert caught.value.exit_code == EXIT_UNWRITABLE
    assert not [p for p in model.rglob("*") if p.is_file()]


def test_refuses_it_through_links_too(tmp_path: Path) -> None:
    model, other = tmp_path / "model", tmp_path / "other"
    model.mkdir()
    other.symlink_to(model)
    with pytest.raises(InspectError):
        write(other / "x.json", "x", inspected=[model])
    with pytest.raises(InspectError):
        write(model / "x.json", "x", inspected=[other])


def test_a_folder_beside_it_is_fine(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / "model-report.json", "x", inspected=[tmp_path / "model"])
    assert (tmp_path / "model-report.json").exists()


def test_refuses_to_replace_the_one_file_that_is_inspected(tmp_path: Path) -> None:
    config = tmp_path / "scheduler_config.json"
    config.write_text("{}")
    with pytest.raises(InspectError):
        write(config, "x", inspected=[config])
    write(tmp_path / "report.json", "x", inspected=[config])
    assert config.read_text() == "{}"


def test_no_such_folder_and_a_folder_as_target(tmp_path: Path) -> None:
    for target in (tmp_path / "absent" / "x.json", tmp_path):
        with pytest.raises(InspectError, match="cannot write") as caught:
            write(target, "x")
        assert caught.value.exit_code == EXIT_UNWRITABLE and caught.value.hint


def test_nothing_is_left_when_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "report.json", "x")
    assert os.listdir(tmp_path) == []
