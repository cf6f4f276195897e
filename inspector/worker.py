"""The guarded process: a request in, a Snapshot as JSON out. ``python -m inspector.worker REQUEST.json``.

Everything that builds objects runs here, so that a hang, a crash or a hostile folder ends this process and not the
user's. The walls go up before the libraries are imported (SAFETY.md, "Two stages, one worker"); the answer goes to
what was standard output, and whatever the libraries print goes to the log.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector import guard
from inspector.model import EXIT_INTERNAL, InspectError, Skip, Snapshot
from inspector.patience import GIVEN_UP

if TYPE_CHECKING:
    from inspector.built import Built
    from inspector.reading import Limits
    from inspector.sources import Source

MEMORY = 12 << 30
USER_CODE = ("py",)
FILES = ("folder", "hub", "component", "config")


TASKS = {
    "whatif": "inspector.trying.answers:answers",
    "trace": "inspector.tracing.tasks:trace_of",
    "blame": "inspector.blaming.chain:blame_of",
    "sigmas": "inspector.samplers.tasks:checks_of",
    "lint": "inspector.samplers.lint:lint",
    "lock": "inspector.locks.sealing:sealed",
    "roundtrip": "inspector.roundtrips.tasks:laws_of",
    "roundtrip of a class": "inspector.roundtrips.tasks:laws_of_class",
}
"""What can be done with the live object instead of looking at it: a function of the object, giving plain data."""

SAVED = {"trace": "inspector.tracing.tasks:trace_snapshot"}
"""What can be done with the snapshot of a saved report: a function of the snapshot."""

NO_SOURCE = "none"
"""The scheme of a task that needs no object, only what it is given; it is told a function for its progress too."""

WITH_PROGRESS = ("lint",)
"""Tasks with a live object that are told a function for their progress too."""

WITH_FILES = ("trace", "blame", "lock")
"""Tasks that are also told what the JSON files say: component path -> content."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """What the parent asks for. ``scheme``, ``path`` and ``target`` are those of a resolved source.

    ``task`` names one of :data:`TASKS`, ``given`` its arguments; without a task the answer is a snapshot.
    ``hash_seed`` is the process's ``PYTHONHASHSEED``, where that is to be known. ``facts`` tell what the folder lacks,
    where it is a copy of one elsewhere.
    """

    text: str
    scheme: str
    path: str = ""
    target: str = ""
    limits: dict[str, int] = dataclasses.field(default_factory=dict)
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    weights: bool = False
    torch_dtype: str | None = None
    device: str | None = None
    trust_remote_code: bool = False
    online: bool = False
    seconds: float = 300.0
    here: str = ""
    hash_seed: int | None = None
    task: str = ""
    given: dict[str, Any] = dataclasses.field(default_factory=dict)


def answer(request: Request, tell: Callable[[Any], None] = lambda _: None) -> bytes:
    """The snapshot of what was asked for, or what the user can do about it, as JSON."""
    from inspector.carrying import plain

    try:
        if request.task:
            return json.dumps({"told": told(request, tell)}).encode()
        return json.dumps({"snapshot": plain(run(request))}, allow_nan=False).encode()
    except InspectError as error:
        fields = ("message", "hint", "exit_code", "code", "where")
        return json.dumps({"error": {name: getattr(error, name) for name in fields}}).encode()


def told(request: Request, tell: Callable[[Any], None]) -> dict[str, Any]:
    """What the task says of the live object, with what could not be built."""
    if request.scheme == NO_SOURCE:
        prepare()
        module, _, name = TASKS[request.task].partition(":")
        alone: dict[str, Any] = getattr(importlib.import_module(module), name)(
            **request.given, tell=lambda *said: tell(said)
        )
        return alone
    if request.scheme == "report":
        return of_saved(request)
    from inspector import static
    from inspector.merging import refused
    from inspector.reading import Limits

    limits, forbidden = Limits(**request.limits), {}
    if request.scheme in FILES:
        seen = static.snapshot(source_of(request), limits)
        if late(seen):
            raise InspectError(next(s.reason for s in seen.skipped if GIVEN_UP in s.reason), where=request.text)
        forbidden = refused(seen)
        limits = dataclasses.replace(limits, seconds=limits.seconds + int(request.seconds))
    built = build(request, limits, forbidden)
    module, _, name = TASKS[request.task].partition(":")
    more: dict[str, Any] = {"disk": built.disk} if request.task in WITH_FILES else {}
    if request.task in WITH_PROGRESS:
        more["tell"] = lambda *said: tell(said)
    found: dict[str, Any] = getattr(importlib.import_module(module), name)(built.obj, **request.given, **more)
    return {**found, "skipped": [dataclasses.asdict(s) for s in built.skipped]}


def source_of(request: Request) -> Source:
    """The source that was resolved in the parent."""
    from inspector.remote.facts import Facts
    from inspector.sources import Source

    facts = Facts.of(request.facts)
    return Source(request.text, request.scheme, Path(request.path), request.target, facts=facts)  # type: ignore[arg-type]


def of_saved(request: Request) -> dict[str, Any]:
    """What the task says of the snapshot in a saved report; the libraries are those of this machine."""
    from inspector.snapshots import saved

    prepare()
    module, _, name = SAVED[request.task].partition(":")
    snapshot = saved(source_of(request))
    found: dict[str, Any] = getattr(importlib.import_module(module), name)(snapshot, **request.given)
    return found


def run(request: Request) -> Snapshot:
    """Read what was asked for, build it, and look at it."""
    from inspector import static
    from inspector.merging import merged, refused
    from inspector.reading import Limits

    limits = Limits(**request.limits)
    if request.scheme not in FILES:
        return look(request, build(request, limits, {}))
    seen = static.snapshot(source_of(request), limits)
    if late(seen):
        return seen
    # what follows has the wall limit; the reading limit is for the disk, not for the libraries' imports
    limits = dataclasses.replace(limits, seconds=limits.seconds + int(request.seconds))
    try:
        built = build(request, limits, refused(seen))
    except InspectError as error:  # what could be read is reported all the same
        if not any(error.message in s.reason for s in seen.skipped):
            seen = dataclasses.replace(seen, skipped=(*seen.skipped, Skip("pipe", error.message, failed=True)))
        return seen
    return merged(seen, look(request, built))


def late(seen: Snapshot) -> bool:
    """Whether reading was given up: what did not answer once is not asked again."""
    return any(s.failed and GIVEN_UP in s.reason for s in seen.skipped)


def build(request: Request, limits: Limits, forbidden: dict[str, str]) -> Built:
    """The live object that was asked for, and what the libraries said while it was made."""
    prepare()
    from inspector.hearing import listening, renamed

    with listening() as ear:
        built = made(request, limits, forbidden)
    built.heard = renamed(ear.heard, Path.cwd() / "copy", request.path)
    return built


def made(request: Request, limits: Limits, forbidden: dict[str, str]) -> Built:
    """The live object, by its scheme."""
    from inspector import alone, build, live
    from inspector.lookup import Options

    options = Options(request.weights, request.torch_dtype, request.device, request.trust_remote_code, forbidden)
    private = Path.cwd() / "copy"
    if request.scheme == "class":
        return live.build_class(request.target)
    if request.scheme == "py":
        return live.build_factory(request.target)
    if request.scheme == "demo":
        return live.build_demo(request.target)
    private.mkdir()
    make = alone.build_file if request.scheme == "config" else build.build_folder
    return make(Path(request.path), limits, private, options, source_of(request).facts)


def look(request: Request, built: Built) -> Snapshot:
    """What is to be seen of what was built."""
    from inspector.observe import alone, capture

    own = alone(built.obj) if built.path else ""
    if built.path:  # the capture knows no folder: it calls a component that is alone by its kind
        for held in (built.disk, built.facts):
            if built.path in held:
                held[own] = held.pop(built.path)
    seen = capture(
        built.obj,
        source=request.text,
        disk=built.disk,
        facts=built.facts,
        fresh=built.fresh,
        problems=built.problems,
        skipped=built.skipped,
    )
    from inspector.hearing import attached, sorted_out
    from inspector.observe import parts_of

    if request.scheme not in FILES:  # nobody knows what was being made when something was said
        said = [one for messages in built.heard.values() for one in messages]
        built.heard = sorted_out(said, list(parts_of(built.obj)))
    if built.path:
        named = tuple(dataclasses.replace(c, path=built.path if c.path == own else c.path) for c in seen.components)
        seen = dataclasses.replace(seen, components=named)
    return attached(seen, built.heard)


def prepare() -> None:
    """Import the libraries, quietly and without torch's compiler."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from inspector.lean import without_compiler

    without_compiler()
    from diffusers.utils import logging as theirs

    theirs.disable_progress_bar()


