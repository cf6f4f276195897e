"""The figures: SVG that any reader of XML takes, in which every number is the row's own; and curves in a terminal."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.dom.minidom
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from inspector.model import InspectError
from inspector.render.curves import distinct, groups, positive
from inspector.render.figures import picture, svg_of
from inspector.render.plot import plot
from inspector.render.svg import COLORS, rules
from tests.checked import hostile_sigmas, row, sigmas_report
from tests.handmade import HOSTILE, SECRET
from tests.test_html import contrast

NUMBER = re.compile(r"[-−]?[\d.]+(e[-−+]?\d+)?")
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def figure(*keys: tuple[str, int]) -> Any:
    [group] = groups([row(*key) for key in keys])
    return ElementTree.fromstring(svg_of(group))


def named(tree: Any, name: str) -> Any:
    [found] = [e for e in tree.iter() if (e.get("id") or "").endswith(name)]
    return found


def places(group: Any) -> list[tuple[float, float]]:
    """Where the marks of a curve stand, or the corners of its line."""
    marks = [(float(u.get("x")), float(u.get("y"))) for u in group.iter(f"{SVG}use")]
    if marks:
        return marks
    [path] = group.iter(f"{SVG}path")
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.get("d"))]


def ticks(tree: Any) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(place, value) of every labelled tick, across and down, in the order of the picture: the upper axes come first.

    The ticks of the upper axes across have no label; they share those of the lower.
    """
    across: list[tuple[float, float]] = []
    down: list[tuple[float, float]] = []
    for group in tree.iter(f"{SVG}g"):
        words, mark = group.find(f"{SVG}g/{SVG}text"), group.find(f"{SVG}g/{SVG}g/{SVG}use")
        if words is None or mark is None or not NUMBER.fullmatch(words.text):
            continue
        value = float(words.text.replace("−", "-"))
        if words.get("text-anchor") == "middle":
            across.append((float(mark.get("x")), value))
        else:
            down.append((float(mark.get("y")), value))
    return across, down


