"""References to code and to other repositories: found, never fetched."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("references", base="sd15")
UNET, TEXT, TOKENIZER, INDEX = (
    "unet/config.json",
    "text_encoder/config.json",
    "tokenizer/tokenizer_config.json",
    "model_index.json",
)
FEATURES = "feature_extractor/preprocessor_config.json"
ELSEWHERE = "attacker/repo--modeling_evil.Evil"


def says(file: str, **values: Any) -> Make:
    return lambda place: place.edit(file, **values)


def readme(text: str) -> Make:
    return lambda place: place.put("README.md", text)


case("auto_map of a unet", "IPI908", 1, says(UNET, auto_map={"AutoModel": ELSEWHERE}), sample=True)
case(
    "auto_map of a text encoder",
    "IPI908",
    1,
    says(TEXT, auto_map={"AutoConfig": ELSEWHERE, "AutoModel": ELSEWHERE}),
    sample=True,
)
case(
    "auto_map of a tokenizer", "IPI908", 1, says(TOKENIZER, auto_map={"AutoTokenizer": [ELSEWHERE, None]}), sample=True
)
case("auto_map of a feature extractor", "IPI908", 1, says(FEATURES, auto_map={"AutoImageProcessor": ELSEWHERE}))
case(
    "auto_map of an index",
    "IPI908",
    1,
    says(INDEX, auto_map={"DiffusionPipeline": ELSEWHERE}),
    worker=("IPI908 ...", 1),
)
case("auto_map that is a text", "IPI908", 1, says(UNET, auto_map=ELSEWHERE))
case("auto_map within another key", "IPI908", 1, says(TEXT, text_config={"auto_map": {"AutoConfig": ELSEWHERE}}))
case("auto_map within a list", "IPI908", 1, says(TEXT, parts=[{"auto_map": {"AutoConfig": ELSEWHERE}}]))
case("auto_map under a key with a dot", "IPI908", 1, says(TEXT, **{"a.b": {"auto_map": {"AutoConfig": ELSEWHERE}}}))
case("auto_map to the folder's own code", "IPI908", 1, says(TEXT, auto_map={"AutoModel": "modeling_evil.Evil"}))
case("auto_map that is empty", "", 0, says(TEXT, auto_map={}), worker=("...", 0))
case(
    "a custom pipeline", "IPC104 IPI908", 1, says(INDEX, custom_pipeline="attacker/pipeline"), worker=("IPI908 ...", 1)
)
case(
    "custom pipelines of a text encoder",
    "IPI908",
    1,
    says(TEXT, custom_pipelines={"x": {"impl": "pipe.Evil", "pt": ["AutoModel"]}}),
)
case("code that is trusted by a config", "IPI908", 1, says(TEXT, trust_remote_code=True), sample=True)
case("code that is trusted by an index", "IPI908 ...", 1, says(INDEX, trust_remote_code=True))
case(
    "a library of an adapter",
    "IPI908",
    1,
    lambda p: p.put(
        "unet/adapter_config.json",
        {"auto_mapping": {"base_model_class": "X", "parent_library": "antigravity"}, "peft_type": "LORA"},
    ),
    sample=True,
)
for key in ("attn_implementation", "_attn_implementation", "experts_implementation", "_attn_implementation_internal"):
    case(
        f"a kernel as {key}",
        "IPI908",
        1,
        says(TEXT, **{key: "attacker/kernel"}),
        worker=("IPI908 ...", 1),
        sample=key.startswith("attn"),
    )
case(
    "a kernel of one revision",
    "IPI908",
    1,
    says(TEXT, attn_implementation="attacker/kernel@main:flash"),
    worker=("IPI908 ...", 1),
)
case(
    "a kernel behind a prefix",
    "IPI908",
    1,
    says(TEXT, attn_implementation="paged|attacker/kernel"),
    worker=("IPI908 ...", 1),
)
case(
    "a kernel for each part",
    "IPI908",
    1,
    says(TEXT, attn_implementation={"": "eager", "text_config": "attacker/kernel"}),
    worker=("IPI908 ...", 1),
)
case(
    "a kernel as an address",
    "IPI908",
    1,
    says(TEXT, attn_implementation="https://evil.example/kernel"),
    worker=("IPI908 ...", 1),
)
case(
    "a kernel of a diffusers model",
    "IPC104 IPI908",
    1,
    says(UNET, attn_implementation="attacker/kernel"),
    worker=("IPI908 ...", 1),
)
case("a kernel of the library itself", "", 0, says(TEXT, attn_implementation="eager"), worker=("...", 0))
case(
    "a modular pipeline of another repository",
    "IPI908",
    1,
    lambda p: p.put(
        "modular_model_index.json",
        {
            "_class_name": "ModularPipeline",
            "unet": [
                "diffusers",
                "UNet2DModel",
                {"repo": "attacker/repo", "pretrained_model_name_or_path": "attacker/repo"},
            ],
        },
    ),
    sample=True,
)
case(
    "a modular block of another repository",
    "IPI908",
    1,
    lambda p: p.put("modular_config.json", {"_class_name": "Blocks", "auto_map": {"ModularPipelineBlocks": ELSEWHERE}}),
)
case(
    "a modular block of the folder's own code",
    "IPI908",
    1,
    lambda p: p.put(
        "modular_config.json", {"_class_name": "Blocks", "auto_map": {"ModularPipelineBlocks": "block.Evil"}}
    ),
)
case(
    "a modular config within a component",
    "IPI908",
    1,
    lambda p: p.put("unet/modular_config.json", {"auto_map": {"ModularPipelineBlocks": ELSEWHERE}}),
)
case("a prior", "IPI908", 1, readme("---\nprior:\n- attacker/prior\n---\n# A model\n"), sample=True)
case("a prior in one line", "IPI908", 1, readme("---\nlicense: mit\nprior: attacker/prior\n---\n"))
case("a prior in brackets", "IPI908", 1, readme("---\nprior: [attacker/prior, attacker/second]\n---\n"))
case("a prior in quotes", "IPI908", 1, readme("---\n\"prior\": 'attacker/prior'\n---\n"))
case("a prior in braces", "IPI908", 1, readme("---\n{prior: [attacker/prior]}\n---\n"))
case("a prior behind Windows line ends", "IPI908", 1, readme("---\r\nprior:\r\n- attacker/prior\r\n---\r\n"))
case("a prior behind a mark", "IPI908", 1, readme("\ufeff---\nprior: attacker/prior\n---\n"))
case(
    "a prior after eight thousand bytes",
    "IPI908",
    1,
    readme("---\ntags:\n" + "- x\n" * 3000 + "prior: attacker/prior\n---\n"),
)
case("a prior of a component's readme", "", 0, lambda p: p.put("unet/README.md", "---\nprior: attacker/prior\n---\n"))
case("a prior in the text", "", 0, readme("# Kandinsky\n\nprior: see the other repository\n"))
case(
    "a quantizer that nobody knows",
    "",
    0,
    says(UNET, quantization_config={"quant_method": "attacker/quant", "import": "os"}),
    worker=("...", 0),
)
case("a model type that nobody knows", "", 0, says(TEXT, model_type="os.system"), worker=("...", 0))
case(
    "an activation that is code",
    "",
    0,
    says(UNET, act_fn="__import__('os').system('true')"),
    worker=("IPP207", 3),
    sample=True,
)
case("a type that is code", "", 0, says(TEXT, dtype="__import__('os')"), worker=("...", 3))
case(
    "a template that is code",
    "",
    0,
    says(
        TOKENIZER, chat_template="{{ ''.__class__.__mro__[1].__subclasses__() }}{% for x in range(10**9) %}{% endfor %}"
    ),
    sample=True,
)
case(
    "a template file that is code",
    "",
    0,
    lambda p: p.put("tokenizer/chat_template.jinja", "{{ cycler.__init__.__globals__.os.popen('true').read() }}"),
    sample=True,
)
case("another repository as the base", "", 0, says(UNET, _name_or_path="attacker/repo"), worker=("...", 0))


@case("a module beside auto_map", "IPI908", 1, sample=True)
def both(place: Place) -> None:
    place.put("text_encoder/modeling_evil.py", place.python() + "class Evil: pass\n")
    place.edit(TEXT, auto_map={"AutoModel": "modeling_evil.Evil", "AutoConfig": "modeling_evil.EvilConfig"})
