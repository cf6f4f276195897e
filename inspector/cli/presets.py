"""``presets``: the table of sampler presets, one of them, and checks of anyone's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import ExitZero, FailOn, Ignore, Reports, Select, app
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded

Own = Annotated[
    Path | None, typer.Option("--presets", metavar="FILE", help="Presets of your own, JSON or TOML; they come first.")
]

presets = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What the samplers of A1111, ComfyUI, InvokeAI and others are in diffusers.",
)
app.add_typer(presets, name="presets", short_help="What the samplers of other projects are in diffusers.")


def names(incomplete: str) -> list[str]:
    from inspector.samplers.presets import PRESETS

    return [key for key in PRESETS if key.startswith(incomplete)]


def _orders(incomplete: str) -> list[str]:
    return [name for name in ("class", "ui") if name.startswith(incomplete)]


@presets.command("list", short_help="The table, by class or by project.")
def list_(
    word: Annotated[str, typer.Argument(metavar="[WORD]", help="Only presets in which it occurs: karras, A1111.")] = "",
    by: Annotated[str, typer.Option(metavar="ORDER", help="class (default) or ui.", autocompletion=_orders)] = "class",
    own: Own = None,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every option of every preset.")] = False,
    traceback: Traceback = False,
) -> None:
    """Every preset: key, name, order (sde: its steps add noise) and options of its diffusers class.

    Exit status: 0 shown, 2 usage, 3 a file could not be read, 4 internal error, 5 the report could not be written.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.tables import run_list

        request = Request("", output=output, form=form, verbose=verbose, reports=tuple(reports or ()))
        status = run_list(request, word, by, own)
    raise typer.Exit(status)


@presets.command(short_help="One preset: the code to paste, and what the name means elsewhere.")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="DPM++ 2M Karras, say.", autocompletion=names)],
    own: Own = None,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    traceback: Traceback = False,
) -> None:
    """The lines that put the sampler into a pipeline; what each project calls it, and what it takes for it.

    Exit status: 0 shown, 2 no such preset, 3 a file could not be read, 4 internal error, 5 the report could not be
    written.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.tables import run_show

        status = run_show(Request("", output=output, form=form, reports=tuple(reports or ())), name, own)
    raise typer.Exit(status)


def models(incomplete: str) -> list[str]:
    from inspector.samplers.models import MODELS

    return [name for name in MODELS if name.startswith(incomplete)]


@presets.command(short_help="Try a table of presets of your own: what raises, what has no effect, what is the same.")
def lint(
    table: Annotated[str, typer.Argument(metavar="FILE|py:MODULE:NAME", help="JSON, TOML, or a table in Python code.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Try it on this model; repeatable. Common ones when left out.", autocompletion=models
        ),
    ] = None,
    steps: Annotated[str, typer.Option(metavar="N,N-N", help="20,30 or 1-100; what people use when left out.")] = "",
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every preset, and every note.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long it may take.")] = None,
    traceback: Traceback = False,
) -> None:
    """Every preset of the table, made and run: keys that its class does not take, options without effect, presets that
    are one sampler, that raise, or that give NaN.

    A row in Python may be a class, (class, kwargs), {"class": …, "kwargs": …}, a partial, a function of the config, or
    a scheduler; the module runs as your own code.

    Exit status: 0 nothing found, 1 findings, 2 usage or no table, 3 it could not be read, 4 internal error,
    5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback):
        from inspector.cli.diffing import Request
        from inspector.cli.tables import run_lint

        request = Request(
            "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()),
        )  # fmt: skip
        status = run_lint(request, table, model or [], steps, timeout)
    raise typer.Exit(status)
