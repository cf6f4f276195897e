"""Explain pages of what keeps a debugger out of the library: ``inspect-pipe debug``."""

from __future__ import annotations

from inspector.model import Severity
from inspector.rules.registry import documented, finding

__all__ = ["finding"]

_PAGES: tuple[tuple[str, Severity, str, str, str, str], ...] = (
    (
        "IPE520",
        "error",
        "the library is of another version where the program runs",
        "A breakpoint is a file and a line. In another version the line is other code: the program stops elsewhere, or "
        "never, and the editor shows a file that does not run.",
        "diffusers 0.42.1 beside the editor, 0.41.0 on the NAS.",
        "install the far side's version beside the editor, or mount the far side and map the mount.",
    ),
    (
        "IPE521",
        "error",
        "a mapped file has another content on the far side",
        "Every mapped file is compared by its SHA-256. One that was patched on one side moves the lines of all that "
        "follows in it.",
        "`diffusers/configuration_utils.py` with a line added in site-packages there.",
        "reinstall the copy that was changed, or copy the patch to the other side as well.",
    ),
    (
        "IPE522",
        "error",
        "the path of the library is not mapped",
        "debugpy replaces the first `localRoot` that a path begins with. Where none fits, it takes the path as it is: "
        "if the same path exists there too it answers `verified: true`, and never stops, because the program runs "
        "another file; and what it stops in by itself is shown as a copy fetched from there, without breakpoints.",
        '`"pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": "/srv/app"}]` alone.',
        "a second pair for site-packages; `inspect-pipe debug HOST --write` puts it in.",
    ),
    (
        "IPE523",
        "warning",
        "justMyCode keeps the debugger out of the library",
        "It is on where a configuration does not say. What lies in site-packages is then no code of yours: steps pass "
        "over it, and breakpoints in it are refused.",
        '`{"name": "Python", "type": "debugpy", "request": "launch", "program": "${file}"}`',
        '`"justMyCode": false`, with `rules` for what you do not want to step into.',
    ),
    (
        "IPE524",
        "error",
        "a root is spelled with its links resolved, and sys.path does not",
        "A code object carries the file name that `sys.path` gave it, links and all, and debugpy compares text on the "
        "way back: the program stops, and the editor opens a copy fetched from there instead of your file.",
        "`/mnt/disk1/venv/lib/…` as `remoteRoot`, where the program's `sys.path` says `/srv/venv/lib/…`.",
        "`remoteRoot` in the spelling of `sys.path` there.",
    ),
    (
        "IPE525",
        "note",
        "frozen modules are on: some of the standard library cannot have breakpoints",
        "Since Python 3.11 `os`, `posixpath`, `codecs`, `runpy` and some more come compiled into the interpreter, "
        "without their file names. A breakpoint there is answered with `verified: true` and never stops. diffusers is "
        "not among them.",
        "a breakpoint in `posixpath.join`.",
        "`python -Xfrozen_modules=off -m debugpy --listen 5678 --wait-for-client script.py`",
    ),
    (
        "IPE526",
        "error",
        "the program imports another copy of the library than the mapped one",
        "The first one on `sys.path` counts: a folder `diffusers` beside the script or on PYTHONPATH goes before "
        "site-packages, and breakpoints in the other copy never stop. A note where the other copy only exists.",
        "`/srv/app/diffusers/` beside `/srv/app/run.py`, and another one in site-packages.",
        "rename or remove the copy that is not meant; `inspect-pipe env` shows both.",
    ),
    (
        "IPE527",
        "error",
        "debugpy is not installed where the program runs",
        "The editor brings a debugpy for what it starts itself. A program that it attaches to needs its own.",
        "`python -m debugpy` in an environment that does not have it.",
        "`python -m pip install debugpy` there.",
    ),
    (
        "IPE528",
        "error",
        "the library has no sources there, only compiled files",
        "A `.pyc` without its `.py` runs, but there is no file to show and nothing to compare.",
        "an image in which `*.py` was removed to make it smaller.",
        "`pip install --force-reinstall --no-deps diffusers` there.",
    ),
    (
        "IPE529",
        "error",
        "a broader pair of folders stands before a narrower one",
        "The first prefix that fits is taken, in both directions. The narrower pair is then never reached.",
        "`/home/me → /srv` before `/home/me/venv/lib/python3.11/site-packages → /opt/conda/…/site-packages`",
        "the narrowest first.",
    ),
    (
        "IPE530",
        "error",
        "the breakpoint did not stop the program, and nothing says why",
        "It was set, and the program did not come by in the time it had, or the debugger went away. The session is in "
        "the report's data.",
        "a program that never calls `from_config`.",
        "have it come by, or give it longer with `--timeout`.",
    ),
    (
        "IPE531",
        "error",
        "the program stopped in other code than the editor shows",
        "The line of the local copy is another function there. What debugpy says is no help: it moves a breakpoint to "
        "the nearest line that runs, and calls it verified.",
        "a local copy with a few lines more than the far one.",
        "the same files on both sides.",
    ),
    (
        "IPE532",
        "warning",
        "rules keep the debugger out of the library",
        "debugpy tries folders first, then globs in their order, modules last: a module that is included after a path "
        "that excludes it stays out, and its breakpoints say `verified: true` all the same.",
        '`[{"module": "diffusers", "include": true}, {"path": "**/site-packages/**", "include": false}]`',
        '`[{"path": "**/site-packages/diffusers/**", "include": true}, '
        '{"path": "**/site-packages/**", "include": false}]`',
    ),
    (
        "IPE533",
        "note",
        "the workspace is not mapped",
        "The libraries are found on both sides by themselves. Where your own code lies on the far side nobody tells, "
        "and a breakpoint in it goes to a path that is not there.",
        "`inspect-pipe debug user@nas`",
        "`inspect-pipe debug user@nas --remote-workspace /srv/app`",
    ),
)
for _code, _severity, _title, _why, _wrong, _right in _PAGES:
    documented(_code, _severity, _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")
