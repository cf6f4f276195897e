"""``python -m inspector.demo NAME``: build one demo's folder; what went wrong is one line of JSON on stdout."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from inspector.model import EXIT_UNREADABLE, InspectError

from . import build, find, root


def main(name: str) -> int:
    demo = find(name)
    target = root() / demo.name
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{demo.name}-", dir=target.parent))
    try:
        build(demo.name, aside)
        aside.chmod(0o755)  # mkdtemp's folders are private; a demo is as readable as any other folder
        try:
            aside.replace(target)
        except OSError:
            # Another process was first, and its folder is as good; anything else is a real error.
            if not target.is_dir():
                raise
    except InspectError as error:
        sys.stdout.write(json.dumps({"message": error.message, "hint": error.hint}) + "\n")
        return EXIT_UNREADABLE
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sys.stdout.write(f"{target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
