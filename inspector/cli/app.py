"""The commands and their options. Only typer is imported here, so that ``--help`` is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector import __version__
from inspector.cli.elsewhere import elsewhere
from inspector.cli.guarded import guarded

HELP = """Where each setting of a Diffusers pipeline lives, whether the places agree, and which one the code reads.

SOURCE is a pipeline's folder, one component's folder, a single config file, a Hub id (org/name[@rev]),
demo:NAME, class:NAME, py:MODULE:FACTORY, or a report saved with -f json. A folder or file may lie elsewhere:
sftp://, smb://, https://, webdavs://, s3://, hf:// (of weights only the headers are fetched)."""

# rich's help would cost more than all the rest of --help
app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inspect-pipe {__version__}")
        raise typer.Exit


def formats(incomplete: str) -> list[str]:
    from inspector.render import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def sources(incomplete: str) -> list[str]:
    from inspector.demo import NAMES

    return [source for name in NAMES if (source := f"demo:{name}").startswith(incomplete)]


def codes(incomplete: str) -> list[tuple[str, str]]:
    from inspector.rules import RULES

    return [(code, rule.title) for code, rule in RULES.items() if code.startswith(incomplete.upper())]


def thresholds(incomplete: str) -> list[str]:
    from inspector.settings import THRESHOLDS

    return [name for name in THRESHOLDS if name.startswith(incomplete)]


def _reports(incomplete: str) -> list[str]:
    return [f"{name}=" for name in formats(incomplete)] if "=" not in incomplete else []


FORMAT_HELP = "human, json, jsonl, markdown, html, github, gitlab, sarif or junit."
Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report", metavar="FORMAT=FILE", help="Write it to FILE as well; repeatable.", autocompletion=_reports
    ),
]

Stats = Annotated[
    bool, typer.Option("--stats", help="Say on stderr, and in JSON, what was fetched of a source elsewhere.")
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help="Only these codes, or codes that start so: IPC, IPP2.", autocompletion=codes),
]
Ignore = Annotated[list[str] | None, typer.Option(metavar="CODE", help="Not these.", autocompletion=codes)]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="SEVERITY",
        help="Exit 1 from this on: error, warning (default), note, never.",
        autocompletion=thresholds,
    ),
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever is found.")]

Baseline = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What is accepted: written by inspect-pipe baseline create.")
]


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(short_help="Where the places of a setting disagree; or two sources do.")
def diff(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What to look at.", autocompletion=sources)],
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="OTHER", help="Compare with this one instead of judging SOURCE.", autocompletion=sources
        ),
    ] = None,
    form: Annotated[
        str | None, typer.Option("-f", "--format", metavar="FORMAT", help=FORMAT_HELP, autocompletion=formats)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the report to FILE, whole or not at all."),
    ] = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every note and every reader in full.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    baseline: Baseline = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    static: Annotated[
        bool, typer.Option("--static", help="Read the files only; import none of the libraries.")
    ] = False,
    weights: Annotated[bool, typer.Option("--weights", help="Load with from_pretrained, weights and all.")] = False,
    torch_dtype: Annotated[str | None, typer.Option(metavar="DTYPE", help="With --weights: float16, bfloat16…")] = None,
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="With --weights: cuda, cpu…")] = None,
    twin: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="What SOURCE was before anyone changed it.")
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the Hub for the newest, even where the local cache has a Hub id.")
    ] = False,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run the code that comes with the model.")
    ] = False,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=N", help="Raise one cap on what is read: config=2MiB.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long building may take.")] = None,
    stats: Stats = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an internal error.")] = False,
) -> None:
    """Where the places of a setting disagree, who reads which, and the line to write instead.

    With OTHER: what is different between the two.

    Exit status: 0 nothing found, 1 findings, 2 usage, 3 a source or a part of it could not be read,
    4 internal error, 5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request, run

        request = Request(
            source, other, twin, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()), baseline,
        )  # fmt: skip
        status = run(
            request,
            static=static,
            weights=weights,
            torch_dtype=torch_dtype,
            device=device,
            trust_remote_code=trust_remote_code,
            online=online,
            limit=tuple(limit or ()),
            timeout=timeout,
        )
    raise typer.Exit(status)


@app.command(short_help="What a code means, and how to accept it.")
def explain(
    code: Annotated[
        str | None,
        typer.Argument(help="IPC101, or the start of a code; all of them when left out.", autocompletion=codes),
    ] = None,
) -> None:
    """What a finding means, why it bites, a wrong and a right example, and how to accept it."""
    with guarded():
        from inspector.cli.explaining import explain_code

        explain_code(code)


@app.command(short_help="List the demos, or make one.")
def demo(
    name: Annotated[str, typer.Argument(help="Make this demo and print its folder; list shows all.")] = "list",
) -> None:
    """The tiny real pipelines to try it on: inspect-pipe diff demo:NAME."""
    with guarded():
        from inspector.cli.explaining import demos

        demos(name)


@app.command(short_help="The JSON Schema of a report, a snapshot, a baseline.")
def schema(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="report (default), jsonl, snapshot, baseline or lock.")
    ] = "report",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to FILE, whole or not at all.")
    ] = None,
) -> None:
    """The published JSON Schema (draft 2020-12) of what this version writes: validate with it, or make types of it.

    Within one schema version names are only ever added.
    """
    with guarded():
        from inspector.cli.schema import print_schema

        print_schema(name, output)


@app.command(short_help="What pre-commit runs: diff on the models that changed files belong to.")
def hook(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files that changed.")],
    static: Annotated[
        bool, typer.Option("--static", help="Read the files only; import none of the libraries.")
    ] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
) -> None:
    """Find the pipeline folder of each FILE, and run diff on each folder once; files of no model are left alone.

    Exit status: the worst of diff's.
    """
    with guarded():
        from inspector.cli.diffing import Request
        from inspector.cli.hook import run_hook

        request = Request("", select=tuple(select or ()), ignore=tuple(ignore or ()), fail_on=fail_on)
        status = run_hook(files, request, static=static)
    raise typer.Exit(status)
