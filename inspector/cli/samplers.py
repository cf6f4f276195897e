"""``sigmas``: does a sampler preset produce the sigmas it should?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import Baseline, ExitZero, FailOn, Ignore, Reports, Select, Stats, app, sources
from inspector.cli.elsewhere import elsewhere
from inspector.cli.experiments import Form, Output, Traceback
from inspector.cli.guarded import guarded
from inspector.cli.presets import Own, names


def models(incomplete: str) -> list[str]:
    from inspector.samplers.models import MODELS

    return [name for name in MODELS if name.startswith(incomplete)] or sources(incomplete)


def devices(incomplete: str) -> list[str]:
    from inspector.samplers.devices import DEVICES

    return [name for name in DEVICES if name.startswith(incomplete)]


def projects(incomplete: str) -> list[str]:
    from inspector.samplers.asked import PROJECTS

    return [name for name in PROJECTS if name.startswith(incomplete)]


@app.command(short_help="Whether a sampler preset produces the sigmas it should.")
def sigmas(
    presets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PRESET]...", help="'DPM++ 2M Karras', say; all when left out.", autocompletion=names),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|SOURCE",
            help="sd15, sdxl, flux-dev… or a SOURCE with a scheduler; repeatable.",
            autocompletion=models,
        ),
    ] = None,
    steps: Annotated[str, typer.Option(metavar="N,N-N", help="20,30 or 1-100; a telling few when left out.")] = "",
    device: Annotated[
        str, typer.Option(metavar="DEVICE", help="cpu, cuda, mps or simulated.", autocompletion=devices)
    ] = "cpu",
    dtype: Annotated[
        str, typer.Option(metavar="DTYPE", help="Of the sample in the step loop: float32, float16, bfloat16.")
    ] = "float32",
    against: Annotated[
        str,
        typer.Option(
            metavar="PROJECT",
            help="a1111, comfyui or k-diffusion: the same name there, and why it differs.",
            autocompletion=projects,
        ),
    ] = "",
    solve: Annotated[
        bool, typer.Option("--solve", help="The exact mean and std of the whole step loop, and its order.")
    ] = False,
    keywords: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="An option over the preset's; repeatable.")
    ] = None,
    own: Own = None,
    form: Form = None,
    output: Output = None,
    reports: Reports = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every check and every number.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the curves.")] = False,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="PATH", help="Draw the curves: X.svg for one picture, else a folder."),
    ] = None,
    select: Select = None,
    ignore: Ignore = None,
    baseline: Baseline = None,
    fail_on: FailOn = None,
    exit_zero: ExitZero = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long it may take.")] = None,
    stats: Stats = False,
    traceback: Traceback = False,
) -> None:
    """The sigmas and timesteps of the real scheduler against the formulas of the papers in float64, and its step loop.

    With nothing named, every preset is checked on the usual model of its kind, and a few more where other failures
    show, each of which says what it is for.

    Exit status: 0 as it should be, 1 findings, 2 usage, 3 a source could not be read, 4 internal error,
    5 the report could not be written, 130 interrupted.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.diffing import Request
        from inspector.cli.sigmas import Asked, run_sigmas

        request = Request(
            "", None, None, output, form, tuple(select or ()), tuple(ignore or ()), fail_on, exit_zero, verbose,
            tuple(reports or ()), baseline,
        )  # fmt: skip
        asked = Asked(tuple(presets or ()), tuple(model or ()), steps, device, dtype, against, solve,
                      tuple(keywords or ()), own, plot, svg, timeout)  # fmt: skip
        status = run_sigmas(request, asked)
    raise typer.Exit(status)
