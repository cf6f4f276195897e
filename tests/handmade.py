"""Snapshots and reports made by hand: a small pipeline, and one in which every text is hostile."""

from __future__ import annotations

from typing import Any

from inspector.model import Component, Finding, Read, Report, Setting, Skip, Snapshot, Value
from inspector.report import build_report

HOSTILE = (
    "\x1b[31m[red]\u202egnp.exe\u202c\n## <script>alert(1)</script> | `x` @someone &amp; \u200b\x9b\u2028\U000e0041"
)
"""What a config may hold to be obeyed by a terminal, by rich, by Markdown or by a browser."""
SECRET = "hf_" + "abcdefghij" * 4
READS = (
    Read("config.attr", "scheduling_euler_discrete.py", 444, "set_timesteps", "scheduler"),
    Read("config.attr", "scheduling_euler_discrete.py", 447, "set_timesteps", "scheduler"),
    Read("init", "scheduling_euler_discrete.py", 201, "__init__", "scheduler"),
)


def value(data: Any) -> Value:
    return Value(type(data).__name__, list(data) if isinstance(data, tuple) else data)


def setting(name: str, data: Any, **places: Any) -> Setting:
    """A setting with one value in all places but those given."""
    given = {"disk": data, "default": data, "item": data, "attr": data, **places}
    found: dict[str, Any] = {k: value(v) for k, v in given.items()}
    return Setting(name, reads=READS, **found)


def snapshot(source: str = "sd", karras: bool = True, **state: Any) -> Snapshot:
    """A pipeline of three components; its scheduler has one split setting when ``karras``."""
    scheduler = Component(
        "scheduler",
        "EulerDiscreteScheduler",
        (setting("beta_end", 0.012), setting("use_karras_sigmas", False, attr=karras), setting("betas", None)),
        kind="scheduler",
        library="diffusers",
    )
    unet = Component(
        "unet",
        "UNet2DConditionModel",
        (setting("block_out_channels", (320, 640, 1280)), setting("sample_size", 64)),
        {"device": "meta", "dtype": "float16", "parameters": 859_520_964, "training": False, **state},
        kind="model",
        library="diffusers",
    )
    pipe = Component("pipe", "StableDiffusionPipeline", (setting("requires_safety_checker", True),), kind="pipeline")
    return Snapshot(source, {"diffusers": "0.42.1", "torch": "2.13.0"}, (pipe, scheduler, unet))


def finding(code: str = "IPC101", where: str = "scheduler.use_karras_sigmas", **given: Any) -> Finding:
    fields: dict[str, Any] = {
        "severity": "error",
        "message": "config.use_karras_sigmas is True, config['use_karras_sigmas'] is False",
        "fix": "pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)",
        "places": {"disk": False, "default": False, "item": False, "attr": True},
        "reads": tuple(map(str, READS)),
        **given,
    }
    return Finding(code, where=where, **fields)


def report(*findings: Finding, **given: Any) -> Report:
    made = build_report(snapshot(), findings or (finding(),))
    return Report(made.source, made.versions, made.findings, given.get("skipped", made.skipped), made.tables, made.data)


def hostile_report() -> Report:
    """Every text that a folder or a message can hold is hostile."""
    bad = Component(
        HOSTILE,
        HOSTILE,
        (Setting(HOSTILE, item=Value("str", HOSTILE), attr=Value("str", SECRET)),),
        {"parameters": 1, "device": HOSTILE, "dtype": HOSTILE, HOSTILE: HOSTILE},
    )
    made = Snapshot(HOSTILE, {"diffusers": HOSTILE, "torch": SECRET}, (bad,), skipped=(Skip(HOSTILE, HOSTILE, True),))
    places = {"disk": HOSTILE, HOSTILE: [HOSTILE, {HOSTILE: SECRET}]}
    found = [
        Finding(HOSTILE, "error", f"{HOSTILE}.{HOSTILE}", HOSTILE, HOSTILE, places=places, reads=(f"{HOSTILE} a:1 b",)),
        Finding("IPC105", "note", f"{HOSTILE}.x", HOSTILE),
        Finding("IPC105", "note", f"{HOSTILE}.{HOSTILE}", HOSTILE),
        Finding("IPI902", "warning", f"{HOSTILE}/config.json", f"{HOSTILE} {SECRET} https://me:secret@host/x"),
    ]
    return build_report(made, found)
