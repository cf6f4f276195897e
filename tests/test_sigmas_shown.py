"""The report of ``sigmas`` for people: on 80 columns, as Markdown, as a page; what is said is what the rows hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from inspector.render import Look, render
from inspector.render.escape import Safe
from inspector.render.likewise import alike
from inspector.render.measured import exact, sigma
from inspector.render.series import MANY, MOST, series
from tests.checked import hostile_sigmas, row, sigmas_report
from tests.handmade import HOSTILE, SECRET
from tests.test_html import elements, parsed

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\U000e0000-\U000e0fff]")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def human(width: int = 80, **look: Any) -> str:
    return render(sigmas_report(), "human", Look(width, **look))


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_it_stays_within_the_width(width: int, verbose: bool) -> None:
    assert max(map(len, human(width, verbose=verbose).splitlines())) <= width


def test_one_line_a_preset_says_what_the_row_holds() -> None:
    lines = [line.split() for line in human().splitlines()]
    assert ["✓", "dpmpp_2m_karras", "20", "21", "14.615", "0.029168", "19", "1.3e-05", "pass"] in lines
    assert ["✗", "dpmpp_2m_beta", "40", "41", "14.615", "0.029168", "39", "1.3e-05", "IPS303"] in lines
    for one in series(sigmas_report()):
        [mine] = [x for x in lines if x[1:2] == [one.row["preset"]] and x[0] in "✗!·✓"]
        assert mine[2:4] == [str(one.shown["steps"]), str(len(one.shown["sigmas"]))]


def test_the_worst_step_has_both_values_the_error_in_ulps_and_the_tolerance_with_its_reason() -> None:
    text = " ".join(human().split())
    worst, told = row("dpmpp_2m_beta", 40)["worst"], row("dpmpp_2m_beta", 40)
    assert (
        f"worst step {worst['index']}: sigma {exact(worst['actual'])}, the reference {exact(worst['expected'])}: "
        f"off by 1.3e-05 relative, {worst['ulp']:.0f} ulp" in text
    )
    assert f"2e-05 relative; {told['smallest_passing']:.2g} would do: 1 - beta rounds to float32" in text
    assert "step loop raises IndexError at step 39" in text
    assert "checked at 20 too" in text


def test_every_finding_is_told_with_what_to_write() -> None:
    text = " ".join(human().split())
    for finding in sigmas_report().findings:
        assert f"{finding.code} {' '.join(finding.message.split())}" in text
    assert "A1111's Euler a Karras with karras differs" in text


def test_numbers_of_steps_are_told_where_they_differ() -> None:
    assert re.search(r"✗ euler .*IPS314\n {4}IPS314 at N = 1, IPS316 at N = 1\n", human())


def test_what_could_not_be_checked_has_its_reason() -> None:
    assert "PNDM (SD.Next) on sd15: " in " ".join(human().split())
    assert "sdnext_pndm" not in human()


def test_a_clean_run_says_how_much_was_checked() -> None:
    rows = [row("dpmpp_2m_karras", 20), row("lms", 20)]
    clean = replace(sigmas_report(checks=rows), findings=(), skipped=())
    assert (
        render(clean, "human", Look(80)).splitlines()[-1] == "✓ a few presets: nothing found in 2 checks of 2 presets"
    )


def many(count: int, **over: Any) -> Any:
    told = row("dpmpp_2m_beta", 40)
    rows = [{**told, "preset": f"p{i}", "name": f"P{i}", **over} for i in range(count)]
    found = [f for f in sigmas_report().findings if f.code in ("IPS303", "IPS307") and "Beta" in f.where]
    findings = [replace(f, where=f"P{i} on sd15") for i in range(count) for f in found]
    return replace(sigmas_report(checks=rows), findings=tuple(findings) if not over else (), skipped=())


def test_what_many_presets_have_is_told_once() -> None:
    report = many(MOST + 1)
    [[first], [second]] = [code.said for code in alike(series(report))]
    assert len(first.names) == len(second.names) == MOST + 1 and not first.others
    for form in ("human", "markdown", "html"):
        text = " ".join(ANSI.sub("", render(report, form, Look(80))).split())
        assert text.count("timestep 998 comes first and second") == 1, form
        assert all(f"p{i}" in text for i in range(MOST + 1)), form


def test_a_class_is_told_once_and_its_presets_are_not_blamed() -> None:
    one = row("euler", 1)
    rows = [{**one, "preset": f"p{i}", "name": f"P{i}"} for i in range(3)]
    finding = next(f for f in sigmas_report().findings if f.code == "IPS314")
    report = replace(
        sigmas_report(checks=rows), findings=(replace(finding, where=f"{one['class']} on sd15"),), skipped=()
    )
    for form in ("human", "markdown", "html"):
        text = " ".join(ANSI.sub("", render(report, form, Look(80))).split())
        assert text.count("starts at sigma") == 1 and f"{one['class']} on sd15" in text, form
        assert text.count("IPS314") - text.count("explain IPS314") == 1, form


def test_why_something_is_checked_is_told_above_it() -> None:
    right = row("dpmpp_2m_karras", 20)
    rows = [right, {**right, "model": "zero-snr", "because": "does each class keep it?"}]
    report = sigmas_report(checks=rows)
    for form in ("human", "markdown", "html"):
        assert render(report, form, Look(80)).count("does each class keep it?") == 1, form


def test_very_many_that_are_right_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.render.sigmas_html.drawn", lambda *_: ([], Safe("")))  # figures: test_figures.py
    report = many(MANY + 1, codes=[], verdict="pass", against=None)
    for form in ("human", "markdown", "html"):
        text = render(report, form, Look(80))
        assert f"{MANY + 1}" in text and "more" in text and not re.search(r"\bp17\b(?!-)", text), form
    assert "p17" in render(report, "human", Look(80, verbose=True))


def test_colours_and_ascii_are_as_asked() -> None:
    assert "\x1b" not in human() and "\x1b[" in human(color=True)
    assert ANSI.sub("", human(color=True)) == human()
    plain = render(sigmas_report(plot=True), "human", Look(80, ascii=True)).replace("ᾱ", "a")
    assert plain.isascii(), {c for c in plain if not c.isascii()}


def test_curves_come_with_plot() -> None:
    assert "sigma by step" not in human()
    text = render(sigmas_report(plot=True), "human", Look(80))
    assert "DPM++ 2M Beta, 40 steps: sigma by step" in text and max(map(len, text.splitlines())) <= 80
    assert "\x1b[" in render(sigmas_report(plot=True), "human", Look(80, color=True))


def test_markdown_is_tables_and_pictures() -> None:
    figures = [{"file": "a folder/x y.svg", "alt": "what it shows"}]
    text = render(sigmas_report(figures=figures), "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(series(sigmas_report()))
    assert all(line.count(" | ") == 7 for line in rows)
    assert "![what it shows](<a folder/x%20y.svg>)" in text.replace("a%20folder", "a folder")


def test_the_page_holds_a_figure_a_group_and_the_numbers() -> None:
    tree = parsed(render(sigmas_report(), "html"))
    svgs = [e for e in tree.iter() if e.tag == "svg" or str(e.tag).endswith("}svg")]
    assert len(svgs) >= 5
    told = row("dpmpp_2m_beta", 40)
    cells = {"".join(td.itertext()) for td in tree.iter("td")}
    assert {exact(s) for s in told["sigmas"]} <= cells and {exact(s) for s in told["expected"]} <= cells


def test_the_page_of_sigmas_obeys_its_own_policy() -> None:
    tree = parsed(render(sigmas_report(), "html"))
    styles = [e for e in tree.iter() if str(e.tag).rpartition("}")[2] == "style"]
    assert len(styles) == 1
    for element in elements(tree):
        assert "style" not in element.attrib and not any(str(n).startswith("on") for n in element.attrib)
        assert element.tag not in ("script", "img", "a", "link", "iframe", "object")


@pytest.mark.parametrize("form", ["human", "markdown", "html", "json", "jsonl"])
def test_hostile_text_is_harmless(form: str) -> None:
    text = render(hostile_sigmas(f"{HOSTILE} {SECRET}"), form, Look(100, verbose=True))
    assert not FORBIDDEN.search(text) and SECRET not in text
    if form == "html":
        tags = {str(e.tag).rpartition("}")[2] for e in elements(parsed(text))}
        assert not tags & {"script", "img", "a", "iframe"}
    if form == "markdown":
        outside = re.sub(r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        outside = re.sub(r"\]\(<[^<>\n]*>\)", "]", outside)
        assert "<" not in outside and "@someone" not in outside


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (14.614641, "14.615"),
        (0.02916753, "0.029168"),
        (0.00892857, "0.008929"),
        (4096.0, "4096"),
        (0.0, "0"),
        ("nan", "nan"),
    ],
)
def test_a_sigma_fits_its_column(value: Any, shown: str) -> None:
    assert sigma(value) == shown and len(shown) <= 8
