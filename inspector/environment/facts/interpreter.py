"""The interpreter, its machine, and where it looks for modules."""

from __future__ import annotations

import glob
import importlib.util
import os
import platform
import site
import socket
import sys
import sysconfig
from typing import Any

WANTED = ("avx", "avx2", "avx512f", "avx512_bf16", "amx_tile", "fma", "asimd", "sve", "bf16", "i8mm")
"""What torch and numpy choose their code by, in the words of /proc/cpuinfo."""


def python() -> dict[str, Any]:
    """The interpreter and its switches; ``nearby`` are those of virtual environments in the current folder."""
    frozen = importlib.util.find_spec("os")
    return {
        "version": ".".join(map(str, sys.version_info[:3])),
        "full_version": sys.version,
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "real_executable": os.path.realpath(sys.executable),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "real_prefix": os.path.realpath(sys.prefix),
        "venv": sys.prefix != sys.base_prefix,
        "conda": os.path.isdir(os.path.join(sys.prefix, "conda-meta")),
        "cache_tag": sys.implementation.cache_tag,
        "frozen_modules": frozen is not None and frozen.origin == "frozen",
        "user_site": site.getusersitepackages() if hasattr(site, "getusersitepackages") else None,
        "user_site_enabled": bool(getattr(site, "ENABLE_USER_SITE", False)),
        "safe_path": bool(getattr(sys.flags, "safe_path", False)),
        "optimize": sys.flags.optimize,
        "no_bytecode": bool(sys.flags.dont_write_bytecode),
        "nearby": sorted(
            program
            for name in ("bin/python", "Scripts/python.exe")
            for pattern in ("*", ".*")
            for program in glob.glob(os.path.join(os.getcwd(), pattern, name))
            if os.path.exists(os.path.join(os.path.dirname(os.path.dirname(program)), "pyvenv.cfg"))
        ),
        "bits": 64 if sys.maxsize > 2**32 else 32,
    }


def platform_facts() -> dict[str, Any]:
    """The machine. ``capability``: the processor's instruction sets that numerical code is chosen by (Linux)."""
    processor, capability = _processor()
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "separator": os.sep,
        "libc": " ".join(platform.libc_ver()).strip(),
        "processor": processor,
        "capability": capability,
        "processors": os.cpu_count(),
        "host": socket.gethostname(),
    }


def _processor() -> Any:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = file.read(1 << 16).splitlines()
    except OSError:
        return platform.processor(), []
    told: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        told.setdefault(name.strip().lower(), value.strip())
    flags = set(told.get("flags", told.get("features", "")).split())
    return told.get("model name", platform.processor()), [name for name in WANTED if name in flags]


def folder() -> dict[str, str]:
    """The current folder, in the spelling of the shell where it is the same folder."""
    real = os.getcwd()
    spelled = os.environ.get("PWD", "")
    try:
        same = bool(spelled) and os.path.samefile(spelled, real)
    except OSError:
        same = False
    return {"path": spelled if same else real, "real": os.path.realpath(real)}


def path_of_script(path: list[str], script: str) -> list[str]:
    """``sys.path`` as ``python SCRIPT`` has it: the script's folder first, the link of a script followed."""
    if getattr(sys.flags, "safe_path", False):
        return path
    target = os.path.join(os.path.dirname(script), os.readlink(script)) if os.path.islink(script) else script
    return [os.path.dirname(os.path.abspath(target)), *path[1:]]


def entries(path: list[str], script: str | None) -> list[dict[str, Any]]:
    """``sys.path``, entry by entry: how it is spelled, where it is, and who put it there."""
    given = os.environ.get("PYTHONPATH", "") if not sys.flags.ignore_environment else ""
    named = {os.path.abspath(p) for p in given.split(os.pathsep) if p}
    paths = sysconfig.get_paths()
    base = {os.path.abspath(paths[k]) for k in ("stdlib", "platstdlib")}
    standard = base | {os.path.join(p, "lib-dynload") for p in base}
    standard |= {os.path.abspath(p) for p in path if os.path.basename(p).startswith("python3") and p.endswith(".zip")}
    places = {os.path.abspath(paths[k]) for k in ("purelib", "platlib")}
    places |= {os.path.abspath(p) for p in getattr(site, "getsitepackages", list)()}
    user = os.path.abspath(site.getusersitepackages()) if hasattr(site, "getusersitepackages") else ""
    first = not getattr(sys.flags, "safe_path", False)
    found = []
    for at, entry in enumerate(path):
        whole = os.path.abspath(entry)
        if at == 0 and first:
            kind = "script" if script is not None else "folder"
        else:
            kind = _kind(whole, named, standard, places, user)
        found.append(
            {
                "entry": entry,
                "path": whole,
                "real": os.path.realpath(whole),
                "kind": kind,
                "exists": os.path.exists(whole),
                "zip": os.path.isfile(whole),
            }
        )
    return found


def _kind(path: str, named: set[str], standard: set[str], places: set[str], user: str) -> str:
    if path in named:
        return "pythonpath"
    if path in standard or (path.startswith(sys.base_prefix) and os.path.basename(path).startswith("python3")):
        return "stdlib"
    if path == user:
        return "user site"
    if path in places or os.path.basename(path) in ("site-packages", "dist-packages"):
        return "site"
    return "added"