def line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Slope and intercept through the first and the last of them."""
    (a, u), (b, v) = points[0], points[-1]
    slope = (v - u) / (b - a)
    return slope, u - slope * a


@pytest.mark.parametrize(
    ("key", "curve", "values"),
    [
        (("dpmpp_2m_karras", 20), "reference", "expected"),
        (("dpmpp_2m_karras", 20), "diffusers", "sigmas"),
        (("euler_a_karras", 20), "a1111", "against"),
        (("fm_euler", 20), "diffusers", "sigmas"),
        (("dpmpp_2m_beta", 40), "diffusers", "sigmas"),
    ],
)
def test_every_number_in_the_figure_is_the_rows_own(key: tuple[str, int], curve: str, values: str) -> None:
    tree, told = figure(key), row(*key)
    meant = told["against"]["sigmas"] if values == "against" else told[values]
    shown = places(named(tree, f"0--{curve}"))
    points = positive(meant)
    assert len(shown) == len(points)
    across, down = ticks(tree)  # the scale is read off the ticks, as a reader does
    tops = [y for y, _ in down]
    upper = down[: next((i for i in range(1, len(tops)) if tops[i] > tops[i - 1]), len(tops))]
    slope, start = line([(y, math.log10(v)) for y, v in upper])
    steps, origin = line(across)
    for (x, y), (step, sigma) in zip(shown, points, strict=True):
        assert steps * x + origin == pytest.approx(step, abs=1e-3)
        assert slope * y + start == pytest.approx(math.log10(sigma), abs=1e-4)


def test_the_relative_errors_are_the_rows_own() -> None:
    told = row("dpmpp_2m_karras", 20)
    [group] = groups([told])
    [panel] = group.panels
    by_hand = {i: abs(a / e - 1) for i, (a, e) in enumerate(zip(told["sigmas"], told["expected"], strict=True)) if e}
    assert dict(panel.errors) == {i: e for i, e in by_hand.items() if e}
    assert max(panel.errors, key=lambda p: p[1])[0] == told["worst"]["index"]
    assert max(e for _, e in panel.errors) == pytest.approx(told["worst"]["relative"])
    assert panel.tolerance == told["tolerance"]
    tree = ElementTree.fromstring(svg_of(group))
    errors = [y for _, y in places(named(tree, "0--error"))]
    [tolerance] = {y for _, y in places(named(tree, "0--tolerance"))}
    assert len(errors) == len(panel.errors) and all(y > tolerance for y in errors)  # below the line: within it


def test_a_wrong_panel_says_what_is_wrong() -> None:
    words = [t.text for t in figure(("dpmpp_2m_beta", 40)).iter(f"{SVG}text")]
    assert "DPM++ 2M Beta, 40 steps: IPS303, IPS307" in words
    assert {"sigma", "relative error", "step", "reference (float64)", "diffusers", "A1111", "tolerance"} <= set(words)


def test_presets_of_one_sampler_share_a_figure_and_the_wrong_come_first() -> None:
    found = groups(sigmas_report().data["checks"])
    assert [len(g.panels) for g in found if g.sampler == "DPMSolverMultistep"] == [3]
    wrong = [any(p.wrong for p in g.panels) for g in found]
    assert wrong == sorted(wrong, reverse=True)
    assert len({g.slug for g in found}) == len(found)
    assert all(re.fullmatch(r"[a-z0-9-]{1,100}", g.slug) for g in found)


def test_it_is_xml_that_needs_nothing_from_outside() -> None:
    for group in groups(sigmas_report().data["checks"]):
        text = svg_of(group)
        xml.dom.minidom.parseString(text)
        tree = ElementTree.fromstring(text)
        kinds = {e.tag.removeprefix(SVG) for e in tree.iter()}
        assert kinds <= {"svg", "style", "title", "desc", "g", "defs", "path", "use", "text", "clipPath", "rect"}
        for element in tree.iter():
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)
            assert element.get(HREF, "#").startswith("#")
        assert not re.search(r"(?i)https?://(?!www\.w3\.org/(2000/svg|1999/xlink))|@import|<script|data:", text)


def test_every_id_is_unique_and_every_reference_leads_somewhere() -> None:
    text, _ = picture(sigmas_report())
    tree = ElementTree.fromstring(text)
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    used = {e.get(HREF, "")[1:] for e in tree.iter() if e.get(HREF)}
    used |= {m for e in tree.iter() for m in re.findall(r"url\(#(.*)\)", e.get("clip-path", ""))}
    used |= {name for e in tree.iter() for name in e.get("aria-labelledby", "").split()}
    assert used <= set(ids)


def test_readers_who_cannot_see_it_are_told() -> None:
    tree = figure(("dpmpp_2m_beta", 40))
    assert tree.get("role") == "img"
    assert [tree.find(f"{SVG}{tag}").text for tag in ("title", "desc")] == [
        "DPMSolverMultistep · sd15 · cpu",
        "Sigma by step on a logarithmic axis, DPMSolverMultistep · sd15 · cpu: "
        "DPM++ 2M Beta, 40 steps (IPS303, IPS307)",
    ]


def test_every_colour_has_one_for_dark_paper() -> None:
    tree = figure(("euler_a_karras", 20))
    used = {e.get(n) for e in tree.iter() for n in ("fill", "stroke") if (e.get(n) or "").startswith("#")}
    assert used <= {light for light, _ in COLORS.values()} and len(used) >= 6
    sheet = rules()
    assert sheet.startswith("@media (prefers-color-scheme: dark)")
    assert all(f"[fill='{light}']{{fill:{dark}}}" in sheet for light, dark in COLORS.values())
    assert all(sheet.count(bracket) == sheet.count(other) for bracket, other in ("{}", "[]"))
    for side in (0, 1):
        for name in set(COLORS) - {"paper", "grid"}:
            assert contrast(COLORS[name][side], COLORS["paper"][side]) >= 3, (name, side)  # WCAG 2.1: graphical objects


def test_marks_differ_in_shape_not_only_in_colour() -> None:
    tree = figure(("euler_a_karras", 20))
    defined = {p.get("id"): p.get("d") for p in tree.iter(f"{SVG}path") if p.get("id")}
    shapes = [defined[next(named(tree, f"0--{who}").iter(f"{SVG}use")).get(HREF)[1:]] for who in ("diffusers", "a1111")]
    assert "C" in shapes[0] and "C" not in shapes[1]  # a circle has curves, a square has none


def test_hostile_text_stays_text() -> None:
    for group in groups(hostile_sigmas(HOSTILE).data["checks"]):
        text = svg_of(group)
        tree = ElementTree.fromstring(text)
        assert "script" not in {e.tag.removeprefix(SVG) for e in tree.iter()}
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\U000e0000-\U000e0fff]", text)
        assert any("<script>" in (t.text or "") for t in tree.iter(f"{SVG}text"))


def test_a_dollar_is_a_dollar_and_a_secret_is_masked() -> None:
    told = row("euler", 20) | {"name": rf"$\frac{{1}}{{2}}$ {SECRET}"}
    [group] = groups([told])
    text = svg_of(group)
    assert r"$\frac{1}{2}$ hf_***" in text and SECRET not in text


def test_the_same_rows_give_the_same_picture() -> None:
    [group] = groups([row("euler", 20)])
    assert svg_of(group) == svg_of(group)


def test_repetitions_of_second_order_classes_are_one_step() -> None:
    assert distinct([3, 2, 2, 1, 1, 0], 4) == [3, 2, 1, 0]
    assert distinct([3, 2, 2, 1], 4) == [3, 2, 2, 1]


def test_nothing_to_draw_is_said() -> None:
    report = sigmas_report(checks=[row("sdnext_pndm", 20) | {"sigmas": [], "expected": []}])
    with pytest.raises(InspectError) as caught:
        picture(report)
    assert caught.value.exit_code == 2


def curves(width: int, color: bool) -> Iterator[str]:
    for group in groups(sigmas_report().data["checks"]):
        yield from plot(group, width=width, color=color)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_curves_in_a_terminal_stay_within_its_width(width: int) -> None:
    lines = list(curves(width, color=False))
    assert max(map(len, lines)) <= max(width, 80)  # a title may be longer than 40 columns
    assert max(len(x) for x in lines if x[:1] in "┌│└") <= width
    assert not any("\x1b" in x for x in lines)
    assert any("\x1b[" in x for x in curves(width, color=True))


def test_without_colours_each_curve_has_its_letter_and_shows_where_it_leaves() -> None:
    [group] = groups([row("euler_a_karras", 20)])
    told = row("euler_a_karras", 20)
    inside = "".join(x for x in plot(group, width=80) if x.startswith("│"))
    far = sum(abs(a / e - 1) > 0.5 for a, e in zip(told["sigmas"], told["against"]["sigmas"], strict=True) if a and e)
    assert inside.count("o") == 20 and inside.count("A") >= far > 5
    assert "." not in inside.replace("0.1", "").replace("0.01", "")  # the reference lies under diffusers' own


def test_one_step_and_no_step_are_drawn_too() -> None:
    [group] = groups([row("euler", 1)])
    assert any("│" in x for x in plot(group))
    ElementTree.fromstring(svg_of(group))


@pytest.mark.parametrize(("missing", "option"), [("uniplot", "--plot"), ("matplotlib", "--svg=x.svg")])
def test_a_library_that_is_not_installed_is_named_before_the_work(missing: str, option: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"sys.argv = ['inspect-pipe', 'sigmas', 'euler', {option!r}]\n"
        "from inspector.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and not done.stdout
    assert missing in done.stderr and 'pip install "inspect-pipe[plot]"' in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_html_without_matplotlib_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.render import render

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = render(sigmas_report(), "html")
    assert "<svg" not in text and "figures are drawn with matplotlib, which is not installed" in text
