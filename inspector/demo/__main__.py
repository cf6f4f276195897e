"""``python -m inspector.demo NAME…``: build demos; what went wrong is one line of JSON on stdout."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from inspector.model import EXIT_UNREADABLE, InspectError

from . import build, find, root


def make(name: str) -> None:
    """Build one demo aside and give it its name, all or nothing."""
    target = root() / find(name).home
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        build(name, aside)
        aside.chmod(0o755)  # mkdtemp's folders are private; a demo is as readable as any other folder
        try:
            aside.replace(target)
        except OSError:
            # Another process was first, and its folder is as good; anything else is a real error.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def main(*names: str) -> int:
    for name in names:
        try:
            make(name)
        except InspectError as error:
            said = {"message": error.message, "hint": error.hint, "where": f"demo:{name}"}
            sys.stdout.write(json.dumps(said) + "\n")
            return EXIT_UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
