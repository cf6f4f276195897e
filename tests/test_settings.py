"""The project's settings: each key checked, each mistake told with what was meant, none read from a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inspector.model import EXIT_USAGE, InspectError
from inspector.settings import Settings, load, parse

GOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"select": ["IPC", "IPP201"]}, {"select": ("IPC", "IPP201")}),
    ({"ignore": {"IPC103": "set by our trainer"}}, {"ignore": {"IPC103": "set by our trainer"}}),
    ({"ignore": {"IPD": "compared elsewhere"}}, {"ignore": {"IPD": "compared elsewhere"}}),
    (
        {"fail-on": "error", "exit-zero": True, "format": "json"},
        {"fail_on": "error", "exit_zero": True, "format": "json"},
    ),
    (
        {"torch-dtype": "float16", "device": "cuda", "weights": True},
        {"torch_dtype": "float16", "device": "cuda", "weights": True},
    ),
    ({"timeout": 30, "limit": ["config=2MiB"]}, {"timeout": 30.0, "limit": ("config=2MiB",)}),
    ({"static": True, "online": False, "verbose": True}, {"static": True, "verbose": True}),
]
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"ignores": {}}, "has no setting 'ignores'", "did you mean ignore?"),
    ({"fail_on": "error"}, "has no setting 'fail_on'", "did you mean fail-on?"),
    ({"zzz": 1}, "has no setting 'zzz'", "there are: select, ignore"),
    ({"ignore": ["IPC103"]}, "ignore must give a reason", 'IPC103 = "why it is accepted"'),
    ({"ignore": {"IPC103": " "}}, "ignore must give a reason", ""),
    ({"ignore": {"IPC103": True}}, "ignore must give a reason", ""),
    ({"ignore": {"IPC1033": "x"}}, "no rule has the code 'IPC1033'", "did you mean IPC103"),
    ({"select": ["ICP101"]}, "no rule has the code 'ICP101'", "did you mean IPC101"),
    ({"select": "IPC101"}, "select must be a list of codes", ""),
    ({"format": "xml"}, "'xml' is none of human, json", ""),
    ({"fail-on": "fatal"}, "'fatal' is none of error, warning", ""),
    ({"fail-on": []}, "is none of error", ""),
    ({"timeout": -1}, "timeout must be a number of seconds", ""),
    ({"timeout": True}, "timeout must be a number of seconds", ""),
    ({"static": "yes"}, "static must be true or false", ""),
    ({"device": 0}, "device must be a text", ""),
    ({"trust-remote-code": True}, "trust-remote-code is not read from a file", ""),
    ({"output": "x"}, "output is not read from a file", ""),
]


@pytest.mark.parametrize(("table", "fields"), GOOD)
def test_good_tables(table: dict[str, Any], fields: dict[str, Any]) -> None:
    assert parse(table) == Settings(**fields)


@pytest.mark.parametrize(("table", "message", "hint"), BAD)
def test_bad_tables(table: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(InspectError) as caught:
        parse(table, "pyproject.toml")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code == EXIT_USAGE


def project(folder: Path, text: str = 'fail-on = "error"') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f"[tool.inspect-pipe]\n{text}\n", encoding="utf-8")
    return folder


def test_the_nearest_project_counts(tmp_path: Path) -> None:
    project(tmp_path, 'fail-on = "note"')
    inner = project(tmp_path / "a")
    assert load(start=inner).fail_on == "error"
    (tmp_path / "b" / "c").mkdir(parents=True)
    assert load(start=tmp_path / "b" / "c").fail_on == "note"


def test_a_project_without_our_table_ends_the_search(tmp_path: Path) -> None:
    project(tmp_path)
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load(start=inner) == Settings(file=str(inner / "pyproject.toml"))


def test_never_from_what_is_inspected(tmp_path: Path) -> None:
    model = project(tmp_path / "model", "exit-zero = true")
    unet = project(model / "unet", "exit-zero = true")
    assert load([model], start=model) == Settings()
    assert load([model], start=unet) == Settings()
    (tmp_path / "link").symlink_to(model)
    assert load([tmp_path / "link"], start=model) == Settings()


def test_a_model_inside_the_project_does_not_hide_it(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "model").mkdir()
    assert load([tmp_path / "model"], start=tmp_path).fail_on == "error"
    assert load([tmp_path / "model"], start=tmp_path / "model").fail_on == "error"


@pytest.mark.parametrize(
    "raw", [b"[tool.inspect-pipe\n", b"[tool.inspect-pipe]\nx = '\xff'\n", b"[tool]\ninspect-pipe = 3\n"]
)
def test_a_broken_file_is_a_usage_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(raw)
    with pytest.raises(InspectError) as caught:
        load(start=tmp_path)
    assert caught.value.exit_code == EXIT_USAGE and str(tmp_path) in caught.value.where
