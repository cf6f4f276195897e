"""Honest folders that look like trouble: they must stay clean."""

from __future__ import annotations

import json
import struct

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place, tensor, weights

case = Family("benign")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def puts(name: str, content: str | bytes = "x") -> Make:
    return lambda place: place.put(name, content) and None


case("as save_pretrained wrote it", "", 0, lambda p: None, sample=True)
case("a whole Stable Diffusion", "", 0, lambda p: None, base="sd15", sample=True)
case("one component", "", 0, lambda p: str(p.model / "unet"), sample=True)
case("one config", "", 0, lambda p: str(p.model / SCHEDULER))
case("the index itself", "", 0, lambda p: str(p.model / INDEX))
case(
    "weights beside a pickle of them",
    "",
    0,
    lambda p: p.put("unet/diffusion_pytorch_model.bin", p.torch()) and None,
    sample=True,
)
case(
    "weights in half precision beside",
    "",
    0,
    lambda p: weights(p.model / "unet/diffusion_pytorch_model.fp16.safetensors", {"a": tensor("F16", (4,))}),
)
case("weights in shards", "", 0, lambda p: shards(p))
case("weights left out", "", 0, lambda p: p.drop(WEIGHTS) and None, sample=True)
case(
    "weights with metadata",
    "",
    0,
    lambda p: weights(
        p.model / WEIGHTS, {"__metadata__": {"format": "pt", "modelspec.title": "x" * 5000}, "a": tensor()}
    ),
)
case(
    "weights with a tensor of nothing",
    "",
    0,
    lambda p: weights(p.model / WEIGHTS, {"a": tensor("F32", (0, 4), 0, 0), "b": tensor()}),
)
case(
    "weights with a tensor of no dimension", "", 0, lambda p: weights(p.model / WEIGHTS, {"a": tensor("F32", (), 0, 4)})
)
case(
    "weights whose header is padded",
    "",
    0,
    lambda p: weights(p.model / WEIGHTS, json.dumps({"a": tensor()}).encode() + b" " * 77, 8),
)
case(
    "weights of eight bits",
    "",
    0,
    lambda p: weights(p.model / WEIGHTS, {"a": tensor("F8_E4M3", (8,)), "b": tensor("I8", (8,), 8, 16)}),
)
case("no tensors at all", "", 0, lambda p: p.put(WEIGHTS, struct.pack("<Q", 2) + b"{}") and None)
case(
    "a readme",
    "",
    0,
    puts("README.md", "---\nlicense: mit\ntags:\n- text-to-image\n---\n# Prior art\n\nprior: none, a priori\n"),
    sample=True,
)
case(
    "a readme that explains pickles",
    "",
    0,
    puts("README.md", "# os.system\n```python\nimport pickle\ncos\nsystem\n```\n"),
)
case("a list of words that looks like a pickle", "", 0, puts("words.txt", "cat\ndog\nbird\ncow\n"))
case("a list of words that begins like a mark", "", 0, puts("words.txt", "(cat\nice\ncream\ncos\nin\n"))
case(
    "a license, a .gitattributes and a .gitignore",
    "",
    0,
    lambda p: (
        [p.put(n, "*.bin filter=lfs diff=lfs merge=lfs -text\n") for n in ("LICENSE", ".gitattributes", ".gitignore")]
        and None
    ),
)
case(
    "pictures",
    "",
    0,
    lambda p: (
        [p.put("sample.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99), p.put("sample.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 99)]
        and None
    ),
)
case("a document that is a zip archive", "", 0, puts("paper.docx", b"PK\x03\x04" + b"\0" * 99))
case(
    "weights of other frameworks",
    "",
    0,
    lambda p: (
        [
            p.put("unet/model.onnx", b"\x08\x07"),
            p.put("unet/flax_model.msgpack", b"\x81"),
            p.put("unet/tf_model.h5", b"\x89HDF\r\n\x1a\n"),
            p.put("unet/x.gguf", b"GGUF"),
        ]
        and None
    ),
)
case(
    "a Git LFS pointer of a pickle",
    "",
    0,
    puts("unet/diffusion_pytorch_model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
)
case("a folder of git", "", 0, puts(".git/config", "[core]\n"))
case("a cache of the Hub's client", "", 0, puts(".cache/huggingface/download/x.metadata", "0\n"))
case("compiled Python kept by an interpreter", "", 0, puts("__pycache__/x.cpython-311.pyc", b"\xa7\r\r\n" + b"\0" * 12))
case("a handler", "", 0, puts("handler.py", "class EndpointHandler: ...\n"))
case("infinity, as diffusers writes it", "", 0, lambda p: infinite(p), sample=True)
case("a path of its author", "", 0, lambda p: p.edit("unet/config.json", _name_or_path="/home/somebody/models/x"))
case(
    "an emoji and other alphabets",
    "",
    0,
    lambda p: p.edit("unet/config.json", _comment="调度器 مجدول שלום हिन्दी 👩\u200d💻 Łódź ’“”—"),
)
case(
    "words with every kind of character",
    "",
    0,
    lambda p: (
        p.put("tokenizer/added_tokens.json", {"\u200b": 1, "\u202e": 2, "items": 3, "self": 4, "[red]": 5}) and None
    ),
    base="sd15",
)
case(
    "a chat template",
    "",
    0,
    lambda p: p.edit(
        "tokenizer/tokenizer_config.json", chat_template="{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    ),
    base="sd15",
)
case(
    "a kernel of the library",
    "",
    0,
    lambda p: p.edit("text_encoder/config.json", _attn_implementation="sdpa"),
    base="sd15",
    worker=("...", 0),
)
case(
    "an adapter's config",
    "",
    0,
    lambda p: (
        p.put(
            "unet/adapter_config.json",
            {
                "auto_mapping": {
                    "base_model_class": "CLIPTextModel",
                    "parent_library": "transformers.models.clip.modeling_clip",
                },
                "base_model_name_or_path": "org/name",
                "peft_type": "LORA",
            },
        )
        and None
    ),
)
case("configs with Windows line ends", "", 0, lambda p: p.rewrite(UNET, lambda d: d.replace(b"\n", b"\r\n")))
case(
    "a config in one line",
    "",
    0,
    lambda p: p.rewrite(UNET, lambda d: json.dumps(json.loads(d), separators=(",", ":")).encode()),
)
case(
    "escapes in a config",
    "",
    0,
    lambda p: p.rewrite(UNET, lambda d: d.replace(b'"sample_size"', b'"sample\\u005fsize"')),
)
case(
    "a whole character of two halves",
    "",
    0,
    lambda p: p.rewrite(UNET, lambda d: d.replace(b"{", b'{"_note": "\\ud83d\\ude00", ', 1)),
)
case("a config saved by an older version", "", 0, lambda p: p.edit("unet/config.json", _diffusers_version="0.11.1"))
case(
    "a component that is absent on purpose",
    "",
    0,
    lambda p: p.edit(INDEX, safety_checker=[None, None]),
    base="sd15",
    worker=("...", 0),
)
case("other files beside the folder", "", 0, lambda p: p.secret() and None)


def shards(place: Place) -> None:
    place.drop(WEIGHTS)
    names = [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for name in names:
        weights(place.model / "unet" / name, {name: tensor()})
    place.put(f"{WEIGHTS}.index.json", {"metadata": {"total_size": 16}, "weight_map": {n: n for n in names}})


def infinite(place: Place) -> None:
    place.put(
        SCHEDULER,
        '{"_class_name": "DPMSolverMultistepScheduler", "_diffusers_version": "0.42.1", "lambda_min_clipped": -Infinity}',
    )
    place.edit(INDEX, scheduler=["diffusers", "DPMSolverMultistepScheduler"])
