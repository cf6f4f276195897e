"""Why a key went where it went, in plain words, from what was observed."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.tracing.lines import Step


def why(key: str, fate: str, steps: Sequence[Step], into: str, old: str, origin: str) -> str:
    """One sentence for one key.

    Args:
        key: the setting.
        fate: used, default, unused, hidden or dropped.
        steps: what the lines of ``extract_init_dict`` did to it.
        into: the class that is made.
        old: the class that the config is of, where it is known.
        origin: file, default, keyword, component or config.
    """
    if fate == "default":
        return f"nobody gave it: {into}'s own default"
    if fate == "used" and origin in ("keyword", "component"):
        gone = next((s for s in steps if s.store == "config"), None)
        if gone is not None and gone.gone and gone.because:
            return f"your keyword; the config's own value was {dropped(gone, key, into, old)}"
        return "your keyword replaces the config's value" if gone else "your keyword"
    if fate == "used":
        return f"{into} takes it: kept"
    if fate == "unused":
        return f"{into} takes no such keyword: returned as unused and lost, without a word"
    last = next((s for s in reversed(steps) if s.store == "config" and s.gone), None)
    if fate == "hidden" and last is None:
        text = f"{into} takes no such key: ignored with a warning in the log, and kept in the config all the same"
    elif fate == "hidden" and last is not None:
        text = f"{dropped(last, key, into, old)}: kept in the config as a hidden key that {into} does not read"
    else:
        text = f"dropped, {dropped(last, key, into, old)}" if last is not None else "dropped"
    return text


def dropped(step: Step, key: str, into: str, old: str) -> str:
    """Why a line took a key out of the config."""
    of = f"when the {old} was made" if old else "when the old object was made"
    said = {
        "used_defaults": f"listed in _use_default_values: not passed {of}, so it counts as that class's default",
        "expected_keys_comp_cls": f"taken by classes compatible with {into}, not by {into}",
        "unexpected_keys_from_orig": f"taken by {old or 'the class of the config'}, not by {into}",
        "startswith": "a private name",
        "quantization_config": "never passed to the class",
    }
    for name in step.because:
        if name in said:
            return said[name]
    if key.startswith("_"):
        return "a note of the library's own"
    return f"taken out by the line: {step.source}"
