"""The readers and writers that source analysis names, against what the real library does when it runs."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector import demo, reads
from inspector.model import Read
from inspector.reads import index, link, visit

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

Seen = set[tuple[str, str, str, int]]  # name, place, file, line
Predicted = Callable[[str], tuple[Read, ...]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def places(found: tuple[Read, ...]) -> set[str]:
    return {r.place for r in found}


# -- the truth: every read of a config and of a live setting, as the library runs ------------------------------------

GENERIC = {"configuration_utils.py", "pipeline_utils.py", "modeling_utils.py", "scheduling_utils.py"}


def in_init(frame: Any) -> bool:
    """Whether this runs on behalf of an ``__init__`` of the library (the wrapper around it reads for nobody)."""
    while frame is not None:
        if frame.f_code.co_name == "__init__" and "diffusers" in Path(frame.f_code.co_filename).parts:
            return True
        frame = frame.f_back
    return False


class Recorder:
    """Notes who reads which key of a config, and which live attribute of the same name (design, fact 19)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from diffusers import SchedulerMixin, configuration_utils

        self.seen: Seen = set()
        recorder = self

        frozen = configuration_utils.FrozenDict

        def attribute(self: Any, name: str) -> Any:
            if not name.startswith("_") and dict.__contains__(self, name):
                recorder.note(name, "config.attr")
            return OrderedDict.__getattribute__(self, name)

        def item(self: Any, key: str) -> Any:
            recorder.note(key, "config.item")
            return OrderedDict.__getitem__(self, key)

        def get(self: Any, key: str, default: Any = None) -> Any:
            recorder.note(key, "config.item")
            return OrderedDict.get(self, key, default)

        def contains(self: Any, key: str) -> bool:
            recorder.note(key, "config.item")
            return OrderedDict.__contains__(self, key)

        def live(obj: Any, name: str) -> Any:
            if not name.startswith("__") and name in object.__getattribute__(obj, "__dict__"):
                recorder.note(name, "live")
            return object.__getattribute__(obj, name)

        # Swapped on the class, not by a subclass: pipelines replace configs, and import FrozenDict by name.
        for name, method in {"getattribute": attribute, "getitem": item, "contains": contains}.items():
            monkeypatch.setattr(frozen, f"__{name}__", method, raising=False)
        monkeypatch.setattr(frozen, "get", get, raising=False)
        monkeypatch.setattr(SchedulerMixin, "__getattribute__", live, raising=False)

    def note(self, name: str, place: str) -> None:
        frame = sys._getframe(2)
        file = Path(frame.f_code.co_filename)
        if file.name == "configuration_utils.py" and frame.f_code.co_name == "__getattr__" and frame.f_back:
            # The old way, scheduler.k: __getattr__ answers from the item.
            frame, place = frame.f_back, "config.item"
            file = Path(frame.f_code.co_filename)
        if "diffusers" in file.parts and file.name not in GENERIC:
            self.seen.add((name, "init" if in_init(frame) else place, file.name, frame.f_lineno))

    def missed(self, predicted: Predicted, names: set[str]) -> list[tuple[str, str, str, int]]:
        """What was read but not predicted with this file, line and place."""

        def known(name: str, place: str, file: str, line: int) -> bool:
            # What a public method reads on behalf of __init__ is rightly told as read by that method.
            wanted = {r.place for r in predicted(name) if (r.file, r.line) == (file, line)}
            return bool(wanted) if place == "init" else place in wanted

        return sorted(s for s in self.seen if s[0] in names and not known(*s))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def scheduler_classes() -> list[type]:
    from diffusers import SchedulerMixin

    names = [n for n in dir(diffusers) if n.endswith("Scheduler")]
    found = [c for c in (getattr(diffusers, n) for n in names) if isinstance(c, type) and issubclass(c, SchedulerMixin)]
    return sorted(set(found), key=lambda c: c.__name__)


def variants(cls: type) -> Iterator[dict[str, Any]]:
    """The default construction, and one more for each switch."""
    yield {}
    options = {"timestep_spacing": ("trailing", "leading", "linspace"), "prediction_type": ("v_prediction", "sample")}
    options["variance_type"] = ("learned_range", "learned")
    options["algorithm_type"] = ("sde-dpmsolver++", "dpmsolver")
    for name, parameter in inspect.signature(cls.__init__).parameters.items():  # type: ignore[misc]
        for value in (True,) if parameter.default is False else options.get(name, ()):
            yield {name: value}


