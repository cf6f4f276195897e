"""Pipes, sockets and devices where files belong; files that cannot be read; files that do not stay as they are."""

from __future__ import annotations

import os
import socket

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("special")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def pipe(name: str) -> Make:
    def make(place: Place) -> None:
        path = place.drop(name)
        path.parent.mkdir(exist_ok=True)
        os.mkfifo(path)

    return make


def listening(name: str) -> Make:
    def make(place: Place) -> None:
        path = place.drop(name)
        path.parent.mkdir(exist_ok=True)
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path may have a hundred characters
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.chdir(here)

    return make


def device(name: str, major: int, minor: int) -> Make:
    def make(place: Place) -> None:
        os.mknod(place.drop(name), 0o600 | 0o020000, os.makedev(major, minor))

    return make


for file in (
    UNET,
    SCHEDULER,
    INDEX,
    WEIGHTS,
    "README.md",
    "stray",
    "unet/extra.json",
    "weights.pkl",
    "typer.py",
    "tokenizer/vocab.json",
    "unet/x.safetensors.index.json",
    ".env",
):
    case(f"a pipe called {file}", "IPI905", 3, pipe(file), sample=file in (UNET, WEIGHTS))
for file in (UNET, INDEX, WEIGHTS, "stray.json"):
    case(f"a socket called {file}", "IPI905", 3, listening(file), sample=file == UNET)
if os.geteuid() == 0:  # only root may make them
    case("a device of zeros as a config", "IPI905", 3, device(UNET, 1, 5), sample=True)
    case("a device of zeros as weights", "IPI905", 3, device(WEIGHTS, 1, 5))
    case("a terminal as an index", "IPI905", 3, device(INDEX, 5, 0))
case("a folder called config.json", "IPI905", 3, lambda p: p.drop(UNET).mkdir())
case("a folder called model_index.json", "IPI905", 3, lambda p: p.drop(INDEX).mkdir())
case("a folder called like weights", "", 0, lambda p: (p.model / "unet/x.safetensors").mkdir())
case("a file called like a component", "IPP209", 3, lambda p: p.put("unet", "x"))
case("a pipe called like a component", "IPI905 IPP209", 3, pipe("unet"))
case("a pipe as the source", "IPI905", 3, lambda p: (pipe("x.json")(p), str(p.model / "x.json"))[1])
case(
    "a pipe as the source among weights",
    "IPI905",
    3,
    lambda p: (pipe("x.safetensors")(p), str(p.model / "x.safetensors"))[1],
)
case("a socket as the source", "IPI905", 3, lambda p: (listening("x.json")(p), str(p.model / "x.json"))[1])
case("a device as the source", "IPI905", 3, lambda p: "/dev/zero")
case("a missing component's folder", "IPP209", 3, lambda p: p.drop("unet") and None)
case("a missing config", "IPI901", 3, lambda p: p.drop(UNET) and None, sample=True)
case("an empty folder", "IPI901", 3, lambda p: None, base="")
case("a source that is not there", "IPI901", 3, lambda p: str(p.model / "gone"))
case("an empty config", "IPI902", 3, lambda p: p.put(UNET, "") and None)
case("an empty index", "IPI902", 3, lambda p: p.put(INDEX, "") and None)
case("empty weights", "IPI911", 3, lambda p: p.put(WEIGHTS, "") and None)

# What happens while it is read: only where reading is all that is done, for it happens once
for what, file, call, codes in (
    ("vanishes", UNET, "stat", "IPI912"), ("vanishes", UNET, "open", "IPI912"), ("vanishes", INDEX, "open", "IPI912"),
    ("vanishes", WEIGHTS, "open", "IPI912"), ("shrinks", UNET, "pread", "IPI912"), ("is emptied", UNET, "pread", "IPI912"),
    ("shrinks", WEIGHTS, "pread", "IPI912"), ("is emptied", WEIGHTS, "pread", "IPI912"), ("grows", UNET, "pread", "IPI912"),
    ("grows", WEIGHTS, "pread", "IPI912"), ("is rewritten", UNET, "pread", "IPI912"), ("grows", INDEX, "pread", "IPI912"),
    ("becomes a pipe", UNET, "open", "IPI905 IPI912"),
    ("becomes a link outside", UNET, "open", "IPI901 IPI905"), ("becomes a link outside", UNET, "stat", "IPI905"), ("becomes a pipe", UNET, "stat", "IPI905"),
    ("becomes a link outside", INDEX, "open", "IPI901 IPI905"), ("becomes a pipe", WEIGHTS, "open", "IPI905 IPI912"),
    ("becomes a folder", UNET, "open", "IPI905 IPI912"), ("is rewritten", SCHEDULER, "pread", "IPI912"),
):  # fmt: skip
    case(f"{file} {what} at a {call}", codes, 3, lambda p: p.secret() and None, during=(call, file, what), sample=False)
for error in ("EACCES", "EIO", "ESTALE", "ETIMEDOUT", "EMFILE", "EPERM", "ELOOP", "ENXIO"):
    case(f"a config gives {error} at an open", "IPI901", 3, lambda p: None, during=("open", UNET, error))
for call, file in (
    ("pread", UNET),
    ("pread", WEIGHTS),
    ("fstat", UNET),
    ("open", WEIGHTS),
    ("open", INDEX),
    ("pread", INDEX),
    ("open", "README.md"),
):
    case(
        f"{file} gives EIO at a {call}",
        "IPI901",
        3,
        lambda p: p.put("README.md", "# x") and None,
        during=(call, file, "EIO"),
    )
