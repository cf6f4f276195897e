"""Curves of sigmas for a terminal, drawn by uniplot: logarithmic, in colour or in letters."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model import EXIT_USAGE, InspectError
from inspector.render.curves import Group, Panel
from inspector.render.escape import Safe
from inspector.render.figures import INSTALL

MISSING = "--plot draws with uniplot, which is not installed"

_COLORS = {"reference": "white", "diffusers": "cyan", "a1111": "yellow", "comfyui": "green", "k-diffusion": "magenta"}
_LETTERS = {"reference": ".", "diffusers": "o", "a1111": "A", "comfyui": "C", "k-diffusion": "K"}
_HEIGHT = 14
_AXIS = 12
"""Columns that the frame and the labels of the vertical axis take."""


def require() -> None:
    """Refuse before the work, not after it.

    Raises:
        InspectError: uniplot is not installed (exit 2).
    """
    try:
        import uniplot  # noqa: F401
    except ImportError as error:
        raise InspectError(MISSING, hint=INSTALL, exit_code=EXIT_USAGE) from error


def plot(group: Group, *, width: int = 80, color: bool = False) -> Iterator[Safe]:
    """The panels of a group, one below the other, as lines of at most ``width`` columns."""
    yield Safe(group.title)
    for panel in group.panels:
        yield Safe("")
        yield from drawn(panel, width, color)


def drawn(panel: Panel, width: int, color: bool) -> Iterator[Safe]:
    """One preset's curves: the reference as a line where colours tell it apart, what others made as marks.

    Without colours the curves are letters: ``.`` the reference, ``o`` diffusers, ``A``, ``C`` and ``K`` the projects.
    """
    from uniplot import plot_to_string

    # the last one drawn is what is seen where they meet: a project shows where it leaves diffusers, and only there
    curves = sorted(panel.curves, key=lambda c: (c.role == "diffusers", c.role == "reference"))
    if not curves:
        return
    steps = [step for c in curves for step, _ in c.points]
    sigmas = [sigma for c in curves for _, sigma in c.points]
    low, high = min(sigmas), max(sigmas)
    room = 1.25 if high > 20 * low else 5.0  # at least one power of ten has its label
    shown = plot_to_string(
        xs=[[step for step, _ in c.points] for c in curves],
        ys=[[sigma for _, sigma in c.points] for c in curves],
        x_min=0,
        x_max=max(1, *steps),
        x_gridlines=[],
        y_as_log=True,
        y_min=low / room,
        y_max=high * room,
        lines=[color and c.role == "reference" for c in curves],
        color=[_COLORS.get(c.role, "blue") for c in curves] if color else False,
        character_set="block" if color else "ascii",
        force_ascii_characters=[_LETTERS.get(c.role, "x") for c in curves],
        width=max(20, min(width, 100) - _AXIS),
        height=_HEIGHT,
        line_length_hard_cap=width,
        legend_labels=[str(c.label) for c in curves],
        title=f"{panel.title}: sigma by step",
    )
    for line in shown.splitlines():
        yield Safe(line.rstrip())
