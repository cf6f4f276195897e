"""``baseline``: what is accepted of what was found, in a file that is reviewed like code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inspector.cli.app import Stats, app, codes, sources, thresholds
from inspector.cli.elsewhere import elsewhere
from inspector.cli.experiments import Traceback
from inspector.cli.guarded import guarded

Static = Annotated[bool, typer.Option("--static", help="Read the files only; import none of the libraries.")]
Weights = Annotated[bool, typer.Option("--weights", help="Load with from_pretrained, weights and all.")]
Dtype = Annotated[str | None, typer.Option(metavar="DTYPE", help="With --weights: float16, bfloat16…")]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="With --weights: cuda, cpu…")]
Online = Annotated[bool, typer.Option("--online", help="Ask the Hub for the newest, even where a Hub id is cached.")]
Trusted = Annotated[bool, typer.Option("--trust-remote-code", help="Run the code that comes with the model.")]
Limit = Annotated[list[str] | None, typer.Option(metavar="NAME=N", help="Raise one cap on what is read: config=2MiB.")]
Timeout = Annotated[float | None, typer.Option(metavar="SECONDS", help="How long building may take.")]
"""How a source is looked at: the same options in every command that takes one."""

Given = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE", help="As for diff; or a report saved with -f json.", autocompletion=sources),
]
Again = Annotated[
    list[str] | None,
    typer.Argument(metavar="SOURCE", help="Those that the baseline names when left out.", autocompletion=sources),
]
File = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", "--baseline", metavar="FILE",
        help="The baseline; [tool.inspect-pipe] baseline, or inspect-pipe-baseline.json, when left out.",
    ),
]  # fmt: skip
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why it is accepted, for entries that have no reason.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who accepts it.")]
Expires = Annotated[str, typer.Option(metavar="DATE", help="The last day (2027-01-31) on which new entries hold.")]
Select = Annotated[
    list[str] | None, typer.Option(metavar="CODE", help="Accept only these codes: IPC, IPP2.", autocompletion=codes)
]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="SEVERITY", help="Accept findings from this on: warning (default), note.", autocompletion=thresholds
    ),
]

baseline = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Accept what is found today, with a reason and a date, and fail on what is new.",
)
app.add_typer(baseline, name="baseline", short_help="Accept what is found today, and fail on what is new.")


@baseline.command(short_help="Write a baseline of what is found now.")
def create(
    given: Given,
    file: File = None,
    reason: Reason = "",
    by: By = "",
    expires: Expires = "",
    force: Annotated[bool, typer.Option("--force", help="Make it anew where there is one.")] = False,
    select: Select = None,
    fail_on: FailOn = None,
    static: Static = False,
    weights: Weights = False,
    torch_dtype: Dtype = None,
    device: Device = None,
    online: Online = False,
    trust_remote_code: Trusted = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """Accept every finding of each SOURCE that would fail a run. The file is JSON, sorted, to be read and kept in git.

    \b
    inspect-pipe baseline create models/sd15 --reason "trained so" --expires 2027-01-31
    inspect-pipe diff models/sd15 --baseline inspect-pipe-baseline.json

    Exit status: 0 written, 2 usage or there is one already, 3 a source or a part of it could not be read,
    4 internal error, 5 the file could not be written.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.accepting import Asked, run_create

        asked = Asked(tuple(given), file, reason, by, expires, force)
        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_create(asked, _request(select, fail_on), reading)
    raise typer.Exit(status)


@baseline.command(short_help="Add what is new; reasons and dates stay.")
def update(
    given: Again = None,
    file: File = None,
    reason: Reason = "",
    by: By = "",
    expires: Expires = "",
    select: Select = None,
    fail_on: FailOn = None,
    static: Static = False,
    weights: Weights = False,
    torch_dtype: Dtype = None,
    device: Device = None,
    online: Online = False,
    trust_remote_code: Trusted = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """Accept what is new in each SOURCE as well. What is there keeps its reason and its dates; --reason goes to entries
    that have none, --expires also to those that have expired.

    \b
    inspect-pipe baseline update --reason "upstream #14460"

    Exit status: 0 done, 2 usage, or no baseline of this version, 3 the baseline, a source or a part of it could not be
    read, 4 internal error, 5 the file could not be written.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.accepting import Asked, run_update

        asked = Asked(tuple(given or ()), file, reason, by, expires)
        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_update(asked, _request(select, fail_on), reading)
    raise typer.Exit(status)


@baseline.command(short_help="Drop what no longer occurs.")
def prune(
    given: Again = None,
    file: File = None,
    static: Static = False,
    weights: Weights = False,
    torch_dtype: Dtype = None,
    device: Device = None,
    online: Online = False,
    trust_remote_code: Trusted = False,
    limit: Limit = None,
    timeout: Timeout = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """Drop the entries of each SOURCE that no longer occur. Where not everything could be seen, none is dropped.

    \b
    inspect-pipe baseline prune

    Exit status: as of baseline update.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.accepting import Asked, run_prune

        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_prune(Asked(tuple(given or ()), file), _request(None, None), reading)
    raise typer.Exit(status)


def _request(select: list[str] | None, fail_on: str | None) -> Any:
    from inspector.cli.diffing import Request

    return Request("", select=tuple(select or ()), fail_on=fail_on)


def read_as(
    static: bool,
    weights: bool,
    torch_dtype: str | None,
    device: str | None,
    online: bool,
    trust_remote_code: bool,
    limit: list[str] | None,
    timeout: float | None,
) -> dict[str, Any]:
    """How a source is to be read, as the options say it."""
    return {
        "static": static,
        "weights": weights,
        "torch_dtype": torch_dtype,
        "device": device,
        "online": online,
        "trust_remote_code": trust_remote_code,
        "limit": tuple(limit or ()),
        "timeout": timeout,
    }
