"""Objects made from another by the library itself: through ``from_config``, and saved and loaded again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from inspector.observe.settings import kind_of
from inspector.trying.copies import copied, quiet

HOW = {"pipeline": "from_pipe", "transformers": "a new model of its config"}
"""What stands for ``from_config`` where a class has none of its own."""


class UnmadeError(Exception):
    """There is no such way to make another object of this kind."""


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
        if not hasattr(obj, "config"):
            raise UnmadeError(f"a {type(obj).__name__} has no config to make another from")
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
        if kind in ("tokenizer", "processor"):
            inner.save_pretrained(folder)
            return type(obj).from_pretrained(folder)
        inner.save_config(folder)
        config = type(obj).load_config(folder)
        if kind == "model":
            return empty(obj, config)
        inner.save_pretrained(folder)
        return type(obj).from_pretrained(folder)


def saved_in(pipe: Any, name: str, part: Any) -> Any:
    """What comes back of a component that is saved and loaded with its pipeline, whose class may make it another."""
    alone = saved(part)
    try:
        with quiet(), tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True) as folder:
            twin = copied(pipe)
            setattr(twin, name, alone)
            return getattr(saved_pipeline(twin, Path(folder)), name)
    except Exception:  # noqa: BLE001 (this pipeline cannot be saved and loaded as a whole: that is no news of the line)
        return alone


def saved_pipeline(pipe: Any, folder: Path) -> Any:
    """The index is written and read by the library; the components that it names are handed over as they are."""
    import json

    pipe.save_config(folder)
    index = json.loads((folder / type(pipe).config_name).read_text(encoding="utf-8"))
    pairs = {n: p for n, p in index.items() if isinstance(p, list) and any(v is not None for v in p)}
    return type(pipe).from_pretrained(folder, **{n: p for n, p in pipe.components.items() if n in pairs})


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
