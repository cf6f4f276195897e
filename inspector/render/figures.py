"""The figure of a group of presets: sigma by step, and how far each is from the reference. Drawn with matplotlib."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inspector.model import EXIT_USAGE, InspectError, Report
from inspector.render.curves import Curve, Group, Panel, groups
from inspector.render.escape import Safe
from inspector.render.series import series, severities
from inspector.render.svg import COLORS, stacked, text_of, themed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from matplotlib.axes import Axes

ACROSS = 3
"""Panels side by side."""
LARGEST = 60
"""Figures in one picture."""
MISSING = "figures are drawn with matplotlib, which is not installed"
INSTALL = 'pip install "inspect-pipe[plot]"'

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "path.simplify": False,
    "text.parse_math": False,  # a dollar sign in a preset's name is a dollar sign
    "axes.formatter.use_mathtext": False,
    "font.family": "DejaVu Sans",  # it comes with matplotlib, and is wider than what will be shown
    "font.size": 9,
}
_MARKS = {"reference": "", "diffusers": "o", "a1111": "s", "comfyui": "^", "k-diffusion": "D"}


def require() -> None:
    """Refuse before the work, not after it.

    Raises:
        InspectError: matplotlib is not installed (exit 2).
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InspectError(MISSING, hint=INSTALL, exit_code=EXIT_USAGE) from error


def svg_of(group: Group, *, number: int = 1, alone: bool = True) -> Safe:
    """The figure as SVG without script, font or address of anything outside.

    Args:
        group: what it shows.
        number: tells the ids of several figures in one page apart.
        alone: with its own style sheet, as a file; else for a page that holds :func:`inspector.render.svg.rules`.

    Raises:
        InspectError: matplotlib is not installed (exit 2).
    """
    return text_of(drawn(group, number), alone=alone)


def picture(report: Report) -> tuple[Safe, Safe]:
    """All groups in one SVG, one below the other, what is wrong first; and the picture in words.

    Raises:
        InspectError: matplotlib is not installed, or there is nothing to draw (exit 2).
    """
    found = chosen(report)
    made = [drawn(group, number) for number, group in enumerate(found[:LARGEST], 1)]
    rest = f", and {len(found) - LARGEST} more groups that are not drawn" if len(found) > LARGEST else ""
    words = Safe(f"{'; '.join(group.alt for group in found[:LARGEST])}{rest}")
    return text_of(made[0] if len(made) == 1 else stacked(made, words), alone=True), words


def chosen(report: Report) -> list[Group]:
    """What is drawn of a report: of each preset on a model the number of steps that says most.

    Raises:
        InspectError: there is nothing to draw (exit 2).
    """
    found = groups([one.drawn for one in series(report)], severities(report))
    if not found:
        hint = "every check was skipped: see the reasons without --svg"
        raise InspectError("no check has sigmas to draw", hint=hint, exit_code=EXIT_USAGE)
    return found


