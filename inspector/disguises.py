"""What a file is by its first bytes, whatever its name says: a pickle, an archive, a program."""

from __future__ import annotations

import re
from typing import Literal

What = Literal["pickle", "archive", "program"]

HEAD = 512
"""Bytes that tell."""
TORCH_MAGIC = (b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
"""How files of ``torch.save`` begin: a zip archive, and the long number of older versions."""
_DANGEROUS = (
    rb"(?:os|nt|posix|sys|pty|builtins|__builtin__|subprocess|importlib|runpy|commands|shutil|socket|webbrowser|pickle"
    rb"|operator|functools|code|codecs|timeit|marshal|types|platform|asyncio|multiprocessing)"
)
_BEGINNINGS: tuple[tuple[bytes, What, str], ...] = (
    (rb"\x80[\x00-\x05]", "pickle", "a pickle"),
    # a pickle without a protocol has no mark: a module and a name on lines of their own, then what is called with
    (rb"[(\]}ld0-9p\n]{0,16}c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n(?:p\d+\n|q.|r.{4})?[(\]})]", "pickle", "a pickle"),
    (rb"[(\]}ld0-9p\n]{0,16}c" + _DANGEROUS + rb"(?:\.\w+)*\n\w+\n", "pickle", "a pickle"),
    (rb"\(.{0,256}?[\n(]i" + _DANGEROUS + rb"\n\w+\n", "pickle", "a pickle"),
    (rb"\x7fELF", "program", "a program"),
    (rb"MZ.{0,6}\x00", "program", "a program"),
    (rb"\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe", "program", "a program"),
    (rb"\x00asm", "program", "a program"),
    (rb".\x0d\x0d\x0a.{12}[\xe3\x63]|[\x00-\xff]{2}\r\n\x00{4}", "program", "compiled Python"),
    (rb"PK\x03\x04|PK\x05\x06|PK\x07\x08", "archive", "a zip archive"),
    (rb"\x1f\x8b", "archive", "a gzip archive"),
    (rb"BZh[1-9]1AY&SY", "archive", "a bzip2 archive"),
    (rb"\xfd7zXZ\x00", "archive", "an xz archive"),
    (rb"7z\xbc\xaf'\x1c", "archive", "a 7-zip archive"),
    (rb"\x28\xb5\x2f\xfd", "archive", "a zstandard archive"),
    (rb"Rar!\x1a\x07", "archive", "a rar archive"),
    (rb".{257}ustar", "archive", "a tar archive"),
    (rb"\x89HDF\r\n\x1a\n", "archive", "an HDF5 file"),
    (rb"\x93NUMPY", "archive", "a numpy file"),
)
_MAGIC = [(re.compile(pattern, re.DOTALL), what, shown) for pattern, what, shown in _BEGINNINGS]


def told(first: bytes) -> tuple[What | Literal[""], str]:
    """What a file that begins so is, for the program and for the reader; empty for all others."""
    return next(((what, shown) for pattern, what, shown in _MAGIC if pattern.match(first)), ("", ""))
