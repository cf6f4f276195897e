"""What the worker is asked for ``sigmas``: plain data in, rows out, progress told on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inspector.samplers.build import Workshop, need_scipy
from inspector.samplers.devices import usable
from inspector.samplers.models import MODELS, Model
from inspector.samplers.presets import Preset, find, keyed
from inspector.samplers.run import Plan, everything, run, subjects
from inspector.samplers.stock import stock


def checks_of(
    presets: Sequence[Any],
    models: Sequence[Any],
    steps: Sequence[int],
    device: str = "cpu",
    dtype: str = "float32",
    over: Mapping[str, Any] | None = None,
    against: str = "",
    solve: bool = False,
    tell: Callable[[int, int, str], None] | None = None,
    live: Any = None,
) -> dict[str, Any]:
    """Run the checks.

    Args:
        presets: keys of the table, or ``{name, class, kwargs, …}`` of the user's own; empty for the whole table; if
            nothing else is asked for either, with the extra subjects of `stock`.
        models: names of the table, or ``{name, config, mu, source, kind}``; empty for the usual ones.
        steps: empty for those of `run.STEPS`.
        device, dtype, against, solve: see `run.Plan`.
        over: laid over the kwargs of every preset.
        tell: told of the progress.
        live: a scheduler to judge with its own config, in place of presets and models.

    Returns:
        ``checks``, ``versions``, ``device`` (what it is called, where it is a GPU).

    Raises:
        InspectError: there is no such device, or no scipy.
    """
    import torch

    need_scipy()
    torch.set_num_threads(1)
    kind = usable(device)
    chosen = [MODELS[m] if isinstance(m, str) else Model(**m) for m in models]
    named = [keyed(p) or find(p) if isinstance(p, str) else Preset(**p) for p in presets]
    shop, laid = Workshop(), dict(over or {})
    if live is not None:
        found = [shop.adopt(live, laid)]
    elif named:
        found = subjects(named, chosen, over=laid)
    else:
        found = everything(chosen, laid) if chosen or steps or laid or against else stock()
    plan = Plan(found, tuple(steps), kind, dtype, against=against, solve=solve)
    rows = run(plan, tell, shop)
    gpu = torch.cuda.get_device_name() if kind == "cuda" else ""
    return {"checks": rows, "versions": versions(), "device": gpu}


def versions() -> dict[str, str]:
    from inspector.observe import versions as found

    return found()
