"""What torch was built for, by its version file; and what it says itself, where it is to be imported."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import Any

SECONDS = 60
QUESTION = """
import json, sys, torch
cuda = torch.cuda.is_available()
told = {
    "cuda_available": cuda,
    "devices": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if cuda else [],
    "cudnn": torch.backends.cudnn.version() if torch.backends.cudnn.is_available() else None,
    "mps_available": torch.backends.mps.is_available(),
    "threads": torch.get_num_threads(),
    "default_dtype": str(torch.get_default_dtype()).replace("torch.", ""),
    "matmul_precision": torch.get_float32_matmul_precision(),
    "deterministic": torch.are_deterministic_algorithms_enabled(),
    "tf32_cudnn": torch.backends.cudnn.allow_tf32 if cuda else None,
    "mkl": torch.backends.mkl.is_available(),
    "onednn": torch.backends.mkldnn.is_available(),
    "capability": torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else None,
    "file": torch.__file__,
}
sys.stdout.write("\\n" + json.dumps(told) + "\\n")
"""


def facts(package: dict[str, Any] | None, ask: bool, skipped: list[dict[str, str]]) -> dict[str, Any] | None:
    """``version``, ``build`` (cpu, cuda, rocm, xpu, unknown), ``cuda``, ``hip``, ``git``; ``asked`` with ``ask``."""
    if package is None or package["imported"] is None or package["imported"]["kind"] != "package":
        return None
    found: dict[str, Any] = {"version": package["version"], "build": "unknown", "asked": None, "reason": ""}
    file = os.path.join(package["imported"]["root"], "version.py")
    said = constants(file)
    found.update({name: said.get(name) for name in ("cuda", "hip", "xpu", "debug")}, git=said.get("git_version"))
    if said:
        found["build"] = next((n for n, k in (("cuda", "cuda"), ("rocm", "hip"), ("xpu", "xpu")) if said.get(k)), "cpu")
    else:
        found["reason"] = "torch/version.py says nothing"
    if ask:
        found["asked"], found["reason"] = asked(package)
        if found["asked"] is None:
            skipped.append({"where": "torch", "reason": found["reason"]})
    return found


def constants(file: str) -> dict[str, Any]:
    """The plain values that a module assigns to names, without running it."""
    try:
        with open(file, encoding="utf-8") as source:
            tree = ast.parse(source.read(1 << 20))
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant):
            found.update({t.id: value.value for t in targets if isinstance(t, ast.Name)})
    return found


def asked(package: dict[str, Any]) -> Any:
    """What torch says when it is imported, in a process of its own; or None, and why."""
    if package["imported"]["from"] in ("folder", "script"):
        return None, "torch lies in the current folder, and was not imported"
    code = f"import sys\nif sys.path[:1] == ['']: del sys.path[0]\n{QUESTION}"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return None, f"importing torch took over {SECONDS} s and was stopped"
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
        return None, f"importing torch failed: {lines[-1][:300]}"
    return json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1]), ""
