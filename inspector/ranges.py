"""The numbers of a config that size what is built, held to what an honest model asks for (SAFETY, rule 16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# What is built one by one: ten million of it hang whoever builds it, and fewer than none mean nothing.
_BLOCKS = re.compile(
    r"(^|_)(layers|blocks|depth|depths|heads|groups|n_layer|n_head)$"
    r"|^(layers|blocks|depth)_per_\w+$|_layers_per_block$|^num_(layers|blocks|heads|attention_heads)_\w+$|^block_repeat$"
)
_STEPS = re.compile(r"^num_(train_|inference_|diffusion_)?timesteps$|^num_inference_steps$|^timesteps$")
_EXTENT = re.compile(
    r"(^|_)(channels|channel|dim|dims|size|features|embeddings|embeds|experts|length|width|height|edge|vocab|tokens"
    r"|positions)$"
)
# Of these there is at least one in any model.
_NEEDED = re.compile(
    r"^(in_channels|out_channels|latent_channels|block_out_channels|hidden_size|sample_size|vocab_size"
    r"|attention_head_dim|num_attention_heads|norm_num_groups)$"
)
# Lists with one member a block: their length is the number of blocks.
_LISTS = re.compile(r"_(block|mid|attn)_types$|^block_out_channels$|_channels$|_mult(ipliers?)?$")


def absurd(config: dict[str, Any], *, blocks: int, steps: int, extent: int) -> str:
    """What is out of range in a config, in words; empty when nothing is.

    Args:
        config: the JSON of a model or scheduler.
        blocks: the most layers, blocks or heads of one kind.
        steps: the most timesteps.
        extent: the most channels, features or positions.
    """
    kinds = (("blocks", _BLOCKS, 0, blocks), ("steps", _STEPS, 1, steps), ("extent", _EXTENT, -1, extent))
    for path, key, value in walk(config):
        if isinstance(value, list):
            if len(value) > blocks and _LISTS.search(key):
                return f"{path} has {len(value)} members, and {blocks} are the most (--limit blocks=N)"
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        for name, pattern, least, most in kinds:
            if pattern.search(key):
                least = max(least, 1) if _NEEDED.search(key) else least
                if not least <= value <= most:
                    return f"{path} is {shown(value)}, out of the range {least} to {most} (--limit {name}=N)"
                break
    return ""


def walk(data: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every value that is no object, as (dotted path, nearest key, value); a list comes before its members."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from walk(value, f"{path}.{name}" if path else name, name)
        return
    yield path, key, data
    if isinstance(data, list):
        for index, value in enumerate(data):
            yield from walk(value, f"{path}[{index}]", key)


def shown(value: float) -> str:
    """A number, short enough to read."""
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}… ({len(text)} digits)"
