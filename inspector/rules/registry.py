"""What a rule is: one decorated generator whose docstring is its explain page and whose examples are its tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.model import Component, Confidence, Finding, Setting, Severity, Snapshot, Value


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule judges: one component, in its snapshot, beside the same component of the untouched twin."""

    component: Component
    snapshot: Snapshot
    twin: Component | None = None

    @property
    def fresh(self) -> bool:
        """Just loaded and not touched since, so whatever stands there is the library's own doing."""
        return bool(self.component.facts.get("fresh"))

    @property
    def name(self) -> str:
        """How a user writes the component: ``pipe.scheduler``."""
        return self.snapshot.expression(self.component)

    def where(self, setting: str) -> str:
        return f"{self.component.path}.{setting}"


Check = Callable[[Case], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Series:
    """What a rule on samplers judges: the rows of one preset on one model and device, by rising number of steps."""

    rows: tuple[dict[str, Any], ...]

    @property
    def first(self) -> dict[str, Any]:
        return self.rows[0]

    @property
    def where(self) -> str:
        """``DPM++ 2M Karras on sd15``; the device where it is not the host."""
        row = self.first
        at = "" if row["device"] == "cpu" else f" on {row['device']}"
        return f"{row['name']} on {row['model']}{at}"

    def having(self, found: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
        return [row for row in self.rows if found(row)]


RowCheck = Callable[[Series], Iterator[Finding]]


def at_steps(rows: list[dict[str, Any]]) -> str:
    """``20 steps``, or ``61, 103 and 4 more numbers of steps``."""
    numbers = [str(row["steps"]) for row in rows]
    if len(numbers) == 1:
        return f"{numbers[0]} step{'s' if numbers[0] != '1' else ''}"
    if len(numbers) > 6:
        return f"{', '.join(numbers[:5])} and {len(numbers) - 5} more numbers of steps"
    return f"{', '.join(numbers[:-1])} and {numbers[-1]} steps"


def few(names: Sequence[str], most: int = 3) -> str:
    """``A, B, C and 40 more``."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:most])} and {rest} more"


@dataclass(frozen=True, slots=True)
class Rule:
    """``doc`` is the explain page: what, why it bites, a ``wrong`` and a ``right`` example.

    ``check`` judges a component of a snapshot, ``rows`` the checks of a sampler; both are None for what is found
    elsewhere: while reading files, building, or comparing two snapshots.
    """

    code: str
    severity: Severity
    title: str
    check: Check | None
    doc: str
    rows: RowCheck | None = None


RULES: dict[str, Rule] = {}


def rule(code: str, severity: Severity, title: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"{code} is already taken by {RULES[code].title!r}")
        RULES[code] = Rule(code, severity, title, check, inspect.cleandoc(check.__doc__ or ""))
        return check

    return register


def sampler_rule(code: str, severity: Severity, title: str) -> Callable[[RowCheck], RowCheck]:
    """As :func:`rule`, for a rule over the rows of ``sigmas``."""

    def register(check: RowCheck) -> RowCheck:
        if code in RULES:
            raise ValueError(f"{code} is already taken by {RULES[code].title!r}")
        RULES[code] = Rule(code, severity, title, None, inspect.cleandoc(check.__doc__ or ""), check)
        return check

    return register


def documented(code: str, severity: Severity, title: str, doc: str) -> None:
    """Give a code that is found outside the rules its explain page."""
    RULES[code] = Rule(code, severity, title, None, inspect.cleandoc(doc))


def finding(
    code: str,
    where: str,
    message: str,
    fix: str = "",
    *,
    setting: Setting | None = None,
    severity: Severity | None = None,
    confidence: Confidence = "certain",
    places: dict[str, Any] | None = None,
) -> Finding:
    """A finding with its rule's severity, and the places and readers of the setting it is about."""
    return Finding(
        code,
        severity or RULES[code].severity,
        where,
        message,
        fix,
        confidence,
        places if places is not None else setting.places() if setting else {},
        tuple(map(str, setting.reads)) if setting else (),
    )


def literal(value: Value | None) -> str:
    """A value as the Python a user would type, cut where it is too long to read."""
    if value is None:
        return "absent"
    data = tuple(value.data) if value.type == "tuple" and isinstance(value.data, list) else value.data
    text = str(data) if value.type == "float" else repr(data)  # inf and nan are strings in plain data
    return text if len(text) <= 80 else f"{text[:76]} ..."
