"""Explain pages of what is found in a baseline rather than in a source."""

from __future__ import annotations

from inspector.rules.registry import documented

documented(
    "IPB801",
    "note",
    "an accepted finding no longer occurs",
    """
    The baseline has an entry for a finding that this run did not make: it was mended, or one of its values is another
    now, and then the finding itself counts. An entry that stays would hide the same mistake when it comes back.
    It is a note, so that a matrix of library versions may share a baseline; `--fail-on note` makes it fail the build.

    wrong: an entry for `IPC103 scheduler.solver_order` in the baseline, and a scheduler whose `solver_order` is what
    its config says.
    right: `inspect-pipe baseline prune -o inspect-pipe-baseline.json` drops it; the file is in git, so nothing is lost.
    """,
)
documented(
    "IPB802",
    "warning",
    "an acceptance has expired",
    """
    The entry says until when the finding is accepted, and that day is past. The finding counts again, and this says
    that somebody meant to be reminded.

    wrong: `"expires": "2025-12-31"` on the first day of 2026.
    right: mend what was found; or say until when it is accepted now:
    `inspect-pipe baseline update --expires 2026-06-30 -o inspect-pipe-baseline.json`.
    """,
)
documented(
    "IPB803",
    "note",
    "a source that the baseline does not name",
    """
    Entries belong to the source they were found in, named by its path relative to the baseline's own folder. A source
    under another path is taken for the same one if the last part of its path is, or if the baseline has one source, and
    if an entry of it matches; this says so. Else no entry counts for it, and all of its findings do.

    wrong: `inspect-pipe diff models/new --baseline inspect-pipe-baseline.json`, where the baseline was made of
    `models/sd15`.
    right: `inspect-pipe baseline update models/new -o inspect-pipe-baseline.json`, then review what it adds.
    """,
)
