"""Paths where a name belongs, and paths in values: looked up in the listing or left alone, never followed."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place, tensor, weights

case = Family("paths")
INDEX = "model_index.json"
SHARDS = "unet/diffusion_pytorch_model.safetensors.index.json"


def component(name: str) -> Make:
    """A component of this name beside the others; outside there is one of its kind."""

    def make(place: Place) -> None:
        place.secret("unet/config.json")
        place.edit(INDEX, **{name: ["diffusers", "UNet2DModel"]})

    return make


def shard(*names: Any, file: str = SHARDS) -> Make:
    """An index of shards that names these."""

    def make(place: Place) -> None:
        weights(place.outside / "x.safetensors", {"a": tensor()})
        place.put(file, {"metadata": {"total_size": 8}, "weight_map": {f"t{n}": name for n, name in enumerate(names)}})

    return make


PATHS = {
    "the folder above": "../outside/unet", "an absolute path": "/etc", "a Windows path": "..\\outside\\unet",
    "a drive": "C:\\Windows", "a drive alone": "C:", "a share": "\\\\server\\share", "a home folder": "~", "a home folder of root": "~root/.ssh",
    "here": ".", "above": "..", "a folder and a name": "unet/..", "an address": "file:///etc/passwd", "a NUL": "unet\0",
    "a path behind a name": "unet/../../outside/unet", "a network address": "https://evil.example/unet",
}  # fmt: skip
for what, path in PATHS.items():
    case(
        f"a component called {what}",
        "IPC104 IPI906" if "\0" not in path else "IPC104 IPI906 IPI909",
        3,
        component(path),
        worker=("IPI906 ...", 3),
        sample=what in ("the folder above", "an absolute path"),
    )
    if what not in ("a network address", "a folder and a name"):
        case(
            f"a class called {what}",
            "IPI906 ..." if "\0" in path else "IPI906",
            3,
            (lambda p: lambda place: place.edit(INDEX, unet=["diffusers", p]))(path),
        )
        case(
            f"a library called {what}",
            "IPI906 ..." if "\0" in path else "IPI906",
            3,
            (lambda p: lambda place: place.edit(INDEX, unet=[p, "UNet2DModel"]))(path),
        )
    case(f"a shard called {what}", "IPI906", 3, shard(path), sample=what == "the folder above")
case("a shard outside that exists", "IPI906", 3, shard("../../outside/x.safetensors"), sample=True)
case("a shard of another component", "IPI906", 3, shard("../scheduler/scheduler_config.json"))
case("a shard in a folder below", "IPI906", 3, shard("sub/x.safetensors"))
case("a shard with an empty name", "IPI906", 3, shard(""))
case("a shard that is a number", "IPI902", 3, shard(7))
case("a shard that is null", "IPI902", 3, shard(None))
case("a shard that is a list", "IPI902", 3, shard(["diffusion_pytorch_model.safetensors"]))
case("a shard that is missing", "IPI901", 3, shard("diffusion_pytorch_model.safetensors", "gone.safetensors"))
case(
    "a shard of pickles outside",
    "IPI906",
    3,
    shard("../../outside/x.bin", file="unet/diffusion_pytorch_model.bin.index.json"),
    sample=True,
)
case(
    "a shard of another variant outside",
    "IPI906",
    3,
    shard("../../outside/x.safetensors", file="unet/diffusion_pytorch_model.safetensors.index.fp16.json"),
)
case("shards that are a list", "IPI902", 3, lambda p: p.put(SHARDS, {"weight_map": ["a", "b"]}))
case("shards that are nothing", "IPI902", 3, lambda p: p.put(SHARDS, {"metadata": {}}))

# Paths in values: honest files hold the paths of whoever wrote them, so these are left alone
for key, value in (
    ("_name_or_path", "/etc/passwd"), ("_name_or_path", "../../outside"), ("name", "~/.ssh/id_rsa"), ("name", "$HOME/.ssh"),
    ("name", "${HF_TOKEN}"), ("name", "%USERPROFILE%"), ("name", "file:///etc/passwd"), ("name", "http://169.254.169.254/latest"),
):  # fmt: skip
    case(
        f"{key} is {value}",
        "",
        0,
        (lambda k, v: lambda p: p.change("text_encoder/config.json", {k: v}))(key, value),
        base="sd15",
        worker=("...", 0),
        sample=value == "/etc/passwd",
    )
for key in (
    "vocab_file",
    "tokenizer_file",
    "merges_file",
    "special_tokens_map_file",
    "name_or_path",
    "added_tokens_file",
):

    def points(place: Place, key: str = key) -> None:
        place.change("tokenizer/tokenizer_config.json", {key: str(place.secret())})

    case(
        f"a tokenizer's {key} is a path outside",
        "",
        0,
        points,
        base="sd15",
        worker=("...", 0),
        sample=key == "tokenizer_file",
    )


@case("a chat template that includes a file outside", "", 0, base="sd15")
def included(place: Place) -> None:
    secret = place.secret()
    place.edit("tokenizer/tokenizer_config.json", chat_template=f"{{% include '{secret}' %}}")


@case("a file whose name has backslashes", "", 0)
def backslashes(place: Place) -> None:
    place.put("..\\..\\outside\\config.json", "{}")


@case("a file whose name is a Windows device", "", 0)
def device(place: Place) -> None:
    place.put("con.json", "{}")
    place.put("aux", "x")


@case("an adapter whose base is a path", "", 0)
def adapter(place: Place) -> None:
    place.put("unet/adapter_config.json", {"base_model_name_or_path": str(place.secret()), "peft_type": "LORA"})
