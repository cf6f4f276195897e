"""What is too large, too deep or too many: refused before it is read, and each limit from both of its sides."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place, tensor, weights

case = Family("caps")
UNET, INDEX = "unet/config.json", "model_index.json"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
SHARDS = f"{WEIGHTS}.index.json"


def sparse(name: str, size: int) -> Make:
    """A file of that many bytes, which takes none on the disk."""

    def make(place: Place) -> None:
        with open(place.put(name), "wb") as file:
            file.truncate(size)

    return make


def padded(name: str, size: int) -> Make:
    """A JSON of exactly that many bytes, most of them white space."""
    return lambda place: place.rewrite(
        name, lambda data: data.rstrip()[:-1] + b" " * (size - len(data.rstrip())) + b"}"
    )


def adds(name: str, value: Any, key: str = "note") -> Make:
    return lambda place: place.change(name, {key: value})


def nested(levels: int, kind: str = "list") -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value


case("a config of one byte more than allowed", "IPI904", 3, padded(UNET, (1 << 20) + 1), sample=True)
case("a config of as much as allowed", "", 0, padded(UNET, 1 << 20))
case(
    "a config of more, which the user allows", "", 0, padded(UNET, (1 << 20) + 1), arguments=("--limit", "config=2MiB")
)
case("an index of one byte more than allowed", "IPI904", 3, padded(INDEX, (1 << 20) + 1))
case("a config of a terabyte", "IPI904", 3, sparse(UNET, 1 << 40), sample=True)
case("an index of a terabyte", "IPI904", 3, sparse(INDEX, 1 << 40))
case("weights of a terabyte of zeros", "IPI911", 3, sparse(WEIGHTS, 1 << 40))
case("a readme of a terabyte", "", 0, sparse("README.md", 1 << 40))
case("a stray file of a terabyte", "", 0, sparse("stray.dat", 1 << 40))
case("words of a terabyte", "", 0, sparse("tokenizer/vocab.json", 1 << 40), base="sd15", worker=("...", 3))
case("an index of shards of 16 MiB and one byte", "IPI904", 3, sparse(SHARDS, (16 << 20) + 1))
case("a pickle of a terabyte", "", 0, sparse("unet/model.bin", 1 << 40))

case("a list 64 deep", "IPC104", 1, adds(UNET, nested(63)), worker=("IPC104 ...", 1))
case("a list 65 deep", "IPI904", 3, adds(UNET, nested(64)))
case("a list a thousand deep", "IPI904", 3, lambda p: p.put(UNET, '{"a": ' + "[" * 1000 + "]" * 1000 + "}") and None)
case(
    "objects a hundred thousand deep",
    "IPI904",
    3,
    lambda p: p.put(UNET, '{"a":' * 100_000 + "1" + "}" * 100_000) and None,
    sample=True,
)
case("half a million brackets that never close", "IPI904", 3, lambda p: p.put(UNET, "[" * 500_000) and None)
case("brackets deep in an index", "IPI904", 3, lambda p: p.put(INDEX, '{"a":' * 5000 + "1" + "}" * 5000) and None)
case(
    "brackets deep in an index of shards", "IPI904", 3, lambda p: p.put(SHARDS, "[" * 200_000 + "]" * 200_000) and None
)
case("brackets within a text", "IPC104", 1, adds(UNET, "[" * 5000 + "{" * 5000))
case(
    "brackets deep in a header",
    "IPI911",
    3,
    lambda p: weights(p.model / WEIGHTS, b'{"a":' * 5000 + b"1" + b"}" * 5000, 0),
)
case(
    "a deep text behind an escaped quote",
    "IPI904",
    3,
    lambda p: p.put(UNET, '{"a\\"": ' + "[" * 3000 + "]" * 3000 + "}") and None,
)

case("513 keys in a config", "IPI904", 3, lambda p: p.change(UNET, {f"key_{n}": n for n in range(513)}))
case(
    "fifty thousand keys in a config",
    "IPI904",
    3,
    lambda p: p.put(UNET, {f"k{n}": n for n in range(50_000)}) and None,
    sample=True,
)
case(
    "fifty thousand keys in an object of a config",
    "IPC104",
    1,
    adds(UNET, {f"k{n}": n for n in range(50_000)}),
    worker=("IPC104 ...", 1),
    heavy=True,
)
case(
    "a list of fifty thousand numbers",
    "IPC104",
    1,
    adds(UNET, list(range(50_000))),
    worker=("IPC104 ...", 1),
    sample=True,
)
case("a text of a million letters", "IPC104", 1, adds(UNET, "x" * 1_000_000), worker=("IPC104 ...", 1), heavy=True)
case(
    "a key of a million letters", "IPC104", 1, adds(UNET, 1, key="x" * 1_000_000), worker=("IPC104 ...", 1), heavy=True
)
case(
    "a number of a hundred thousand digits",
    "IPI910",
    3,
    lambda p: p.put(UNET, '{"sample_size": ' + "9" * 100_000 + "}") and None,
)
case(
    "three hundred components",
    "IPC104 IPI903",
    3,
    lambda p: p.change(INDEX, {f"part_{n}": ["antigravity", f"C{n}"] for n in range(300)}),
    worker=("IPI903 ...", 3),
    heavy=True,
)
case("a list of components", "IPI910", 3, lambda p: p.change(INDEX, {"unet": [["diffusers", "UNet2DModel"]] * 5000}))


@case("ten thousand names", "IPI904", 3, heavy=True)
def names(place: Place) -> None:
    (place.model / "zz").mkdir()
    for number in range(10_000):
        (place.model / "zz" / f"{number}").touch()


@case("more names than the user allows", "IPI904", 3, arguments=("--limit", "entries=100"), sample=True)
def hundred(place: Place) -> None:
    for number in range(100):
        place.put(f"zz/{number}.txt", "x")


@case("two thousand names", "", 0, heavy=True)
def fewer(place: Place) -> None:
    (place.model / "zz").mkdir()
    for number in range(2000):
        (place.model / "zz" / f"{number}.txt").write_text("x")


@case("folders thirty deep", "IPI904", 3)
def deep(place: Place) -> None:
    place.put("/".join(["d"] * 30) + "/x.txt", "x")


@case("a hundred thousand shards", "IPI901", 3)
def shards(place: Place) -> None:
    table = {f"t{n}": f"model-{n:05d}.safetensors" for n in range(100_000)}
    place.put(SHARDS, json.dumps({"weight_map": {**table, "t": "diffusion_pytorch_model.safetensors"}}))


@case("a header of fifty thousand tensors", "", 0)
def tensors(place: Place) -> None:
    weights(place.model / WEIGHTS, {f"t{n}": tensor("U8", (1,), n, n + 1) for n in range(50_000)})


@case("a header of over eight MiB", "IPI904", 3)
def header(place: Place) -> None:
    weights(place.model / WEIGHTS, b'{"a": ' + b" " * (9 << 20) + b"1}", 0)


@case("a thousand weights files", "", 0, heavy=True)
def files(place: Place) -> None:
    for number in range(1000):
        weights(place.model / f"unet/model-{number:05d}-of-01000.safetensors", {f"t{number}": tensor()})


@case("fifty configs among which none is used", "", 0, heavy=True)
def many(place: Place) -> None:
    for number in range(50):
        place.put(f"unet/extra_{number}.json", {"a": [0] * 10_000})
