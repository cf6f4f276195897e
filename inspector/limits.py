"""The caps for reading a folder that is not trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from inspector.model import EXIT_USAGE, InspectError

_UNITS = {"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps, sizes in bytes: what an honest model folder stays well below. ``--limit NAME=N`` sets one.

    ``config``, ``index``, ``vocabulary``, ``header``: a settings file, the index of a sharded weights file, a file of
    words, the header of a weights file. ``depth``: brackets in a JSON. ``entries``, ``levels``: names in a folder, and
    folders in folders. ``seconds``: time spent reading, all files together. ``keys``: settings in one config, or
    entries in an index. ``blocks``, ``steps``, ``extent``: the largest count of layers, of timesteps, and of channels
    and the like, that a config may ask to be built.
    """

    config: int = 1 << 20
    index: int = 16 << 20
    vocabulary: int = 64 << 20
    header: int = 8 << 20
    depth: int = 64
    entries: int = 10_000
    levels: int = 16
    seconds: int = 20
    keys: int = 512
    blocks: int = 1024
    steps: int = 1_000_000
    extent: int = 1 << 28
    fetched: int = 256 << 20

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Limits:
        """``["config=2MiB", "entries=20000"]`` on top of the defaults.

        Raises:
            InspectError: an unknown name or no number (exit 2).
        """
        limits = cls()
        names = [f.name for f in fields(cls)]
        for text in texts:
            name, _, number = text.partition("=")
            unit = next((u for u in _UNITS if number.lower().endswith(u)), "")
            digits = number[: len(number) - len(unit)].strip()
            if name not in names or not (digits.isascii() and digits.isdecimal()) or not 0 < len(digits) <= 15:
                hint = f"NAME is one of {', '.join(names)}; N is a number, and may end in KiB, MiB or GiB"
                raise InspectError(f"--limit {text}: want NAME=N", hint=hint, exit_code=EXIT_USAGE)
            limits = replace(limits, **{name: max(1, int(digits) * _UNITS.get(unit, 1))})
        return limits
