"""The pytest plugin: ``pytest --inspect-pipe SOURCE``, fixtures, markers and help where settings are compared.

Every run of pytest imports this where inspect-pipe is installed, so nothing here imports more than pytest itself.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from inspector.pytest_plugin import marking, refusing
from inspector.pytest_plugin.asking import ASKED, ROOT, add_options, asked, check, is_item
from inspector.pytest_plugin.checking import TOLD, width
from inspector.pytest_plugin.fixtures import demo_pipeline, inspect_pipe, pipe_watch, preset_sigmas
from inspector.pytest_plugin.judging import JUDGE, Judge
from inspector.pytest_plugin.summing import ATTRIBUTE, UNREAD, summarise

__all__ = ["demo_pipeline", "inspect_pipe", "pipe_watch", "preset_sigmas"]

SHARED = pytest.StashKey[Path]()
"""The folder in which the workers of xdist leave for each other what they read."""


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Before any conftest is imported: none of an inspected folder ever is."""
    option = early_config.known_args_namespace
    folders = asked(early_config, option).folders
    refusing.uproot(early_config, folders, option.file_or_dir)
    refusing.refuse(early_config, [*map(str, folders)], option.file_or_dir)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    wanted = asked(config, config.option)
    config.stash[ASKED] = wanted
    shared = getattr(config, "workerinput", {}).get("inspect_pipe_shared")
    config.stash[JUDGE] = Judge(config, Path(shared) if shared else None)
    marking.register(config)
    if wanted.items:  # node ids of ours, which pytest would look for in the file system
        config.args[:] = [a for a in config.args if not is_item(config, a)]
    if wanted.sources or wanted.select:
        check(config, wanted)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of xdist: what a worker is told."""
    if SHARED not in node.config.stash:
        node.config.stash[SHARED] = Path(tempfile.mkdtemp(prefix="inspect-pipe-"))
    node.workerinput["inspect_pipe_shared"] = str(node.config.stash[SHARED])
    node.workerinput["inspect_pipe_width"] = width(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SHARED in config.stash:
        shutil.rmtree(config.stash[SHARED], ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str | None:
    sources = config.stash[ASKED].sources
    return f"{ROOT}: {', '.join(sources)}" if sources else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    folders = config.stash[ASKED].folders
    return True if folders and refusing.ignored(collection_path, folders) else None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Our sources join what the session collects; in a worker of xdist, a wrong marker is an error of its module."""
    report = yield
    if not report.passed:
        return report
    if isinstance(collector, pytest.Session) and collector.config.stash[ASKED].sources:
        from inspector.pytest_plugin.items import Sources

        report.result.append(Sources.from_parent(collector, name=ROOT, nodeid=ROOT))
    if hasattr(collector.config, "workerinput"):  # which could not tell its controller of a UsageError
        wrong = marking.wrong_marker(n for n in report.result if isinstance(n, pytest.Item))
        if wrong:
            report.outcome, report.longrepr, report.result = "failed", wrong, []
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if wrong := marking.wrong_marker(items):
        raise pytest.UsageError(wrong)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marking.skip_without_gpu(item)
    marking.read_sources(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    marking.check_sources(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if said := item.stash.get(TOLD, None):
        setattr(report, ATTRIBUTE, said[:])
        said.clear()
    if call.excinfo is not None and report.failed:
        from inspector.pytest_plugin.explaining import ambiguous
        from inspector.pytest_plugin.failures import Unread

        if isinstance(call.excinfo.value, Unread):
            setattr(report, UNREAD, True)
        elif lines := ambiguous(call.excinfo):
            report.sections.append(("inspect-pipe", "\n".join(lines)))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """A source that could not be read is an error, also where a test asked for it by a fixture."""
    return ("error", "E", "ERROR") if getattr(report, UNREAD, False) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    summarise(terminalreporter)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    if op != "==":
        return None
    from inspector.pytest_plugin.explaining import explain

    return explain(left, right)
