"""Two community pipelines of our own, in folders as such pipelines are shared: the models, and a ``pipeline.py``.

Their index names ``["pipeline", CLASS]``: code of the folder's own, which nobody runs unless told to trust it.
"""

from __future__ import annotations

import json
from pathlib import Path

from . import parts
from .stable_diffusion import components


def _share(module: str, name: str, folder: Path) -> None:
    parts.cls(name, f"{__package__}.{module}")(**components()).save_pretrained(folder)
    # save_pretrained writes the bare class name; whoever shares the folder adds the code and points to it.
    index = folder / "model_index.json"
    written = json.loads(index.read_text(encoding="utf-8")) | {"_class_name": ["pipeline", name]}
    index.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    source = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    (folder / "pipeline.py").write_text(source, encoding="utf-8")


def community_lpw(folder: Path) -> None:
    _share("long_prompt", "LongPromptPipeline", folder)


def community_wildcard(folder: Path) -> None:
    _share("wildcard", "WildcardPipeline", folder)
