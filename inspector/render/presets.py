"""The table of presets, and one of them with the code to paste, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import text
from inspector.render.parts import value_text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MOST = 3
"""Options of a preset that the table shows before the rest is counted."""


def listed(report: Report, page: Page) -> Iterator[Text]:
    """The presets by class, or by the project that names them."""
    rows = report.data["presets"]
    yield from by_project(rows, page) if report.data["by"] == "ui" else by_class(rows, page)


def by_class(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["class"], []).append(row)
    for cls, members in groups.items():
        yield from heading(str(safe(cls, 80)), "", page)
        cells = [
            [
                text(safe(r["key"], 60)),
                text(safe(r["name"], 60)),
                text((order(r), "dim")),
                text((options(r, page), "dim")),
            ]
            for r in members
        ]
        yield from page.laid(cells, 2, width=page.width, caps=caps(page, 0))


def by_project(rows: list[dict[str, Any]], page: Page) -> Iterator[Text]:
    """Every project's names with the preset that each stands for."""
    from inspector.render.human import heading

    projects = dict.fromkeys(project for row in rows for project in row["names"])
    for project in projects:
        yield from heading(str(safe(project, 60)), "", page)
        cells = [
            [text(safe(name, 60)), text(safe(r["key"], 60)), text((safe(r["class"], 80), "dim"))]
            for r in rows
            for name in r["names"].get(project, ())
        ]
        yield from page.laid(cells, 2, width=page.width, caps=caps(page, 1))


def caps(page: Page, key: int) -> dict[int, int]:
    """On 80 columns and more, no key (in this column) is broken: it is there to be copied."""
    return {1 - key: page.width // 3, key: 28 if page.width >= 80 else page.width // 3}


def shown(report: Report, page: Page) -> Iterator[Text]:
    """Each meaning of the name: what to paste, then what it is called and made of elsewhere."""
    for row in report.data["presets"]:
        yield from one(row, page)


def one(row: dict[str, Any], page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    yield from heading(str(safe(row["name"], 60)), str(safe(row["key"], 60)), page)
    if row["called"]:
        yield from page.laid([[text((f"so called by {safe(', '.join(row['called']), 200)}", "dim"))]], 2)
    yield text("")
    yield from pasted(row["code"], page)
    if row["flow_code"]:
        yield text("")
        yield from page.laid([[text(("on a flow model, such as SD 3 or Flux:", "dim"))]], 2)
        yield from pasted(row["flow_code"], page)
        if "config.shift" in row["flow_code"]:
            said = "with dynamic shifting, as in Flux dev, flow_shift is exp(mu) and not the config's shift"
            yield from page.laid([[text((said, "dim"))]], 2)
    yield text("")
    facts = [
        ("solver", solver(row)),
        ("for", about(row)),
        *((f"in {safe(project, 40)}", safe(" · ".join(names), 400)) for project, names in row["names"].items()),
        *elsewhere(row),
        ("note", safe(row["note"], 600)),
        ("from", safe(row["source"], 400)),
    ]
    yield from page.laid([[text((label, "dim")), text(said)] for label, said in facts if said], 2)


def pasted(code: str, page: Page) -> Iterator[Text]:
    for line in code.split("\n"):
        for part in broken(safe(line, 2_000), min(page.width, 140) - 4).split("\n"):
            yield text("    ", (Safe(part), "green"))


def solver(row: dict[str, Any]) -> Safe:
    order_of = "" if row["order"] is None else f"order {safe(row['order'], 10)}, "
    noise = "stochastic: its steps add noise" if row["stochastic"] else "deterministic: its steps add no noise"
    return Safe(f"{order_of}{noise}")


def about(row: dict[str, Any]) -> Safe:
    kinds = {
        "vp": "models with betas (Stable Diffusion)",
        "flow": "flow models (SD 3, Flux)",
        "edm": "models that train on sigmas (EDM)",
    }
    told = kinds.get(row["kind"], "")
    if row["kind"] != "flow" and row["flow"] is None and row["built"] == "from_config":
        told += ", not flow models"
    if row["built"] == "constructor":
        told += "; made by the constructor: the model's own config does not come in"
        told += f", but for {safe(', '.join(row['inherits']), 200)}" if row["inherits"] else ""
    return Safe(told)


def elsewhere(row: dict[str, Any]) -> Iterator[tuple[str, Safe]]:
    """The schedule of the sigmas, and the sampler, that other projects take for it."""
    if row["a1111"]:
        dropped = ", the last sigma but one dropped" if row["discard"] else ""
        yield "A1111's sigmas", Safe(f"schedule {safe(row['a1111'], 60)}{dropped}")
    if row["comfy"] or row["comfy_sampler"]:
        yield (
            "ComfyUI's",
            Safe(f"sampler {safe(row['comfy_sampler'] or '–', 60)}, scheduler {safe(row['comfy'] or '–', 60)}"),
        )


def order(row: dict[str, Any]) -> Safe:
    """``2`` or ``2 sde``."""
    number = "" if row["order"] is None else str(row["order"])
    return safe(f"{number} sde".strip() if row["stochastic"] else number, 12)


def options(row: dict[str, Any], page: Page) -> Safe:
    given = [f"{safe(k, 60)}={value_text(v, 60)}" for k, v in row["kwargs"].items()]
    if len(given) > _MOST and not page.verbose:
        given = [*given[: _MOST - 1], f"and {len(given) - _MOST + 1} more (-v)"]
    made = ["made by the constructor"] if row["built"] == "constructor" else []
    return Safe(", ".join([*made, *given]))
