"""Where a case stands: an honest folder to be spoiled, what lies outside of it, and payloads that leave a mark."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "hostile"
"""Folders as ``save_pretrained`` wrote them, of every weights file the header."""
CANARY = "canary-7f3a9c"
"""Stands in every file that nobody may read; no output may ever hold it."""


@dataclass(frozen=True)
class Place:
    """``model`` is the folder to be inspected, ``outside`` a folder beside it, ``marker`` what a payload touches."""

    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    @property
    def marker(self) -> Path:
        return self.root / "marker"

    def put(self, name: str, content: str | bytes | dict[str, Any] | list[Any] = "") -> Path:
        """Write a file of the folder, in the place of whatever is there."""
        path = self.model / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.drop(name)
        data = content if isinstance(content, str | bytes) else json.dumps(content, indent=2)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def drop(self, name: str) -> Path:
        """Remove a file or a folder; its path."""
        path = self.model / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif os.path.lexists(path):
            path.unlink()
        return path

    def edit(self, name: str, **values: Any) -> None:
        """Change keys of a JSON file."""
        self.change(name, values)

    def change(self, name: str, values: dict[str, Any]) -> None:
        self.put(name, {**json.loads((self.model / name).read_text()), **values})

    def rewrite(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of a file."""
        self.put(name, change((self.model / name).read_bytes()))

    def link(self, name: str, target: str | Path) -> None:
        """A link in the place of whatever is there."""
        path = self.drop(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def secret(self, name: str = "secret.json") -> Path:
        """A file outside that holds what nobody may see."""
        path = self.outside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"_class_name": "UNet2DModel", CANARY: CANARY}))
        return path

    def python(self) -> str:
        """Code that leaves the mark."""
        return f"open({str(self.marker)!r}, 'w').close()\n"

    def pickle(self, protocol: int = 4) -> bytes:
        """A pickle that leaves the mark when it is loaded."""
        code = self.python().strip()
        if protocol == 0:
            return b"cbuiltins\nexec\n(V" + code.encode() + b"\ntR."
        body = b"cbuiltins\nexec\nX" + struct.pack("<I", len(code)) + code.encode() + b"\x85R."
        if protocol < 4:
            return b"\x80" + bytes([protocol]) + body
        return b"\x80" + bytes([protocol]) + b"\x95" + struct.pack("<Q", len(body)) + body

    def torch(self) -> bytes:
        """A file as ``torch.save`` writes it, whose pickle leaves the mark when it is loaded."""
        path = self.root / "archive.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name, data in (("data.pkl", self.pickle(2)), ("version", b"3\n"), ("data/0", b"\0" * 16)):
                file.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
        data = path.read_bytes()
        path.unlink()
        return data


def begin(root: Path, base: str) -> Place:
    """An honest folder of its own; empty where there is no ``base``."""
    place = Place(root)
    place.outside.mkdir(parents=True)
    place.model.mkdir()
    for file in sorted((DATA / base).rglob("*")) if base else ():
        to = place.model / file.relative_to(DATA / base)
        if file.is_dir():
            to.mkdir(exist_ok=True)
        elif file.name.endswith(".safetensors.json"):
            weights(to.with_name(file.name.removesuffix(".json")), json.loads(file.read_bytes()))
        else:
            shutil.copyfile(file, to)
    return place


def weights(path: Path, header: Any, size: int | None = None, *, length: int | None = None) -> None:
    """A safetensors file of zeros with this header (a dict, or its bytes).

    Args:
        size: bytes of data after the header; by default what the header's offsets ask for.
        length: what the first eight bytes say, where that is a lie.
    """
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    if size is None:
        size = max((t["data_offsets"][1] for n, t in header.items() if n != "__metadata__"), default=0)
    if path.is_symlink() or path.exists():
        path.unlink()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(data) if length is None else length) + data)
        file.truncate(8 + len(data) + size)


def tensor(dtype: str = "F32", shape: tuple[int, ...] = (2,), begin: int = 0, end: int = 8) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
