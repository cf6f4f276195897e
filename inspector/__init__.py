"""A debugger for Hugging Face Diffusers pipelines: where each setting lives, and which one the code reads.

    import inspector
    print(inspector.diff(pipe))               # a live pipeline, scheduler or model
    print(inspector.diff("demo:sd15-traps"))  # or any SOURCE of the command line

Importing this package imports none of the libraries it inspects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector import strategies
    from inspector.model import Snapshot
    from inspector.result import Result
    from inspector.watching.api import Watch

__all__ = [
    "__version__",
    "assert_same_sigmas",
    "capture",
    "check_preset",
    "diff",
    "roundtrip",
    "strategies",
    "trace",
    "watch",
    "whatif",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``inspector.strategies`` without an import of its own."""
    if name != "strategies":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return importlib.import_module("inspector.strategies")


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


def whatif(obj: Any, *lines: str, **options: Any) -> Result:
    """What lines of code would really do: tried, in order, on a scratch copy; ``obj`` is left as it is.

    Args:
        obj: a live object, or a SOURCE as on the command line.
        lines: ``PATH = VALUE`` or ``VALUE``: paths from ``pipe`` or ``scheduler``, literals,
            ``CLASS.from_config(PATH, k=v)``, ``copy.deepcopy(PATH)``.
        options: for a SOURCE, as for :func:`capture`.

    Returns:
        A result; ``data["lines"]`` has for each line what changed, whether the object itself, one made by
        ``from_config`` and one saved and loaded behave differently, the reason, and the line to write instead.

    Raises:
        InspectError: a line that is not of this grammar, or a SOURCE that cannot be read.
    """
    from inspector.result import tried

    return tried(obj, lines, **options)


def watch(obj: Any) -> Watch:
    """Record who reads and writes which setting of ``obj`` and its components inside a ``with`` block.

    Args:
        obj: a live pipeline, scheduler or model. What is made of it inside the block is followed too.

    Returns:
        A context manager that is the report when the block has ended: print it, or take ``data`` apart.
    """
    from inspector.result import watching

    return watching(obj)


def trace(cls: Any, config: Any, *, component: str = "", key: str = "", **keywords: Any) -> Result:
    """Run the real ``cls.from_config(config, **keywords)`` under observation: what became of every key, at which line.

    Args:
        cls: a class of diffusers, or its name.
        config: a config, the object it belongs to (which also tells what a save and load would change), or a SOURCE.
        component: of a pipeline: the component that is meant, where the class does not tell.
        key: tell this key's story only.
        keywords: what you pass to ``from_config``.

    Returns:
        A result to print or to take apart: ``data["keys"]`` has each key's fate, value, line and reason.

    Raises:
        InspectError: no such class, component or key, or a SOURCE cannot be read.
    """
    from inspector.result import traced

    return traced(cls, config, component, key, keywords)


def roundtrip(
    *classes: Any,
    law: str | Sequence[str] = (),
    examples: int | None = None,
    profile: str = "ci",
    seed: int = 0,
    known: Any = None,
) -> Result:
    """Search for the smallest config of a scheduler class that a law of round trips does not hold for.

    Args:
        classes: names of scheduler classes of diffusers, ``py:module:Class``, or classes, which are checked in this
            process; all of diffusers when there are none.
        law: codes or names of laws (``IPR402``, ``from-config``); all by default.
        examples: how many cases of each law on each class, in place of the profile's.
        profile: ``ci`` (20 cases) or ``nightly`` (300).
        seed: the same seed gives the same cases, in any process.
        known: the file of known defects that are told apart; the tool's own list by default.

    Returns:
        A result; ``data["laws"]`` has for each law and class whether it holds, is broken, known to be, or skipped, with
        the counterexample and the Python that shows it.

    Raises:
        InspectError: no such class, law or profile; hypothesis is not installed.
    """
    from inspector.searching import result_of

    return result_of(classes, law, examples, profile, seed, known)


def check_preset(
    preset: Any,
    *,
    model: Any = None,
    steps: Any = None,
    device: str = "cpu",
    dtype: str = "float32",
    against: str = "",
    solve: bool = False,
    **kwargs: Any,
) -> Result:
    """Whether a sampler preset produces the sigmas it should, and whether its step loop runs; in this process.

    Args:
        preset: a name (``"DPM++ 2M Karras"``), several, or a scheduler of your own, judged with its own config.
        model: a name (``"sdxl"``), a SOURCE with a scheduler, or a scheduler config; by default the usual one of the
            preset's kind.
        steps: a number of inference steps, or several; by default those of ``inspect-pipe sigmas``.
        device: ``cpu``, ``cuda``, ``mps`` or ``simulated``.
        dtype: of the sample in the step loop.
        against: ``a1111``, ``comfyui`` or ``k-diffusion``.
        solve: also the exact result of the step loop on Gaussian data.
        kwargs: options laid over the preset's.

    Returns:
        A result; ``data["checks"]`` has a row for each number of steps.

    Raises:
        InspectError: no such preset, model or device, or a SOURCE that cannot be read.
    """
    from inspector.checking import checked

    return checked(preset, model, steps, device, dtype, against, solve, kwargs)


def assert_same_sigmas(actual: Any, expected: Any, rtol: float | None = None, *, atol: float = 0.0) -> None:
    """Fail, and say where, unless two schedules are the same within a tolerance.

    Args:
        actual: a tensor or array of shape (N,), a list of numbers, or a scheduler with ``sigmas``.
        expected: the same.
        rtol: |actual - expected| <= atol + rtol |expected| at every step; by default what ``torch.testing`` allows
            the coarser of the two dtypes (1.3e-6 for float32, as which plain numbers count).
        atol: absolute tolerance, for an expected 0.

    Raises:
        AssertionError: they differ: at which steps, the worst with both values, relative and in ulps, and the
            smallest tolerance that would pass.
        InspectError: one of them is no row of numbers.
    """
    __tracebackhide__ = True
    from inspector.agreeing import assert_same_sigmas

    assert_same_sigmas(actual, expected, rtol, atol)
