"""What ``inspect-pipe debug`` tells, for a terminal: the pairs of folders, what is against them, the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Report
from inspector.render.escape import safe
from inspector.render.layout import GLYPHS, STYLES, code_text, text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

_MOST = 5
"""Names of files that are shown."""


def told(report: Report, page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    data = report.data
    yield from sides(data, page)
    if data["mappings"]:
        yield from heading("folders", "", page)
        shown = [p for p in data["mappings"] if page.verbose or telling(p)]
        for number, pair in enumerate(shown):
            if number:
                yield text("")
            yield from folders(pair, page)
        if len(shown) < len(data["mappings"]):
            yield text("")
            yield text(f"  and {len(data['mappings']) - len(shown)} more, all the same (-v)", style="dim")
    if data["session"] is not None and all(data["reason"] != f.message for f in report.findings):
        yield from heading("session", "", page)
        glyph, style = (GLYPHS["clean"], "clean") if data["bound"] else (GLYPHS["error"], "error")
        yield from page.laid([[text((glyph, STYLES[style])), text(safe(data["reason"], 600))]], 2)
    if report.findings:
        yield text("")
    for finding in report.findings:
        yield from page.laid([[code_text(finding), text(safe(finding.message, 900))]], 2)
        if finding.fix and (finding.severity != "note" or page.verbose):
            yield from page.laid([[text(("fix", "bold green")), text((safe(finding.fix, 600), "green"))]], 12)
    yield from configuration(data, page)


def sides(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """Where each side imports the library from."""
    facts = data["facts"]
    rows = []
    if facts["local"] == facts["remote"]:
        found = facts["local"]["packages"].get("diffusers")
        imported = None if found is None else found["imported"]
        where = "is not there" if imported is None else safe(imported["root"], 300)
        yield from page.laid([[text(("diffusers", "dim")), text((where, "dim"))]], 2, width=page.width)
        return
    for name in ("local", "remote"):
        side = facts[name]
        found = side["packages"].get("diffusers")
        imported = None if found is None else found["imported"]
        where = "no diffusers" if imported is None else safe(imported["root"], 300)
        version = "" if found is None else f"diffusers {safe(found['version'] or '?', 40)}"
        python = f"Python {safe(side['python']['version'], 20)}" if side["python"]["version"] else ""
        facts_ = " · ".join(part for part in (version, python) if part)
        rows.append([text((safe(side["name"], 60), "bold")), text(facts_)])
        rows.append([text(""), text((where, "dim"))])
    yield text("")
    yield from page.laid(rows, 2, width=page.width)


def telling(pair: dict[str, Any]) -> bool:
    """Whether a pair is the library's, the user's own, or one in which something differs."""
    unlike = pair["different"] or pair["only_local"] or pair["only_remote"]
    return bool(unlike) or "diffusers" in pair["packages"] or pair["kind"] in ("workspace", "named")


def folders(pair: dict[str, Any], page: Page) -> Iterator[Text]:
    """One pair, one line a side, and what became of comparing its files."""
    rows = [[text(("here", "dim")), text(safe(pair["local"], 400))]]
    rows.append([text(("there", "dim")), text(safe(pair["remote"], 400))])
    unlike = [*pair["different"], *pair["only_local"], *pair["only_remote"]]
    if pair["files"] and not unlike:
        what = f"{pair['files']:,} sources, all the same" if not pair["reason"] else f"{pair['files']:,} sources"
        more = f": {safe(pair['reason'], 200)}" if pair["reason"] else ""
        rows.append([text((GLYPHS["clean"], STYLES["clean"])), text((f"{what}{more}", "dim"))])
    elif unlike:
        shown = unlike if page.verbose else unlike[:_MOST]
        rest = f" and {len(unlike) - len(shown):,} more" if len(unlike) > len(shown) else ""
        one = len(pair["only_local"]) + len(pair["only_remote"])
        counts = [f"{pair['same']:,} the same", f"{len(pair['different']):,} differ"]
        counts += [f"{one:,} on one side only"] if one else []
        names = ", ".join(safe(n, 120) for n in shown)
        rows.append([text((GLYPHS["warning"], STYLES["warning"])), text(f"{', '.join(counts)}: {names}{rest}")])
    else:
        rows.append([text((GLYPHS["note"], STYLES["note"])), text((safe(pair["reason"] or "no sources", 200), "dim"))])
    yield from page.laid(rows, 2, width=page.width)


def configuration(data: dict[str, Any], page: Page) -> Iterator[Text]:
    """The entry of ``launch.json``; one that is there already, as it should be, by its name alone."""
    from inspector.render.human import heading

    file, name = data["launch_json"], safe(data["configuration"].get("name", ""), 80)
    if data["judged"]:
        return
    for command in data["start"]:
        yield from heading("start it there", "", page)
        yield text("  ", safe(command, 900))
    state = {
        "same": f"{name!s} is there, as it should be",
        "written": f"{name!s} is written",
        "differs": f"--write brings {name!s} up to date",
        "absent": f"--write adds {name!s}" if file["exists"] else f"--write makes it, with {name!s}",
    }[file["state"]]
    yield from heading(".vscode/launch.json", "", page)
    yield text(f"  {state}", style="dim")
    if file["state"] in ("same", "written") and not page.verbose:
        return
    yield text("")
    for line in data["configuration_text"]:
        yield text("  ", safe(line, 600))
