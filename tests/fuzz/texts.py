"""Damage to JSON that knows its structure: values, keys, kinds, duplicates, nesting; and to its text and encoding."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

WEIRD: list[Any] = [
    None, True, False, 0, 1, -1, 10**7, 10**9, -(10**9), 10**30, 2**63, 1.5, -0.0, 1e308, 1e-308, float("inf"), "",
    "None", "nan", "x" * 5000, "../../etc/passwd", "/etc/passwd", "C:\\x", "~", "[red]x[/red]", "\x1b[31m", "\u202e",
    "a\nb", "::error::x", "=1+1", "<script>", "日本", "🦄", "\x00", "os", "diffusers", "UNet2DModel", "attacker/x",
    "https://user:pass@host/x", "hf_" + "a" * 34, [], [[]], [None], [1, 2, 3], ["diffusers", "UNet2DModel"],
    ["diffusers", "DDPMScheduler"], ["os", "system"], ["transformers", "CLIPTokenizer"], [None, None], [True, 1.0, "1"],
    ["a"] * 300, {}, {"a": 1}, {"": None}, {"auto_map": {"AutoModel": "x--y.Z"}}, {"_class_name": "DDPMScheduler"},
]  # fmt: skip
KEYS = [
    "", "items", "get", "self", "__dict__", "__class__", "_class_name", "_diffusers_version", "_name_or_path",
    "auto_map", "a.b", "a/b", "../x", "\x00", "\n", "🦄", "quantization_config", "num_train_timesteps", "in_channels",
    "sample_size", "block_out_channels", "layers_per_block", "trained_betas", "beta_schedule", "architectures",
    "model_type", "scheduler", "unet", "custom_pipelines", "weight_map", "metadata", "x" * 300, "schema", "findings",
    "data", "snapshot", "components",
]  # fmt: skip
_SPOTS = b'0123456789"{}[],:-+.eE \\/utfn\x00\xff\x80\xed\n'

Path = tuple[Any, ...]


def places(data: Any, at: Path = ()) -> list[Path]:
    """Where every value is, the whole first."""
    found = [at]
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        found += places(value, (*at, key))
    return found


def held(data: Any, at: Path) -> Any:
    for key in at:
        data = data[key]
    return data


@st.composite
def value(draw: st.DrawFn) -> Any:
    """Something that hardly anybody expects where it stands; now and then deep."""
    found = draw(st.sampled_from(WEIRD))
    how = draw(st.integers(0, 30))
    for _ in range({0: 70, 1: 3, 2: 63}.get(how, 0)):
        found = [found]
    return {draw(st.sampled_from(KEYS)): found} if how in (3, 4) else found


@st.composite
def changed(draw: st.DrawFn, data: Any) -> Any:
    """The data with one thing changed."""
    data = copy.deepcopy(data)
    spots = places(data)
    at = draw(st.sampled_from(spots))
    how = draw(st.sampled_from(["set", "set", "set", "drop", "add", "swap", "wrap", "kind", "rename"]))
    there = held(data, at)
    if how == "add" and isinstance(there, dict):
        there[draw(st.sampled_from(KEYS))] = draw(value())
        return data
    if not at:
        return draw(value()) if how == "set" else data
    home, key = held(data, at[:-1]), at[-1]
    if how == "drop":
        del home[key]
    elif how == "rename" and isinstance(home, dict):
        home[draw(st.sampled_from(KEYS))] = home.pop(key)
    elif how == "swap":
        home[key] = copy.deepcopy(held(data, draw(st.sampled_from(spots))))
    elif how == "wrap":
        home[key] = draw(st.sampled_from([[there], {"a": there}, [there, there]]))
    elif how == "kind":
        home[key] = draw(st.sampled_from([str(there), [there], not there, len(str(there)), float(len(str(there)))]))
    else:
        home[key] = draw(value())
    return data


@st.composite
def written(draw: st.DrawFn, data: Any) -> bytes:
    """The data as a file: changed a little, and now and then its text, too."""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        data = draw(changed(data))
    text = json.dumps(data, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans()))
    how = draw(st.integers(0, 40))
    if how == 0:
        return text.encode("utf-16")
    if how == 1:
        return b"\xef\xbb\xbf" + text.encode("utf-8", "surrogatepass")
    if how == 2 and text.startswith("{") and len(text) > 2:
        return (text[:-1].rstrip() + "," + text[1:]).encode("utf-8", "surrogatepass")  # every key twice
    if how == 3:
        return text.encode("latin-1", "replace")
    found = text.encode("utf-8", "surrogatepass")
    for _ in range({4: 1, 5: 1, 6: 2, 7: 3}.get(how, 0)):
        at = draw(st.integers(0, len(found)))
        spot = bytes([draw(st.sampled_from(_SPOTS))])
        rest = draw(st.sampled_from([found[at:], found[at + 1 :], b""]))
        found = found[:at] + draw(st.sampled_from([spot, b""])) + rest
    return found