def drawn(group: Group, number: int) -> Element:
    """One figure, its colours left to a style sheet."""
    require()
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    across = min(ACROSS, len(group.panels))
    down = -(-len(group.panels) // across)
    out = io.StringIO()
    with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": group.slug}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's fonts count, not matplotlib's
        size = (5.1 if across == 1 else 0.8 + 3.1 * across, 3.7 * down + 1.1)
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
        FigureCanvasSVG(figure)
        figure.patch.set_facecolor(color("paper"))
        sampler = textwrap.fill(group.sampler, 16 + 30 * across, break_on_hyphens=False)
        figure.suptitle(f"{sampler}\n{group.place}", fontsize=10, color=color("ink"), fontweight="bold")
        grid = figure.add_gridspec(down * 2, across, height_ratios=[3, 1.3] * down)
        for place, panel in enumerate(group.panels):
            row, column = 2 * (place // across), place % across
            upper = figure.add_subplot(grid[row, column])
            lower = figure.add_subplot(grid[row + 1, column], sharex=upper)
            curves(upper, panel, place)
            errors(lower, panel, place)
            if column == 0:
                upper.set_ylabel("sigma", color=color("ink"))
                lower.set_ylabel("relative error", color=color("ink"))
        legend(figure, group)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return themed(out.getvalue(), prefix=f"figure{number}", title=group.title, description=group.alt)


def curves(axes: Axes, panel: Panel, place: int) -> None:
    """Sigma by step: the reference as a line, what others made as marks upon it."""
    axes.set_yscale("log")
    dressed(axes)
    said = f"{panel.title}: {panel.wrong}" if panel.wrong else panel.title
    axes.set_title(said, fontsize=9, color=color("wrong" if panel.wrong else "ink"))
    for curve in panel.curves:
        steps, sigmas = zip(*curve.points, strict=True)
        axes.plot(steps, sigmas, gid=f"{place}--{kind(curve)}", **look(curve))
    decade(axes, [sigma for curve in panel.curves for _, sigma in curve.points])
    last = max((curve.points[-1][0] for curve in panel.curves), default=0)
    axes.set_xlim(-0.02 * last - 0.5, 1.02 * last + 0.5)
    if last == 0:
        axes.set_xticks([0])
    axes.tick_params(labelbottom=False)


def errors(axes: Axes, panel: Panel, place: int) -> None:
    """The relative error of each sigma, beside the tolerance."""
    axes.set_yscale("log")
    dressed(axes)
    axes.set_xlabel("step", color=color("ink"))
    if panel.tolerance:
        axes.axhline(panel.tolerance, gid=f"{place}--tolerance", color=color("faint"), linestyle="--", linewidth=1.1)
    if panel.errors:
        steps, found = zip(*panel.errors, strict=True)
        dots: dict[str, Any] = {
            "linestyle": "",
            "marker": "o",
            "markersize": 3 * crowded(len(found)),
            "color": color("diffusers"),
        }
        axes.plot(steps, found, gid=f"{place}--error", **dots)
    decade(axes, [*(error for _, error in panel.errors), panel.tolerance or 1e-5])
    if panel.note:
        axes.text(0.5, 0.35, panel.note, transform=axes.transAxes, ha="center", va="center", color=color("faint"))


def decade(axes: Axes, values: Sequence[float]) -> None:
    """Room for all the values, and for a power of ten to read them by at least."""
    low, high = min(values, default=0.1), max(values, default=1.0)
    room = 1.5 if high >= 20 * low else 4.5
    axes.set_ylim(low / room, high * room)


def dressed(axes: Axes) -> None:
    """Colours of the axes, a grid to read values by, and numbers as people write them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes.set_facecolor(color("paper"))
    for edge in axes.spines.values():
        edge.set_color(color("faint"))
    axes.tick_params(which="both", colors=color("ink"), labelsize=8)
    axes.tick_params(which="both", color=color("faint"))
    axes.grid(True, which="major", color=color("grid"), linewidth=0.7)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def legend(figure: Any, group: Group) -> None:
    """One legend for all panels, below them."""
    from matplotlib.lines import Line2D

    seen = {kind(c): c for p in group.panels for c in p.curves}
    handles = [Line2D([], [], label=c.label, **look(c)) for c in seen.values()]
    if any(p.tolerance for p in group.panels):
        handles.append(Line2D([], [], label="tolerance", color=color("faint"), linestyle="--", linewidth=1.1))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        labelcolor=color("ink"),
        fontsize=8,
    )


def look(curve: Curve) -> dict[str, Any]:
    """How a curve is drawn: marks differ in shape as in colour, and are open, so that all show where they meet."""
    shade = color(kind(curve))
    if curve.role == "reference":  # a line needs two ends
        return {"color": shade, "linewidth": 1.3, "marker": "" if len(curve.points) > 1 else "_", "markersize": 14}
    mark = _MARKS.get(curve.role, "v")
    size = (5.5 if mark == "o" else 8.5) * crowded(len(curve.points))
    return {"color": shade, "linestyle": "", "marker": mark, "markersize": size, "markerfacecolor": "none"}


def crowded(points: int) -> float:
    """How much smaller marks are where there are many of them."""
    return float(max(0.3, min(1.0, (25 / max(points, 1)) ** 0.5)))


def kind(curve: Curve) -> str:
    return curve.role if curve.role in COLORS else "other"


def color(role: str) -> str:
    return COLORS[role][0]
