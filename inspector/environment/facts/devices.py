"""The GPUs and their driver, as the system tells of them; torch is not asked here."""

from __future__ import annotations

import csv
import glob
import os
import re
import shutil
import subprocess
from typing import Any

SECONDS = 15
FIELDS = ("name", "memory.total", "uuid", "compute_cap", "driver_version")


def facts(skipped: list[dict[str, str]]) -> dict[str, Any]:
    """``driver``, ``cuda`` (the newest CUDA that the driver serves), ``gpus``; ``told_by`` says who told."""
    none: dict[str, Any] = {"driver": None, "cuda": None, "gpus": [], "told_by": "", "reason": ""}
    program = shutil.which("nvidia-smi")
    if program is not None:
        try:
            return {**none, **asked(program), "told_by": "nvidia-smi"}
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            said = getattr(error, "output", None) or str(error)
            skipped.append({"where": "devices", "reason": f"nvidia-smi failed: {str(said).strip()[:200]}"})
    if os.path.exists("/proc/driver/nvidia/version"):
        return {**none, **of_proc(), "told_by": "proc"}
    amd = gpus_of_amd()
    if amd:
        return {**none, "gpus": amd, "told_by": "sysfs"}
    reason = "no GPU that nvidia-smi, /proc/driver/nvidia or the amdgpu driver tells of"
    return {**none, "reason": reason}


def asked(program: str) -> dict[str, Any]:
    """What ``nvidia-smi`` says."""
    command = [program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    rows = told(run(command))
    newest = re.search(r"CUDA Version:\s*([\d.]+)", run([program]))
    return {"driver": rows[0]["driver"] if rows else None, "cuda": newest[1] if newest else None, "gpus": rows}


def run(command: list[str]) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS
    )
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command[0], said)
    return said


def told(text: str) -> list[dict[str, Any]]:
    """The rows of ``nvidia-smi --query-gpu``; memory in MiB. A field that the card does not tell is ``[N/A]``."""
    found = []
    for row in csv.reader(text.strip().splitlines(), skipinitialspace=True):
        if len(row) != len(FIELDS):
            raise ValueError(f"an answer of {len(row)} fields: {', '.join(row)[:120]}")
        name, memory, uuid, capability, driver = row
        found.append(
            {
                "name": name,
                "memory_mib": int(memory) if memory.isdigit() else None,
                "uuid": uuid,
                "capability": capability,
                "driver": driver,
            }
        )
    return found


def of_proc() -> dict[str, Any]:
    """What the driver itself writes under /proc, where there is no nvidia-smi (a container, say)."""
    with open("/proc/driver/nvidia/version", encoding="utf-8", errors="replace") as file:
        version = re.search(r"Kernel Module[^\d]*([\d.]+)", file.read(4096))
    gpus = []
    for path in sorted(glob.glob("/proc/driver/nvidia/gpus/*/information")):
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = dict(line.partition(":")[::2] for line in file.read(4096).splitlines())
        gpus.append(
            {
                "name": lines.get("Model", "").strip(),
                "memory_mib": None,
                "uuid": lines.get("GPU UUID", "").strip(),
                "capability": "",
                "driver": version[1] if version else "",
            }
        )
    return {"driver": version[1] if version else None, "gpus": gpus}


def gpus_of_amd() -> list[dict[str, Any]]:
    """The GPUs of the amdgpu driver, as Linux lists them."""
    found = []
    for path in sorted(glob.glob("/sys/class/drm/card[0-9]*/device/mem_info_vram_total")):
        folder = os.path.dirname(path)
        with open(path, encoding="ascii") as file:
            memory = int(file.read().strip() or 0) >> 20
        name = os.path.join(folder, "product_name")
        product = ""
        if os.path.exists(name):
            with open(name, encoding="utf-8", errors="replace") as file:
                product = file.read(200).strip()
        found.append(
            {"name": product or "AMD GPU", "memory_mib": memory, "uuid": "", "capability": "", "driver": "amdgpu"}
        )
    return found
