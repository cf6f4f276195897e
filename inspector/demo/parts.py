"""Tiny parts with real classes: tokenizers, encoders, autoencoders, U-Nets, the safety checker.

Only sizes are invented. What decides how a part is used (scaling factors, block types, number of levels, which
projection an encoder has) is what the well-known checkpoints have.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.model import InspectError

#: One width for every text encoder, so that any of them fits any U-Net.
WIDTH = 16
MERGES = ("c a", "ca t</w>", "p h", "o t", "ot o</w>", "ph oto</w>", "d o", "do g</w>")
WORDS = ("▁a", "▁cat", "▁dog", "▁of", "▁photo")


def cls(name: str, *homes: str) -> Any:
    """The class ``name`` of the installed library.

    Args:
        name: the class.
        homes: the modules it may live in, first found wins; ``diffusers`` when none is given. Retired pipelines moved
            to a folder of their own, so their parts have two homes.

    Raises:
        InspectError: the installed library no longer has it, or something it needs is missing.
    """
    homes = homes or ("diffusers",)
    library = homes[0].partition(".")[0]
    reasons = []
    for home in homes:
        try:
            found = getattr(importlib.import_module(home), name)
        except ModuleNotFoundError as error:
            if error.name == library:
                raise InspectError(
                    f"{name} needs {library}, which is not installed", hint=f"pip install {library}", where=name
                ) from error
            reasons.append(str(error))
            continue
        except (ImportError, AttributeError) as error:
            reasons.append(str(error).partition("\n")[0])
            continue
        # In place of a class whose requirements are missing, the libraries keep one that only says so.
        needs = getattr(found, "_backends", None)
        if needs and "dummy" in found.__module__:
            raise InspectError(f"{name} needs {', '.join(needs)}", hint=f"pip install {' '.join(needs)}", where=name)
        return found
    raise InspectError(
        f"the installed {library} has no {name} ({'; '.join(reasons)})",
        hint="inspect-pipe demo list shows the other demos",
        where=name,
    )


def seeded(make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What ``make`` makes, with the same random weights on every machine and in evaluation mode."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make(*args, **kwargs).eval()


def scheduler(config: dict[str, Any]) -> Any:
    """The scheduler of a published config, keys that only other schedulers take included."""
    return cls(config["_class_name"]).from_config(config)


def clip_tokenizer(padding: str = "<|endoftext|>") -> Any:
    """A CLIP tokenizer over bytes and three words, read from the two files that CLIP ships."""
    from tokenizers import pre_tokenizers

    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    merged = ["".join(pair.split()) for pair in MERGES]
    tokens = [*bytes_, *(b + "</w>" for b in bytes_), *merged, "<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}), encoding="utf-8")
        Path(folder, "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
        return cls("CLIPTokenizer", "transformers").from_pretrained(
            folder, model_max_length=77, pad_token=padding, local_files_only=True
        )


def t5_tokenizer(model_max_length: int) -> Any:
    """A T5 tokenizer over letters and five words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    letters = [("▁", -2.0), *((chr(c), -4.0) for c in range(33, 127)), *((w, -1.0) for w in WORDS)]
    fast = Tokenizer(models.Unigram([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters], unk_id=2))
    fast.pre_tokenizer = pre_tokenizers.Metaspace()
    fast.decoder = decoders.Metaspace()
    fast.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", special_tokens=[("</s>", 1)])
    with tempfile.TemporaryDirectory() as folder:
        fast.save(str(Path(folder, "tokenizer.json")))
        Path(folder, "tokenizer_config.json").write_text("{}", encoding="utf-8")
        return cls("T5TokenizerFast", "transformers").from_pretrained(
            folder, model_max_length=model_max_length, extra_ids=0, local_files_only=True
        )


def clip_text(tokenizer: Any, name: str = "CLIPTextModel", hidden_act: str = "quick_gelu", **changes: Any) -> Any:
    """A CLIP text encoder (``CLIPTextModelWithProjection`` for the second one of SDXL) that fits ``tokenizer``."""
    config = cls("CLIPTextConfig", "transformers")(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        hidden_act=hidden_act,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **changes,
    )
    return seeded(cls(name, "transformers"), config)


def t5_text(tokenizer: Any, width: int = WIDTH) -> Any:
    """A T5 v1.1 encoder: gated GELU and untied embeddings, as all diffusion pipelines use it."""
    config = cls("T5Config", "transformers")(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=8,
        d_ff=2 * WIDTH,
        num_heads=2,
        num_layers=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )
    return seeded(cls("T5EncoderModel", "transformers"), config)


def _vision(**changes: Any) -> dict[str, Any]:
    sizes = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return {**sizes, "image_size": 224, "patch_size": 14, "projection_dim": 8, **changes}


def clip_vision(projection_dim: int = WIDTH) -> Any:
    """A CLIP image encoder for 224x224 pixels."""
    config = cls("CLIPVisionConfig", "transformers")(**_vision(projection_dim=projection_dim))
    return seeded(cls("CLIPVisionModelWithProjection", "transformers"), config)


def image_processor() -> Any:
    """The CLIP image processor with its published values."""
    return cls("CLIPImageProcessor", "transformers")()


def safety_checker() -> Any:
    """The safety checker of Stable Diffusion, with random concepts: what it flags means nothing."""
    checker = cls("StableDiffusionSafetyChecker", "diffusers.pipelines.stable_diffusion")
    config = cls("CLIPConfig", "transformers")(vision_config=_vision(), projection_dim=8)
    return seeded(checker, config)


def vae(scaling_factor: float, sample_size: int, latent_channels: int = 4, **changes: Any) -> Any:
    """An autoencoder with the four levels, and so the factor of eight, of the real ones."""
    return seeded(
        cls("AutoencoderKL"),
        block_out_channels=(4, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=latent_channels,
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=sample_size,
        scaling_factor=scaling_factor,
        **changes,
    )


def movq(**changes: Any) -> Any:
    """The MoVQ image decoder that Kandinsky 2.2 and 3 share."""
    return seeded(
        cls("VQModel"),
        **{
            "block_out_channels": (32, 32, 32, 32),  # the narrowest that its spatial norm's 32 groups allow
            "down_block_types": ("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
            "up_block_types": ("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
            "latent_channels": 4,
            "layers_per_block": 1,
            "norm_num_groups": 32,
            "norm_type": "spatial",
            "num_vq_embeddings": 32,
            "vq_embed_dim": 4,
        }
        | changes,
    )


def prior_transformer() -> Any:
    """The prior of UnCLIP and Kandinsky 2.2: from a text embedding to an image embedding of the same width."""
    return seeded(
        cls("PriorTransformer"), num_attention_heads=2, attention_head_dim=8, num_layers=2, embedding_dim=WIDTH
    )
