"""Files of their true size that hold only their beginning: weights of which only the header was fetched."""

from __future__ import annotations

from pathlib import Path

FIRST = 1 << 16
"""Most headers fit into so many bytes, and no file server sends more at once."""


def hollow(to: Path, first: bytes, size: int) -> None:
    """A file of this size that begins with these bytes; the rest is a hole and takes no room.

    Raises:
        OSError: no file can be so large here, or the disk is full.
    """
    with open(to, "xb") as file:
        file.write(first)
        file.truncate(size)


def header_end(first: bytes, size: int, cap: int) -> int:
    """Where the header of a safetensors file ends, by its first bytes; 0 where reading on would not help.

    Args:
        first: at least eight bytes, or all there are.
        size: of the whole file.
        cap: the largest header that is read: a length is only a claim.
    """
    end = int.from_bytes(first[:8], "little") + 8
    return end if len(first) >= 8 and end <= min(size, cap + 8) else 0
