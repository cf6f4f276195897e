"""``snapshot``: what was seen of a source, kept as a file that is a source itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.app import Stats, app, sources
from inspector.cli.baselines import Device, Dtype, Limit, Online, Static, Timeout, Trusted, Weights, read_as
from inspector.cli.elsewhere import elsewhere
from inspector.cli.experiments import Traceback
from inspector.cli.guarded import guarded


@app.command(short_help="Keep what is seen of a source, to compare with later or elsewhere.")
def snapshot(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What to look at.", autocompletion=sources)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to keep it; stdout when left out.")
    ] = None,
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
    """Every setting in all its places, with the versions of the libraries, as JSON. The file is a SOURCE: diff judges
    it or compares it, on another machine, without torch.

    \b
    inspect-pipe snapshot models/sd15 -o before.json
    inspect-pipe diff before.json models/sd15

    Exit status: 0 kept, 2 usage, 3 a source or a part of it could not be read (what could be is kept), 4 internal
    error, 5 the file could not be written.
    """
    with guarded(traceback=traceback), elsewhere(stats):
        from inspector.cli.keeping import run_snapshot

        reading = read_as(static, weights, torch_dtype, device, online, trust_remote_code, limit, timeout)
        status = run_snapshot(source, output, reading)
    raise typer.Exit(status)
