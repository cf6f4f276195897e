"""Texts that would like to be obeyed by a terminal, a log, a table, a browser: shown, whatever the format, as text."""

from __future__ import annotations

import json

from tests.hostile.corpus import Family, Make
from tests.hostile.place import Place, tensor, weights

case = Family("injection")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"

HIDDEN = {
    "ANSI colours": "\x1b[31mred\x1b[0m", "a cursor": "\x1b[2J\x1b[1;1H", "a title": "\x1b]0;evil\x07", "a link of the terminal": "\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "C1": "\x9b31mred", "C1 strings": "\x90q\x9c", "a bell": "a\x07b", "backspaces": "safe\b\b\b\bevil", "a NUL": "a\0b", "delete": "a\x7fb", "bidi": "a\u202eb\u202c", "bidi isolates": "a\u2066b\u2069",
    "zero width": "a\u200bb", "a line separator": "a\u2028b", "a paragraph separator": "a\u2029b", "tags": "a\U000e0041\U000e007fb", "a soft hyphen": "a\u00adb", "a byte order mark": "a\ufeffb",
    "interlinear marks": "a\ufff9b\ufffb", "a word joiner": "a\u2060b",
}  # fmt: skip
"""Never in a file of settings: found as IPI909."""
VISIBLE = {
    "rich markup": "[bold red]x[/] [link=http://evil.example]y[/link]", "an emoji code": ":warning: :skull:", "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an HTML attribute": "\" onmouseover=\"alert(1)\" x='", "a closing tag": "</td></table></details></script><h1>x</h1>", "XML": "]]><evil/><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "Markdown": "# head\n| a | b |\n|---|---|\n![x](http://evil.example/x.png) [x](javascript:alert(1)) `x` <b>y</b>", "a Markdown fence": "```\n~~~\nevil", "a Markdown link": "[click](http://evil.example) <http://evil.example>",
    "a formula": "=HYPERLINK(\"http://evil.example\",\"x\")", "a formula of commands": "@SUM(1+1)*cmd|' /C calc'!A0", "a plus": "+1+1", "a minus": "-2+3",
    "a GitHub command": "::error file=x::evil\n::set-output name=x::y", "a GitHub command after a line end": "x\r\n::stop-commands::y", "a group": "##[group]evil", "an Azure command": "##vso[task.setvariable variable=x]y",
    "percent codes": "%0A::error::x%0D", "line ends": "a\nb\r\nc\rd", "a SARIF path": "../../../etc/passwd%20file://x", "braces": "{0.__class__} %s %(x)s ${x} {{x}}", "backticks": "`touch marker` $(touch marker)",
    "quotes": "\"'\\\"", "a null text": "null\",\"severity\":\"note", "a JSON text": "\"}],\"findings\":[]}", "many colons": ": : :: :::", "a traceback": "Traceback (most recent call",
}  # fmt: skip


def value(text: str) -> Make:
    return lambda place: place.change(SCHEDULER, {"note": text})


for what, text in HIDDEN.items():
    case(
        f"a value with {what}",
        "IPC104 IPI909",
        1,
        value(text),
        worker=("IPC104 IPI909 ...", 1),
        sample=what in ("ANSI colours", "bidi"),
    )
for what, text in VISIBLE.items():
    case(
        f"a value with {what}",
        "IPC104",
        1,
        value(text),
        worker=("IPC104 ...", 1),
        sample=what in ("HTML", "a GitHub command", "rich markup"),
    )

EVERYTHING = "".join(HIDDEN.values()) + "\n" + "\n".join(VISIBLE.values())


