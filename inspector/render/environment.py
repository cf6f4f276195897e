"""A machine's facts for a terminal, or what two machines do not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from inspector.model import Finding, Report
from inspector.render.code import broken
from inspector.render.escape import Safe, safe
from inspector.render.layout import STYLES, Piece, code_text, text

if TYPE_CHECKING:
    from rich.text import Text

    from inspector.render.human import Page

NAMED = {"IPE503": "changed", "IPE504": "missing", "IPE505": "added", "IPE508": "dirty", "IPE509": "stale"}
"""Findings whose files are named one by one, and where they are held."""
MOST = 12
MATTERS = {
    "code": ("configs, sigmas", "error"),
    "numbers": ("last digits", "warning"),
    "configs": ("configs", "warning"),
    "loading": ("what is found", "warning"),
    "same": ("none, proved", "clean"),
    "no": ("", ""),
}


def told(report: Report, page: Page) -> Iterator[Text]:
    """Findings with the files they name, then the facts; of two machines the differences instead."""
    yield from findings(report, page)
    if "differences" in report.data:
        yield from differences(report, page)
    if "differences" not in report.data or page.verbose:
        facts = report.data["facts"]
        usual = usual_place(facts)
        for title, of, rows in (
            ("packages", usual, packages(facts, usual)),
            ("machine", "", machine(facts)),
            ("variables", "", [[dim(n), text(safe(v or "(empty)", 400))] for n, v in facts["variables"].items()]),
            ("places", "", [place(p) for p in facts["places"]]),
        ):
            yield from section(title, of, rows, page)


def section(title: str, of: str, rows: list[list[Text]], page: Page) -> Iterator[Text]:
    from inspector.render.human import heading

    if rows:
        yield from heading(title, "", page)
        if of:
            yield from page.laid([[dim(of)]], 2)
        yield from page.laid(rows, 2, width=page.width, caps={0: 26, 1: max(24, page.width // 3)})


def dim(shown: object, limit: int = 400) -> Text:
    return text((safe(shown, limit), "dim"))


def findings(report: Report, page: Page) -> Iterator[Text]:
    for finding in report.findings:
        sure = "" if finding.confidence == "certain" else f" ({finding.confidence})"
        yield text("")
        yield from page.laid([[code_text(finding), text(safe(finding.message), sure)]], 2)
        names = files_of(finding, report)
        shown = names if page.verbose else names[:MOST]
        rest = [f"… and {len(names) - len(shown)} more (-v)"] if len(names) > len(shown) else []
        yield from page.laid([[dim(name)] for name in [*shown, *rest]], 12)
        if finding.fix:
            width = min(page.width, 140)
            fix = broken(safe(finding.fix, 1_000), width - 17)
            yield from page.laid([[text(("fix", "bold green")), text((fix, "green"))]], 12, width=width)


def files_of(finding: Finding, report: Report) -> list[str]:
    """The files that a finding counts, where its line does not name them all."""
    kind = NAMED.get(finding.code)
    if kind is not None:
        package = report.data["facts"]["packages"].get(finding.where, {})
        held = {"dirty": (package.get("git") or {}).get("dirty") or [], "stale": package.get("stale", [])}
        every = [
            n for d in package.get("installed", ()) for n in d.get(kind, ()) if f"{d['version']}" in finding.message
        ]
        names: list[str] = held.get(kind, every)
        return names if len(names) > 5 else []
    if finding.code == "IPE516":
        rows = [r for r in report.data["differences"] if r["what"] == finding.where]
        return [n for r in rows for n in r.get("decided", ())]
    return []


def differences(report: Report, page: Page) -> Iterator[Text]:
    """What matters is told above; here is the whole, side by side, what is of no consequence only with ``-v``."""
    rows, names = report.data["differences"], report.data["against"]["names"]
    shown = [r for r in rows if r["matters"] != "no" or page.verbose]
    head: list[list[Text]] = [[dim("what"), dim("decides"), *(dim(n, 60) for n in names)]] if shown else []
    table = []
    for row in shown:
        label, style = MATTERS[row["matters"]]
        values = [text(safe("not set" if row[s] is None else row[s], 200)) for s in ("here", "there")]
        table.append([text(safe(row["what"], 60)), text((label, STYLES.get(style, "dim"))), *values])
    yield from section("differences", "", [*head, *table], page)
    rest = len(rows) - len(shown)
    if rest:
        others = ", ".join(str(safe(r["what"], 40)) for r in rows if r["matters"] == "no")
        yield text("")
        yield from page.laid([[dim(f"{rest} of no consequence:"), dim(others, 2_000)]], 2)


def usual_place(facts: dict[str, Any]) -> str:
    """The folder that most packages are imported from, in words."""
    above = Counter(parent(p["imported"]) for p in facts["packages"].values() if p["imported"])
    return f"in {above.most_common(1)[0][0]}:" if above else ""


def parent(imported: dict[str, Any]) -> str:
    root = str(imported["root"])
    return root[: max(root.rfind("/"), root.rfind("\\"))]


def packages(facts: dict[str, Any], usual: str) -> list[list[Text]]:
    """Name, version, how it came there; where it lies only if that is not the usual place."""
    rows = []
    for package in facts["packages"].values():
        imported = package["imported"]
        version = package["version"] or package["metadata_version"] or "?"
        where: Piece = ("not importable", STYLES["error"])
        if imported is not None:
            where = ("" if f"in {parent(imported)}:" == usual else safe(imported["root"], 300), STYLES["warning"])
        rows.append([text(safe(package["name"], 40)), text(safe(version, 40)), text(origin(package)), text(where)])
    return rows


def origin(package: dict[str, Any]) -> Safe:
    """``pip, 1105 files as installed``; ``editable at 3f2a…``."""
    own = [d for d in package["installed"] if d["covers"]]
    git = package["git"]
    commit = f", commit {git['commit'][:12]}" if git and git["commit"] else ""
    if not own:
        return safe(f"not installed{commit}", 120)
    one = own[0]
    kind = one["origin"]["kind"]
    how = one["installer"] or kind if kind == "index" else kind
    if kind == "vcs":
        how = f"git at {one['origin']['commit'][:12]}"
    if one["reason"]:
        return safe(f"{how}{commit}, {'editable' if kind == 'editable' else 'not compared'}", 120)
    bad = len(one["changed"]) + len(one["missing"])
    state = f"{bad} of {one['listed']} files changed or gone" if bad else f"{one['listed']} files as installed"
    return safe(f"{how}{commit}, {state}", 120)


def machine(facts: dict[str, Any]) -> list[list[Text]]:
    python, system, torch, devices = (facts[k] for k in ("python", "platform", "torch", "devices"))
    kinds = [k for k in ("venv", "conda") if python[k]]
    kinds += ["frozen modules"] if python["frozen_modules"] else []
    kinds += ["python -O"] if python["optimize"] else []
    built = f"{python['implementation']} {python['version']}" + (f" ({', '.join(kinds)})" if kinds else "")
    link = f" → {python['real_executable']}" if python["real_executable"] != python["executable"] else ""
    sets = f" ({' '.join(system['capability'])})" if system["capability"] else ""
    rows = [
        ("Python", f"{built}  {python['executable']}{link}"),
        ("system", f"{system['system']} {system['release']} {system['machine']}, {system['libc']}"),
        ("processor", f"{system['processors']} × {system['processor']}{sets}"),
        ("folder", facts["folder"]["path"]),
    ]
    if facts["script"]:
        rows.append(("script", facts["script"]))
    if torch is not None:
        made = " ".join(str(torch[k]) for k in ("build", "cuda", "hip") if torch.get(k))
        asked = torch["asked"]
        more = f"; says {', '.join(f'{k} {v}' for k, v in asked.items() if k != 'file')}" if asked else ""
        rows.append(("torch", f"built for {made}{more}"))
    gpus = [f"{g['name']}, {g['memory_mib'] or '?'} MiB" for g in devices["gpus"]]
    driver = f"; driver {devices['driver']}, CUDA up to {devices['cuda']}" if devices["driver"] else ""
    rows.append(("GPU", "; ".join(gpus) + driver if gpus else devices["reason"]))
    return [[dim(name), text(safe(value, 600))] for name, value in rows]


def place(found: dict[str, Any]) -> list[Text]:
    """Where it lies, on what, and what is left."""
    path = found["path"] + (f" → {found['real']}" if found["real"] != found["path"] else "")
    system = f"{found['filesystem'] or 'unknown'} at {found['prefix'] or '?'}"
    system += f" from {found['device']}" if found["network"] else ""
    free = f", {found['free'] / (1 << 30):,.1f} GiB free" if found["free"] is not None else ""
    marks = [name for name, held in (("read-only", found["read_only"]), ("not there", not found["exists"])) if held]
    state = f"{system}{free}{', ' if marks else ''}{', '.join(marks)}"
    return [dim(found["what"], 40), dim(state), text(safe(path, 400))]
