"""The plain data that every other module speaks: values, settings, components, snapshots, findings.

Everything here is frozen, made of the standard library only, and survives JSON unchanged, so that
rules run on a saved report, on another machine, and without torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = "inspect-pipe/1"

Severity = Literal["error", "warning", "note"]
Confidence = Literal["certain", "likely", "possible"]
Place = Literal["disk", "default", "item", "attr", "live"]
Kind = Literal["pipeline", "scheduler", "model", "transformers", "tokenizer", "processor", "other"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
PLACES: tuple[Place, ...] = ("disk", "default", "item", "attr", "live")

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_UNREADABLE = 0, 1, 2, 3
EXIT_INTERNAL, EXIT_UNWRITABLE, EXIT_INTERRUPTED = 4, 5, 130

UNREAD = ("IPI901", "IPI902", "IPI903", "IPI904", "IPI905", "IPI906", "IPI911", "IPI912")
"""Errors of these codes mean that a part of the source could not be read; the other IPI codes are findings about it."""


class InspectError(Exception):
    """Something the user can act on: what failed, where, and what to do next.

    Args:
        message: what failed and where, one line.
        hint: what to do next, one line; may be empty.
        exit_code: the exit status of the contract (2 usage, 3 unreadable, 4 internal, 5 unwritable).
        code: the IPI code when a file was the cause.
        where: the file or component concerned.
    """

    def __init__(
        self, message: str, *, hint: str = "", exit_code: int = EXIT_UNREADABLE, code: str = "", where: str = ""
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.exit_code, self.code, self.where = message, hint, exit_code, code, where


@dataclass(frozen=True, slots=True)
class Value:
    """One value as plain data.

    ``type`` is the Python type's name (``bool``, ``tuple``, ``torch.Tensor``, ``diffusers.DDIMScheduler``).
    ``data`` holds None, bool, int, str, finite floats, lists and dicts of these. A float that is not finite is
    the string ``nan``, ``inf`` or ``-inf``; a tensor or array is ``{shape, dtype, device, digest}``; any other
    object is its class name. ``error`` says why the value could not be read, and then ``data`` is None.
    """

    type: str
    data: Any = None
    error: str | None = None

    def same(self, other: Value | None) -> bool:
        """Whether both hold the same content: tuple equals list and 1 equals 1.0, but 1 is not True."""
        return other is not None and self.error is None and other.error is None and same(self.data, other.data)

    def identical(self, other: Value | None) -> bool:
        """Whether both hold the same content in the same type."""
        return self.same(other) and other is not None and self.type == other.type


def same(a: Any, b: Any) -> bool:
    """Content equality of two pieces of plain data (see :class:`Value`); a tensor's device is no content."""
    if isinstance(a, bool) or isinstance(b, bool):
        return isinstance(a, bool) and isinstance(b, bool) and a == b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        if "digest" in a and "digest" in b:
            return all(a.get(k) == b.get(k) for k in ("shape", "dtype", "digest"))
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@dataclass(frozen=True, slots=True)
class Read:
    """One place in source code that reads a setting.

    ``place`` says from where: ``config.attr`` (``self.config.k``), ``config.item`` (``config["k"]``),
    ``live`` (``self.k``) or ``init`` (the parameter or any read inside ``__init__``). ``owner`` is the path of the
    component whose code reads it (``pipe`` for the pipeline itself).
    """

    place: Literal["config.attr", "config.item", "live", "init"]
    file: str
    line: int
    function: str
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.place} {self.file}:{self.line} {self.function}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One name of one component in all its places; a place that does not have the name is None.

    ``disk``: the JSON file. ``default``: the default of the class's ``__init__``. ``item`` and ``attr``:
    ``config["k"]`` and ``config.k``. ``live``: ``vars(obj)["k"]``. ``defaulted``: listed in
    ``_use_default_values``. ``accepted``: the class's ``__init__`` takes it. ``role``: in a pipeline's config,
    ``component`` for the entries that name a component (their values are ``[library, class]``).
    """

    name: str
    disk: Value | None = None
    default: Value | None = None
    item: Value | None = None
    attr: Value | None = None
    live: Value | None = None
    defaulted: bool = False
    accepted: bool = True
    role: Literal["value", "component"] = "value"
    reads: tuple[Read, ...] = ()

    def place(self, name: Place) -> Value | None:
        value: Value | None = getattr(self, name)
        return value

    def places(self) -> dict[str, Any]:
        """The plain data of every place that has this name."""
        return {p: v.data for p in PLACES if (v := self.place(p)) is not None}


@dataclass(frozen=True, slots=True)
class Skip:
    """What could not be checked, and why. ``failed`` is true when this was not chosen but went wrong (exit 3)."""

    where: str
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A pipeline or one of its components.

    ``path`` is ``pipe`` for a pipeline, else the component's name (``scheduler``, ``unet``); a member of a list is
    ``controlnet[0]``. ``state`` is what the object is rather than how it is configured: device, dtype,
    parameters (a count), training, hooks, offload, adapters, quantization, tensors (derived tensors by name),
    attributes (other plain live attributes by name). ``facts`` is what the rules need to know of the class and the
    folder. ``rebuilt`` is the same class constructed anew from this object's own config items, captured the same
    way: what the config says the object should be.
    """

    path: str
    cls: str
    settings: tuple[Setting, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)
    skipped: tuple[Skip, ...] = ()
    kind: Kind = "other"
    library: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    rebuilt: Component | None = None

    def setting(self, name: str) -> Setting | None:
        return next((s for s in self.settings if s.name == name), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement with its proof: the places, the readers, and the exact line to write instead."""

    code: str
    severity: Severity
    where: str
    message: str
    fix: str = ""
    confidence: Confidence = "certain"
    places: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that somebody accepted: it is shown, with the reason, and counts nowhere.

    ``by`` is who says so: an entry of a baseline, a marker on a test, or ``ignore`` in the settings and on the command
    line. ``reason`` is empty where none was given. ``expires`` is the last day (YYYY-MM-DD) on which it holds.
    """

    finding: Finding
    reason: str
    by: Literal["baseline", "marker", "settings"]
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything seen of one source: the pipeline first, then its components in the order of its config.

    ``problems`` are the findings made while reading and building (IPI codes, IPP204, IPP207): facts about files,
    not judgements over settings.
    """

    source: str
    versions: dict[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    problems: tuple[Finding, ...] = ()
    skipped: tuple[Skip, ...] = ()

    def component(self, path: str) -> Component | None:
        return next((c for c in self.components if c.path == path), None)

    @property
    def pipeline(self) -> Component | None:
        return next((c for c in self.components if c.kind == "pipeline"), None)

    def expression(self, component: Component) -> str:
        """How a user would write this component: ``pipe``, ``pipe.scheduler``, or ``scheduler`` when it is alone."""
        if component.kind == "pipeline" or self.pipeline is None:
            return component.path
        return f"pipe.{component.path}"

    def settings(self) -> Iterator[tuple[Component, Setting]]:
        for component in self.components:
            for setting in component.settings:
                yield component, setting


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for the eye; the same facts are in ``Report.data``."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a command found: the one thing that renderers take.

    ``findings`` are those that count; ``suppressed`` those that somebody accepted.
    """

    source: str
    versions: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skip, ...] = ()
    tables: tuple[Table, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    suppressed: tuple[Suppressed, ...] = ()

    def count(self, severity: Severity) -> int:
        return sum(f.severity == severity for f in self.findings)

    @property
    def summary(self) -> dict[str, int]:
        return {**{s: self.count(s) for s in SEVERITIES}, "skipped": len(self.skipped)}


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings in the order a reader wants them: by severity, then as found."""
    return tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))
