"""What is wrong with torch's build, the GPUs, the environment variables and the places where things lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding
from inspector.rules.environment import found

LEAST = 1 << 30
"""So much should be free where models are put: the smallest of them is about this size."""
FALSE = ("", "0", "false", "no", "off")

BEHAVIOUR = {
    "HF_HUB_OFFLINE": "nothing is fetched from the Hub: only what is cached is found",
    "TRANSFORMERS_OFFLINE": "nothing is fetched from the Hub: only what is cached is found",
    "HF_ENDPOINT": "models come from another server than huggingface.co",
    "TRANSFORMERS_CACHE": "an old name of the cache's folder, which newer versions do not read",
    "PYTORCH_TRANSFORMERS_CACHE": "an old name of the cache's folder, which newer versions do not read",
    "NVIDIA_TF32_OVERRIDE": "TF32 is forced on or off, whatever the code says: other numbers on the GPU",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "TF32 is on for matrix products: other numbers on the GPU",
    "CUBLAS_WORKSPACE_CONFIG": "cuBLAS works in a fixed way, which determinism needs and other machines may not have",
    "PYTORCH_ENABLE_MPS_FALLBACK": "what Apple's GPU cannot do runs on the processor",
    "PYTHONOPTIMIZE": "assertions of the libraries are not checked",
    "PYTHONHOME": "Python takes its standard library from elsewhere",
    "LD_PRELOAD": "a library is put in front of all others",
    "DIFFUSERS_SLOW_IMPORT": "everything is imported at once",
    "DIFFUSERS_ENABLE_HUB_KERNELS": "kernels from the Hub may replace the library's own code",
    "USE_HUB_KERNELS": "kernels from the Hub may replace the library's own code",
    "DIFFUSERS_ATTN_BACKEND": "another attention than the library's default",
    "USE_TORCH": "torch may be taken for absent",
    "DIFFUSERS_VERBOSITY": "fewer or more messages of diffusers than usual",
    "TRANSFORMERS_VERBOSITY": "fewer or more messages of transformers than usual",
}
"""Variables that change what the libraries do, and how."""
CACHES = ("HF_HOME", "hub cache", "xet cache", "HF_MODULES_CACHE", "TORCH_HOME")


def judge(facts: dict[str, Any]) -> Iterator[Finding]:
    """Every finding about the machine."""
    yield from builds(facts)
    yield from variables(facts)
    full: set[str] = set()
    for place in facts["places"]:
        yield from where(place, full)


def builds(facts: dict[str, Any]) -> Iterator[Finding]:
    """A GPU that torch cannot use."""
    torch, devices = facts["torch"], facts["devices"]
    if torch is None or not devices["gpus"]:
        return
    names = ", ".join(dict.fromkeys(gpu["name"] for gpu in devices["gpus"]))
    amd = devices["told_by"] == "sysfs"
    fitting = ("rocm",) if amd else ("cuda",)
    if torch["build"] not in (*fitting, "unknown"):
        message = f"torch {torch['version']} is built for {torch['build']}, and there is a GPU: {names}"
        yield found(
            "IPE511", "torch", message, "install the build for the GPU: https://pytorch.org/get-started/locally/"
        )
    elif torch.get("cuda") and devices["cuda"] and major(torch["cuda"]) > major(devices["cuda"]):
        message = (
            f"torch {torch['version']} needs CUDA {torch['cuda']}, and the driver {devices['driver']} serves "
            f"up to {devices['cuda']}"
        )
        yield found("IPE512", "torch", message, "a newer driver, or a torch that is built for an older CUDA")
    elif torch["asked"] and not torch["asked"]["cuda_available"]:
        message = f"torch {torch['version']} sees no GPU, and there is one: {names}"
        yield found("IPE511", "torch", message, "python -c 'import torch; torch.zeros(1).cuda()' says why")


def major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdigit() else 0


def variables(facts: dict[str, Any]) -> Iterator[Finding]:
    """Variables that change what the libraries do."""
    held = facts["variables"]
    for name, effect in BEHAVIOUR.items():
        value = held.get(name)
        if value is not None and (value.lower() not in FALSE or name == "USE_TORCH"):
            yield found("IPE513", name, f"{name}={value}: {effect}", f"unset {name} to have the usual behaviour")
    if held.get("CUDA_VISIBLE_DEVICES") in ("", "-1") and facts["devices"]["gpus"]:
        message = f"CUDA_VISIBLE_DEVICES={held['CUDA_VISIBLE_DEVICES']!r} hides every GPU"
        yield found("IPE513", "CUDA_VISIBLE_DEVICES", message, "unset CUDA_VISIBLE_DEVICES", severity="warning")


def where(place: dict[str, Any], full: set[str]) -> Iterator[Finding]:
    """A place that cannot be written, is full (each file system once), does not answer, or lies on a network."""
    label = f"{place['what']} {place['path']}"
    cache = place["what"] in CACHES
    written = cache or place["what"] == "temporary files"
    system = f"{place['filesystem']} from {place['device']}"
    if place["reason"].startswith("no answer"):
        message = f"{label} does not answer ({place['filesystem'] or 'unknown file system'})"
        yield found(
            "IPE514", place["what"], message, f"mount it anew: {place['prefix'] or place['path']}", severity="error"
        )
        return
    if written and place.get("writable") is False:
        why = "is on a file system that is mounted read-only" if place["read_only"] else "cannot be written"
        yield found("IPE514", place["what"], f"{label} {why}", "chmod or mount it anew, or name another folder")
    elif written and place["free"] is not None and place["free"] < LEAST and place["prefix"] not in full:
        full.add(place["prefix"])
        message = f"{label} has {place['free'] >> 20} MiB left of {(place['total'] or 0) >> 20}"
        yield found("IPE514", place["what"], message, "make room, or name another folder")
    if place["network"]:
        message = f"{label} is on a network file system, {system} (mounted at {place['prefix']})"
        yield found("IPE514", place["what"], message, severity="note")
    if place["case_insensitive"] and place["what"] != "current folder":
        message = f"{label}: two names that differ in their case alone are one file there"
        yield found("IPE514", place["what"], message, severity="note")
