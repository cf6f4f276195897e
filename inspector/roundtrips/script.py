"""A counterexample as Python that shows it with only diffusers imported: exit status 1 where it shows, 0 where not."""

from __future__ import annotations

from inspector.roundtrips.laws.registry import Law
from inspector.roundtrips.trial import Break, Trial
from inspector.strategies.literals import imports, source

RAISES = "raises"
"""What differs, where an exception is all there is."""


def script(law: Law, trial: Trial, found: Break) -> str:
    """The lines.

    Args:
        law: the law.
        trial: the case.
        found: what to show.
    """
    config, edits = trial.config, trial.edits
    edit = edits[0] if edits else None
    given = ", ".join(f"{k}={source(v)}" for k, v in config.kwargs.items())
    value = edit.value if edit is not None and found.what == edit.name else config.kwargs.get(found.what)
    lines = (
        law.scripts.get(found.what, law.script)
        .format(
            make=repr(config),
            cls=config.cls.__name__,
            given=", ".join(filter(None, (given, "my_option=2"))),
            what=found.what,
            passed="2" if found.what == "my_option" else source(config.kwargs.get(found.what)),
            value=source(value),
            edit=str(edit) if edit else "",
            edit_a=str(edit).replace("scheduler", "a", 1) if edit else "",
            edit_b=str(edit).replace("scheduler", "b", 1) if edit else "",
            other=edit.value.__name__ if edit is not None and edit.kind == "swap" else "",
            edits="\n".join(map(str, edits)),
            meant=source(found.before),
        )
        .splitlines()
    )
    return "\n".join([*head(lines, trial), "", *body(lines, found), *foot(law.code, found)]) + "\n"


def head(lines: list[str], trial: Trial) -> list[str]:
    """The imports, those of the standard library first."""
    text = "\n".join(lines)
    modules = [m for m in ("copy", "logging", "pathlib", "pickle", "tempfile") if f"{m}." in text]
    if "folder" in text and "tempfile" not in modules:
        modules.append("tempfile")
    values = [*trial.config.kwargs.values(), *(e.value for e in trial.edits if not isinstance(e.value, type))]
    places: dict[str, set[str]] = {}
    for cls in (trial.config.cls, *(e.value for e in trial.edits if e.kind == "swap")):
        package = cls.__module__.partition(".")[0]
        places.setdefault("diffusers" if package == "diffusers" else cls.__module__, set()).add(cls.__name__)
    theirs = [f"from {place} import {', '.join(sorted(names))}" for place, names in sorted(places.items())]
    standard = [f"import {m}" for m in sorted(modules)]
    return [*standard, *([""] if standard else []), *imports(*values), *theirs]


def body(lines: list[str], found: Break) -> list[str]:
    """The law's lines, in a temporary folder where they need one, in a ``try`` where it is an exception that shows."""
    if found.raised:
        lines = ["try:", *indented(lines), '    before = after = "no error"', "except Exception as error:"]
        lines += ['    before, after = "no error", f"{type(error).__name__}: {error}"']
    if any("folder" in line for line in lines):
        lines = ["with tempfile.TemporaryDirectory() as folder:", *indented(lines)]
    return lines


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


def foot(code: str, found: Break) -> list[str]:
    return [f'print("{code} {found.what}:", before, "->", after)', "raise SystemExit(repr(before) != repr(after))"]
