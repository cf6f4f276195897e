"""``.vscode/launch.json`` of a workspace: read, judged, brought up to date."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.debugging import jsonc
from inspector.debugging.entry import TYPES
from inspector.model import EXIT_UNWRITABLE, EXIT_USAGE, InspectError

LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class LaunchFile:
    """The file as it is; ``text`` is empty where there is none."""

    path: Path
    text: str
    configurations: tuple[dict[str, Any], ...] = ()

    def named(self, name: str) -> dict[str, Any]:
        """The configuration of a name.

        Raises:
            InspectError: there is none (exit status 2).
        """
        found = next((c for c in self.configurations if c.get("name") == name), None)
        if found is None:
            names = ", ".join(repr(str(c.get("name"))) for c in self.configurations[:8])
            hint = f"it has {names}" if names else "it has none; --write puts one in"
            raise InspectError(f"{self.path} has no configuration {name!r}", hint=hint, exit_code=EXIT_USAGE)
        return found

    def pythons(self) -> list[dict[str, Any]]:
        """The configurations that start a program of this machine under the Python debugger."""
        return [c for c in self.configurations if c.get("type") in TYPES and c.get("request") == "launch"]

    def with_(self, entry: Mapping[str, Any]) -> str:
        """The text with this configuration in it.

        Raises:
            InspectError: the file is broken (exit status 3).
        """
        try:
            return jsonc.put(self.text, dict(entry))
        except jsonc.BrokenError as error:
            raise broken(self.path, error) from error


def read(workspace: Path) -> LaunchFile:
    """The file of a workspace.

    Raises:
        InspectError: it cannot be read, or is not what VS Code would read (exit status 3).
    """
    path = workspace / ".vscode" / "launch.json"
    try:
        if not path.is_file():
            if os.path.lexists(path) and not path.exists():
                raise InspectError(f"{path} is a link to nothing", hint="remove it", where=str(path))
            return LaunchFile(path, "")
        data = path.read_bytes()
    except OSError as error:
        raise InspectError(f"{path} cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > LARGEST:
        raise InspectError(f"{path} is larger than {LARGEST:,} bytes", where=str(path))
    try:
        text = data.decode("utf-8")
        root = jsonc.parsed(text).value if text[jsonc.blank(text, 0) :] else {}
    except UnicodeDecodeError as error:
        raise InspectError(
            f"{path} is not UTF-8 at byte {error.start}", hint="save it as UTF-8", where=str(path)
        ) from error
    except jsonc.BrokenError as error:
        raise broken(path, error) from error
    held = root.get("configurations", []) if isinstance(root, dict) else None
    if not isinstance(held, list):
        raise InspectError(f"{path} holds no list of configurations", hint="it was left as it is", where=str(path))
    return LaunchFile(path, text, tuple(c for c in held if isinstance(c, dict)))


def broken(path: Path, error: jsonc.BrokenError) -> InspectError:
    hint = "nothing was written; mend that line first"
    return InspectError(f"{path}:{error.line}: {str(error).partition(': ')[2]}", hint=hint, where=str(path))


def refuse_models(workspace: Path) -> None:
    """Nothing is written into the folder of a model.

    Raises:
        InspectError: it is one, or lies in one (exit status 5).
    """
    real = Path(os.path.realpath(workspace))
    for folder in (real, *real.parents):
        if (folder / "model_index.json").is_file():
            raise InspectError(
                f"{folder} is a model's folder: nothing is written there", hint="name your code's: --workspace DIR",
                exit_code=EXIT_UNWRITABLE, where=str(folder),
            )  # fmt: skip
