"""Entries of an index that name what is no component: other libraries, other classes, other kinds."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("libraries")
INDEX = "model_index.json"


def unet(*value: Any) -> Make:
    """An index whose unet is this entry."""
    return lambda place: place.edit(INDEX, unet=list(value))


def index(**values: Any) -> Make:
    return lambda place: place.edit(INDEX, **values)


# Modules that are there to be imported: named, refused, never imported
for module, name in (
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("subprocess", "Popen"), ("sys", "exit"),
    ("importlib", "import_module"), ("antigravity", "geohash"), ("this", "s"), ("turtle", "Turtle"), ("pickle", "loads"),
    ("ctypes", "CDLL"), ("torch", "load"), ("torch.hub", "load"), ("numpy", "load"), ("inspector", "diff"),
    ("os.path", "join"), ("lxml", "etree"), ("hypothesis", "given"), ("pip", "main"), ("__main__", "main"),
    ("diffusers.utils", "get_class_from_dynamic_module"), ("diffusers.schedulers", "DDPMScheduler"),
    ("transformers.dynamic_module_utils", "get_class_from_dynamic_module"), ("idlelib.run", "main"),
):  # fmt: skip
    case(
        f"unet is {module}.{name}",
        "IPI903",
        3,
        unet(module, name),
        sample=module in ("antigravity", "lxml", "torch.hub"),
    )

# Names of the libraries that are no class a pipeline is made of
for library, name in (
    ("transformers", "AutoModel"), ("transformers", "AutoTokenizer"), ("transformers", "pipeline"),
    ("transformers", "CLIPTextConfig"), ("transformers", "TrainingArguments"), ("diffusers", "AutoModel"),
    ("diffusers", "load_image"), ("diffusers", "ConfigMixin"), ("diffusers", "ModelMixin"), ("diffusers", "utils"),
    ("diffusers", "__doc__"), ("diffusers", "AutoPipelineForText2Image"),
    ("transformers", "PreTrainedModel"), ("transformers", "GenerationConfig"), ("diffusers", "SchedulerMixin"),
    ("stable_diffusion", "os"), ("diffusers", "UNet2DModel.__init__"),
):  # fmt: skip
    case(f"unet is {library}'s {name}", "IPI903", 3, unet(library, name), sample=name in ("AutoModel", "load_image"))

# Kinds that cannot stand for one another
case("a unet that is a scheduler", "IPI903", 3, unet("diffusers", "DDPMScheduler"), sample=True)
case("a unet that is a tokenizer", "IPI903", 3, unet("transformers", "CLIPTokenizer"))
case("a unet that is a pipeline", "IPI903", 3, unet("diffusers", "DDPMPipeline"))
case("a scheduler that is a unet", "IPI903", 3, index(scheduler=["diffusers", "UNet2DModel"]))
case("a scheduler that is a text encoder", "IPI903", 3, index(scheduler=["transformers", "CLIPTextModel"]))
case("a tokenizer that is a model", "IPI903", 3, index(tokenizer=["transformers", "CLIPTextModel"]), base="sd15")
case(
    "a text encoder that is a tokenizer",
    "IPI903",
    3,
    index(text_encoder=["transformers", "CLIPTokenizer"]),
    base="sd15",
)

# What is no pair of names
case("a unet of three names", "IPI910", 3, unet("diffusers", "UNet2DModel", "x"))
case("a unet of one name", "IPI910", 3, unet("UNet2DModel"))
case("a unet of numbers", "IPI910", 3, unet(1, 2), sample=True)
case("a unet of lists", "IPI910", 3, unet(["diffusers"], ["UNet2DModel"]))
case("a unet of an object", "IPI910", 3, unet("diffusers", {"__class__": "os.system"}))
case("a unet of true", "IPI910", 3, unet("diffusers", True))
case("a unet without a class", "IPI910", 3, unet("diffusers", None))
case("a unet that is a text", "IPI910", 3, index(unet="UNet2DModel"))
case("a unet that is an object", "IPI910", 3, index(unet={"library": "os", "class": "system"}))
case("a unet that is a number", "IPI910", 3, index(unet=7))
case("a unet of empty names", "IPI910", 3, unet("", ""))
case("a class of an empty name", "IPI910", 3, unet("diffusers", ""))
case("a library of white space", "IPI903 ...", 3, unet(" diffusers", "UNet2DModel"))
case("a library in other letters", "IPI903", 3, unet("diffu\u0455ers", "UNet2DModel"))
case("a class of five thousand letters", "IPI903", 3, unet("diffusers", "U" * 5000))
case("a library that nobody has", "IPP204", 1, unet("evil", "Evil"), worker=("IPP204 ...", 1), sample=True)
case("a library of a thousand dots", "IPI903", 3, unet("os" + ".x" * 1000, "y"))

# The pipeline itself
case("a pipeline that is a scheduler", "IPI903", 3, index(_class_name="DDPMScheduler"), worker=("IPI903 ...", 3))
case("a pipeline that is a module", "IPI903", 3, index(_class_name="os"), worker=("IPI903 ...", 3), sample=True)
case("a pipeline of a dotted name", "IPI903", 3, index(_class_name="diffusers.DDPMPipeline"), worker=("IPI903 ...", 3))
case("a pipeline that is the base class", "IPC104", 1, index(_class_name="DiffusionPipeline"), worker=("...", 3))
case(
    "a pipeline that is automatic",
    "IPI903",
    3,
    index(_class_name="AutoPipelineForText2Image"),
    worker=("IPI903 ...", 3),
)
case("a pipeline that is a number", "IPI903", 3, index(_class_name=3), worker=("IPI903 ...", 3))
case("a pipeline that is an object", "IPI903", 3, index(_class_name={"a": 1}), worker=("IPI903 ...", 3))
case("a pipeline that is null", "IPI903", 3, index(_class_name=None), worker=("IPI903 ...", 3))
case("a pipeline that is empty", "IPI903", 3, index(_class_name=""), worker=("IPI903 ...", 3))
case("a pipeline of an empty list", "IPI903", 3, index(_class_name=[]), worker=("IPI903 ...", 3))
case("a pipeline of a list of numbers", "IPI903", 3, index(_class_name=[1, 2]), worker=("IPI903 ...", 3))


@case("an index without a class", "IPI903", 3, worker=("IPI903 ...", 3))
def no_class(place: Place) -> None:
    place.put(INDEX, {"unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", "DDPMScheduler"]})


@case("an index that is empty", "IPI903", 3, worker=("IPI903 ...", 3))
def nothing(place: Place) -> None:
    place.put(INDEX, {})


@case("a component whose own config names a module", "IPP201 ...", 1, worker=("...", 1), sample=True)
def own_name(place: Place) -> None:
    place.edit("unet/config.json", _class_name="os.system")


@case("a thousand components", "IPI904", 3, worker=("IPI904 ...", 3))
def thousand(place: Place) -> None:
    place.edit(INDEX, **{f"part_{n}": ["antigravity", f"C{n}"] for n in range(1000)})