def seal(request: Request) -> str:
    """Put the walls up around this process; says what is in force."""
    # a GPU's driver maps more addresses than any limit that would still be one
    unlimited = request.weights or request.scheme in USER_CODE or request.device not in (None, "cpu")
    guard.limit(request.seconds, None if unlimited else MEMORY)
    if request.scheme in USER_CODE:
        sys.path.insert(0, request.here)
        return "the user's own code: limits only"
    from inspector.classes import cache_dir
    from inspector.landlock import confine

    cache_dir().mkdir(parents=True, exist_ok=True)
    folder = Path(request.path) if request.path else Path.cwd()
    # the snapshots of a Hub cache are links into the blobs beside them
    folder = folder.parent.parent if folder.parent.name == "snapshots" else folder
    readable = [*guard.system_folders(), folder if folder.is_dir() else folder.parent]
    writable = [Path.cwd(), cache_dir(), *guard.devices()]
    said = confine(readable, writable)
    guard.watch(readable, writable)
    guard.freeze_imports(trusted=[Path.cwd()] if request.trust_remote_code else [])
    return said


def main() -> None:
    """Read the request, answer it, leave at once."""
    reply = os.dup(1)
    os.dup2(2, 1)
    request = Request(**json.loads(Path(sys.argv[1]).read_bytes()))
    sys.stderr.write(f"guard: {seal(request)}\n")
    threading.Thread(target=guard.end_with_parent, args=(reply, Path(sys.argv[1]).parent), daemon=True).start()
    status = 0

    def tell(progress: Any) -> None:
        os.write(reply, json.dumps({"progress": progress}).encode() + b"\n")

    try:
        said = answer(request, tell)
    except BaseException as error:  # noqa: BLE001 (the parent tells the user; the trace is in the log)
        traceback.print_exc()
        status, said = EXIT_INTERNAL, json.dumps({"crash": f"{type(error).__name__}: {error}"[:500]}).encode()
    with os.fdopen(reply, "wb") as out:
        out.write(said)
    sys.stderr.flush()
    os._exit(status)  # tearing torch down takes longer than building the pipeline


if __name__ == "__main__":
    main()