def everywhere(text: str) -> dict[str, Make]:
    """The same text in each of the places whose words are shown."""
    name = text.replace("/", "|").replace("\0", "")[:80]
    return {
        "a key": lambda p: p.change(SCHEDULER, {text: 1}),
        "a component's name": lambda p: p.change(INDEX, {text: ["diffusers", "UNet2DModel"]}),
        "a class": lambda p: p.change(INDEX, {"unet": ["diffusers", text]}),
        "a library": lambda p: p.change(INDEX, {"unet": [text, "UNet2DModel"]}),
        "a pipeline": lambda p: p.change(INDEX, {"_class_name": text}),
        "a version": lambda p: p.change(UNET, {"_diffusers_version": text}),
        "a class on disk": lambda p: p.change(UNET, {"_class_name": text}),
        "a file": lambda p: p.put(f"{name}.txt", "x"),
        "a folder": lambda p: p.put(f"{name}/x.py", "x"),
        "a script": lambda p: p.put(f"{name[:40]}.py", "x"),
        "a shard": lambda p: p.put(
            "unet/diffusion_pytorch_model.safetensors.index.json", {"weight_map": {"a": text, "b": "../x"}}
        ),
        "auto_map": lambda p: p.change(UNET, {"auto_map": {"AutoModel": f"{text}--x.Y"}}),
        "a kernel": lambda p: p.change(UNET, {"attn_implementation": f"evil/{text}"}),
        "a prior": lambda p: p.put("README.md", f"---\nprior: {text.splitlines()[0]}\n---\n"),
        "a tensor": lambda p: weights(
            p.model / "unet/diffusion_pytorch_model.safetensors", {text: tensor(begin=8, end=16)}, 16
        ),
        "a dtype": lambda p: weights(
            p.model / "unet/diffusion_pytorch_model.safetensors", {"a": tensor(dtype=text)}, 8
        ),
        "a broken JSON": lambda p: p.put(UNET, "{" + json.dumps(text) + ": " + text),
        "a key twice": lambda p: p.put(UNET, "{%s: 1, %s: 2}" % ((json.dumps(text),) * 2)),
        "a conflict marker": lambda p: p.put(UNET, f"<<<<<<< {text}\n"),
        "a wrong type": lambda p: p.change(SCHEDULER, {"clip_sample": text}),
        "a link": lambda p: p.link("stray.txt", text.replace("\0", "")[:200]),
    }


_LABELS = {
    "a key": ("IPC104 ...", 1), "a component's name": ("...", 3), "a class": ("...", 3), "a library": ("...", 3), "a pipeline": ("IPI903 ...", 3), "a version": ("...", 1), "a class on disk": ("...", 1),
    "a file": ("IPI909", 1), "a folder": ("IPI909", 1), "a script": ("IPI909", 1), "a shard": ("IPI906 ...", 3), "auto_map": ("IPI908 ...", 1), "a kernel": ("IPI908 ...", 1), "a prior": ("IPI908 ...", 1),
    "a tensor": ("IPI911", 3), "a dtype": ("IPI911", 3), "a broken JSON": ("IPI902", 3), "a key twice": ("IPI902", 3), "a conflict marker": ("IPI902", 3), "a wrong type": ("IPI910 ...", 1), "a link": ("IPI901", 3),
}  # fmt: skip
for where, made in everywhere(EVERYTHING).items():
    codes, status = _LABELS[where]
    case(
        f"everything as {where}",
        codes,
        status,
        (lambda m: lambda p: m(p) and None)(made),
        worker=("...", status),
        sample=where in ("a key", "a class", "a file"),
    )
HTML = "<img src=x onerror=alert(1)>\n::error::x"
for where, made in everywhere(HTML).items():
    codes, status = _LABELS[where]
    if where in ("a file", "a folder", "a script", "a version", "a class on disk"):
        continue
    codes, status = codes.replace("IPI909", ""), 1 if where == "a component's name" else status
    case(
        f"HTML and a command as {where}",
        f"{codes} ...",
        status,
        (lambda m: lambda p: m(p) and None)(made),
        worker=("...", status),
    )


@case("Chinese and Arabic stay readable", "IPC104", 1, worker=("IPC104 ...", 1))
def readable(place: Place) -> None:
    place.change(SCHEDULER, {"note": "调度器 مجدول שלום हिन्दी"})


@case("a very long text of everything", "IPC104 IPI909", 1, worker=("IPC104 IPI909 ...", 1))
def long(place: Place) -> None:
    place.change(SCHEDULER, {"note": EVERYTHING * 200})
