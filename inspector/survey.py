"""What the listing of a folder and the first bytes of its files reveal: pickles, code, links, references.

Severities, and why. A folder of an honest model must come out clean, so what honest repositories often have is a note:
pickles as torch saves them beside the safetensors, a ``handler.py``, settings of an editor. A warning is what loading
needs and nobody has seen: weights that are only there as a pickle, parts of another repository. What no honest folder
needs is an error: a pickle that torch did not write, a pickle or a program under another name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from inspector import disguises
from inspector.disguises import TORCH_MAGIC
from inspector.model import Finding
from inspector.reading import Folder, ReadError
from inspector.texts import HIDDEN, credential, finding, secret, specs

TORCH = (".bin", ".pt", ".pth", ".ckpt")
PICKLES = (".pkl", ".pickle", ".dill", ".joblib", ".cloudpickle")
OPAQUE = (
    ".h5", ".msgpack", ".onnx", ".pb", ".gguf", ".npz", ".npy", ".tflite", ".ot", ".mlmodel", ".zip", ".tar", ".gz",
)  # fmt: skip
_PLAIN = re.compile(
    r"[^.]*|\.\w+|.*\.(json|jsonl|txt|md|rst|model|jinja|ya?ml|toml|cfg|ini|csv|tsv|py|merges|html?|xml|svg|log|pdf"
    r"|png|jpe?g|webp|gif|bmp|mp[34]|wav|avi|webm|spm|vocab|bpe|tiktoken)"
)
"""Names of texts and pictures, which are no archives."""
_WRITTEN = re.compile(r"\.env.*|\.\w+rc|.*\.(md|rst|ya?ml|toml|cfg|ini|py|sh|ipynb|log)|(?!merges|vocab).*\.txt")
"""Names of what somebody wrote by hand, and may have left a token in."""
_PROGRAMS = (".so", ".pyd", ".dll", ".dylib", ".exe", ".pyc", ".pyo", ".egg", ".whl", ".jar", ".wasm")
_TOOLS = {
    "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "ruff.toml", "mypy.ini", "makefile", ".env", ".envrc",
    ".vscode", ".idea", ".pre-commit-config.yaml",
}  # fmt: skip
_SCRIPTS = (".py", ".sh", ".bat", ".ps1", ".ipynb")
_STARTERS = {"sitecustomize.py", "usercustomize.py", "conftest.py", "__main__.py"}
_OURS = re.compile(
    r"torch\w*|diffusers|transformers|typer|click|rich|pydantic\w*|numpy|scipy|safetensors|huggingface_hub|inspector"
    r"|accelerate|peft|deepdiff|jinja2|markupsafe|yaml|tokenizers|PIL|regex|requests|httpx|tqdm|filelock|fsspec"
    r"|packaging|pytest|_pytest|pluggy|pygments|setuptools|pkg_resources|pip|sentencepiece|aiohttp|hypothesis"
)
"""Modules that this project and the libraries it looks at import: a file of that name is taken for one of them."""
_LFS = b"version https://"
_PRIOR = re.compile(r"""(?:^|[{,?])[ \t]*["']?prior["']?[ \t]*:[ \t]*([^\n}]*(?:\n[ \t]*-[ \t]*.*)*)""", re.MULTILINE)
_FRONT = 1 << 18
"""Bytes that are looked through of a text that is not parsed: a README's header, a token in a script."""
_MODULAR = ("modular_model_index.json", "modular_config.json")


def survey(folder: Folder, components: Iterable[str] = (), known: Iterable[str] = ()) -> Iterator[Finding]:
    """Findings about the files of a folder, from their names and first bytes.

    Args:
        folder: the folder.
        components: the folders in it that hold weights somebody would load; ``''`` for this one.
        known: code files that were reported already.
    """
    used, known = set(components), set(known)
    scripts: list[str] = []
    tools: list[str] = []
    opaque: list[str] = []
    for name, entry in folder.entries.items():
        low = name.rpartition("/")[2].lower()
        if entry.code:
            fix = "put a regular file there" if entry.code == "IPI905" else ""
            yield finding(entry.code, "error", name, entry.why, fix)
        elif HIDDEN.search(name):
            yield finding("IPI909", "error", name, f"the name {name!a} holds invisible characters", "rename it")
        if entry.code or entry.kind != "file":
            tools += [name] if low in _TOOLS else []
            continue
        try:
            found = list(by_content(folder, name, low, used))
        except ReadError as error:  # what cannot be looked at is not clean
            folder.verdicts[name] = ("failed", error.message)
            found = [finding(error.code, "error", name, error.message, error.hint)]
        yield from found
        if low in _TOOLS:
            tools.append(name)
        elif low.endswith(_SCRIPTS) and not runs_by_itself(name) and name not in known:
            scripts.append(name)
        elif low.endswith(TORCH + OPAQUE) and not found:
            opaque.append(name)
    for code, names, message in (
        ("IPI908", scripts, "code comes with the folder and was not run"),
        ("IPI908", tools, "settings of other tools come with the folder and were not honoured"),
        ("IPI907", opaque, "files that may run code when they are loaded come with the folder and were not opened"),
    ):
        if names:
            yield finding(code, "note", names[0], f"{message}: {some(names)}")


def by_content(folder: Folder, name: str, low: str, used: set[str]) -> Iterator[Finding]:
    """Findings about one file.

    Raises:
        ReadError: its beginning cannot be read.
    """
    if folder.verdicts.get(name, ("",))[0] != "inspected":
        yield from closed(folder, name, low, used)
    if _WRITTEN.fullmatch(low) and secret(folder.head(name, _FRONT).decode("utf-8", "replace")):
        yield credential(name, name, "the text")
    if low in _MODULAR:
        found = list(specs(name, folder.json(name)))
        message = f"{name} describes a modular pipeline, whose parts may be other repositories; none was fetched"
        yield from found or [finding("IPI908", "note", name, message)]
    if name == "README.md":
        yield from front_matter(folder, name)


def closed(folder: Folder, name: str, low: str, used: set[str]) -> Iterator[Finding]:
    """What a file is that nobody reads: by its name, and by its first bytes where these say something else."""
    first = folder.head(name, disguises.HEAD)
    what, shown = disguises.told(first)
    if runs_by_itself(name) or (low.endswith(".pth") and is_text(first)):
        folder.verdicts.setdefault(name, ("skipped", "code; not run"))
        message = f"{name} is code that runs by itself where a folder is trusted; it was neither imported nor run"
        yield finding("IPI908", "warning", name, message, "look at it before you use this folder")
    elif low.endswith(TORCH + PICKLES):
        yield from pickled(folder, name, first, what, used)
    elif what in ("pickle", "program") or (what and _PLAIN.fullmatch(low)):
        message = f"{name} is {shown}, whatever its name says; it was not opened"
        folder.verdicts.setdefault(name, ("skipped", f"{shown} under another name; not opened"))
        yield finding("IPI907", "error", name, message, "do not load it")
    elif low.endswith(OPAQUE):
        folder.verdicts.setdefault(name, ("skipped", "weights of another framework, or an archive; not opened"))
    elif low.endswith(_SCRIPTS):
        folder.verdicts.setdefault(name, ("skipped", "code; not run"))


def runs_by_itself(name: str) -> bool:
    """Whether Python or the system would run a file of this name without being asked to."""
    place, _, base = name.rpartition("/")
    low = base.lower()
    stem = place.rpartition("/")[2] if low == "__init__.py" else low.removesuffix(".py") if low.endswith(".py") else ""
    ours = bool(_OURS.fullmatch(stem)) or stem in sys.stdlib_module_names
    return ours or low in _STARTERS or low.endswith(_PROGRAMS)


def pickled(folder: Folder, name: str, first: bytes, what: str, used: set[str]) -> Iterator[Finding]:
    """Weights that only unpickling would show."""
    place, _, base = name.rpartition("/")
    folder.verdicts.setdefault(name, ("skipped", "opaque (loading it may run code); not opened"))
    if first.startswith(_LFS):
        return
    if base.lower().endswith(PICKLES) or (what in ("pickle", "program") and not first.startswith(TORCH_MAGIC)):
        message = f"{name} is a pickle that torch.save did not write: loading it can run any code; it was not opened"
        yield finding("IPI907", "error", name, message, "do not load it")
    elif place in used and not any(n.endswith(".safetensors") for n in folder.below(place)):
        message = f"{name} is opaque (a pickle inside): not opened, and there is no safetensors beside it"
        yield finding("IPI907", "warning", name, message, "convert it to safetensors")


def front_matter(folder: Folder, name: str) -> Iterator[Finding]:
    """Repositories that a README's header names and that the library would fetch."""
    text = "\n".join(folder.head(name, _FRONT).decode("utf-8-sig", "replace").splitlines())
    if not text.startswith("---"):
        return
    if prior := _PRIOR.search(text.partition("\n---")[0]):
        named = " ".join(prior[1].replace("-", " ", 1).split())[:80]
        message = f"{name} names {named or 'another repository'} as prior, which the library would fetch; it was not"
        yield finding("IPI908", "warning", name, message, "look at that repository too")


def is_text(first: bytes) -> bool:
    """Whether a ``.pth`` is lines for Python's path (they can run code) and no weights."""
    return not first.startswith((b"PK", b"\x80", _LFS)) and all(9 <= b < 127 for b in first[:64])


def some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
