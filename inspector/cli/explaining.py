"""``inspect-pipe explain`` and ``inspect-pipe demo``: pages about the codes and the gallery."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from inspector.cli.output import emit, look
from inspector.render.escape import Safe

_FAMILIES = {
    "IPC": "one setting, in all its places",
    "IPP": "the pipeline and its components",
    "IPD": "what differs between two sources",
    "IPI": "the files themselves",
    "IPS": "samplers: presets, their sigmas, timesteps and steps",
    "IPT": "what from_config makes of a config",
    "IPW": "settings that your code writes and reads while it runs",
    "IPR": "laws of round trips of a scheduler's config",
    "IPM": "what the libraries say while something is loaded",
    "IPB": "what a baseline accepts, and what has moved since a lock",
    "IPE": "the environment, and the debugger",
}
_TOLD_BY = {"IPS": "sigmas", "IPR": "roundtrip", "IPB81": "check", "IPE50": "env", "IPE51": "env", "IPE5": "debug"}
"""The command that tells of a code, by its start, where it is not ``diff``."""
_RESET, _BOLD, _DIM, _RED, _GREEN = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"


def explain_code(code: str | None) -> None:
    """Print the page of a code, or one line for each code that starts so.

    Raises:
        InspectError: no code starts so (exit status 2).
    """
    from inspector.rules import RULES
    from inspector.settings import check_codes

    wanted = (code or "").strip().upper()
    if wanted:
        check_codes([wanted])
    paint, width = look().color, min(look().width, 100)
    lines = page(wanted, width, paint) if wanted in RULES else listing(wanted, paint)
    emit(Safe("\n".join(lines) + "\n"))


def listing(start: str, paint: bool) -> Iterator[str]:
    from inspector.rules import RULES

    for family, about in _FAMILIES.items():
        found = [r for c, r in sorted(RULES.items()) if c.startswith(family) and c.startswith(start)]
        if not found:
            continue
        yield styled(f"{family}  {about}", _BOLD, paint)
        for rule in found:
            yield f"  {rule.code}  {styled(f'{rule.severity:<7}', _DIM, paint)}  {rule.title}"
        yield ""
    yield "inspect-pipe explain CODE shows why it bites, a wrong and a right example."


def page(code: str, width: int, paint: bool) -> Iterator[str]:
    from inspector.rules import RULES

    rule = RULES[code]
    yield styled(f"{rule.code} ({rule.severity}): {rule.title}", _BOLD, paint)
    yield ""
    for paragraph in re.split(r"\n\n(?!    )", rule.doc):
        yield from shown(paragraph, width, paint)
        yield ""
    yield styled("to accept it", _BOLD, paint)
    command = next((told for start, told in _TOLD_BY.items() if code.startswith(start)), "diff SOURCE")
    yield f"  once:     inspect-pipe {command} --ignore {code}"
    yield f'  for good: [tool.inspect-pipe] ignore = {{ {code} = "the reason" }}   in your pyproject.toml'
    if not code.startswith(("IPB", "IPR", "IPT", "IPD", "IPW", "IPE")):  # what no test of the plugin finds
        yield f'  in tests: @pytest.mark.pipe_ignore("{code}", reason="the reason")'


def shown(paragraph: str, width: int, paint: bool) -> Iterator[str]:
    """Prose wrapped; the wrong and the right example in their colours, code as it is."""
    color, code, first = "", False, True
    for line in paragraph.splitlines() if paragraph.startswith(("wrong:", "right:")) else [" ".join(paragraph.split())]:
        if line.startswith("```"):
            code = not code
        elif code:
            yield styled(f"    {line}", color, paint) if line else ""
        else:
            if line.startswith(("wrong:", "right:")):
                color = {"wrong": _RED, "right": _GREEN}[line[:5]]
                if not first:
                    yield ""
            for part in textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False):
                yield styled(part, color, paint)
        first = False


def demos(name: str) -> None:
    """Print the gallery, or make one demo and print its folder.

    Raises:
        InspectError: no such demo, or the installed library no longer has it.
    """
    from inspector import demo

    if name != "list":
        emit(Safe(f"{demo.path(name.removeprefix('demo:'))}\n"))
        return
    widest = max(map(len, demo.NAMES))
    lines = [f"demo:{n:<{widest}}  {about}" for n, about in demo.NAMES.items()]
    emit(Safe("\n".join(lines) + "\n"))


def styled(text: str, style: str, paint: bool) -> str:
    return f"{style}{text}{_RESET}" if paint else text
