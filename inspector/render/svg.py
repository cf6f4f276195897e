"""An SVG that reads in light and dark: matplotlib's output with its colours left to a style sheet.

matplotlib writes every colour into a ``style`` attribute, which nothing but a script could change, and which a strict
Content-Security-Policy forbids. Here they become presentation attributes: any rule of a style sheet wins over them, and
a viewer that knows no style sheets shows the light colours.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from inspector.render.escape import Safe

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
CLASS = "inspect-pipe-figure"
FONTS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"

COLORS: Mapping[str, tuple[str, str]] = {
    "paper": ("#fffffe", "#16181d"),
    "ink": ("#1f2329", "#e4e7eb"),
    "faint": ("#59626e", "#a3acb8"),
    "grid": ("#e1e4e9", "#333a44"),
    "reference": ("#2b2b2b", "#f2f2f2"),
    "diffusers": ("#0072b2", "#56b4e9"),
    "a1111": ("#d55e00", "#f0a35a"),
    "comfyui": ("#007a5a", "#35c79d"),
    "k-diffusion": ("#aa3377", "#ee99cc"),
    "other": ("#8a6d00", "#f0e442"),
    "wrong": ("#b3001e", "#ff8a80"),
}
"""Role -> its colour on light and on dark paper. After Okabe and Ito's palette, told apart by colour-blind readers."""


def rules() -> str:
    """The style sheet for dark paper; it goes with every figure, once a page."""
    dark = "".join(
        f".{CLASS} [{name}='{light}']{{{name}:{dark}}}"
        for light, dark in COLORS.values()
        for name in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark){{{dark}}}"


def themed(drawn: str, *, prefix: str, title: Safe, description: Safe) -> ET.Element:
    """matplotlib's SVG as an element that obeys a style sheet, is told to readers, and whose ids are its own.

    Args:
        drawn: the SVG as matplotlib wrote it.
        prefix: what every id starts with, so that many figures stand in one page.
        title: the short name.
        description: what a reader who cannot see it is told.

    Raises:
        xml.etree.ElementTree.ParseError: ``drawn`` is no XML.
    """
    root = ET.fromstring(drawn)  # noqa: S314 (what matplotlib just wrote)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}style", f"{{{SVG}}}metadata"):
                parent.remove(child)
    for element in root.iter():
        for name, value in declarations(element.attrib.pop("style", "")):
            if name != "font-family":
                element.set(name, value)
        if "d" in element.attrib:
            element.set("d", " ".join(element.attrib["d"].split()))
        if element.tag != f"{{{SVG}}}text":
            element.text = None
        element.tail = None
        for name in ("id", f"{{{XLINK}}}href", "clip-path"):
            if name in element.attrib:
                element.set(name, renamed(element.attrib[name], prefix))
    for defined in root.iterfind(f".//{{{SVG}}}defs/*"):
        for name in ("fill", "stroke"):  # inherited from each use of it, where a style sheet reaches them
            if defined.get(name, "").startswith("#"):
                del defined.attrib[name]
    drop_unused_ids(root)
    del root.attrib["height"]  # it follows from the width and the viewBox
    root.set("width", root.attrib["viewBox"].split()[2])
    root.set("font-family", FONTS)
    root.set("stroke-linejoin", "round")
    root.set("class", CLASS)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title {prefix}-desc")
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        told = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{prefix}-{tag}"})
        told.text = words
        root.insert(place, told)
    return root


def stacked(figures: Sequence[ET.Element], words: Safe) -> ET.Element:
    """Several figures as one, each below the one before."""
    sizes = [[float(n) for n in figure.attrib["viewBox"].split()[2:]] for figure in figures]
    width, height = max(w for w, _ in sizes), sum(h for _, h in sizes)
    box = {"viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}"}
    whole = ET.Element(f"{{{SVG}}}svg", {**box, "class": CLASS, "role": "img", "aria-labelledby": "all-desc"})
    ET.SubElement(whole, f"{{{SVG}}}desc", {"id": "all-desc"}).text = words
    paper = {"width": f"{width:g}", "height": f"{height:g}", "fill": COLORS["paper"][0]}
    ET.SubElement(whole, f"{{{SVG}}}rect", paper)
    top = 0.0
    for figure, (wide, high) in zip(figures, sizes, strict=True):
        for name, value in (("x", 0.0), ("y", top), ("width", wide), ("height", high)):
            figure.set(name, f"{value:g}")
        whole.append(figure)
        top += high
    return whole


def declarations(style: str) -> list[tuple[str, str]]:
    """``fill: none; stroke: #000`` as pairs."""
    pairs = (part.partition(":") for part in style.split(";"))
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def renamed(value: str, prefix: str) -> str:
    if value.startswith("url(#"):
        return f"url(#{prefix}-{value[5:]}"
    return f"#{prefix}-{value[1:]}" if value.startswith("#") else f"{prefix}-{value}"


def drop_unused_ids(root: ET.Element) -> None:
    """Keep the ids that something refers to, and those of curves, which have two hyphens."""
    links = (e.attrib[n] for e in root.iter() for n in (f"{{{XLINK}}}href", "clip-path") if n in e.attrib)
    used = {link.partition("#")[2].rstrip(")") for link in links}
    for element in root.iter():
        name = element.attrib.get("id")
        if name is not None and name not in used and "--" not in name:
            del element.attrib["id"]


def text_of(root: ET.Element, *, alone: bool) -> Safe:
    """The figure as text: with its style sheet as a document of its own, without for a page that has the rules."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    if not alone:
        return Safe(ET.tostring(root, encoding="unicode"))
    style = ET.Element(f"{{{SVG}}}style")
    style.text = rules()
    root.insert(0, style)
    shown = ET.tostring(root, encoding="unicode")
    root.remove(style)
    return Safe(f'<?xml version="1.0" encoding="UTF-8"?>\n{shown}\n')