# What a class without defaults for everything is made with.
NEEDED: dict[str, dict[str, Any]] = {
    "AmusedScheduler": {"mask_token_id": 7},
    "VQDiffusionScheduler": {"num_vec_classes": 5},
    "RFD4ProteinaScheduler": {"schedule_mode": "log", "noise_mode": "tan", "tsr_k": 1.0, "tsr_sigma": 1.0},
}


def exercise(cls: type, kwargs: dict[str, Any]) -> Any:
    """Make a scheduler and drive it through everything a pipeline calls; what it refuses, it refuses."""
    try:
        scheduler: Any = cls(**NEEDED.get(cls.__name__, {}), **kwargs)
    except (ValueError, NotImplementedError, TypeError):
        return None
    sample = torch.ones(1, 4, 8, 8)
    for steps in ({"num_inference_steps": 4}, {"num_inference_steps": 4, "mu": 0.5}, {}):
        try:
            scheduler.set_timesteps(**steps)
        except Exception:  # any refusal will do: only the reads until then matter
            continue
        for t in list(getattr(scheduler, "timesteps", ()))[:3]:
            for act in (
                lambda t=t: scheduler.scale_model_input(sample, t),
                lambda t=t: scheduler.step(sample, t, sample),
                lambda t=t: scheduler.step(torch.cat([sample, sample], 1), t, sample),
                lambda t=t: scheduler.add_noise(sample, sample, t.reshape(1)),
                lambda t=t: scheduler.get_velocity(sample, sample, t.reshape(1)),
                lambda: scheduler.init_noise_sigma,
                lambda: len(scheduler),
            ):
                try:
                    act()
                except Exception:
                    continue
    return scheduler


@pytest.mark.parametrize("cls", scheduler_classes(), ids=lambda c: c.__name__)
def test_every_read_of_a_running_scheduler_is_predicted(cls: type, recorder: Recorder) -> None:
    made = [s for s in (exercise(cls, kwargs) for kwargs in variants(cls)) if s is not None]
    assert made
    predicted = reads.class_reads(cls)
    # A scheduler that makes another one hands its whole config on; what that one reads is its own affair.
    own = {Path(file).name for _, file in link.layers(cls)}
    foreign = {s for s in recorder.seen if s[2] not in own}
    assert not foreign or "*" in predicted
    recorder.seen -= foreign
    names = {name for scheduler in made for name in scheduler._internal_dict}
    assert recorder.missed(lambda name: predicted.get(name, ()), names) == []
    assert recorder.seen


# -- pipelines: reads across components -----------------------------------------------------------------------------


def tiny_unet(**kwargs: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(4, 8), layers_per_block=1, sample_size=8, norm_num_groups=2, cross_attention_dim=8,
        attention_head_dim=2, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **kwargs,
    )  # fmt: skip


def tiny_vae() -> Any:
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    return diffusers.AutoencoderKL(block_out_channels=(4, 8), norm_num_groups=2, latent_channels=4, **blocks)


