"""``-f html``: a page that parses, needs nothing from outside, and obeys nothing that a report says."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest

from inspector.render import Look, render
from inspector.render.html import environment
from tests.handmade import HOSTILE, SECRET, finding, hostile_report, report

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "h1", "h2", "h3"),
    *("p", "div", "span", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "ul", "li", "strong"),
    *("figure", "figcaption", "details", "summary"),
}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "aria-hidden", "open"}


def parsed(text: str) -> Any:
    """The page as a browser builds it; a parse error fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text)


def elements(tree: Any) -> Iterator[Any]:
    return (e for e in tree.iter() if isinstance(e.tag, str))


@pytest.mark.parametrize("verbose", [False, True])
def test_hostile_text_stays_text(verbose: bool) -> None:
    text = render(hostile_report(), "html", Look(verbose=verbose))
    tree = parsed(text)
    for element in elements(tree):
        assert element.tag in ALLOWED, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
    assert SECRET not in text and "me:secret" not in text
    shown = "".join(tree.find("body").itertext())
    assert "<script>alert(1)</script>" in shown and r"\u202e" in shown


def test_hostile_text_is_not_in_a_tag() -> None:
    """What a value could break out of: no foreign text stands in an attribute but the digest of our own style."""
    for element in elements(parsed(render(hostile_report(), "html"))):
        for name, value in element.attrib.items():
            assert name == "content" or re.fullmatch(r"[a-z0-9 -]*", value.lower()), (name, value)


def test_the_policy_allows_the_style_sheet_of_the_page_and_nothing_else() -> None:
    text = render(report(), "html")
    tree = parsed(text)
    [policy] = [m.get("content") for m in tree.iter("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    [style] = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    # the policy stands before anything it should govern
    assert text.index("Content-Security-Policy") < text.index("<style")


def test_nothing_comes_from_outside() -> None:
    text = render(report(), "html")
    assert not re.search(
        r"(?i)\b(src|href|url\(|@import|javascript:|on\w+=)", re.sub(r"style-src|default-src", "", text)
    )


def test_light_and_dark() -> None:
    [style] = parsed(render(report(), "html")).iter("style")
    light, dark = re.findall(r":root \{(.*?)\}", style.text, re.S)
    names = [set(re.findall(r"--\w+", block)) for block in (light, dark)]
    assert names[0] == names[1] != set()
    used = set(re.findall(r"var\((--\w+)\)", style.text))
    assert used <= names[0]
    for block in (light, dark):
        colors = dict(re.findall(r"(--\w+): (#[0-9a-f]{6})", block))
        for name in ("--ink", "--faint", "--error", "--warning", "--note", "--clean"):
            assert contrast(colors[name], colors["--paper"]) >= 4.5, name  # WCAG 2.1, level AA


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2.1."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_page_says_what_the_report_says() -> None:
    notes = [
        finding("IPC105", f"unet.k{i}", severity="note", message=f"m{i}", places={}, fix="", reads=()) for i in range(9)
    ]
    text = "".join(parsed(render(report(finding(), *notes), "html")).find("body").itertext())
    assert "sd: 1 error, 9 notes" in text and "859.5M" in text and "IPC101" in text
    assert "config.use_karras_sigmas is True, config['use_karras_sigmas'] is False" in text
    assert "set_timesteps scheduling_euler_discrete.py:444, 447" in text
    assert "pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)" in text
    assert "and 1 more" in text


def test_code_keeps_its_lines() -> None:
    [code] = parsed(render(report(finding(fix="a = 1")), "html")).iter("pre")
    assert code.text == "a = 1"


def test_other_commands_show_their_own_part() -> None:
    from inspector.samplers.show import shown

    tree = parsed(render(shown("euler_a"), "html"))
    assert "EulerAncestralDiscreteScheduler.from_config(pipe.scheduler.config)" in "".join(tree.itertext())
    assert [p.tag for p in tree.iter("pre")] == ["pre"]


def test_a_template_that_forgets_is_safe_all_the_same() -> None:
    text = environment().from_string("{{ x }}").render(x=HOSTILE)
    assert "<script>" not in text and "\u202e" not in text and "\x1b" not in text
