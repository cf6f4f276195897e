"""The demo gallery: tiny but real pipelines, one for each system the project covers, made on first use.

A demo is a folder that the installed library's own ``save_pretrained`` wrote into the user's cache, so it is read,
built and judged exactly as a user's own folder. Three are more than a folder can hold and are live objects made from
one.
Importing this package, and asking for a folder, never imports torch: building happens in a process of its own.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.model import EXIT_INTERNAL, EXIT_USAGE, InspectError

BUILD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo: ``module.<name with underscores>`` writes the folder; a live one is then ``<that>_live``'s result.

    ``folder`` names the demo whose folder this one starts from when it is not its own.
    """

    name: str
    about: str
    module: str
    live: bool = False
    folder: str = ""

    @property
    def home(self) -> str:
        """The name of the folder."""
        return self.folder or self.name

    @property
    def function(self) -> str:
        return self.name.replace("-", "_")


GALLERY: tuple[Demo, ...] = (
    Demo("sd15", "Stable Diffusion 1.5, PNDM, with its safety checker", "stable_diffusion"),
    Demo("sd15-traps", "sd15 with the classic mistakes made on it (live)", "traps", live=True, folder="sd15"),
    Demo("sd-inpaint", "Stable Diffusion inpainting: nine input channels, DDIM", "stable_diffusion"),
    Demo(
        "sd-lora", "Stable Diffusion with a LoRA as DPO, ORPO, DreamBooth, RealFill train (live)", "adapters", live=True
    ),
    Demo("sd-pag", "Stable Diffusion with perturbed-attention guidance", "stable_diffusion"),
    Demo("sdxl", "Stable Diffusion XL: two text encoders, Euler", "stable_diffusion"),
    Demo("sdxl-inpaint", "Stable Diffusion XL inpainting", "stable_diffusion"),
    Demo("sdxl-pag", "Stable Diffusion XL with perturbed-attention guidance", "stable_diffusion"),
    Demo("t2i-adapter-sd", "T2I-Adapter on Stable Diffusion", "adapters"),
    Demo("t2i-adapter-sdxl", "T2I-Adapter on Stable Diffusion XL", "adapters"),
    Demo("pixart-alpha", "PixArt-α: a diffusion transformer with T5, DPM-Solver++", "pixart"),
    Demo("pixart-sigma", "PixArt-Σ: the same with 300 tokens and the XL autoencoder", "pixart"),
    Demo("wuerstchen", "Würstchen, prior and decoder in one", "wuerstchen"),
    Demo("wuerstchen-prior", "Würstchen's prior: text to compressed latents", "wuerstchen"),
    Demo("wuerstchen-decoder", "Würstchen's decoder: compressed latents to an image", "wuerstchen"),
    Demo("amused", "aMUSEd: a masked image model, no diffusion", "amused"),
    Demo("unclip", "UnCLIP (Karlo): prior, decoder, two super-resolution steps, three schedulers", "unclip"),
    Demo("kandinsky22", "Kandinsky 2.2, prior and decoder in one", "kandinsky"),
    Demo("kandinsky22-prior", "Kandinsky 2.2's prior: text to an image embedding", "kandinsky"),
    Demo("kandinsky22-decoder", "Kandinsky 2.2's decoder: an image embedding to an image", "kandinsky"),
    Demo("kandinsky3", "Kandinsky 3: T5 and one U-Net", "kandinsky"),
    Demo("sd3", "Stable Diffusion 3: three text encoders, flow matching with shift 3", "flow"),
    Demo("flux", "FLUX.1 schnell: flow matching with shift 1", "flow"),
    Demo("ddpm", "DDPM without any condition", "ddpm"),
    Demo("ddim", "DDIM without any condition", "ddpm"),
    Demo(
        "value-guided-rl", "value-guided planning in a toy environment, experimental (live)", "value_guided", live=True
    ),
    Demo("community-lpw", "a community pipeline of our own: long prompts with weights", "community"),
    Demo("community-wildcard", "a community pipeline of our own: __wildcards__ in prompts", "community"),
)
DEMOS: dict[str, Demo] = {demo.name: demo for demo in GALLERY}
NAMES: dict[str, str] = {demo.name: demo.about for demo in GALLERY}
LIVE: frozenset[str] = frozenset(demo.name for demo in GALLERY if demo.live)
ALIASES: dict[str, str] = {"community": "community-lpw", "t2i-adapter": "t2i-adapter-sd"}


