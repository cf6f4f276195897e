"""What is asked of an SMB server about an open file, and what its answers say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inspector.remote.connection import Item, Kind
from inspector.remote.smbtalk import UNIT, Asked

if TYPE_CHECKING:
    from smbprotocol.open import Open

FOLDER, REPARSE = 0x10, 0x400
LINKS = (0xA000000C, 0xA0000003)
"""Attributes of a file, and the tags of a symbolic link and of a mount point (MS-FSCC 2.6 and 2.1.2.1)."""


def page(file: Open) -> Asked:
    """The next piece of a listing."""
    from smbprotocol.file_info import FileInformationClass

    message, take = file.query_directory("*", FileInformationClass.FILE_ID_FULL_DIRECTORY_INFORMATION, 0, send=False)
    return message, take, 1


def part(file: Open, begin: int, length: int) -> Asked:
    message, take = file.read(begin, length, send=False)
    return message, take, -(-length // UNIT)


def close(file: Open) -> Asked:
    message, take = file.close(send=False)
    return message, take, 1


def first(answers: Sequence[Any]) -> Sequence[Any]:
    """The answers after that to the opening, which has to be none."""
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[1:]


def taken(answer: Any) -> bytes:
    """What was read; nothing behind the end of a file."""
    if isinstance(answer, Exception):
        if ended(answer):
            return b""
        raise answer
    return bytes(answer)


def ended(answer: Exception) -> bool:
    """Whether there is no more of an open file or folder; a folder without ``.`` that is empty has no such file."""
    from smbprotocol.exceptions import EndOfFile, NoMoreFiles, NoSuchFile

    return isinstance(answer, EndOfFile | NoMoreFiles | NoSuchFile)


def listed(entry: Any) -> Item:
    name = entry["file_name"].get_value().decode("utf-16-le", "surrogatepass")
    kind = kind_of(entry["file_attributes"].get_value(), entry["ea_size"].get_value())
    size = entry["end_of_file"].get_value() if kind == "file" else None
    return Item(name, kind, size, str(entry["last_write_time"].get_value()))


def kind_of(attributes: int, tag: int) -> Kind:
    """What a name is. ``tag`` is the kind of reparse point: only some lead elsewhere, others are files kept small."""
    if attributes & REPARSE and tag in LINKS:
        return "link"
    return "folder" if attributes & FOLDER else "file"
