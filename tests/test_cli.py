"""The command line: options, exit statuses, streams; and that ``--help`` costs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector import snapshots
from inspector.cli import main
from inspector.cli.diffing import status
from inspector.model import Finding, InspectError, Skip, Snapshot
from inspector.settings import Settings
from tests.handmade import finding, report, snapshot

PROBLEM = Finding("IPI902", "error", "unet/config.json", "not strict JSON")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Sources by name instead of files; what ``take`` was asked for is under the name ``asked``."""
    found: dict[str, Any] = {"split": snapshot("split"), "clean": snapshot("clean", karras=False), "asked": []}

    def take(text: str, **options: Any) -> Snapshot:
        found["asked"].append((text, options))
        made = found.get(text)
        if isinstance(made, BaseException):
            raise made
        if made is None:
            raise InspectError(f"{text}: no such path", hint="did you mean demo:sd15?")
        return made  # type: ignore[no-any-return]

    monkeypatch.setattr(snapshots, "take", take)
    return found


@pytest.fixture
def run(
    taken: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("gc.disable", lambda: None)  # that is for a process of the command's own

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["inspect-pipe", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def test_findings_exit_1_and_go_to_stdout(run: Run) -> None:
    code, out, err = run("diff", "split")
    assert code == 1 and err == ""
    assert "IPC101" in out and "← set_timesteps" in out and out.splitlines()[-1].startswith("✗ split: 1 error")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean"], 0),
        (["split"], 1),
        (["split", "--exit-zero"], 0),
        (["split", "--fail-on", "never"], 0),
        (["split", "--fail-on", "error"], 1),
        (["split", "--ignore", "IPC101"], 0),
        (["split", "--ignore", "IPC1,IPP"], 0),
        (["split", "--select", "IPP"], 0),
        (["split", "--select", "ipc1"], 1),
        (["clean", "clean"], 0),
        (["split", "clean"], 1),
        (["clean", "split", "--fail-on", "error"], 0),
        (["absent"], 3),
        (["clean", "absent"], 3),
        (["split", "-f", "xml"], 2),
        (["split", "--fail-on", "fatal"], 2),
        (["split", "--select", "IPC9"], 2),
        (["split", "--limit", "nonsense"], 2),
        (["split", "--static", "--weights"], 2),
        (["split", "--device", "cuda"], 2),
        (["split", "-o", "absent/report.json"], 5),
        ([], 2),
        (["split", "--no-such-option"], 2),
    ],
)
def test_exit_statuses(run: Run, arguments: list[str], code: int) -> None:
    assert run("diff", *arguments)[0] == code


@pytest.mark.parametrize(
    ("made", "settings", "code"),
    [
        (report(finding("IPC105", severity="note")), Settings(), 0),
        (report(finding("IPC105", severity="note")), Settings(fail_on="note"), 1),
        (report(finding(severity="warning")), Settings(), 1),
        (report(finding(severity="warning")), Settings(fail_on="error"), 0),
        (report(finding(), PROBLEM), Settings(), 3),
        (report(PROBLEM), Settings(exit_zero=True), 3),
        (report(replace(PROBLEM, code="IPI907")), Settings(), 1),
        (report(replace(PROBLEM, severity="note")), Settings(), 0),
        (report(finding(severity="note"), skipped=(Skip("vae", "the worker died", failed=True),)), Settings(), 3),
        (report(finding(severity="note"), skipped=(Skip("vae", "not asked for"),)), Settings(), 0),
    ],
)
def test_what_could_not_be_read_counts_before_findings(made: Any, settings: Settings, code: int) -> None:
    assert status(made, settings) == code


def test_an_unreadable_source_is_two_lines_on_stderr(run: Run) -> None:
    code, out, err = run("diff", "absent")
    assert (code, out) == (3, "")
    assert err == "inspect-pipe: error: absent: no such path\n       did you mean demo:sd15?\n"


def test_an_internal_error_is_told_in_short_or_in_full(run: Run, taken: dict[str, Any]) -> None:
    taken["boom"] = RuntimeError("\x1b[31mboom")
    code, out, err = run("diff", "boom")
    assert code == 4 and out == "" and len(err.splitlines()) == 2
    assert r"internal error: RuntimeError: \x1b[31mboom" in err and "Traceback" not in err
    code, _, err = run("diff", "boom", "--traceback")
    assert code == 4 and "Traceback" in err and "\x1b" not in err


def test_an_interrupt_exits_130(run: Run, taken: dict[str, Any]) -> None:
    taken["stopped"] = KeyboardInterrupt()
    assert run("diff", "stopped") == (130, "", "inspect-pipe: interrupted\n")


def test_formats_and_output_file(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("diff", "split", "-f", "json")
    assert code == 1 and json.loads(out)["findings"][0]["code"] == "IPC101"
    code, out, _ = run("diff", "split", "-f", "json", "-o", "report.json")
    assert code == 1 and out == ""
    assert json.loads((tmp_path / "report.json").read_text())["source"] == "split"
    assert os.listdir(tmp_path) == ["report.json"]


def test_refuses_to_write_into_the_inspected_folder_before_reading_it(
    run: Run, tmp_path: Path, taken: dict[str, Any]
) -> None:
    (tmp_path / "split").mkdir()
    code, _, err = run("diff", "split", "-o", "split/report.json")
    assert code == 5 and "lies inside the inspected split" in err
    assert taken["asked"] == [] and os.listdir(tmp_path / "split") == []


def test_what_is_ignored_is_counted_with_its_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.inspect-pipe]\nignore = { IPC101 = "our trainer sets it" }\n')
    code, out, _ = run("diff", "split")
    assert code == 0 and "ignored  1 finding IPC101: our trainer sets it" in out
    assert "our trainer" in json.loads(run("diff", "split", "-f", "json")[1])["data"]["ignored"]["IPC101"]["reason"]


