"""Objects made from another by the library itself: through ``from_config``, and saved and loaded again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from inspector.observe.settings import kind_of
from inspector.observe.state import live
from inspector.trying.copies import copied, quiet

HOW = {"pipeline": "from_pipe", "transformers": "a new model of its config"}
"""What stands for ``from_config`` where a class has none of its own."""


def from_config(obj: Any) -> Any:
    """What ``type(obj).from_config(obj.config)`` gives; a pipeline is made anew with ``from_pipe``, its equivalent."""
    kind = kind_of(obj)
    with quiet():
        if kind == "pipeline":
            inner = copied(obj)
            return type(obj).from_pipe(inner, torch_dtype=inner.dtype)
        if kind == "model":
            return empty(obj, obj.config)
        if kind == "transformers":
            return with_weights(type(obj), obj, obj.config.from_dict(obj.config.to_dict()))
        return type(obj).from_config(copied(obj).config)


def saved(obj: Any) -> Any:
    """What comes back when the object is saved and loaded again; weights are handed over, not written."""
    kind = kind_of(obj)
    with quiet(), tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True) as folder:
        if kind == "pipeline":
            return saved_pipeline(copied(obj), Path(folder))
        inner = copied(obj)
        if kind == "transformers":
            inner.config.save_pretrained(folder)
            return with_weights(type(obj), obj, type(obj.config).from_pretrained(folder))
        inner.save_config(folder)
        config = type(obj).load_config(folder)
        if kind == "model":
            return empty(obj, config)
        inner.save_pretrained(folder)
        return type(obj).from_pretrained(folder)


def saved_pipeline(pipe: Any, folder: Path) -> Any:
    """The index is written and read by the library; the components that it names are handed over as they are."""
    import json

    pipe.save_config(folder)
    index = json.loads((folder / type(pipe).config_name).read_text(encoding="utf-8"))
    parts = {}
    for name, part in pipe.components.items():
        pair = index.get(name)
        written = isinstance(pair, list) and any(v is not None for v in pair)
        parts[name] = part if written else None
    needed = {n for n, p in parts.items() if p is None and n not in type(pipe)._optional_components}
    if lost := [n for n in sorted(needed) if live(pipe).get(n) is not None]:
        raise ValueError(f"the saved index does not name {', '.join(lost)}")
    return type(pipe).from_pretrained(folder, **parts)


def empty(obj: Any, config: Any) -> Any:
    """A model of a config with the weights of another, where they fit; without weights where they do not."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        made = type(obj).from_config(config)
    return fitted(made, obj)


def with_weights(cls: Any, obj: Any, config: Any) -> Any:
    from accelerate import init_empty_weights

    with init_empty_weights():
        made = cls(config)
    return fitted(made, obj)


def fitted(made: Any, obj: Any) -> Any:
    try:
        made.load_state_dict(obj.state_dict(), assign=True)
        for name, buffer in obj.named_buffers():  # those that no state dict holds
            owner, _, short = name.rpartition(".")
            made.get_submodule(owner)._buffers[short] = buffer
    except (RuntimeError, AttributeError, KeyError):  # other shapes: what was made stays without weights
        return made
    return made.eval()