def find(name: str) -> Demo:
    """The demo of this name or alias.

    Raises:
        InspectError: there is none; the hint names the nearest.
    """
    demo = DEMOS.get(ALIASES.get(name, name))
    if demo is None:
        near = difflib.get_close_matches(name.lower(), [*DEMOS, *ALIASES], n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(f'demo:{n}' for n in near)}?" if near else "inspect-pipe demo list shows all"
        raise InspectError(f"there is no demo named {name!r}", hint=hint, where=f"demo:{name}")
    return demo


def root() -> Path:
    """The folder all demos of these library versions live in: another version, or an edit here, makes its own."""
    from inspector.classes import cache_dir

    versions = []
    for library in ("diffusers", "transformers"):
        try:
            versions.append(f"{library}-{importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError as error:
            raise InspectError(
                f"demos are made with {library}, which is not installed",
                hint="install inspect-pipe into the environment that you use diffusers in",
            ) from error
    # Without torchvision the image processors are other classes, and a demo's index names what it was saved from.
    digest = hashlib.sha256(str(importlib.util.find_spec("torchvision") is not None).encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return cache_dir() / "demo" / "-".join([*versions, digest.hexdigest()[:8]])


def path(name: str) -> Path:
    """The folder of a demo, built now if this is its first use; for a live demo, the folder it is made from.

    Safe when several processes ask at once: each builds aside, the first to finish gives the folder its name.

    Raises:
        InspectError: no such demo, or the installed libraries cannot make it (the message says why).
    """
    return prepare(name)[0]


def prepare(*names: str) -> list[Path]:
    """The folders of several demos; those not there yet are built in one process, which is faster than one each."""
    demos = [find(name) for name in names]
    folders = [root() / demo.home for demo in demos]
    missing = [folder.name for folder in dict.fromkeys(folders) if not folder.is_dir()]
    if missing:
        build_process(*missing)
    return folders


def build_process(*names: str) -> None:
    """Build the folders of these demos in a process of its own, offline.

    Raises:
        InspectError: what the building process reported, or that it ended without a report.
    """
    which = ", ".join(f"demo:{name}" for name in names)
    package = str(Path(__file__).parents[2])
    # -P keeps the current folder, which may be a model's, off the path; the package's own home goes back on.
    search = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH")) if p)
    quiet = {"DIFFUSERS_VERBOSITY": "error", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, *names],
            env={**os.environ, **quiet, **offline, "PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise InspectError(f"building {which} took over {BUILD_SECONDS} s", where=which) from error
    if done.returncode == 0:
        return
    try:
        report = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise InspectError(
            f"building {which} ended with status {done.returncode}: {said}",
            hint=f"python -m {__name__} {' '.join(names)} shows the whole story",
            exit_code=EXIT_INTERNAL,
            where=which,
        ) from None
    raise InspectError(report["message"], hint=report["hint"], where=report["where"])


def build(name: str, folder: Path) -> None:
    """Write a demo's folder, in this process and with torch.

    Raises:
        InspectError: the installed libraries cannot make it.
    """
    _function(DEMOS[find(name).home], "")(folder)


def live(name: str, load: Callable[[Path], Any] | None = None) -> Any:
    """The live object of a demo in :data:`LIVE`, in this process and with torch.

    Args:
        name: the demo.
        load: makes a pipeline of the demo's folder; ``DiffusionPipeline.from_pretrained`` when not given.
    """
    demo = find(name)
    if not demo.live:
        raise InspectError(f"demo:{demo.name} is a folder: {path(demo.name)}", exit_code=EXIT_USAGE, where=name)
    return _function(demo, "_live")(path(demo.name), load)


def _function(demo: Demo, suffix: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(importlib.import_module(f"{__name__}.{demo.module}"), demo.function + suffix)
    return found
