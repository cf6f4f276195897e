"""What the files say and what was built, as one snapshot."""

from __future__ import annotations

import dataclasses

from inspector.model import Component, Snapshot

# Reading can only predict that a class is not there; building knows.
PREDICTED = ("IPP204",)
# A component with one of these is not handed to the library at all.
REFUSING = ("IPI903", "IPI904", "IPI905", "IPI906", "IPI910")


def refused(seen: Snapshot) -> dict[str, str]:
    """The components that reading forbids to build, and why."""
    bad = {p.where.removeprefix("pipe.").partition(".")[0] for p in seen.problems if p.code in REFUSING}
    return {s.where: s.reason for s in seen.skipped if s.failed and s.where in bad and s.where != "pipe"}


def merged(seen: Snapshot, built: Snapshot) -> Snapshot:
    """What was built, with what only the files tell: their problems, the weights, components that were not built."""
    files = {c.path: c for c in seen.components}
    components = [with_files(c, files.pop(c.path, None)) for c in built.components]
    told = {s.where for s in built.skipped}
    made = {c.path for c in built.components}
    ran = {c.path for c in built.components if "class_path" in c.facts}
    told_by_files = (p for p in seen.problems if p.code in PREDICTED and p.where not in ran)
    kept = [p for p in told_by_files if p.severity == "note" or p.where == "pipe"]
    read = [p for p in seen.problems if p.code not in PREDICTED or p in kept]
    unread = {p.message for p in read}  # the rest of a component may be built although its weights cannot be read
    skips = [
        s for s in seen.skipped if (s.where not in told and s.where not in made) or (s.failed and s.reason in unread)
    ]
    # of two skips that say the same, the one that makes the inspection incomplete stays
    failures_last = sorted((*skips, *built.skipped), key=lambda s: s.failed)
    return dataclasses.replace(
        built,
        components=(*components, *files.values()),
        problems=tuple({(p.code, p.where, p.message): p for p in (*read, *built.problems)}.values()),
        skipped=tuple({(s.where, s.reason): s for s in failures_last}.values()),
    )


def with_files(component: Component, files: Component | None) -> Component:
    """A component that was built, with the facts that only its files give."""
    if files is None:
        return component
    facts = {**files.facts, **component.facts}
    if files.state:
        facts["files"] = files.state
    return dataclasses.replace(component, facts=facts)
