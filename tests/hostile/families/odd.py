"""Values of types that nobody expects there: judged, or passed over, and never a crash."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("odd")
INDEX, UNET, SCHEDULER, TEXT = (
    "model_index.json",
    "unet/config.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
)
TOKENIZER, FEATURES = "tokenizer/tokenizer_config.json", "feature_extractor/preprocessor_config.json"
ODD: dict[str, Any] = {"a number": 5, "a list": [1, [2]], "an object": {"a": {"b": 1}}, "null": None, "true": True, "an empty text": "", "an empty list": [], "an empty object": {}}  # fmt: skip


ANY = -1
"""Of a build: any status of the contract; what the library makes of the value is its own matter."""
Labels = dict[str, tuple[str, int]]
SAME: Labels = {"else": ("...", 0)}
NAME: Labels = {"else": ("IPI910", 3), "an empty text": ("IPP201", 1)}
ENTRY: Labels = {"else": ("IPI910", 3), "null": ("", 0), "an empty list": ("", 0)}
NEEDED: Labels = {**ENTRY, "null": ("IPP202", 1), "an empty list": ("...", 0)}
TEXT_ONLY: Labels = {"else": ("...", 0), "an empty text": ("IPI910", 1)}
KEYS: tuple[tuple[str, str, str, Labels], ...] = (
    *(
        (UNET, key, "ddpm", SAME)
        for key in ("_diffusers_version", "block_out_channels", "down_block_types", "act_fn", "sample_size")
    ),
    *((file, "_class_name", "ddpm", NAME) for file in (UNET, SCHEDULER)),
    *(
        (TEXT, key, "sd15", SAME)
        for key in ("architectures", "model_type", "dtype", "quantization_config", "id2label", "hidden_act")
    ),
    *(("safety_checker/config.json", key, "sd15", SAME) for key in ("text_config", "vision_config")),
    *(
        (TOKENIZER, key, "sd15", SAME)
        for key in ("tokenizer_class", "model_max_length", "added_tokens_decoder", "pad_token", "chat_template")
    ),
    *((FEATURES, key, "sd15", SAME) for key in ("image_processor_type", "size", "image_mean")),
    *((SCHEDULER, key, "ddpm", SAME) for key in ("beta_schedule", "trained_betas", "prediction_type")),
    (SCHEDULER, "num_train_timesteps", "ddpm", TEXT_ONLY),
    (INDEX, "requires_safety_checker", "sd15", TEXT_ONLY),
    *((INDEX, key, "sd15", ENTRY) for key in ("safety_checker", "feature_extractor")),
    (INDEX, "unet", "sd15", NEEDED),
)


def sets(file: str, key: str, value: Any) -> Make:
    return lambda place: place.change(file, {key: value})


for file, key, base, labels in KEYS:
    for what, value in ODD.items():
        codes, status = labels.get(what, labels["else"])
        few = what in ("a number", "an object")
        case(
            f"{key} of {file} is {what}",
            codes,
            status,
            sets(file, key, value),
            base=base,
            worker=("...", ANY),
            heavy=not few,
        )
for what, content in {"nothing": "{}", "a list": "[]", "brackets": "[" * 100_000, "a model of nothing": '{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}', "garbage": "\x01\x02", "a model that is none": '{"model": {"type": "os.system"}}'}.items():  # fmt: skip
    case(
        f"a tokenizer.json of {what}",
        "...",
        0,
        (lambda c: lambda p: p.put("tokenizer/tokenizer.json", c))(content),
        base="sd15",
        worker=("...", 0),
    )
for name in ("spiece.model", "merges.txt", "vocab.txt", "vocab.json", "sentencepiece.bpe.model"):
    case(
        f"a {name} of garbage",
        "...",
        0,
        (lambda n: lambda p: p.put(f"tokenizer/{n}", bytes(range(256))))(name),
        base="sd15",
        worker=("...", 0),
    )


@case("a report that is brackets", "...", 3, worker=("...", 3))
def brackets(place: Place) -> str:
    return str(place.put("report.json", '{"schema": "inspect-pipe/1", "data": ' + "[" * 200_000))


@case("a report of a terabyte", "IPI904", 3, sample=True)
def sparse(place: Place) -> str:
    path = place.put("report.json", '{"schema": "inspect-pipe/1", "data": ')
    with open(path, "r+b") as file:
        file.truncate(1 << 40)
    return str(path)


@case("a report with a snapshot that is none", "...", 3, worker=("...", 3))
def none(place: Place) -> str:
    return str(
        place.put(
            "report.json", {"schema": "inspect-pipe/1", "data": {"snapshot": {"source": {"a": 1}, "components": 7}}}
        )
    )
