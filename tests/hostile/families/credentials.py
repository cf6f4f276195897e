"""Secrets in files: said to be there, never shown."""

from __future__ import annotations

from typing import Any

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place

case = Family("credentials")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"

TOKENS = {
    "of Hugging Face": "hf_" + "aBcDeFgHiJ" * 4, "of OpenAI": "sk-proj-" + "Ab1" * 16, "of Anthropic": "sk-ant-api03-" + "Ab1" * 20, "of GitHub": "ghp_" + "aB3" * 12, "of GitHub, fine": "github_pat_" + "aB3_" * 20,
    "of GitLab": "glpat-" + "aB3x" * 6, "of Slack": "xoxb-" + "1234567890-" * 3 + "abcdef", "of AWS": "AKIA" + "ABCDEFGH12345678", "of Google": "AIza" + "aB3-_" * 7, "an address": "https://me:hunter2secret@host.example/x",
    "an address of a proxy": "socks5://user:hunter2secret@10.0.0.1:1080", "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE" + "a" * 40, "a temporary key of AWS": "ASIA" + "ABCDEFGH12345678",
    "an address with a token": "https://hf_" + "aBcDeFgHiJ" * 4 + "@huggingface.co/x",
}  # fmt: skip


def sets(file: str, **values: Any) -> Make:
    return lambda place: place.change(file, values)


for what, token in TOKENS.items():
    case(
        f"a secret {what}",
        "IPC104 IPI909",
        1,
        sets(SCHEDULER, note=token),
        worker=("IPC104 IPI909 ...", 1),
        sample=what in ("of Hugging Face", "an address"),
    )
HF = TOKENS["of Hugging Face"]
case("a secret as a key", "IPC104 IPI909", 1, sets(SCHEDULER, **{HF: 1}), worker=("IPC104 IPI909 ...", 1), sample=True)
case(
    "a secret within a list",
    "IPC104 IPI909",
    1,
    sets(SCHEDULER, note=[{"a": ["x", HF]}]),
    worker=("IPC104 IPI909 ...", 1),
)
case("a secret in an index", "IPI909 ...", 1, sets(INDEX, note=HF), worker=("IPI909 ...", 1))
case("a secret as a class", "IPI903 IPI909", 3, sets(INDEX, unet=["diffusers", HF]))
case("a secret as a library", "IPI909 IPP204", 1, sets(INDEX, unet=[HF, "X"]), worker=("IPI909 IPP204 ...", 1))
case("a secret as a component", "...", 1, sets(INDEX, **{HF: ["diffusers", "UNet2DModel"]}), worker=("...", 1))
case("a secret as a version", "IPI909 ...", 1, sets(UNET, _diffusers_version=HF), worker=("IPI909 ...", 1))
case(
    "a secret as a path",
    "IPI909",
    1,
    sets("text_encoder/config.json", _name_or_path=TOKENS["an address"]),
    base="sd15",
    worker=("IPI909 ...", 1),
)
case(
    "a secret of a tokenizer",
    "IPI909",
    1,
    sets("tokenizer/tokenizer_config.json", token=HF),
    base="sd15",
    worker=("IPI909 ...", 1),
    sample=True,
)
case("a secret as a wrong type", "IPI909 IPI910", 1, sets(SCHEDULER, clip_sample=HF), worker=("IPI909 IPI910 ...", 1))
case("a secret in the name of a file", "", 0, lambda p: p.put(f"{HF}.txt", "x") and None)
case("a secret in the name of a script", "", 0, lambda p: p.put(f"{HF}.py", "x") and None)
case("a secret in what is no JSON", "IPI902", 3, lambda p: p.put(UNET, f'{{"a": {HF}') and None)
case("a secret twice", "IPI902", 3, lambda p: p.put(UNET, f'{{"{HF}": 1, "{HF}": 2}}') and None)
case(
    "a secret as auto_map",
    "IPI908 IPI909 ...",
    1,
    sets(UNET, auto_map={"AutoModel": f"a/b--{HF}.X"}),
    worker=("IPI908 IPI909 ...", 1),
)
case(
    "a secret as a prior",
    "IPI908",
    1,
    lambda p: p.put("README.md", f"---\nprior: {TOKENS['an address']}\n---\n") and None,
)
case("a secret in the metadata of weights", "", 0, lambda p: metadata(p, HF), worker=("...", 0))
for file in (".env", "README.md", "train.py", "run.sh", "notes.txt", "config.yaml"):
    case(
        f"a secret in {file}",
        "IPI909",
        1,
        (lambda f: lambda p: p.put(f, f"# x\nexport HF_TOKEN={HF}\n") and None)(file),
        sample=file == ".env",
    )
case(
    "an example of an address in a readme",
    "",
    0,
    lambda p: p.put("README.md", "git clone https://USER:TOKEN@huggingface.co/x\n") and None,
)
case(
    "what only looks like a secret",
    "IPC104",
    1,
    sets(SCHEDULER, note="hf_short sk-no ghp_ AKIA https://host/x:y@z hf_internal_testing"),
    worker=("IPC104 ...", 1),
)


def metadata(place: Place, text: str) -> None:
    from tests.hostile.place import tensor, weights

    weights(place.model / "unet/diffusion_pytorch_model.safetensors", {"__metadata__": {"token": text}, "a": tensor()})
