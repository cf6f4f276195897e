"""Deliberate weakenings of the guards, each of which the corpus must notice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.corpus import Case, corpus
from tests.hostile.nursery import REAL

Patch = tuple[str, str, str]
"""A file of ``inspector``, the text that is there once, and what is put in its place."""


@dataclass(frozen=True)
class Mutant:
    """``caught_by``: parts of the names of the cases of ``family`` that notice it; any one of them will do.

    ``few``: it is among those of every run of the suite.
    """

    name: str
    family: str
    caught_by: tuple[str, ...]
    patches: tuple[Patch, ...]
    mode: str = "static"
    few: bool = False

    def cases(self) -> list[Case]:
        found = [c for c in corpus([self.family]) if any(part in c.name for part in self.caught_by)]
        assert found, f"{self.name}: no such case"
        return found


def copied(to: Path, patches: tuple[Patch, ...]) -> Path:
    """A copy of the package with the patches applied; the folder to import it from."""
    package = to / "inspector"
    shutil.copytree(REAL / "inspector", package)  # with its compiled files, which stay valid
    for file, old, new in patches:
        path = package / file
        text = path.read_text()
        assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new))
    return to


def mutant(name: str, family: str, caught_by: str | tuple[str, ...], *patches: Patch, **more: object) -> Mutant:
    names = (caught_by,) if isinstance(caught_by, str) else caught_by
    return Mutant(name, family, names, patches, **more)  # type: ignore[arg-type]


_NOFOLLOW = ("opening.py", '_FILE = flags("O_RDONLY", "O_NOFOLLOW", ', '_FILE = flags("O_RDONLY", ')

MUTANTS = (
    # Opening
    mutant("the last step follows links", "special", "becomes a link outside at a open", _NOFOLLOW, few=True),
    mutant("what is opened need not be a file", "special", "becomes a pipe at a stat", ("opening.py", "if not stat.S_ISREG(before.st_mode):", "if False:")),
    mutant("what was opened is not looked at again", "special", "becomes a pipe at a open", ("opening.py", "if not stat.S_ISREG(after.st_mode) or ", "if False and ")),
    mutant("what was opened may be another file", "special", "becomes a link outside at a open", _NOFOLLOW, ("opening.py", " or (before.st_dev, before.st_ino) != (after.st_dev, after.st_ino)", "")),
    mutant("an open may wait", "special", "becomes a pipe at a open", ("opening.py", '"O_NOFOLLOW", "O_NONBLOCK", ', '"O_NOFOLLOW", ')),
    mutant("links out of a Hub cache's blobs", "links", ("a Hub cache leads to its refs", "leads to another snapshot"), ("opening.py", "return self.blobs is not None and len(final) == 2 and final[:1] == self.blobs", "return True")),
    mutant("folders that begin alike", "links", "only begins like", ("opening.py", '(target + "/").startswith(self.prefix + "/")', "target.startswith(self.prefix)")),
    mutant("above the folder is the folder", "links", "unet/config.json leads outside", ("opening.py", "if not done:\n                        raise outside(where)", "if not done:\n                        continue"), few=True),
    mutant("links are the system's to follow", "links", "unet/config.json leads outside", _NOFOLLOW, ("opening.py", "facts = self.system.stat(part, dir_fd=held[-1], follow_symlinks=False)", "facts = self.system.stat(part, dir_fd=held[-1])")),
    mutant("any number of links in a row", "links", "forty links", ("opening.py", "_HOPS = 16", "_HOPS = 64")),
    mutant("folders in a circle", "links", "own parent", ("listing.py", "if identity in above:", "if False:")),
    mutant("what is listed is not told", "links", "a stray folder leads outside", ("survey.py", 'yield finding(entry.code, "error", name, entry.why, fix)', "pass")),
    # Reading
    mutant("no cap on a config", "caps", "one byte more", ("reading.py", "if facts.st_size > most:", "if False:")),
    mutant("no cap on names", "caps", "more names than the user allows", ("listing.py", "if len(entries) >= limits.entries:", "if False:")),
    mutant("no cap on levels", "caps", "thirty deep", ("listing.py", "elif len(parts) + 1 >= limits.levels:", "elif False:")),
    mutant("no cap on keys", "caps", "513 keys", ("reading.py", "if len(parsed) > most.keys and ", "if False and ")),
    mutant("no cap on a header", "caps", "over eight MiB", ("headers.py", "if length > cap:", "if False:")),
    mutant("what changed is not noticed", "special", "shrinks at a pread", ("reading.py", "if not complete or ", "if False and ")),
    mutant("what was rewritten is not noticed", "special", "is rewritten at a pread", ("reading.py", "(before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)", "before.st_size != after.st_size")),
    mutant("numbers of any size", "numbers", ("layers_per_block=10000000", "num_train_timesteps=100000000"), ("reading.py", "if base in BUILT_FROM and (", "if False and ("), few=True),
    mutant("a shard may be a path", "paths", "a shard outside that exists", ("weightfiles.py", 'if PATH.search(n) or ".." in n or not n', "if not n")),
    # JSON
    mutant("any depth", "caps", ("65 deep", "brackets deep in an index of shards"), ("strictjson.py", "> depth and too_deep(structure, depth)", "> depth and False")),
    mutant("keys twice", "json", "a key twice", ("strictjson.py", "if len(found) != len(pairs):", "if False:")),
    mutant("NaN", "json", "number that is NaN", ("strictjson.py", 'if name == "NaN":', "if False:")),
    mutant("numbers without end", "json", "five thousand digits", ("strictjson.py", "if len(text) > _DIGITS:", "if False:")),
    mutant("infinite numbers", "json", "1e999", ("strictjson.py", "if math.isinf(number):", "if False:")),
    mutant("half characters", "json", "half a character", ("strictjson.py", "if _SURROGATE.search(text) and not encodable(parsed):", "if False:")),
    mutant("keys that shadow", "json", "a key items", ("strictjson.py", "if key in _SHADOWS or _DUNDER.fullmatch(key):", "if False:")),
    mutant("a byte order mark is passed over", "json", "a config with a byte order mark", ("reading.py", "self.marked[name] = marked(name)", "pass")),
    mutant("bytes that are no text are replaced", "json", "Latin-1", ("strictjson.py", 'return data.decode("utf-8")', 'return data.decode("utf-8", "replace")')),
    # Headers
    mutant("a length longer than the file", "safetensors", "a length of 2^63", ("headers.py", "if length > file_size - 8:", "if False:")),
    mutant("holes between tensors", "safetensors", "a hole between", ("headers.py", "if begin != position:", "if begin < position:")),
    mutant("tensors that overlap", "safetensors", "tensors that overlap", ("headers.py", "if begin != position:", "if begin > position:")),
    mutant("bytes behind the tensors", "safetensors", "bytes behind the last", ("headers.py", "if position != room:", "if position > room:")),
    mutant("shapes that do not fit", "safetensors", "of another size", ("headers.py", "if elements != (offsets[1] - offsets[0]) * 8:", "if False:")),
    mutant("any number of dimensions", "safetensors", "a hundred dimensions", ("headers.py", " or len(shape) > _RANK", "")),
    # Names
    mutant("names are paths", "paths", "a component called the folder above", ("entries.py", "if any(PATH.search(text) for text in (name, library, cls)):", "if False:")),
    mutant("a unet may be a tokenizer", "libraries", "a unet that is a tokenizer", ("entries.py", "if conflict := wrong_kind(entry.info, name, annotation):", 'if conflict := "":')),
    mutant("a class may stand for others", "libraries", ("PreTrainedModel", "ModelMixin"), ("entries.py", "if _NO_COMPONENT.fullmatch(info.name):", "if False:")),
    mutant("modules of Python may be components", "libraries", "os.system", ("entries.py", 'if top in sys.stdlib_module_names or top.startswith("_") or top in classes.installed():', "if False:")),
    mutant("a pipeline without a name", "libraries", "a pipeline that is empty", ("static.py", "if not isinstance(named, str) or not named:", "if not isinstance(named, str):")),
    # Files
    mutant("the name says what a file is", "pickles", "a pickle called notes.txt", ("survey.py", "what, shown = disguises.told(first)", 'what, shown = "", ""'), few=True),
    mutant("pickles without a mark", "pickles", "protocol 0 called", ("disguises.py", 'rb"[(\\]}ld0-9p\\n]{0,16}c[A-Za-z_]', 'rb"never'), ("disguises.py", 'rb"[(\\]}ld0-9p\\n]{0,16}c" + _DANGEROUS', 'rb"never" + _DANGEROUS')),
    mutant("weights that are only a pickle", "pickles", "the only weights", ("survey.py", 'yield finding("IPI907", "warning", name, message, "convert it to safetensors")', "pass")),
    mutant("modules that Python would take", "code", "a typer.py", ("survey.py", "ours = bool(_OURS.fullmatch(stem)) or stem in sys.stdlib_module_names", "ours = False")),
    mutant("settings of the inspected folder", "code", "a pyproject.toml", ("settings.py", "if any(folder == s or s in folder.parents for s in sources):", "if False:")),
    mutant("a README is not read", "references", "a prior in one line", ("survey.py", 'if name == "README.md":', "if False:")),
    mutant("auto_map is a key like others", "references", "auto_map of a unet", ("texts.py", '_CODE_KEYS = ("auto_map", ', "_CODE_KEYS = (")),
    mutant("kernels are values like others", "references", "a kernel as attn_implementation", ("texts.py", "elif _KERNELS.fullmatch(key):", "elif False:")),
    # Output
    mutant("raw text", "injection", ("everything as a version", "everything as a class on disk"), ("render/escape.py", "if not (shown.isascii() and shown.isprintable()):", "if False:"), few=True),
    mutant("raw text in JSON", "injection", "a value with bidi", ("render/escape.py", "return _HIDDEN.sub(lambda m: _json(m.group()), text)", "return text")),
    mutant("secrets are shown", "credentials", "a secret of Hugging Face", ("render/escape.py", "return _SECRETS.sub(_masked, text)", "return text")),
    mutant("secrets are not told", "credentials", "a secret of AWS", ("texts.py", "        if secret(value) or _LOGIN.search(value):", "        if False:")),
    mutant("hidden characters are not told", "injection", "a value with zero width", ("texts.py", "elif not words and (hidden := _IN_VALUES.search(value)):", "elif hidden := None:")),
    mutant("commands to a runner", "injection", ("everything as", "HTML and a command as"), ("render/escape.py", 'return _COMMAND.sub(r"\\1:\\\\:", text) if "::" in text else text', "return text")),
    # The worker: what stands behind the first wall shows when that has fallen
    mutant("modules that a folder names are imported", "libraries", "unet is antigravity", ("lookup.py", "if not known(order.library):", "if False:"), ("lookup.py", "    theirs = library.resolve(order.library, order.cls)\n", "    theirs = makers.attempt(lambda: getattr(importlib.import_module(order.library), order.cls))\n"), ("build.py", "    if not options.trust_remote_code:\n        named", "    if False:\n        named"), ("merging.py", 'REFUSING = ("IPI903", ', "REFUSING = ("), mode="worker", few=True),
    mutant("the library is given the folder itself", "links", "a tokenizer's words lead outside", ("mirror.py", "        prefix = self.prefix(name)\n        target = self.root / prefix", "        prefix = self.prefix(name)\n        return self.folder.root / prefix\n        target = self.root / prefix"), ("worker.py", "said = confine(readable, writable)", 'said = ""'), ("worker.py", "    guard.watch(readable, writable)\n", ""), ("merging.py", '"IPI905", ', ""), mode="worker"),
)  # fmt: skip
