"""``--report``, and the summary of a GitHub job: several files from one run, each whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.cli import COMMANDS, main
from inspector.cli.app import app
from inspector.model import Report
from tests import readers

Run = Callable[..., tuple[int, str, str]]
ENTRY = [sys.executable, "-m", "inspector"]


def make(folder: Path, *keys: str) -> Path:
    """A pipeline's folder with a scheduler, whose config has keys that it does not take."""
    (folder / "scheduler").mkdir(parents=True)
    index = {"_class_name": "DDPMPipeline", "scheduler": ["diffusers", "DDPMScheduler"], "unet": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index, indent=1))
    config = {"_class_name": "DDPMScheduler", **dict.fromkeys(keys, 1)}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config, indent=1))
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in this process, where ``sd`` is a model of one warning."""
    make(tmp_path / "sd", "no_such_key")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr("gc.disable", lambda: None)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["inspect-pipe", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def test_one_run_writes_all_that_was_asked_for(run: Run, tmp_path: Path) -> None:
    forms = {"sarif": "s.sarif", "junit": "j.xml", "gitlab": "g.json", "json": "r.json", "html": "p.html"}
    reports = [a for form, file in forms.items() for a in ("--report", f"{form}={file}")]
    code, out, err = run("diff", "sd", "--static", "--select", "IPC104", "-f", "github", *reports)
    assert (code, err) == (1, "")
    (told,) = readers.github(out)
    assert (told.code, told.severity, told.where) == ("IPC104", "warning", "scheduler.no_such_key")
    assert (told.file, told.line) == ("sd/scheduler/scheduler_config.json", 3)
    assert readers.sarif(Path("s.sarif").read_text(), tmp_path) == [told]
    assert readers.gitlab(Path("g.json").read_text()) == [told]
    (failed,) = readers.junit(Path("j.xml").read_text(), tmp_path)
    assert (failed.code, failed.where) == (told.code, told.where)
    whole = json.loads(Path("r.json").read_text())
    assert [f["code"] for f in whole["findings"]] == ["IPC104"] and "locations" not in whole["data"]
    assert Path("p.html").read_text().startswith("<!DOCTYPE html>")
    (ran,) = json.loads(Path("s.sarif").read_text())["runs"][0]["invocations"]
    assert (ran["exitCode"], ran["executionSuccessful"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--report", "sarif"], 2, "names no file"),
        (["--report", "sarif="], 2, "names no file"),
        (["--report", "sariff=x"], 2, "did you mean sarif?"),
        (["--report", "=x"], 2, "format '' does not exist"),
        (["--report", "sarif=x", "--report", "json=./x"], 2, "two reports would go to x"),
        (["--report", "sarif=here/x", "-o", "x"], 2, "two reports would go to here/x"),
        (["--report", "sarif=sd/x"], 5, "inside the inspected sd"),
        (["--report", "sarif=sd/scheduler/scheduler_config.json"], 5, "inside the inspected sd"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(
    run: Run, tmp_path: Path, arguments: list[str], code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").symlink_to(tmp_path)
    monkeypatch.setattr("inspector.snapshots.take", lambda *_, **__: pytest.fail("it was looked at"))
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run("diff", "sd", "--static", "--select", "IPC104", *arguments)
    assert (status, out) == (code, "") and said in err and 1 <= len(err.splitlines()) <= 2
    assert sorted(tmp_path.rglob("*")) == before


def test_one_that_cannot_be_written_leaves_the_others_whole(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    given = ["sarif=absent/s.sarif", "junit=j.xml", "gitlab=folder", "json=r.json"]
    code, out, err = run("diff", "sd", "--static", "--select", "IPC104", *(a for g in given for a in ("--report", g)))
    assert code == 5 and len(err.splitlines()) == 2
    assert "absent/s.sarif: No such file" in err and "folder: it is a folder" in err and "others" in err.replace(
        "other reports", "others"
    )  # fmt: skip
    assert readers.junit((tmp_path / "j.xml").read_text(), tmp_path)
    assert json.loads((tmp_path / "r.json").read_text())["findings"] and "IPC104" in out
    assert {p.name for p in tmp_path.iterdir()} == {"sd", "folder", "j.xml", "r.json", "in.xml"}
    code, _, err = run("diff", "sd", "--static", "--select", "IPC104", "--report", "json=folder", "-o", "absent/x")
    assert code == 5 and "no report was written" in err


def test_ci_is_told_of_a_source_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    reports = [a for f in ("junit=j.xml", "sarif=s.sarif", "gitlab=g.json") for a in ("--report", f)]
    code, out, err = run("diff", "absent", "-f", "github", *reports)
    assert code == 3 and "absent: no such file" in err
    (told,) = [(p, data) for n, p, data in readers.Runner().feed(out).commands if n == "error"]
    assert told[0] == {"title": "not read"} and told[1].startswith("absent: absent: no such file or folder")
    assert readers.junit((tmp_path / "j.xml").read_text(), tmp_path) == []
    assert '<error type="not read" message="absent: no such' in (tmp_path / "j.xml").read_text()
    assert not (tmp_path / "s.sarif").exists() and not (tmp_path / "g.json").exists()  # else all would count as fixed
    assert run("diff", "absent", "-f", "json")[:2] == (3, "")
    assert run("diff", "sd", "--static", "--device", "cuda", "-f", "github")[:2] == (2, "")


def test_the_job_summary_is_added_to(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run("diff", "sd", "--static", "--select", "IPC104", "-f", "json")
    assert summary.read_text() == "# before\n"
    assert run("diff", "sd", "--static", "--select", "IPC104", "-f", "github")[0] == 1
    text = summary.read_text()
    assert text.startswith("# before\n## ⚠️ sd: 1 warning") and "no\\_such\\_key" in text
    monkeypatch.setattr("inspector.cli.delivery._LARGEST", len(text.encode()) + 200)
    run("diff", "sd", "--static", "--select", "IPC104", "-f", "github")
    cut = summary.read_bytes()
    assert len(text.encode()) < len(cut) <= len(text.encode()) + 200 and cut.endswith(b"takes 1 MiB of one step.\n")
    run("diff", "sd", "--static", "--select", "IPC104", "-f", "github")
    assert summary.read_bytes() == cut
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    code, out, err = run("diff", "sd", "--static", "--select", "IPC104", "-f", "github")
    assert code == 1 and readers.github(out) and err.startswith("inspect-pipe: warning: the job summary")


def test_every_command_that_reports_takes_report() -> None:
    import importlib

    import typer

    for module in dict.fromkeys(COMMANDS.values()):
        importlib.import_module(f"inspector.cli.{module}")
    commands = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    leaves = {k: v for k, v in commands.items() if not hasattr(v, "commands")}
    leaves |= {f"{k} {n}": c for k, v in commands.items() if hasattr(v, "commands") for n, c in v.commands.items()}
    options = {name: {o for p in c.params for o in p.opts} for name, c in leaves.items()}
    reporting = {name for name, has in options.items() if "--format" in has}
    assert reporting >= {"diff", "trace", "blame", "call", "whatif", "watch", "sigmas", "presets lint", "presets list"}
    assert all({"--report", "--output"} <= options[name] for name in reporting)


def test_formats_are_imported_only_when_asked(tmp_path: Path) -> None:
    make(tmp_path / "sd", "no_such_key")
    code = (
        "import sys; sys.argv = ['inspect-pipe', 'diff', 'sd', '--static']\n"
        "from inspector.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted(m for m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert done.returncode == 1 and "inspector.render.human" in loaded
    names = ("github", "gitlab", "sarif", "junit", "alerts", "published", "machine", "html", "markdown")
    heavy = {*(f"inspector.render.{n}" for n in names), "inspector.locating", "xml.etree", "torch"}
    assert not loaded & heavy, loaded & heavy


def test_two_commands_with_one_report_leave_one_of_the_two(tmp_path: Path) -> None:
    sources = {name: make(tmp_path / name, *(f"{name}_{i}" for i in range(200))) for name in ("one", "two")}
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [
        *ENTRY,
        "diff",
        "--static",
        "--select",
        "IPC104",
        "--report",
        "sarif=out.sarif",
        "--report",
        "json=out.json",
    ]
    running = [subprocess.Popen([*command, name], cwd=tmp_path, env=env, stdout=subprocess.DEVNULL) for name in sources]
    assert [r.wait() for r in running] == [1, 1]
    found = json.loads((tmp_path / "out.json").read_text())
    assert {f["where"].split("_")[0] for f in found["findings"]} == {f"scheduler.{found['source']}"}
    assert len(readers.sarif((tmp_path / "out.sarif").read_text(), tmp_path / "one")) == 200
    assert {p.name for p in tmp_path.iterdir()} == {"one", "two", "out.json", "out.sarif"}


def test_a_report_that_is_empty_of_everything_is_delivered(run: Run) -> None:
    from inspector.render import FORMATS, render

    assert all(render(Report(""), form).strip() for form in FORMATS)