def test_the_command_line_wins_over_the_project(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.inspect-pipe]\nformat = "json"\nfail-on = "never"\n')
    assert run("diff", "split")[1].startswith("{")
    code, out, _ = run("diff", "split", "-f", "human", "--fail-on", "error")
    assert code == 1 and not out.startswith("{")


def test_a_mistake_in_the_project_names_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.inspect-pipe]\nformt = "json"\n')
    code, _, err = run("diff", "split")
    assert code == 2 and "did you mean format?" in err


def test_reading_options_arrive(run: Run, taken: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.inspect-pipe]\ntimeout = 9\n")
    run(
        "diff",
        "split",
        "--weights",
        "--torch-dtype",
        "float16",
        "--device",
        "cpu",
        "--online",
        "--limit",
        "config=2MiB",
    )
    _, options = taken["asked"][0]
    assert options["weights"] and options["torch_dtype"] == "float16" and options["device"] == "cpu"
    assert options["online"] and options["timeout"] == 9.0 and not options["trust_remote_code"]
    assert options["limits"].config == 2 << 20


def test_a_twin_is_taken_too(run: Run, taken: dict[str, Any]) -> None:
    run("diff", "split", "--twin", "clean")
    assert [text for text, _ in taken["asked"]] == ["split", "clean"]


def test_explain_pages_and_lists(run: Run) -> None:
    code, out, _ = run("explain", "ipc102")
    assert (
        code == 0
        and out.startswith("IPC102 (error)")
        and "wrong:" in out
        and "right:" in out
        and "--ignore IPC102" in out
    )
    assert "```" not in out and max(map(len, out.splitlines())) <= 100
    assert "inspect-pipe roundtrip --ignore IPR402" in run("explain", "IPR402")[1]
    code, out, _ = run("explain")
    assert code == 0 and all(c in out for c in ("IPC101", "IPP207", "IPI911", "IPD601"))
    code, out, _ = run("explain", "IPD")
    assert code == 0 and "IPD601" in out and "IPC101" not in out
    code, out, err = run("explain", "IPC911")
    assert code == 2 and out == "" and "did you mean" in err


def test_every_rule_has_a_page_that_prints(run: Run) -> None:
    from inspector.rules import RULES

    for code in RULES:
        status, out, err = run("explain", code)
        assert status == 0 and err == "" and len(out.splitlines()) > 5, code


def test_demo_lists_the_gallery(run: Run) -> None:
    code, out, _ = run("demo")
    assert code == 0 and "demo:sd15-traps" in out
    code, _, err = run("demo", "sd51")
    assert code in (2, 3) and "demo:sd15" in err


def test_version(run: Run) -> None:
    from inspector import __version__

    assert run("--version")[:2] == (0, f"inspect-pipe {__version__}\n")


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inspector", *arguments], text=True, timeout=60, **{"capture_output": True, **options}
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from inspector.render import render
    from inspector.report import examine

    file = tmp_path_factory.mktemp("saved") / "report.json"
    file.write_text(render(examine(snapshot()), "json"))
    yield file


HEAVY = ("torch", "diffusers", "transformers", "pydantic", "deepdiff", "huggingface_hub", "numpy")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain", "IPC101"], ["demo"]])
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom inspector.cli import main\nsys.argv = ['inspect-pipe', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('loaded', *(m for m in {HEAVY!r} if m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], text=True, capture_output=True, timeout=60)
    parsed = arguments[0] in ("explain", "demo")  # typer itself parses arguments with pydantic
    assert done.stderr.splitlines()[-1].split() in (["loaded"], ["loaded", *["pydantic"] * parsed])


def test_a_saved_report_is_judged_and_printed_without_torch(saved: Path) -> None:
    code = (
        "import sys\nfrom inspector.cli import main\nsys.argv = ['inspect-pipe', 'diff', sys.argv[1]]\n"
        "try: main()\nexcept SystemExit as e: status = e.code\n"
        f"print(status, *(m for m in {HEAVY!r} if m in sys.modules and m != 'pydantic'), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(saved)], text=True, capture_output=True, timeout=60)
    assert done.stderr.strip() == "1"
    assert "IPC101" in done.stdout


def test_a_reader_that_goes_away_is_no_error(saved: Path) -> None:
    line = f"set -o pipefail; {sys.executable} -m inspector diff {saved} -f json --exit-zero | head -c 1"
    done = subprocess.run(["bash", "-c", line], text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


def test_a_full_disk_on_stdout_is_exit_5(saved: Path) -> None:
    with open("/dev/full", "w") as full:
        done = command("diff", str(saved), capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 5
    assert (
        "No space left on device" in done.stderr and "Traceback" not in done.stderr and "Exception" not in done.stderr
    )


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
    ],
)
def test_colours_are_for_terminals_or_when_forced(saved: Path, environment: dict[str, str], colored: bool) -> None:
    done = command("diff", str(saved), env={**os.environ, **environment})
    assert ("\x1b[" in done.stdout) is colored


def test_an_ascii_locale_gets_ascii(saved: Path) -> None:
    done = command("diff", str(saved), env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 1 and done.stdout.isascii() and "x IPC101" in done.stdout


def test_completion_is_there() -> None:
    done = command(
        "--show-completion",
        env={**os.environ, "SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert "--show-completion" in command("--help").stdout and "Traceback" not in done.stderr
