"""The explain pages of the round-trip laws are the laws' own docstrings; here is the page that belongs to no law."""

from __future__ import annotations

from inspector.rules.registry import documented

documented(
    "IPR490",
    "warning",
    "a known defect no longer shows",
    """
    The list of known upstream defects says that a law is broken, with an example; the example does not break it in the
    installed diffusers. An entry that stays would hide the same defect when it comes back.

    wrong: an entry for `EulerDiscreteScheduler(500)` on a diffusers that keeps positional arguments.
    right: delete the entry, in `inspector/roundtrips/known.toml` or in the file given with `--known`.
    """,
)
