"""``CLASS.from_config`` run for real under observation; and what a save and load would make of an object."""

from __future__ import annotations

import bdb
import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from inspector.tracing.extracting import Extraction
from inspector.tracing.lines import traced
from inspector.tracing.listening import overheard
from inspector.tracing.making import Making, configured, constructors


class Run:
    """One observed ``from_config``: the object it made or the error it raised, and what was seen on the way."""

    def __init__(self, cls: Any, config: Mapping[str, Any], keywords: Mapping[str, Any]) -> None:
        self.cls, self.config, self.keywords = cls, config, dict(keywords)
        self.seen, self.made, self.said = Extraction(), Making(cls), list[str]()
        self.obj: Any = None
        self.error = ""
        given = copy.copy(config)  # a dict of the same class, flags and all
        watchers = {cls.extract_init_dict.__func__.__code__: self.seen.begin}
        watchers |= dict.fromkeys(constructors(cls), self.made.begin)
        with lightly(cls), overheard() as self.said, traced(watchers):
            try:
                made = cls.from_config(given, **self.keywords)
                self.obj = made[0] if isinstance(made, tuple) else made  # return_unused_kwargs=True
            except bdb.BdbQuit:  # the user leaves the debugger that also looks on
                raise
            except Exception as error:  # noqa: BLE001 (what the library raises is what was asked for)
                self.error = failure(error)

    @property
    def items(self) -> dict[str, Any]:
        return dict(dict.items(configured(self.obj))) if self.obj is not None else {}


def failure(error: BaseException) -> str:
    """An exception as one line."""
    first = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(":. ")
    return first if len(first) <= 300 else f"{first[:299]}…"


@contextlib.contextmanager
def lightly(cls: type) -> Iterator[None]:
    """A model's weights are not what is asked for: they stay on the meta device."""
    if hasattr(cls, "named_parameters"):
        from inspector.makers import on_meta

        with on_meta():
            yield
    else:
        yield


def quietly(make: Any, cls: type) -> Any:
    """What ``make()`` returns, nothing of it printed; None when it raises."""
    with lightly(cls), overheard():
        try:
            return make()
        except Exception:  # noqa: BLE001 (an object that cannot be had: then nothing is said of it)
            return None


def saved_config(obj: Any) -> dict[str, Any] | None:
    """What the library's own save would write, from a copy of the config; None if it cannot be written."""
    return written(type(obj), configured(obj))


def written(cls: Any, config: Any) -> dict[str, Any] | None:
    """What an object of this class with this config would be saved as."""
    scratch = object.__new__(cls)
    vars(scratch)["_internal_dict"] = copy.copy(config)
    try:
        saved: dict[str, Any] = json.loads(cls.to_json_string(scratch))
    except Exception:  # noqa: BLE001 (not everything in a live config can be written: then nothing is said of saving)
        return None
    return saved


def reloaded(old: Any, saved: Mapping[str, Any] | None) -> Any:
    """The config that the old class has after its JSON is loaded again; None when it cannot be had."""
    if old is None or saved is None or hasattr(old, "register_modules"):
        return None
    return configured(quietly(lambda: old.from_config(dict(saved)), old))
