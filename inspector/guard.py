"""What the worker may do: limits, an environment of its own, no network, no processes, no strange imports.

Landlock (:mod:`inspector.landlock`) is the wall where the kernel has it; the audit hook here stands on every
system and turns what it refuses into an ordinary ``PermissionError``, so that the rest is still reported.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

# The distributions whose modules (and their requirements' modules) a worker may import.
LIBRARIES = ("diffusers", "transformers", "torch", "accelerate", "peft", "inspect-pipe", "pydantic")

# What the libraries are allowed to see of the user's environment.
_KEPT = (
    "HOME", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "VIRTUAL_ENV",
    "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "INSPECT_PIPE_CACHE",
    "PYTORCH_CUDA_ALLOC_CONF", "HSA_OVERRIDE_GFX_VERSION", "COVERAGE_PROCESS_START",
)  # fmt: skip
_KEPT_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "ROCM_", "HIP_", "OMP_", "MKL_", "KMP_")

_REFUSED = re.compile(
    r"socket\.(connect|bind|getaddrinfo|gethostby\w+|sendto|sendmsg)|subprocess\.Popen|pty\.spawn|webbrowser\.open"
    r"|os\.(system|exec|posix_spawn|spawn|fork|forkpty|startfile)|ftplib\.\w+|smtplib\.\w+|urllib\.Request"
)


def environment(private: Path, *, offline: bool = True, code: bool = False) -> dict[str, str]:
    """The environment of a worker: the user's machine without the user's secrets, caches or network.

    Args:
        private: the worker's own folder, for every cache.
        offline: nothing is fetched from the Hub.
        code: the user allowed code that comes with the folder.
    """
    kept = {k: v for k, v in os.environ.items() if k in _KEPT or k.startswith(_KEPT_PREFIXES)}
    caches = dict.fromkeys(("HF_HOME", "XDG_CACHE_HOME", "TORCH_HOME", "TRITON_CACHE_DIR"), str(private / "cache"))
    return {
        **kept,
        **caches,
        **QUIET,
        "HF_MODULES_CACHE": str(private / "modules"),
        "TMPDIR": str(private),
        "PYTHONSAFEPATH": "1",
        **({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"} if offline else {}),
        **({} if code else {"DIFFUSERS_DISABLE_REMOTE_CODE": "1"}),
    }


# No telemetry, no implicit token, no kernels from the Hub, no advice on standard output.
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
    "USE_HUB_KERNELS": "0",
    "DIFFUSERS_ENABLE_HUB_KERNELS": "0",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONIOENCODING": "utf-8",
}


def limit(seconds: float, memory: int | None) -> None:
    """Cap this process: processor time, memory, the size of what it writes, no core dumps."""
    try:
        import resource
    except ImportError:  # Windows has none of these; the wall limit of the parent still holds
        return
    caps = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, int(seconds) * (os.cpu_count() or 1) + 5)]
    if memory is not None:
        caps += [(resource.RLIMIT_DATA, memory), (resource.RLIMIT_AS, 8 * memory)]
        caps += [(resource.RLIMIT_FSIZE, 1 << 30)]
    for kind, value in caps:
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def system_folders() -> list[Path]:
    """What Python and the libraries need to read to start: themselves and the system's own files."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *sys.path}
    paths |= {"/usr", "/lib", "/lib64", "/bin", "/opt", "/nix/store", "/proc", "/sys", "/etc", "/run/opengl-driver"}
    paths |= {str(Path(__file__).resolve().parent), "/dev/urandom", "/dev/random", "/dev/zero"}
    return [Path(p) for p in sorted(paths) if p]


def devices() -> list[Path]:
    """What is written to without being a file: the bit bucket, and the GPU's nodes."""
    return [Path("/dev/null"), Path("/dev/shm"), *Path("/dev").glob("nvidia*"), Path("/dev/kfd"), Path("/dev/dri")]


def watch(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Refuse, from now on and for good, the network, other processes and files outside these folders."""
    read, write = _prefixes([*readable, *writable]), _prefixes(writable)
    work = os.getcwd()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = (*arguments, None, None)[:3]
            if isinstance(path, int):
                return
            name = os.path.abspath(os.path.join(work, os.fsdecode(path)))
            writing = any(c in (mode or "") for c in "wax+") or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            allowed = write if writing else read
            if not (name + os.sep).startswith(allowed) and not os.path.isdir(name):
                if not (os.path.realpath(name) + os.sep).startswith(allowed):
                    raise PermissionError(13, "outside what an inspection may open", name)
        elif _REFUSED.fullmatch(event):
            raise PermissionError(1, f"an inspection does not {event}")

    sys.addaudithook(hook)


def _prefixes(paths: Iterable[Path]) -> tuple[str, ...]:
    both = {os.path.abspath(p) for p in paths} | {os.path.realpath(p) for p in paths}
    return tuple(sorted(p.rstrip(os.sep) + os.sep for p in both))


class Imports(MetaPathFinder):
    """Refuses every module that is neither Python's own nor one of the libraries' or their requirements'."""

    def __init__(self, also: Iterable[str] = ()) -> None:
        self.roots = {*sys.stdlib_module_names, *also, "inspector"} - {"antigravity", "this", "turtledemo", "idlelib"}
        self.complete = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root = fullname.partition(".")[0]
        if root not in self.roots and not self.complete:
            self.roots |= modules_of(LIBRARIES)
            self.complete = True
        if root not in self.roots and not root.startswith("__editable__"):
            raise ModuleNotFoundError(f"No module named {fullname!r} (refused in an inspection)", name=fullname)
        return None


def modules_of(distributions: Iterable[str]) -> set[str]:
    """The top-level modules of these distributions and of everything they require, as installed."""
    from importlib import metadata

    found: set[str] = set()
    seen: set[str] = set()
    queue = list(distributions)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # an extra that is not installed requires nothing
            continue
        queue += [re.match(r"[\w.-]+", r)[0] for r in distribution.requires or () if re.match(r"[\w.-]+", r)]  # type: ignore[index]
        listed = distribution.read_text("top_level.txt")
        files = distribution.files or ()
        found |= set(listed.split()) if listed else {re.split(r"[/\\.]", str(f))[0] for f in files}
    return found


def refuse_imports(also: Iterable[str] = ()) -> None:
    """Put :class:`Imports` in front of every other finder."""
    sys.meta_path.insert(0, Imports(also))


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A fresh folder for one worker; it goes with everything in it."""
    return tempfile.TemporaryDirectory(prefix="inspect-pipe-", ignore_cleanup_errors=True)