def run_sd15() -> Any:
    pipe = diffusers.StableDiffusionPipeline(
        vae=tiny_vae(), text_encoder=None, tokenizer=None, unet=tiny_unet(), scheduler=diffusers.DDIMScheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    embeds = torch.zeros(1, 4, 8)
    pipe(prompt_embeds=embeds, negative_prompt_embeds=embeds, num_inference_steps=2, output_type="np")
    return pipe


def run_sdxl() -> Any:
    unet = tiny_unet(
        addition_embed_type="text_time", addition_time_embed_dim=2, projection_class_embeddings_input_dim=20
    )
    pipe = diffusers.StableDiffusionXLPipeline(
        vae=tiny_vae(), text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None, unet=unet,
        scheduler=diffusers.EulerDiscreteScheduler(), add_watermarker=False,
    )  # fmt: skip
    pipe.text_encoder_2 = None
    embeds, pooled = torch.zeros(1, 4, 8), torch.zeros(1, 8)
    pipe(
        prompt_embeds=embeds, negative_prompt_embeds=embeds, pooled_prompt_embeds=pooled,
        negative_pooled_prompt_embeds=pooled, num_inference_steps=2, output_type="np",
    )  # fmt: skip
    return pipe


def run_ddpm() -> Any:
    unet = diffusers.UNet2DModel(
        sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    pipe = diffusers.DDPMPipeline(unet=unet, scheduler=diffusers.DDPMScheduler())
    pipe(num_inference_steps=2, output_type="np")
    return pipe


def run_inpaint() -> Any:
    pipe = diffusers.StableDiffusionInpaintPipeline(
        vae=tiny_vae(), text_encoder=None, tokenizer=None, unet=tiny_unet(), scheduler=diffusers.PNDMScheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    embeds, image = torch.zeros(1, 4, 8), torch.zeros(1, 3, 16, 16)
    pipe(
        prompt_embeds=embeds, negative_prompt_embeds=embeds, image=image, mask_image=image[:, :1],
        num_inference_steps=2, output_type="np",
    )  # fmt: skip
    return pipe


def run_controlnet() -> Any:
    controlnet = diffusers.ControlNetModel(
        block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, cross_attention_dim=8, attention_head_dim=2,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), conditioning_embedding_out_channels=(2, 2),
    )  # fmt: skip
    pipe = diffusers.StableDiffusionControlNetPipeline(
        vae=tiny_vae(), text_encoder=None, tokenizer=None, unet=tiny_unet(), scheduler=diffusers.DDIMScheduler(),
        controlnet=controlnet,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    embeds = torch.zeros(1, 4, 8)
    pipe(
        prompt_embeds=embeds, negative_prompt_embeds=embeds, image=torch.zeros(1, 3, 16, 16),
        num_inference_steps=2, output_type="np",
    )  # fmt: skip
    return pipe


def run_combined() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        demo.build("kandinsky22", Path(folder, "it"))
        pipe = diffusers.DiffusionPipeline.from_pretrained(Path(folder, "it"), local_files_only=True)
    pipe("a cat", height=64, width=64, num_inference_steps=2, prior_num_inference_steps=2, output_type="np")
    return pipe


def classes_of(pipe: Any) -> dict[str, type]:
    parts = {name: type(part) for name, part in pipe.components.items() if hasattr(part, "_internal_dict")}
    return {"pipe": type(pipe), **parts}


def missed_reads(pipe: Any, recorder: Recorder) -> list[tuple[str, str, str, int]]:
    classes = classes_of(pipe)
    found = reads.readers(classes)
    holders = [pipe, *(getattr(pipe, path) for path in classes if path != "pipe")]
    # Parts that are models of their own, with a config of their own (an image processor), are no components.
    names = {name for holder in holders for name in holder._internal_dict}
    made = [inner for inner, _ in reads._made(type(pipe), classes)]
    own = {Path(f.file).name for cls in [*classes.values(), *made] for f in link.reached(cls)}
    recorder.seen = {s for s in recorder.seen if s[2] in own}
    assert len(recorder.seen) > 5

    def predicted(name: str) -> tuple[Read, ...]:  # "*": dict(scheduler.config) reads every item
        return tuple(r for path in classes for n in (name, "*") for r in found.get((path, n), ()))

    return recorder.missed(predicted, names)


PIPELINES = [run_sd15, run_sdxl, run_ddpm, run_inpaint, run_controlnet, run_combined]


@pytest.mark.parametrize("run", PIPELINES)
def test_every_read_of_a_running_pipeline_is_predicted(run: Callable[[], Any], recorder: Recorder) -> None:
    assert missed_reads(run(), recorder) == []


def _no_names(self: visit._Function, target: ast.expr, value: ast.expr | None = None) -> None:
    if not isinstance(target, ast.Name):
        whole_store(self, target, value)


whole_store = visit._Function.store


def test_the_proof_notices_a_dropped_rule(recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pipe = run_controlnet()
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path))
    monkeypatch.setattr(index, "_memory", {})
    monkeypatch.setattr(visit._Function, "store", _no_names)  # controlnet = self.controlnet
    link.functions.cache_clear()
    missed = missed_reads(pipe, recorder)
    link.functions.cache_clear()
    assert missed


# -- one form of reading at a time ------------------------------------------------------------------------------------

MODULE = """
from functools import cached_property
def compiled(x): return False
def upcast(vae, other): return vae.config.k
class Grand:
    def dead(self): return self.config.dead_grand
    def alive(self): return self.config.alive_grand
class Base(Grand):
    def dead(self): return self.config.dead_base
    def alive(self): return super().alive() + self.config.alive_base
    def register_to_config(self, **kwargs): ...
class Part(Base):
    order = 1
    def __init__(self, k=1, j=2, shift=3): self._shift = shift
    @property
    def shift(self): return self._shift
    def method(self): ...
class Pipe(Base):
    unet_name = "unet"
    def __init__(self, unet=None, vae=None, k=1, j=2, unused=0):
        self.j = j
        self._helper()
        self.register_modules(unet=unet, vae=vae)
    def _helper(self): return self.config.helped
    def dead(self): return 0
    def alive(self): return super().alive()
    def unwrap_model(self, model): return model
    def take(self, part): return part.config["k"]
    def run(self, given=None):
        {code}
"""

FORMS: list[tuple[str, set[tuple[str, str, str]]]] = [
    # left alone
    ("self.config.k = 1", set()),
    ("self.k = 1", set()),
    ("config = self.config", set()),
    ("self.unet.method()", {("pipe", "unet", "live")}),
    ("given.config.k", set()),
    ("other = 1; other.k", set()),
    ("self.k: int", set()),
    ('getattr(self, "")', {("pipe", "*", "live")}),
    # the object's own config
    ("self.config.k", {("pipe", "k", "config.attr")}),
    ('self.config["k"]', {("pipe", "k", "config.item")}),
    ('self.config.get("k")', {("pipe", "k", "config.item")}),
    ('self.config.get("k", self.config.j)', {("pipe", "k", "config.item"), ("pipe", "j", "config.attr")}),
    ('getattr(self.config, "k", None)', {("pipe", "k", "config.attr")}),
    ('hasattr(self.config, "k")', {("pipe", "k", "config.attr")}),
    ('"k" in self.config', {("pipe", "k", "config.item")}),
    ("self._internal_dict.k", {("pipe", "k", "config.attr")}),
    ("[x for x in self.config.k[0]]", {("pipe", "k", "config.attr")}),
    ("(lambda: self.config.k)()", {("pipe", "k", "config.attr")}),
    ("self.config.k += 1", {("pipe", "k", "config.attr")}),
    ("dict(self.config)", {("pipe", "*", "config.item")}),
    ("print(**self.config)", {("pipe", "*", "config.item")}),
    ("getattr(self.config, given)", {("pipe", "*", "config.attr")}),
    # live
    ("self.j", {("pipe", "j", "live")}),
    ('getattr(self, "j")', {("pipe", "j", "live")}),
    ("self.j += 1", {("pipe", "j", "live")}),
    ("self.k", {("pipe", "k", "config.item")}),  # never set on the object: __getattr__ answers from the item
    # components
    ("self.unet.config.k", {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ('self.unet.config["k"]', {("pipe", "unet", "live"), ("unet", "k", "config.item")}),
    ('getattr(self.vae.config, "k", None)', {("pipe", "vae", "live"), ("vae", "k", "config.attr")}),
    ("self.unet.order", {("pipe", "unet", "live"), ("unet", "order", "live")}),
    ("self.unet.shift", {("pipe", "unet", "live"), ("unet", "shift", "live"), ("unet", "_shift", "live")}),
    # names
    ("config = self.config; config.k", {("pipe", "k", "config.attr")}),
    ("unet = self.unet; unet.config.k", {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ("cfg = self.unet.config; cfg.k", {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ("a, b = self.unet, self.vae; b.config.k",
     {("pipe", "unet", "live"), ("pipe", "vae", "live"), ("vae", "k", "config.attr")}),
    ("unet = self.unet._orig_mod if compiled(self.unet) else self.unet; unet.config.k",
     {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ("unet = getattr(self, self.unet_name); unet.config.k",
     {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ("self.unwrap_model(self.unet).config.k", {("pipe", "unet", "live"), ("unet", "k", "config.attr")}),
    ("self.vae and self.vae.config.k", {("pipe", "vae", "live"), ("vae", "k", "config.attr")}),
    # handed to another function
    ("upcast(self.vae, 1)", {("pipe", "vae", "live"), ("vae", "k", "config.attr")}),
    ("upcast(other=1, vae=self.vae)", {("pipe", "vae", "live"), ("vae", "k", "config.attr")}),
    ("self.take(self.unet)", {("pipe", "unet", "live"), ("unet", "k", "config.item")}),
]  # fmt: skip


def module_of(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    name = f"made_{abs(hash(text))}"
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module(name)


@pytest.mark.parametrize(("code", "expected"), FORMS, ids=[code for code, _ in FORMS])
def test_forms(code: str, expected: set[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(MODULE.replace("{code}", code), tmp_path, monkeypatch)
    found = reads.readers({"pipe": module.Pipe, "unet": module.Part, "vae": module.Part})
    here = {(*key, r.place) for key, rs in found.items() for r in rs if r.function in ("run", "upcast", "take")}
    assert here == expected


def test_a_name_given_anew_a_hundred_times_is_no_explosion() -> None:
    body = "; ".join(f"x = x.a{i} or x.b{i}" for i in range(100))
    facts = visit.facts_of(f"class A:\n    def f(self): x = self.unet; {body}")
    assert len(facts["classes"]["A"]["functions"]["f"][0]["loads"]) < 10_000


def test_forms_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """self.a: int; self.b = 1; self.c += 1; self.d: int = 2; setattr(self, "e", 1); (self.f, x) = 1, 2
        self.config.g = 1; self.config["h"] = 1; self.register_to_config(i=1); self.unet.config.j = 2
        for self.k in (): pass
        with open("") as self.l: pass
        new = dict(self.unet.config); new["m"] = 1; self.unet._internal_dict = new
        new = dict(self.config); new["n"] = 1
    """
    module = module_of(MODULE.replace("{code}", code), tmp_path, monkeypatch)
    found = {n: w[0].place for n, ws in reads.writers(module.Pipe).items() if (w := ws) and w[0].function == "run"}
    live = dict.fromkeys(("b", "c", "d", "e", "f", "k", "l", "unet._internal_dict"), "live")
    assert found == {
        **live, "g": "config.attr", "h": "config.item", "i": "register", "unet.j": "config.attr", "unet.m": "register",
    }  # fmt: skip


def test_only_code_that_can_run_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(MODULE.replace("{code}", "pass"), tmp_path, monkeypatch)
    found = reads.readers({"pipe": module.Pipe, "unet": module.Part, "vae": module.Part})
    assert {key for key in found if key[0] == "pipe" and key[1].startswith(("dead", "alive"))} == {
        ("pipe", "alive_base"), ("pipe", "alive_grand"),
    }  # fmt: skip
    assert ("unet", "dead_base") in found and ("unet", "dead_grand") not in found
    assert places(found["pipe", "helped"]) == {"init"}
    assert places(found["pipe", "j"]) == {"init"}
    assert ("pipe", "unused") not in found
    assert places(found["unet", "shift"]) == {"init"}  # the getter alone reads no setting called shift
    [read] = found["pipe", "helped"]
    assert (read.file, read.function, read.owner) == (Path(module.__file__).name, "_helper", "pipe")
    assert str(read) == f"init {read.file}:{read.line} _helper"


def test_a_class_without_source_is_named() -> None:
    made = type("Made", (diffusers.DDIMScheduler,), {"__module__": "nowhere"})
    assert reads.unread({"scheduler": made}) == {"scheduler": "no source for Made"}
    assert reads.unread({"scheduler": diffusers.DDIMScheduler}) == {}


# -- the facts of the installed library that the rules rest on --------------------------------------------------------


def test_requires_safety_checker_is_read_by_nobody_after_init() -> None:
    found = reads.readers({"pipe": diffusers.StableDiffusionPipeline})
    assert places(found["pipe", "requires_safety_checker"]) == {"init"}
    assert "live" in places(found["pipe", "safety_checker"])


def test_euler_reads_karras_from_the_config_alone() -> None:
    found = reads.class_reads(diffusers.EulerDiscreteScheduler)["use_karras_sigmas"]
    assert {(r.place, r.function) for r in found if r.place != "init"} == {("config.attr", "set_timesteps")}
    assert [r.place for r in found] == sorted((r.place for r in found), key="init".__eq__)  # those in force come first
    assert "use_karras_sigmas" in reads.writers(diffusers.EulerDiscreteScheduler)


def test_ddpm_reads_variance_type_both_ways() -> None:
    found = reads.class_reads(diffusers.DDPMScheduler)["variance_type"]
    assert {(r.place, r.function) for r in found if r.place != "init"} == {
        ("config.attr", "_get_variance"), ("live", "step"),
    }  # fmt: skip


def test_flow_match_reads_shift_live_only() -> None:
    found = reads.class_reads(diffusers.FlowMatchEulerDiscreteScheduler)
    assert places(found["shift"]) == {"live", "init"}
    assert "set_timesteps" in {r.function for r in found["_shift"]}
    live = {w.function for w in reads.writers(diffusers.FlowMatchEulerDiscreteScheduler)["_shift"]}
    assert {"__init__", "set_shift"} <= live


def test_init_only_keys() -> None:
    assert places(reads.class_reads(diffusers.DDIMScheduler)["beta_end"]) == {"init"}


def test_model_settings_are_read_by_pipelines() -> None:
    classes = {"pipe": diffusers.StableDiffusionXLPipeline, "vae": diffusers.AutoencoderKL}
    found = reads.readers(classes)
    assert {(r.place, r.owner) for r in found["vae", "scaling_factor"] if r.place != "init"} == {
        ("config.attr", "pipe")
    }


def test_combined_pipelines_read_through_the_pipelines_they_make() -> None:
    classes = {"pipe": diffusers.KandinskyV22CombinedPipeline, "unet": diffusers.UNet2DConditionModel}
    found = reads.readers(classes)
    by_decoder = {r.file for r in found["unet", "in_channels"] if r.owner == "pipe"}
    assert by_decoder == {"pipeline_kandinsky2_2.py"}


def test_lists_of_components() -> None:
    classes = {"pipe": diffusers.StableDiffusionControlNetPipeline, "controlnet": diffusers.MultiControlNetModel,
               "controlnet[0]": diffusers.ControlNetModel}  # fmt: skip
    found = reads.readers(classes)
    assert "config.attr" in places(found["controlnet[0]", "global_pool_conditions"])


def test_the_library_writes_attributes_in_22_places() -> None:
    found = reads.library_writers()
    counts = {name: len(writes) for name, writes in found.items()}
    assert counts == {
        "clip_sample": 2, "encoder_hid_dim_type": 8, "flow_shift": 3, "quantization_config": 5, "sample_size": 1,
        "shift_factor": 1, "timestep_spacing": 2,
    }  # fmt: skip
    assert {w.place for writes in found.values() for w in writes} == {"config.attr"}
    assert {w.function for w in found["shift_factor"]} == {"BriaPipeline.__init__"}
    assert reads.library_writers() == found


def test_writers_of_the_pipeline_and_of_its_components() -> None:
    found = reads.writers(diffusers.StableDiffusionPipeline)
    for name in ("scheduler.steps_offset", "scheduler.clip_sample", "unet.sample_size"):
        assert {(w.place, w.function) for w in found[name]} == {("register", "__init__")}
    assert "scheduler.sample_size" not in found
    assert {w.place for w in found["unet.encoder_hid_dim_type"]} == {"config.attr"}


def test_per_run_state_is_written_in_set_timesteps() -> None:
    found = reads.writers(diffusers.DPMSolverSinglestepScheduler)
    assert "set_timesteps" in {w.function for w in found["timesteps"]}
    assert {w.place for w in found["flow_shift"]} == {"config.attr"}
    assert "register" in {w.place for w in found["lower_order_final"] if w.function == "set_timesteps"}


def test_the_cache_survives_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_PIPE_CACHE", str(tmp_path))
    file = inspect.getsourcefile(diffusers.DDIMScheduler)
    assert file
    monkeypatch.setattr(index, "_memory", {})
    first = index.facts(file)
    [stored] = tmp_path.rglob("*.json")
    stored.write_text("{")
    monkeypatch.setattr(index, "_memory", {})
    assert index.facts(file) == first
    monkeypatch.setattr(index, "_memory", {})
    monkeypatch.setattr(visit, "facts_of", None)  # now it comes from the file
    assert index.facts(file) == first
    assert not list(tmp_path.rglob(".new-*"))
