"""What the worker may do: limits, an environment of its own, no network, no processes, no strange imports.

Landlock (:mod:`inspector.landlock`) is the wall where the kernel has it; the audit hook here stands on every
system and turns what it refuses into an ordinary ``PermissionError``, so that the rest is still reported.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

PRIVATE = "inspect-pipe-"
"""How the names of the folders begin that a worker has for itself."""

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


def environment(private: Path, *, code: bool = False) -> dict[str, str]:
    """The environment of a worker: the user's machine without the user's secrets, caches or network.

    Args:
        private: the worker's own folder, for every cache.
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
        **OFFLINE,
        **({} if code else {"DIFFUSERS_DISABLE_REMOTE_CODE": "1"}),
    }


OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

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
    shared = Path("/dev/shm")  # noqa: S108 (torch's own shared memory)
    return [Path("/dev/null"), shared, *Path("/dev").glob("nvidia*"), Path("/dev/kfd"), Path("/dev/dri")]


def watch(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Refuse, from now on and for good, the network, other processes and files outside these folders."""
    read, write = _prefixes([*readable, *writable]), _prefixes(writable)
    work = os.getcwd()
    judged: dict[str, bool] = {}  # an import raises tens of thousands of events, of few kinds

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = (*arguments, None, None)[:3]
            if isinstance(path, int):
                return
            writing = any(c in (mode or "") for c in "wax+") or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            allowed = write if writing else read
            if isinstance(path, str) and path.startswith(allowed) and "/.." not in path:
                return
            name = os.path.abspath(os.path.join(work, os.fsdecode(path)))
            if not ((name + os.sep).startswith(allowed) or os.path.isdir(name)):
                name = os.path.realpath(name)
                if not (name + os.sep).startswith(allowed):
                    raise PermissionError(13, "outside what an inspection may open", name)
            return
        refused = judged.get(event)
        if refused is None:
            refused = judged[event] = _REFUSED.fullmatch(event) is not None
        if refused:
            raise PermissionError(1, f"an inspection does not {event}")

    sys.addaudithook(hook)


def _prefixes(paths: Iterable[Path]) -> tuple[str, ...]:
    both = {os.path.abspath(p) for p in paths} | {os.path.realpath(p) for p in paths}
    return tuple(sorted(p.rstrip(os.sep) + os.sep for p in both))


class Imports(MetaPathFinder):
    """Finds top-level modules only where Python looked when the process began: never in a model's folder.

    It stands in front of all other finders and asks them itself, so that a module elsewhere simply does not exist.
    """

    def __init__(self, finders: Iterable[Any], places: Iterable[str]) -> None:
        self.finders, self.places = list(finders), list(places)
        self.denied: frozenset[str] = frozenset()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self.denied:
            raise ModuleNotFoundError(f"{fullname} is named by the folder and not imported", name=fullname)
        for finder in self.finders:
            where = self.places if path is None and finder is PathFinder else path
            spec: ModuleSpec | None = finder.find_spec(fullname, where, target)
            if spec is not None:
                return spec
        return None

    def find_distributions(self, *context: Any) -> Iterator[Any]:
        """What is installed, for ``importlib.metadata``."""
        for finder in self.finders:
            if hasattr(finder, "find_distributions"):
                yield from finder.find_distributions(*context)

    def invalidate_caches(self) -> None:
        for finder in self.finders:
            if hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()


def freeze_imports(trusted: Iterable[Path] = ()) -> None:
    """From now on, what is put on ``sys.path`` later is not looked into.

    Args:
        trusted: folders that are looked into all the same (code the user said to run).
    """
    here = os.getcwd()
    places = [p for p in sys.path if p and os.path.abspath(p) != here]
    sys.meta_path[:] = [Imports(sys.meta_path, [*places, *map(str, trusted)])]


def deny_imports(names: Iterable[str]) -> None:
    """Modules that a folder names and that nobody has imported yet are not imported from now on."""
    for finder in sys.meta_path:
        if isinstance(finder, Imports):
            roots = {n.partition(".")[0] for n in names}
            finder.denied |= {r for r in roots if r not in sys.modules}


def end_with_parent(reply: int, private: Path) -> None:
    """End, and what was started here with it, when nobody is there any more to read the answer.

    The pipe tells: a parent that was killed has told nobody.
    """
    if not hasattr(select, "poll"):
        return
    line = select.poll()
    line.register(reply, 0)
    line.poll()
    if private.name.startswith(PRIVATE):
        shutil.rmtree(private, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)
