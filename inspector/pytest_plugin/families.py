"""The check families: one test item for each, named as the module of the rules that it holds."""

from __future__ import annotations

BASELINE = "baseline"
"""What the baseline itself says: an entry that expired, or no longer occurs. Only where there is one."""
FAMILIES = ("files", "messages", "disk", "config", "live", "stale", "pipeline", "saving", BASELINE)
"""Every code belongs to one of these: see :func:`family`."""
BUILT = ("messages", "config", "live", "stale", "saving")
"""Those that need the live object, of which nothing is known where files alone were read."""
_PREFIXES = {"IPM": "messages", "IPB": BASELINE}


def family(code: str) -> str:
    """``config`` for IPC101: the module of its rule; what is found while reading and building belongs to ``files``."""
    from inspector.rules import RULES

    rule = RULES.get(code)
    module = rule.check.__module__.rpartition(".")[2] if rule is not None and rule.check is not None else ""
    return module if module in FAMILIES else _PREFIXES.get(code[:3], FAMILIES[0])


def selected(select: tuple[str, ...], *, baseline: bool) -> tuple[str, ...]:
    """The families of which at least one code counts."""
    there = tuple(f for f in FAMILIES if f != BASELINE or baseline)
    if not select:
        return there
    from inspector.rules import RULES

    wanted = {family(code) for code in RULES if code.startswith(select)}
    return tuple(f for f in there if f in wanted)
