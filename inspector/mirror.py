"""A private copy of the small files of a folder, so that no library ever opens the folder itself.

Tokenizers, processors and transformers configs want a path. They get one in the worker's own temporary folder,
filled through :mod:`inspector.reading`: nothing there is a link, a device or larger than its cap.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspector.library import said
from inspector.reading import INDEX_OF_SHARDS, SMALL, Folder, ReadError
from inspector.sources import INDEX
from inspector.texts import foreign

# Of the folder's files SMALL ones are copied, and code where it is allowed; weights never.
CODE = (".py",)
WORDS = ("vocab.json", "tokenizer.json", "added_tokens.json", "merges.json")


class Mirror:
    """Copies of one folder's small files, made when a component asks for them.

    Args:
        folder: the vetted folder.
        root: an empty folder of this process.
        code: the user allowed code that comes with the folder, so that it is copied too.
    """

    def __init__(self, folder: Folder, root: Path, *, code: bool = False) -> None:
        self.folder, self.root, self.code = folder, root, code
        self._done: set[str] = set()

    def has_folder(self, name: str) -> bool:
        entry = self.folder.entries.get(name)
        return entry is not None and entry.kind == "folder"

    def prefix(self, name: str) -> str:
        """Where the library looks for a component: its own folder, or the pipeline's when it has none."""
        return name + "/" if name and self.has_folder(name) else ""

    def files(self, name: str) -> list[str]:
        """The small regular files of a component, relative to its folder."""
        prefix = self.prefix(name)
        endings = SMALL + CODE if self.code else SMALL
        return [
            e.removeprefix(prefix)
            for e, entry in self.folder.entries.items()
            if e.startswith(prefix) and "/" not in e.removeprefix(prefix) and entry.kind == "file"
            if e.endswith(endings) and not INDEX_OF_SHARDS.search(e)
        ]

    def json(self, name: str, file: str) -> dict[str, Any] | None:
        """One JSON of a component, strictly read; None when there is no such file.

        Raises:
            ReadError: the file is there and is not what it should be.
        """
        path = self.prefix(name) + file
        return self.folder.json(path) if path in self.folder.entries else None

    def place(self, name: str) -> Path:
        """The copy of a component's folder, where the library may look."""
        prefix = self.prefix(name)
        target = self.root / prefix if prefix else self.root
        if prefix in self._done:
            return target
        target.mkdir(parents=True, exist_ok=True)
        for file in self.files(name):
            try:
                self.copy(prefix + file, target / file)
            except ReadError:  # of the files beside a pipeline's folders the library reads the index alone
                if prefix or file == INDEX:
                    raise
        self._done.add(prefix)
        return target

    def copy(self, name: str, target: Path) -> None:
        """Copy one file: a config as it was understood, anything else byte by byte."""
        if name.endswith(".json") and not name.endswith(WORDS):
            config = self.folder.json(name)
            # what points a library at code is reported, and not passed on
            target.write_text(json.dumps({k: v for k, v in config.items() if self.code or not foreign(k, v)}))
        else:
            target.write_bytes(self.folder.content(name))

    def raw(self, name: str, file: str) -> Path:
        """A copy of a JSON exactly as it is, however broken: to see what the library says about it."""
        target = self.root / "raw" / self.prefix(name)
        target.mkdir(parents=True, exist_ok=True)
        (target / file).write_bytes(self.folder.content(self.prefix(name) + file))
        return target

    def said(self, error: BaseException) -> str:
        """An exception in one line, naming the user's folder where the library named the copy."""
        text = said(error).replace(str(self.root / "raw"), str(self.folder.root))
        return text.replace(str(self.root), str(self.folder.root))
