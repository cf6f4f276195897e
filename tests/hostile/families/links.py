"""Links: followed inside the folder and into the blobs of the same Hub cache, nowhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place, tensor, weights

case = Family("links")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def points(name: str, target: str, *, secret: str = "secret.json") -> Make:
    def make(place: Place) -> None:
        place.secret(secret)
        place.link(name, target)

    return make


for file in (UNET, SCHEDULER, INDEX, "README.md", "unet/extra.json", "stray.txt", "LICENSE", "tokenizer/vocab.json"):
    case(
        f"{file} leads outside",
        "IPI905",
        3,
        points(file, os.path.relpath("outside/secret.json", os.path.dirname(f"model/{file}"))),
        sample=file in (UNET, INDEX),
    )
for target in (
    "/etc/passwd", "/proc/self/environ", "/proc/self/mem", "/proc/self/fd/0", "/proc/self/root/etc/passwd", "/proc/self/cwd",
    "/dev/zero", "/dev/random", "/dev/stdin", "/dev/tty", "/", "/etc/hostname", "//etc/passwd", "/proc/1/environ",
):  # fmt: skip
    case(f"a config leads to {target}", "IPI905", 3, points(UNET, target), sample=target == "/proc/self/environ")
case("the index leads to the environment", "IPI905", 3, points(INDEX, "/proc/self/environ"))
case(
    "a link within a link leads outside",
    "IPI905",
    3,
    lambda p: (points("first", "../outside")(p), p.link(UNET, "../first/secret.json")),
)
case(
    "a folder leads outside",
    "IPI905 IPP209",
    3,
    lambda p: (p.secret("unet/config.json"), p.link("unet", "../outside/unet")),
    sample=True,
)
case("a folder leads above", "IPI905 IPP209", 3, lambda p: p.link("unet", ".."))
case("a folder leads to the root", "IPI905 IPP209", 3, lambda p: p.link("unet", "/"))
case("a stray folder leads outside", "IPI905", 3, lambda p: p.link("extra", "../outside"))
case("a link leads to nothing", "IPI901", 3, lambda p: p.link(UNET, "gone.json"), sample=True)
case("a stray link leads to nothing", "IPI901", 3, lambda p: p.link("stray.txt", "gone.txt"))
case("a link leads to itself", "IPI905", 3, lambda p: p.link(UNET, "config.json"))
case(
    "two links lead to each other",
    "IPI905",
    3,
    lambda p: (p.link(UNET, "other.json"), p.link("unet/other.json", "config.json")),
)
case("a folder leads to itself", "IPI905", 3, lambda p: p.link("extra", "."))
case("a folder leads to its own parent", "IPI905", 3, lambda p: p.link("unet/back", ".."), sample=True)
case("links lead out and in again", "IPI905", 3, lambda p: p.link(UNET, "../../model/unet/kept.json"))
case("a link to a folder where a file belongs", "IPI905", 3, lambda p: p.link("unet/config.json", "../scheduler"))
case(
    "a name that only begins like the folder's",
    "IPI905",
    3,
    lambda p: (
        (p.root / "model-secret").mkdir(),
        (p.root / "model-secret/config.json").write_text("{}"),
        p.link(UNET, str(p.root / "model-secret/config.json")),
    ),
)


@case("forty links in a row", "IPI905", 3)
def row(place: Place) -> None:
    kept = (place.model / UNET).read_bytes()
    place.put("unet/link40", kept)
    for number in range(40):
        place.link(f"unet/link{number}", f"link{number + 1}")
    place.link(UNET, "link0")


@case("weights lead outside", "IPI905", 3, sample=True)
def weight(place: Place) -> None:
    weights(place.outside / "x.safetensors", {"a": tensor()})
    place.link(WEIGHTS, "../../outside/x.safetensors")


case(
    "a tokenizer's words lead outside",
    "IPI905",
    3,
    lambda p: (p.secret("tokenizer.json"), p.link("tokenizer/tokenizer.json", "../../outside/tokenizer.json")) and None,
    base="sd15",
    sample=True,
)


@case("a pickle outside behind a link", "IPI905", 3)
def pickled(place: Place) -> None:
    (place.outside / "x.pkl").write_bytes(place.pickle())
    place.link("data.pkl", "../outside/x.pkl")


@case("links inside", "", 0, sample=True)
def inside(place: Place) -> None:
    shutil.move(place.model / UNET, place.model / "kept.json")
    place.link(UNET, "../kept.json")
    place.link("scheduler/alias.json", str(place.model / SCHEDULER))


@case("a folder that is a link inside", "", 0)
def folder(place: Place) -> None:
    shutil.move(place.model / "unet", place.model / "kept")
    place.link("unet", "kept")


@case("the folder itself behind a link", "", 0)
def root(place: Place) -> str:
    (place.root / "alias").symlink_to(place.model)
    return str(place.root / "alias")


@case("hard links", "", 0)
def hard(place: Place) -> None:
    """A second name of a file is a regular file; what it holds is judged like any other."""
    kept = place.root / "kept"
    os.rename(place.model / UNET, kept)
    os.link(kept, place.model / UNET)


@case("a hard link to what is no config", "IPI902", 3)
def foreign(place: Place) -> None:
    kept = place.root / "kept"
    kept.write_text("root:x:0:0:canary-7f3a9c:/root:/bin/sh\n")
    place.drop(UNET)
    os.link(kept, place.model / UNET)


def cached(place: Place) -> Path:
    """The folder as a Hub cache keeps it: a snapshot of links into blobs; what it holds is moved there."""
    top = place.root / "models--org--name"
    snapshot = top / "snapshots" / ("0" * 40)
    (top / "blobs").mkdir(parents=True)
    for number, file in enumerate(sorted(p for p in place.model.rglob("*") if p.is_file())):
        shutil.move(file, top / "blobs" / f"{number:064x}")
        link = snapshot / file.relative_to(place.model)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(top / "blobs" / f"{number:064x}", link.parent))
    shutil.rmtree(place.model)
    place.model.mkdir()
    return snapshot


def relinked(link: Path, target: str) -> str:
    link.unlink()
    link.symlink_to(target)
    return str(link.parents[1])


case("a Hub cache", "", 0, lambda p: str(cached(p)), sample=True)
case(
    "a Hub cache leads to its refs",
    "IPI905",
    3,
    lambda p: (
        (s := cached(p)),
        (p.root / "models--org--name/refs").mkdir(),
        (p.root / "models--org--name/refs/main").write_text("{}"),
        relinked(s / UNET, "../../../refs/main"),
    )[-1],
)
case(
    "a Hub cache leads to another repository",
    "IPI905",
    3,
    lambda p: (
        (other := p.root / "models--a--b/blobs").mkdir(parents=True),
        (other / "x").write_text("{}"),
        relinked(cached(p) / UNET, "../../../../models--a--b/blobs/x"),
    )[-1],
    sample=True,
)
case(
    "a Hub cache leads below its blobs",
    "IPI905",
    3,
    lambda p: (
        (s := cached(p)),
        (p.root / "models--org--name/blobs/sub").mkdir(),
        (p.root / "models--org--name/blobs/sub/x").write_text("{}"),
        relinked(s / UNET, "../../../blobs/sub/x"),
    )[-1],
)
case(
    "a blob leads outside",
    "IPI905",
    3,
    lambda p: (
        (s := cached(p)),
        p.secret(),
        (p.root / "models--org--name/blobs/evil").symlink_to(p.outside / "secret.json"),
        relinked(s / UNET, "../../../blobs/evil"),
    )[-1],
    sample=True,
)
case(
    "a Hub cache leads to another snapshot",
    "IPI905",
    3,
    lambda p: ((s := cached(p)), (s.parent / "x.json").write_text("{}"), relinked(s / UNET, "../../x.json"))[-1],
)
case(
    "a folder that only looks like a Hub cache",
    "IPI905",
    3,
    lambda p: (
        ((p.root / "blobs").mkdir(), (p.root / "blobs/x").write_text("{}"), p.link(UNET, "../../blobs/x")) and None
    ),
)
