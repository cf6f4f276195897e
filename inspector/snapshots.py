"""A SOURCE → its Snapshot: what can be read is read here, what must be built is built in the guarded worker."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any

from inspector import sources
from inspector.elsewhere import FAR
from inspector.model import EXIT_INTERNAL, EXIT_USAGE, InspectError, Skip, Snapshot
from inspector.patience import patiently
from inspector.reading import Limits
from inspector.remote.facts import refuse_weights
from inspector.remote.reach import Afar, Reach
from inspector.remote.session import session, telling, told
from inspector.sources import Source
from inspector.worker import FILES, NO_SOURCE, SAVED, Request

SECONDS = 300.0
_LARGEST = 1 << 28
"""Bytes of a saved report: far above what the largest pipeline's takes."""
DTYPES = ("float32", "float16", "bfloat16", "float64")
READ_ONLY = ("weights",)
NOTHING_TO_READ = ("py", "class")


def take(
    text: str,
    *,
    static: bool = False,
    weights: bool = False,
    torch_dtype: str | None = None,
    device: str | None = None,
    trust_remote_code: bool = False,
    online: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    timeout: float = SECONDS,
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Everything there is to know of a source.

    Args:
        text: the SOURCE, as a user types it.
        static: read files only, build nothing.
        weights: load the weights too, with the library's own ``from_pretrained``.
        torch_dtype: with ``weights``, the type to load them as (``float16``).
        device: with ``weights``, where to put the pipeline.
        trust_remote_code: run code that comes with the folder.
        online: ask the Hub even where the local cache has a Hub id.
        limits: the caps for reading.
        timeout: how many seconds building may take.
        progress: told what is being done.

    Raises:
        InspectError: there is no such source, or nothing of it can be read.
    """
    reach = Reach.NAMES if weights else Reach.FILES if static else Reach.CODE if trust_remote_code else Reach.BUILD
    options = {
        "weights": weights,
        "torch_dtype": torch_dtype,
        "device": device,
        "online": online,
        "trust_remote_code": trust_remote_code,
    }
    if FAR:
        said = {"static": static, "limits": limits, "timeout": timeout, "progress": progress}
        return FAR[-1].take(text, {**options, **said})
    with session(), telling():
        afar = Afar(reach, limits, timeout, progress)
        source = sources.resolve(text, online=online, seconds=limits.seconds, afar=afar)
        found: Snapshot = told(taken(source, options, limits, timeout, progress or (lambda _: None), static=static))
        return found


def taken(
    source: Source, options: dict[str, Any], limits: Limits, timeout: float, say: Callable[[str], None], *, static: bool
) -> Snapshot:
    """What :func:`take` gives, of a source that was found."""
    text = source.text
    if source.scheme == "report":
        return saved(source)
    if static and (source.scheme in NOTHING_TO_READ or is_live(source)):
        raise InspectError(f"{text} has no files to read", hint="leave --static out", exit_code=EXIT_USAGE)
    if (dtype := options["torch_dtype"]) is not None and dtype not in DTYPES:
        raise InspectError(f"no torch type {dtype}", hint=f"one of {', '.join(DTYPES)}", exit_code=EXIT_USAGE)
    if source.scheme == "demo":
        say(f"making {text}")
    folder = folder_of(source)
    if static or source.scheme in READ_ONLY:
        say(f"reading {text}")
        return read(folder, limits)
    request = request_of(source, folder, limits, timeout, **options)
    from inspector.process import Worker

    say(f"building {text}")
    with Worker(request) as worker:
        found = worker.answer()
    if isinstance(found, Snapshot):
        return found
    assert isinstance(found, Skip)  # a dict is the answer to a task
    if request.scheme not in FILES:
        raise InspectError(f"{text}: {found.reason}", hint="run the same code on its own to see more")
    seen = read(folder, limits)
    return dataclasses.replace(seen, skipped=(*seen.skipped, found))


def ask(
    text: str,
    task: str,
    given: dict[str, Any],
    *,
    online: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    timeout: float = SECONDS,
    progress: Callable[[str], None] | None = None,
    tell: Callable[[Any], None] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Have a source built in the worker and one of :data:`inspector.worker.TASKS` done with the live object.

    Args:
        text: the SOURCE, as a user types it.
        task: what is to be done.
        given: its arguments, plain data.
        online: ask the Hub even where the local cache has a Hub id.
        limits: the caps for reading.
        timeout: how many seconds it may take.
        progress: told what is being done.
        tell: told of the task's own progress, from another thread.
        options: weights, torch_dtype, device, trust_remote_code, hash_seed.

    Raises:
        InspectError: there is no such source, it cannot be built, or the task cannot be done.
    """
    if FAR:
        said = {"online": online, "limits": limits, "timeout": timeout, "progress": progress, "tell": tell}
        return FAR[-1].ask(text, task, given, {**options, **said})
    say = progress or (lambda _: None)
    code, weights = options.get("trust_remote_code"), options.get("weights")
    reach = Reach.NAMES if weights else Reach.CODE if code else Reach.BUILD
    with session(), telling():
        afar = Afar(reach, limits, timeout, progress)
        source = sources.resolve(text, online=online, seconds=limits.seconds, afar=afar)
        text = source.text
        if source.scheme in READ_ONLY or (source.scheme == "report" and task not in SAVED):
            hint = "give a folder, a Hub id, demo: or py:"
            raise InspectError(f"{text} holds no object to work with", hint=hint, exit_code=EXIT_USAGE)
        folder = folder_of(source)
        request = request_of(source, folder, limits, timeout, online=online, **options)
        from inspector.process import Worker

        say(f"building {text}")
        with Worker(dataclasses.replace(request, task=task, given=given)) as worker:
            found = worker.answer(tell)
        if isinstance(found, dict):
            plain: dict[str, Any] = told(found)
            return plain
        reason = found.reason if isinstance(found, Skip) else "no answer"
        raise InspectError(f"{text}: {reason}", hint="inspect-pipe diff tells what is wrong with the source")


def alone(
    task: str,
    given: dict[str, Any],
    *,
    device: str = "cpu",
    timeout: float = SECONDS,
    progress: Callable[[Any], None] | None = None,
    hash_seed: int | None = None,
) -> dict[str, Any]:
    """Have one of :data:`inspector.worker.TASKS` done that needs no source.

    Args:
        task: what is to be done.
        given: its arguments, plain data.
        device: where it runs.
        timeout: how many seconds it may take.
        progress: told of it, from another thread.
        hash_seed: of the process.

    Raises:
        InspectError: it cannot be done.
    """
    if FAR:
        said = {"device": device, "timeout": timeout, "tell": progress, "hash_seed": hash_seed}
        return FAR[-1].ask("", task, given, said)
    from inspector.process import Worker

    request = Request(
        task, NO_SOURCE, task=task, given=given, device=device, seconds=timeout, here=os.getcwd(), hash_seed=hash_seed
    )
    with Worker(request) as worker:
        found = worker.answer(progress)
    if isinstance(found, dict):
        return found
    raise InspectError(f"{task}: {found.reason if isinstance(found, Skip) else 'no answer'}", exit_code=EXIT_INTERNAL)


def request_of(source: Source, folder: Source, limits: Limits, timeout: float, **options: Any) -> Request:
    """What the worker is asked for a resolved source and the folder it is kept in.

    Raises:
        InspectError: the weights of a source that lies elsewhere.
    """
    if options.get("weights") and source.facts is not None:
        refuse_weights(source.text, source.facts)
    return Request(
        text=source.text,
        scheme="folder" if source.scheme == "demo" and not is_live(source) else source.scheme,
        path=os.path.abspath(folder.path) if folder.path else "",
        target=source.target,
        limits=dataclasses.asdict(limits),
        facts=source.facts.plain() if source.facts is not None else {},
        seconds=timeout,
        here=os.getcwd(),
        **options,
    )


def is_live(source: Source) -> bool:
    """Whether a demo is more than its folder holds."""
    if source.scheme != "demo":
        return False
    from inspector import demo

    return source.target in demo.LIVE


def folder_of(source: Source) -> Source:
    """A demo as the folder it is kept in, made now if it is not there; any other source as it is."""
    if source.scheme != "demo":
        return source
    from inspector import demo

    return dataclasses.replace(source, scheme="folder", path=demo.path(source.target))


def read(source: Source, limits: Limits) -> Snapshot:
    """What the files alone say."""
    from inspector import static

    return static.snapshot(source, limits)


def saved(source: Source) -> Snapshot:
    """The snapshot inside a saved report.

    Raises:
        InspectError: the report holds none, or not the shape this version knows.
    """
    from inspector.carrying import snapshot_of

    hint = "save one with: inspect-pipe diff SOURCE --format json -o report.json"
    if source.path is None:
        raise InspectError(f"{source.text}: no such report")
    try:
        if (size := source.path.stat().st_size) > _LARGEST:
            message = f"{source.text} has {size} bytes, over the cap of {_LARGEST} for a report"
            raise InspectError(message, hint=hint, code="IPI904", where=source.text)
        report = json.loads(patiently(source.path.read_bytes, source.text))
        snapshot = snapshot_of(report["data"]["snapshot"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{source.text} is not a report that holds a snapshot ({type(error).__name__})"
        raise InspectError(message, hint=hint, where=source.text) from error
    from inspector.rules import judge

    try:  # nobody vouches for what stands in a file: what the rules cannot judge, no capture wrote
        judge(snapshot)
    except Exception as error:
        message = f"{source.text} holds a snapshot that cannot be judged ({type(error).__name__}: {error})"
        raise InspectError(message, hint=hint, where=source.text) from error
    return snapshot
