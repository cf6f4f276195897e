"""Folders for the servers: what a protocol has to get right, and a model of real size that takes no room."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

LARGE = 5 << 30
"""Bytes of a sparse file behind whose 4 GiB something stands."""
MARK = b"here it stands"


def odd(folder: Path) -> Path:
    """Files, folders, links of every kind, a FIFO, a file without permission, names that are not plain ASCII."""
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "config.json").write_text('{"sample_size": 64}')
    with (folder / "large.safetensors").open("wb") as large:
        large.truncate(LARGE)
        large.seek((4 << 30) + 7)
        large.write(MARK)
    (folder / "secret.json").write_text("{}")
    (folder / "secret.json").chmod(0)
    (folder / "模型 ü.json").write_text("{}")
    (folder / "to a file").symlink_to("unet/config.json")
    (folder / "to a folder").symlink_to("unet")
    (folder / "to a link").symlink_to("to a folder/config.json")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    return folder


def special(folder: Path) -> Path:
    """A FIFO, and a name that is not UTF-8."""
    os.mkfifo(folder / "fifo")
    (folder / os.fsdecode(b"\xff\xfe.json")).write_text("{}")
    return folder


def sdxl(folder: Path) -> tuple[Path, list[tuple[str, int, int]]]:
    """A sparse pipeline of 17 files and 6.9 GB, with four headers of 336 kB together; and what an inspection reads of
    it: path, begin, end.
    """
    texts = [
        "model_index.json",
        "scheduler/scheduler_config.json",
        *(f"{part}/config.json" for part in ("text_encoder", "text_encoder_2", "unet", "vae")),
        *(f"{part}/{name}.json" for part in ("tokenizer", "tokenizer_2") for name in ("vocab", "tokenizer_config")),
        *(f"{part}/special_tokens_map.json" for part in ("tokenizer", "tokenizer_2")),
        "tokenizer_2/added_tokens.json",
    ]
    weights = {
        "text_encoder/model": 0.5,
        "text_encoder_2/model": 1.4,
        "unet/diffusion_pytorch_model": 4.8,
        "vae/diffusion_pytorch_model": 0.2,
    }
    reads = []
    for text in texts:
        content = json.dumps({"_class_name": text, "filler": "x" * 700})
        (folder / text).parent.mkdir(parents=True, exist_ok=True)
        (folder / text).write_text(content)
        reads.append((text, 0, len(content)))
    for name, gigabytes in weights.items():
        header = b"{" + b" " * (84_000 - 2) + b"}"
        with (folder / f"{name}.fp16.safetensors").open("wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.truncate(int(gigabytes * 1e9))
        reads.append((f"{name}.fp16.safetensors", 0, 8 + len(header)))
    return folder, reads
