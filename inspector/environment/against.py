"""Two machines: what differs, which of it decides configs and sigmas, and what is mere noise.

Every difference is a row ``{what, here, there, matters, why}``. ``matters`` is ``code`` (the files that make diffusers'
configs or sigmas are others), ``numbers`` (what computes is another: last digits), ``configs`` (what makes the configs
of text encoders and adapters, or defaults that a config lacks, is another), ``loading`` (what is found or downloaded
is another), ``same`` (proved by the files to make no difference) or ``no``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.environment.machine import BEHAVIOUR

Facts = dict[str, Any]
Row = dict[str, Any]

DECIDING = {
    "diffusers": {
        "schedules": ("schedulers/",),
        "configs": ("configuration_utils.py",),
        "saving and loading": (
            "pipelines/pipeline_utils.py", "pipelines/pipeline_loading_utils.py", "models/modeling_utils.py",
            "models/model_loading_utils.py", "loaders/single_file", "utils/hub_utils.py",
        ),
    }
}  # fmt: skip
"""Which files of a package decide what."""
DEFAULTS = {"diffusers": ("models/", "pipelines/")}
"""Files of classes whose defaults fill in what a config does not say."""
NUMBERS = {
    "torch": "schedules are computed with it",
    "numpy": "schedules are computed with it",
    "scipy": "beta schedules and LMS coefficients are computed with it",
    "torchsde": "the noise of SDE samplers comes from it",
}
CONFIGS = {
    "transformers": "it makes the configs of text encoders, tokenizers and image processors",
    "peft": "it makes the adapters of models",
}
WITHOUT = {
    "torch": "nothing is built without it",
    "scipy": "without it the schedulers that need it are empty classes",
    "torchsde": "without it the schedulers that need it are empty classes",
    "transformers": "without it nothing has a text encoder",
    "peft": "without it nothing has an adapter",
}
MAKERS = {"transformers": re.compile(r"(^|/)(configuration_|tokenization_|image_processing_|processing_|feature_ext)")}
"""Files of a package that make configs, by their names; where none of them differs, configs are the same."""
OUTPUT = {
    "xformers": "attention", "flash_attn": "attention", "sageattention": "attention", "kernels": "attention",
    "torchao": "quantized weights", "bitsandbytes": "quantized weights", "gguf": "quantized weights",
    "torchvision": "image processors", "PIL": "the resizing of images", "triton": "compiled code",
    "accelerate": "where weights are placed",
}  # fmt: skip
"""Packages that change what a pipeline draws, and neither configs nor sigmas."""
LOADING = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE")
WHERE = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_MODULES_CACHE", "XDG_CACHE_HOME", "TORCH_HOME")
ABSENT = "absent"


def differences(here: Facts, there: Facts) -> list[Row]:
    """Every difference between two machines, what matters first."""
    rows = [*packages(here, there), *builds(here, there), *variables(here, there), *machines(here, there)]
    order = ("code", "numbers", "configs", "loading", "same", "no")
    return sorted(rows, key=lambda row: order.index(row["matters"]))


def row(what: str, values: Sequence[Any], matters: str, why: str = "", **more: Any) -> Row:
    here, there = values
    return {"what": what, "here": here, "there": there, "matters": matters, "why": why, **more}


def label(package: Facts | None) -> str:
    """``0.42.1``, with what distinguishes it from another of that version."""
    if package is None or package["imported"] is None:
        return ABSENT
    git = package["git"]
    commit = f" ({git['commit'][:12]}{' and changes' if git['dirty'] else ''})" if git and git["commit"] else ""
    return f"{package['version'] or package['metadata_version'] or 'unknown'}{commit}"


def packages(here: Facts, there: Facts) -> Iterator[Row]:
    for name in dict.fromkeys([*here["packages"], *there["packages"]]):
        one, other = here["packages"].get(name), there["packages"].get(name)
        yield from package(name, one, other)


def package(name: str, one: Facts | None, other: Facts | None) -> Iterator[Row]:
    """One package on both sides: versions, and the files that are others."""
    labels = label(one), label(other)
    files = [p["files"] if p is not None else {} for p in (one, other)]
    if ABSENT in labels:
        if labels[0] != labels[1]:
            matters, why = importance(name, WITHOUT.get(name, "it is on one side alone"))
            why = WITHOUT.get(name, why)
            yield row(name, labels, matters, why, files=[])
        return
    if not all(files):
        if labels[0] != labels[1]:
            matters, why = importance(name, "its files are not known on both sides")
            yield row(name, labels, matters, why, files=[])
        return
    unlike = sorted(n for n in files[0].keys() | files[1].keys() if files[0].get(n) != files[1].get(n))
    if not unlike:
        if labels[0] != labels[1]:
            why = f"all {len(files[0])} files of {name} are the same"
            yield row(name, labels, "same", why, files=[])
        return
    if name in DECIDING:
        yield from deciding(name, labels, unlike, files, [edited(p, unlike) for p in (one, other)])
        return
    if name in MAKERS and not any(MAKERS[name].search(n) for n in unlike):
        why = f"none of the files that differ ({len(unlike)}) makes configs"
        yield row(name, labels, "same", why, files=unlike)
        return
    matters, why = importance(name, f"of {len(files[0])} files {len(unlike)} differ")
    yield row(name, labels, matters, why, files=unlike)


def edited(package: Facts | None, unlike: list[str]) -> bool:
    """Whether any of the files that differ was changed on this side after it was installed."""
    installed = package["installed"] if package is not None else ()
    return any(name in unlike for one in installed if one["covers"] for name in one["changed"])


def deciding(
    name: str, labels: tuple[str, str], unlike: list[str], files: list[dict[str, str]], patched: list[bool]
) -> Iterator[Row]:
    """Of a package whose files decide configs and sigmas: which of them differ, and which are proved to be the same."""
    apart: dict[str, list[str]] = {}
    for what, starts in DECIDING[name].items():
        whole = tuple(f"{name}/{start}" for start in starts)
        apart[what] = [n for n in unlike if n.startswith(whole)]
    decided = [n for names in apart.values() for n in names]
    if not decided:
        filling = [n for n in unlike if n.startswith(tuple(f"{name}/{start}" for start in DEFAULTS[name]))]
        why = f"none of the files that differ ({len(unlike)}) makes configs or sigmas"
        if filling:
            why = f"of files of models and pipelines {len(filling)} differ: their defaults fill in what a config lacks"
        yield row(name, labels, "configs" if filling else "same", why, files=unlike)
        return
    told = [f"{what}: {short(names, name)}" for what, names in apart.items() if names]
    alike = [what for what, names in apart.items() if not names]
    why = "; ".join(told) + (f"; {' and '.join(alike)}: the same" if alike else "")
    yield row(name, labels, "code", why, files=unlike, decided=decided, patched=patched)


def short(names: list[str], package: str, most: int = 3) -> str:
    shown = [n[len(package) + 1 :].rpartition("/")[2] for n in names[:most]]
    rest = len(names) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def importance(name: str, why: str) -> tuple[str, str]:
    if name in NUMBERS:
        return "numbers", f"{why}; {NUMBERS[name]}"
    if name in CONFIGS:
        return "configs", f"{why}; {CONFIGS[name]}"
    if name in OUTPUT:
        return "no", f"{why}; it changes {OUTPUT[name]}, neither configs nor sigmas"
    return "no", why


def builds(here: Facts, there: Facts) -> Iterator[Row]:
    """What torch is built for, and what it computes on."""
    both = [side["torch"] for side in (here, there)]
    if all(both):
        made = [" ".join(str(t[k]) for k in ("build", "cuda", "hip") if t.get(k)) for t in both]
        if made[0] != made[1]:
            yield row("torch's build", made, "numbers", "another device, or other kernels, may round otherwise")
        elif both[0]["git"] != both[1]["git"] and both[0]["version"] == both[1]["version"]:
            commits = [str(t["git"])[:12] for t in both]
            yield row("torch's commit", commits, "numbers", "the same version, built from other sources")
        asked = [t["asked"] or {} for t in both]
        for name in ("default_dtype", "matmul_precision", "deterministic", "tf32_cudnn", "cuda_available"):
            values = [a.get(name) for a in asked]
            if all(asked) and values[0] != values[1]:
                yield row(f"torch's {name}", values, "numbers", "results on the device are others")
    gpus = [", ".join(sorted({g["name"] for g in side["devices"]["gpus"]})) or "none" for side in (here, there)]
    if gpus[0] != gpus[1]:
        yield row("GPU", gpus, "numbers", "schedules that are computed on the device may round otherwise")
    drivers = [side["devices"]["driver"] for side in (here, there)]
    if drivers[0] != drivers[1]:
        yield row("driver", drivers, "no", "the kernels come with torch")
    processors = [side["platform"] for side in (here, there)]
    if processors[0]["machine"] != processors[1]["machine"]:
        names = [p["machine"] for p in processors]
        yield row("processor", names, "numbers", "another architecture may round the last digit otherwise")
    elif processors[0]["capability"] != processors[1]["capability"]:
        sets = [" ".join(p["capability"]) or "unknown" for p in processors]
        yield row("instruction sets", sets, "numbers", "torch and numpy choose their code by them: last digits")


def variables(here: Facts, there: Facts) -> Iterator[Row]:
    for name in sorted(here["variables"].keys() | there["variables"].keys()):
        values = [side["variables"].get(name) for side in (here, there)]
        if values[0] == values[1]:
            continue
        matters, why = "no", ""
        if name in LOADING:
            matters, why = "loading", BEHAVIOUR[name]
        elif name in BEHAVIOUR and not name.endswith("_VERBOSITY"):
            matters, why = "numbers", BEHAVIOUR[name]
        elif name in WHERE:
            why = "another place of the cache, not another content"
        yield row(name, values, matters, why, variable=True)


def machines(here: Facts, there: Facts) -> Iterator[Row]:
    """Python, the system, and where things lie."""
    looked = (
        ("Python", "python", "version"), ("implementation", "python", "implementation"),
        ("system", "platform", "system"),
        ("kernel", "platform", "release"), ("C library", "platform", "libc"), ("host", "platform", "host"),
        ("processor's name", "platform", "processor"), ("interpreter", "python", "executable"),
        ("frozen modules", "python", "frozen_modules"), ("PYTHONOPTIMIZE", "python", "optimize"),
    )  # fmt: skip
    for what, part, name in looked:
        values = [side[part][name] for side in (here, there)]
        if values[0] != values[1]:
            yield row(what, values, "no")
    lie = [{p["what"]: p for p in side["places"]} for side in (here, there)]
    for what in lie[0].keys() & lie[1].keys():
        systems = [side[what]["filesystem"] for side in lie]
        if systems[0] != systems[1]:
            yield row(f"file system of {what}", systems, "no")
