"""Faults while a report is written: whole or not at all, exit status 5, and nothing left beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.model import EXIT_UNWRITABLE, InspectError
from inspector.writing import write
from tests.faults import delivering, ending
from tests.test_faults_reading import FULL, assert_held


def test_every_format_and_every_call(tmp_path: Path) -> None:
    assert_held(delivering.every_format(tmp_path), 200)


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    assert_held(delivering.in_full(tmp_path), 9)


def test_the_command_says_where_it_cannot_write(tmp_path: Path) -> None:
    assert_held(delivering.by_the_command(tmp_path), 9)


def test_sixteen_writers(tmp_path: Path) -> None:
    assert_held(delivering.many_writers(tmp_path, 16, 10_000 if FULL else 2_000), 2_000)


def test_signals_at_any_moment(tmp_path: Path) -> None:
    assert_held(ending.at_random(tmp_path, 300 if FULL else 15), 15)


def test_signals_while_a_worker_builds(tmp_path: Path) -> None:
    assert_held(ending.at_random(tmp_path, 45 if FULL else 6, static=False), 6)


@pytest.mark.parametrize("link", [False, True])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, link: bool) -> None:
    """Root's ``-o /dev/null`` would put a file in its place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    target = tmp_path / "report" if link else pipe
    if link:
        target.symlink_to(pipe)
    with pytest.raises(InspectError, match="a device, a pipe or a socket") as caught:
        write(target, "x")
    assert caught.value.exit_code == EXIT_UNWRITABLE
    assert pipe.is_fifo() and target.is_symlink() == link and len(os.listdir(tmp_path)) == 1 + link


@pytest.mark.parametrize(("name", "fails"), [("EINVAL", False), ("EACCES", False), ("EIO", True)])
def test_a_folder_that_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fails: bool
) -> None:
    """Some file systems cannot; then the report stands all the same. Where the disk fails, that is told."""
    import errno

    def refuse(folder: Path) -> None:
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr("inspector.writing.sync", refuse)
    if fails:
        with pytest.raises(InspectError, match="is written, but not for sure") as caught:
            write(tmp_path / "report", "x")
        assert caught.value.exit_code == EXIT_UNWRITABLE
    else:
        write(tmp_path / "report", "x")
    assert (tmp_path / "report").read_text() == "x" and os.listdir(tmp_path) == ["report"]
