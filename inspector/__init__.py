"""A debugger for Hugging Face Diffusers pipelines: where each setting lives, and which one the code reads.

    import inspector
    print(inspector.diff(pipe))               # a live pipeline, scheduler or model
    print(inspector.diff("demo:sd15-traps"))  # or any SOURCE of the command line

Importing this package imports none of the libraries it inspects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.model import Snapshot
    from inspector.result import Result

__all__ = ["__version__", "capture", "diff"]
__version__ = "0.1.0"


def capture(obj: Any, **options: Any) -> Snapshot:
    """Everything there is to know of a pipeline, scheduler or model, as plain data. It is not changed by looking.

    Args:
        obj: a live object, which is looked at here and now; or a SOURCE as on the command line (a folder, a Hub id,
            ``demo:sd15``…), which is read and built in a process of its own.
        options: for a SOURCE only: static, weights, torch_dtype, device, trust_remote_code, online, timeout.

    Raises:
        InspectError: the SOURCE cannot be read.
    """
    from inspector.result import snapshot_of

    return snapshot_of(obj, **options)


def diff(a: Any, b: Any = None, *, twin: Any = None, **options: Any) -> Result:
    """Where the places of every setting disagree; or, given ``b``, what is different between the two.

    Args:
        a: a live object, a SOURCE, or a snapshot from :func:`capture`.
        b: the same; without it, ``a`` is judged on its own.
        twin: what ``a`` was before anyone changed it, when it does not know its own folder.
        options: as for :func:`capture`.

    Returns:
        A result to print, to show in a notebook, or to take apart: ``findings``, ``skipped``, ``summary``, ``data``.

    Raises:
        InspectError: a SOURCE cannot be read.
    """
    from inspector.result import result_of

    return result_of(a, b, twin, **options)
