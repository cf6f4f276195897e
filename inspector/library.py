"""What the installed library itself would do with an index: asked, never copied (IPP207).

Every function here calls the library's own resolution and hands back what it returned or the exception it raised.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


class ElsewhereError(Exception):
    """What is asked for here is done elsewhere in the installed version: nothing was observed."""


def resolve(library: str, cls: str) -> type | Exception:
    """The class that ``from_pretrained`` would take for an entry of the index, or the exception it would raise.

    Call this only for libraries of the table: for any other name the library looks among the imported modules.
    """
    from diffusers import pipelines
    from diffusers.pipelines import pipeline_loading_utils as loading

    try:
        found: type = loading.get_class_obj_and_candidates(library, cls, {}, pipelines, hasattr(pipelines, library))[0]
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return error
    return found


def remapped(library: str, cls: str) -> str:
    """The name that the library takes for a transformers class that was renamed."""
    if library != "transformers":
        return cls
    from diffusers.pipelines import pipeline_loading_utils as loading

    rename: Callable[[str], str | None] = getattr(loading, "_maybe_remap_transformers_class", lambda name: None)
    return rename(cls) or cls


def pipeline_class(index: dict[str, Any]) -> type | Exception:
    """The pipeline class that ``DiffusionPipeline.from_pretrained`` would take, or the exception it would raise."""
    from diffusers import DiffusionPipeline
    from diffusers.pipelines import pipeline_loading_utils as loading

    try:
        found: Any = loading._get_pipeline_class(DiffusionPipeline, config=index)
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return error
    return found if isinstance(found, type) else TypeError(f"{index['_class_name']} is no class")


def load_config(cls: Any, folder: Path) -> Exception | None:
    """What the library says to a component's JSON in this folder; None when it takes it."""
    try:
        cls.load_config(str(folder), local_files_only=True)
    except Exception as error:  # noqa: BLE001 (the exception is the answer)
        return error
    return None


def from_pretrained(cls: Any, folder: Path, components: dict[str, Any], *, code: bool = False) -> Any:
    """Run the library's own ``from_pretrained`` over an index, its components being the ones given.

    Args:
        cls: the pipeline's class.
        folder: the private copy of the folder.
        components: what the library would load, by name.
        code: the user allowed code that comes with the folder.

    Raises:
        Exception: whatever the library raises.
        ElsewhereError: this version of the library loads its components by another function.
    """
    with supplied(components):
        return cls.from_pretrained(str(folder), local_files_only=True, **({"trust_remote_code": True} if code else {}))


@contextlib.contextmanager
def supplied(components: dict[str, Any]) -> Iterator[None]:
    """Inside, the library takes each component from here instead of from its folder."""
    from diffusers.pipelines import pipeline_utils

    if not hasattr(pipeline_utils, "load_sub_model"):
        raise ElsewhereError("this version of diffusers has no load_sub_model")
    theirs = pipeline_utils.load_sub_model
    pipeline_utils.load_sub_model = lambda **asked: components[asked["name"]]
    try:
        yield
    finally:
        pipeline_utils.load_sub_model = theirs


def said(error: BaseException) -> str:
    """An exception in one line: its first sentence, for libraries explain at length."""
    text = " ".join(str(error).split())
    first = re.split(r"(?<=[a-z)`'])\. (?=[A-Z])", text)[0]
    return f"{type(error).__name__}: {first[:240]}{'…' if len(first) > 240 else ''}"
