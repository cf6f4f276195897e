"""Numbers that size things: judged before anything is built from them."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make

case = Family("numbers")
UNET, SCHEDULER = "unet/config.json", "scheduler/scheduler_config.json"
TEXT, VAE, FEATURES, TOKENIZER = (
    "text_encoder/config.json",
    "vae/config.json",
    "feature_extractor/preprocessor_config.json",
    "tokenizer/tokenizer_config.json",
)


def sets(file: str, **values: Any) -> Make:
    return lambda place: place.change(file, values)


for key, value in {
    "layers_per_block": 10**7, "num_layers": 10**7, "attention_head_dim": 0, "in_channels": 10**12, "out_channels": 10**12, "sample_size": 10**12,
    "norm_num_groups": 0, "layers_per_block ": None, "block_out_channels": [8] * 100_000, "down_block_types": ["DownBlock2D"] * 5000,
    "num_class_embeds": 10**12, "in_channels ": -4, "sample_size ": -1, "layers_per_block  ": -1, "block_out_channels ": [10**10, 10**10], "in_channels  ": 0,
    "block_out_channels  ": [0, 0], "block_out_channels   ": [-8, 16], "in_channels   ": 1e300, "layers_per_block   ": 1e9, "norm_num_groups ": -8, "num_train_timesteps": 10**8,
    "attention_head_dim ": -1,
}.items():  # fmt: skip
    if value is not None:
        shown = str(value)[:12]
        case(
            f"a unet of {key.strip()}={shown}",
            "IPI910",
            3,
            sets(UNET, **{key.strip(): value}),
            sample=key in ("layers_per_block", "block_out_channels "),
        )
for key, value in (
    ("num_train_timesteps", 10**8), ("num_train_timesteps", 10**30), ("num_train_timesteps", -1000), ("num_train_timesteps", 0), ("num_train_timesteps", 1e8),
    ("num_inference_steps", 10**8),
):  # fmt: skip
    case(
        f"a scheduler of {key}={str(value)[:12]}",
        "IPI910",
        3,
        sets(SCHEDULER, **{key: value}),
        sample=value in (10**8, 0),
    )
case(
    "a cosine of a hundred million steps",
    "IPI910",
    3,
    sets(SCHEDULER, num_train_timesteps=10**8, beta_schedule="squaredcos_cap_v2"),
)
for key, value in (
    ("num_hidden_layers", 10**7), ("num_hidden_layers", -1), ("num_attention_heads", 0), ("num_attention_heads", 10**9), ("hidden_size", 10**12), ("hidden_size", -16),
    ("vocab_size", 10**13), ("max_position_embeddings", 10**13), ("intermediate_size", 10**13), ("vocab_size", -522), ("hidden_size", 0),
):  # fmt: skip
    case(
        f"a text encoder of {key}={value}",
        "IPI910",
        3,
        sets(TEXT, **{key: value}),
        base="sd15",
        sample=key == "num_hidden_layers",
    )
case(
    "a text encoder within another's config",
    "IPI910",
    3,
    sets("safety_checker/config.json", vision_config={"num_hidden_layers": 10**8}),
    base="sd15",
)
for key, value in (
    ("latent_channels", 10**12),
    ("layers_per_block", 10**8),
    ("latent_channels", 0),
    ("block_out_channels", [8] * 5000),
):
    case(
        f"a vae of {key}={str(value)[:12]}",
        "IPI910",
        3,
        sets(VAE, **{key: value}),
        base="sd15",
        sample=value == 10**12,
    )
case(
    "a picture of 10^9 pixels a side",
    "",
    0,
    sets(FEATURES, size={"shortest_edge": 10**9}, crop_size={"height": 10**9, "width": 10**9}),
    base="sd15",
    worker=("...", 0),
)
case(
    "a tokenizer of as many words as transformers writes",
    "",
    0,
    sets(TOKENIZER, model_max_length=int(1e30)),
    base="sd15",
)
case("a rope of 10^12 positions", "IPI910", 3, sets(UNET, axes_dims_rope=[10**12, 1, 1], max_sequence_length=10**13))
case(
    "many layers, which the user allows",
    "IPC104",
    1,
    sets(UNET, num_layers=2000),
    arguments=("--limit", "blocks=4096"),
    worker=("IPC104 ...", 1),
)
case("as many steps as allowed", "", 0, sets(SCHEDULER, num_train_timesteps=1_000_000), worker=("...", 0), sample=True)
case("one step more than allowed", "IPI910", 3, sets(SCHEDULER, num_train_timesteps=1_000_001))
case(
    "a step offset of 10^15",
    "",
    0,
    sets("scheduler/scheduler_config.json", steps_offset=10**15),
    base="sd15",
    worker=("...", 1),
)
case(
    "a unet that needs a petabyte on paper",
    "",
    0,
    sets(UNET, block_out_channels=[1 << 26, 1 << 26]),
    worker=("...", 3),
    sample=True,
)
case(
    "a unet of many large layers",
    "",
    0,
    sets(UNET, layers_per_block=1024, block_out_channels=[1024, 1024]),
    worker=("...", 3),
)
case(
    "a text encoder of many layers",
    "",
    0,
    sets(TEXT, num_hidden_layers=1000),
    base="sd15",
    worker=("...", 0),
    sample=True,
)
case("betas that are no numbers", "IPI910", 1, sets(SCHEDULER, beta_start="1e-4"), worker=("IPI910 ...", 3))
case("a bool that is a text", "IPI910", 1, sets(SCHEDULER, clip_sample="false"), worker=("IPI910 ...", 1))
case("a bool that is null", "", 0, sets(SCHEDULER, clip_sample=None), worker=("...", 0))
case("a size that is a text", "", 0, sets(UNET, sample_size="32"), worker=("...", 0))
