"""A Stable Diffusion XL folder of full size without its weights: true configs, true safetensors headers, sparse files.

``python -m tests.benchmarks.sdxl FOLDER`` writes it: 7 GB to look at, a few MB on disk.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

from inspector.demo.configs import SDXL

ENCODERS: dict[str, dict[str, Any]] = {
    "text_encoder": {"cls": "CLIPTextModel", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12}
    | {"num_attention_heads": 12, "projection_dim": 768, "hidden_act": "quick_gelu"},
    "text_encoder_2": {"cls": "CLIPTextModelWithProjection", "hidden_size": 1280, "intermediate_size": 5120}
    | {"num_hidden_layers": 32, "num_attention_heads": 20, "projection_dim": 1280, "hidden_act": "gelu"},
}
UNET: dict[str, Any] = {
    "sample_size": 128,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
VAE: dict[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 1024,
    "scaling_factor": 0.13025,
}


def write(folder: Path) -> None:
    """Write the whole folder."""
    import diffusers
    import torch
    import transformers

    parts: dict[str, Any] = {}
    with torch.device("meta"):
        parts["unet"] = diffusers.UNet2DConditionModel(**UNET)
        parts["vae"] = diffusers.AutoencoderKL(**VAE)
        for name, given in ENCODERS.items():
            fields = {k: v for k, v in given.items() if k != "cls"}
            parts[name] = getattr(transformers, given["cls"])(transformers.CLIPTextConfig(vocab_size=49408, **fields))
    index: dict[str, Any] = {
        "_class_name": "StableDiffusionXLPipeline",
        "_diffusers_version": diffusers.__version__,
        "force_zeros_for_empty_prompt": True,
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    }
    for name, part in parts.items():
        library = "transformers" if name in ENCODERS else "diffusers"
        index[name] = [library, type(part).__name__]
        (folder / name).mkdir(parents=True)
        if library == "diffusers":
            part.save_config(folder / name)
        else:
            part.config.save_pretrained(folder / name)
        file = "model.safetensors" if name in ENCODERS else "diffusion_pytorch_model.safetensors"
        sparse(folder / name / file, {key: list(tensor.shape) for key, tensor in part.state_dict().items()})
    (folder / "scheduler").mkdir()
    scheduler = {"_class_name": "EulerDiscreteScheduler", "_diffusers_version": diffusers.__version__, **SDXL}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler, indent=2))
    for name in ("tokenizer", "tokenizer_2"):
        index[name] = ["transformers", "CLIPTokenizer"]
        tokenizer(folder / name)
    (folder / "model_index.json").write_text(json.dumps(index, indent=2, sort_keys=True))


def sparse(file: Path, shapes: dict[str, list[int]]) -> None:
    """A safetensors file of float16 tensors: the header is true, the data a hole."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in sorted(shapes.items()):
        size = 2
        for n in shape:
            size *= n
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    with file.open("wb") as out:
        out.write(struct.pack("<Q", len(raw)) + raw)
        out.truncate(8 + len(raw) + offset)


def tokenizer(folder: Path) -> None:
    """A CLIP tokenizer of the real one's size: 49,408 entries, 48,894 merges, of no language."""
    folder.mkdir()
    letters = [chr(n) for n in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 324))]
    words = [*letters, *(f"{c}</w>" for c in letters)]
    merges = [f"{a} {b}" for a in letters for b in words[: -(-48_894 // len(letters))]][:48_894]
    vocab = dict.fromkeys([*words, *(m.replace(" ", "") for m in merges), "<|startoftext|>", "<|endoftext|>"])
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(vocab)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    config = {**special, "pad_token": "<|endoftext|>", "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
