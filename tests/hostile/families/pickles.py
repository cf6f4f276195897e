"""Pickles, archives and programs, under their own and under other names: told by name and first bytes, never opened."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("pickles")
WEIGHTS = "unet/diffusion_pytorch_model"


def holds(name: str, data: bytes | Callable[[Place], bytes], *, alone: bool = False) -> Make:
    """A file of these bytes; ``alone``: without the safetensors beside it."""

    def make(place: Place) -> None:
        if alone:
            place.drop(f"{WEIGHTS}.safetensors")
        place.put(name, data if isinstance(data, bytes) else data(place))

    return make


def archive(place: Place) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(zipfile.ZipInfo("../../evil.py"), place.python())
    return data.getvalue()


# Under their own names
for protocol in (0, 2, 3, 4, 5):
    case(
        f"a pickle of protocol {protocol}",
        "IPI907",
        1,
        (lambda n: holds("weights.pkl", lambda p: p.pickle(n)))(protocol),
        sample=protocol == 0,
    )
for ending in ("pickle", "joblib", "dill", "cloudpickle", "PKL"):
    case(
        f"a pickle that ends in {ending}",
        "IPI907",
        1,
        (lambda e: holds(f"extra/data.{e}", lambda p: p.pickle()))(ending),
    )
case("weights that are a bare pickle", "IPI907", 1, holds(f"{WEIGHTS}.bin", Place.pickle), sample=True)
case("weights that are a bare pickle of protocol 0", "IPI907", 1, holds(f"{WEIGHTS}.bin", lambda p: p.pickle(0)))
case("the only weights as torch saves them", "IPI907", 1, holds(f"{WEIGHTS}.bin", Place.torch, alone=True), sample=True)
case(
    "the only weights as an old torch saved them",
    "IPI907",
    1,
    holds(f"{WEIGHTS}.bin", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", alone=True),
)
case("weights as torch saves them beside safetensors", "", 0, holds(f"{WEIGHTS}.bin", Place.torch), sample=True)
case("a checkpoint at the top as torch saves it", "", 0, holds("v1-5-pruned.ckpt", Place.torch))
case("a checkpoint at the top that is a bare pickle", "IPI907", 1, holds("v1-5-pruned.ckpt", Place.pickle))
case("an optimizer's state", "", 0, holds("optimizer.pt", Place.torch))
case(
    "arrays of numpy with objects in them",
    "",
    0,
    holds(
        "data.npy",
        lambda p: (
            b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
            + b" " * 62
            + b"\n"
            + p.pickle()
        ),
    ),
)

# Under the names of texts
for name in (
    "notes.txt", "README.md", "extra.json", "tokenizer/vocab.json", "merges.txt", "LICENSE", "data",
    "config.yaml", ".gitattributes", ".gitignore", "logo.png", "clip.mp4", "unet/weights.dat", "a.b.c", "chat_template.jinja",
):  # fmt: skip
    case(
        f"a pickle called {name}",
        "IPI907",
        1,
        holds(name, Place.pickle),
        sample=name in ("notes.txt", ".gitattributes"),
    )
case("a pickle among a component's settings", "IPI902 IPI907", 3, holds("unet/extra.json", Place.pickle))
case("a pickle of protocol 0 called notes.txt", "IPI907", 1, holds("notes.txt", lambda p: p.pickle(0)))
case(
    "a pickle of protocol 0 that begins with a mark",
    "IPI907",
    1,
    holds("notes.txt", lambda p: b"(" + p.pickle(0)[:-1] + b"t."),
)
case(
    "a pickle of protocol 0 that makes an instance",
    "IPI907",
    1,
    holds("notes.txt", b"(S'touch marker'\nios\nsystem\n."),
)
case("a pickle instead of a config", "IPI902 IPI907", 3, holds("unet/config.json", Place.pickle), sample=True)
case("a pickle instead of an index", "IPI902 IPI907", 3, holds("model_index.json", Place.pickle))
case(
    "a pickle instead of a scheduler's config",
    "IPI902 IPI907",
    3,
    holds("scheduler/scheduler_config.json", Place.pickle),
)
case("a pickle as the index of shards", "IPI902 IPI907", 3, holds(f"{WEIGHTS}.safetensors.index.json", Place.pickle))
case("a pickle as safetensors", "IPI907", 3, holds(f"{WEIGHTS}.safetensors", Place.pickle), sample=True)
case("a pickle of protocol 2 as safetensors", "IPI907", 3, holds(f"{WEIGHTS}.safetensors", lambda p: p.pickle(2)))
case("torch's own file as safetensors", "IPI907", 3, holds(f"{WEIGHTS}.safetensors", Place.torch))
case("an archive as safetensors", "IPI907", 3, holds(f"{WEIGHTS}.safetensors", archive))
case(
    "safetensors as a pickle", "", 0, lambda p: p.put("weights.bin", (p.model / f"{WEIGHTS}.safetensors").read_bytes())
)

# Archives and programs
case("an archive with paths that escape", "", 0, holds("extra.zip", archive))
for what, magic in (
    ("a zip archive", b"PK\x03\x04\x14\0\0\0"), ("gzip", b"\x1f\x8b\x08\0\0\0\0\0"), ("a program", b"\x7fELF\x02\x01\x01\0"),
    ("a Windows program", b"MZ\x90\0\x03\0\0\0"), ("a Mac program", b"\xcf\xfa\xed\xfe\x07\0\0\x01"), ("bzip2", b"BZh91AY&SY"),
    ("xz", b"\xfd7zXZ\0\0\x04"), ("7-zip", b"7z\xbc\xaf'\x1c\0\x04"), ("zstandard", b"(\xb5/\xfd\x04X"), ("rar", b"Rar!\x1a\x07\x01\0"),
    ("WebAssembly", b"\0asm\x01\0\0\0"), ("HDF5", b"\x89HDF\r\n\x1a\n"), ("numpy", b"\x93NUMPY\x01\0"),
):  # fmt: skip
    case(f"{what} called notes.txt", "IPI907", 1, holds("notes.txt", magic + b"\xff" * 40))
case("a program called logo.png", "IPI907", 1, holds("logo.png", b"\x7fELF\x02\x01\x01\0" + b"\0" * 40))
case(
    "a tar archive called notes.txt",
    "IPI907",
    1,
    holds("notes.txt", b"evil.py" + b"\0" * 250 + b"ustar\x0000" + b"\0" * 300),
)
case(
    "a pickle behind a zip archive's end",
    "IPI907",
    1,
    holds("notes.txt", lambda p: b"PK\x05\x06" + b"\0" * 18 + p.pickle()),
)
case("a path file with an import", "IPI908", 1, holds("evil.pth", lambda p: f"import os; {p.python()}".encode()))
case("weights called pth", "", 0, holds("model.pth", Place.torch))
