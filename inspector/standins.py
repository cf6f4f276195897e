"""Typed stand-ins for what cannot be made from the files at hand: they pass type checks and answer from the JSON.

A stand-in is an instance of a subclass of the declared class that never ran its ``__init__``; it carries
``_inspect_pipe_standin``, by which the capture knows it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

MARK = "_inspect_pipe_standin"

# What pipelines ask of a tokenizer or processor at construction, as transformers answers when the JSON is silent.
SILENT: dict[str, Any] = {
    "model_max_length": int(1e30),
    "padding_side": "right",
    "chat_template": None,
    "eos_token_id": None,
    "pad_token_id": None,
    "bos_token_id": None,
    "mask_token_id": None,
    "eos_token": None,
    "pad_token": None,
    "bos_token": None,
    "unk_token": None,
}
PARTS = ("tokenizer", "image_processor", "feature_extractor", "video_processor")

# What they call on one at construction: nobody can count or look up words without the vocabulary.
CALLS: dict[str, Any] = {
    "apply_chat_template": lambda *given, **named: [[]],
    "encode": lambda *given, **named: [None],
    "convert_tokens_to_ids": lambda *given, **named: None,
}


def mark(obj: Any, library: str, cls: str, reason: str) -> Any:
    """Say on an object that it only stands in for the real one."""
    vars(obj)[MARK] = {"library": library, "cls": cls, "reason": reason}
    return obj


def stand_in(base: type | None, library: str, cls: str, reason: str, config: dict[str, Any]) -> Any:
    """An object that passes for the declared class and answers from its JSON.

    Args:
        base: the declared class, or None where it is not installed.
        library: the library the index names.
        cls: the class the index names.
        reason: why the real object could not be made.
        config: the component's own JSON (``tokenizer_config.json``, ``config.json``, …).
    """
    known = {k: v for k, v in config.items() if k.isidentifier() and not k.startswith("_")}

    def answer(self: Any, name: str) -> Any:
        if name in known:
            return known[name]
        if base is not None and name in SILENT:
            return SILENT[name]
        if base is not None and name in PARTS and name.replace("_", "") not in cls.lower():
            return SimpleNamespace(**{**SILENT, **CALLS, **known})
        raise AttributeError(f"{cls!r} stands in for the real object and has no {name!r}")

    body = {
        "__module__": base.__module__ if base else library,
        "__init__": lambda self: None,
        "__getattr__": answer,
        # a tokenizer's own setter keeps books that were never opened here (HiDream sets pad_token)
        "__setattr__": lambda self, name, value: self.__dict__.update({name: value}),
        "__len__": lambda self: int(known.get("vocab_size") or 0),
        "__bool__": lambda self: True,
    }
    body |= {name: call for name, call in CALLS.items() if base is not None and hasattr(base, name)}
    made: Any
    try:
        made = object.__new__(type(cls, (base,) if base else (), dict(body)))
    except TypeError:  # a final class, or one with a metaclass of its own: then it only looks alike
        made = object.__new__(type(cls, (), dict(body)))
    vars(made).update({k: v for k, v in known.items() if not hasattr(base, k)})
    vars(made)["config"] = SimpleNamespace(**known)
    return mark(made, library, cls, reason)
