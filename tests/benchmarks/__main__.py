"""``python -m tests.benchmarks REPORT.md``: every cost with its limit, as a ratio to a baseline of the same run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import guards, plugin, remote, watching
from tests.benchmarks.measure import Cost, alternately, forget, once, read_since

ROOT = Path(__file__).parents[2]
COMMAND = [str(Path(sys.executable).with_name("inspect-pipe"))]
LIGHT = [sys.executable, "-c", "import typer, rich"]
HEAVY = [sys.executable, "-c", "from diffusers import StableDiffusionXLPipeline"]
RUNS = int(os.environ.get("RUNS", "9"))


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    baseline: str
    measured: str
    ratio: float
    limit: float

    def __str__(self) -> str:
        held = "holds" if self.ratio <= self.limit else "**broken**"
        return f"| {self.what} | {self.baseline} | {self.measured} | {self.ratio:.2f} | {self.limit:g} | {held} |"


def main(report: Path) -> int:
    """Measure everything, write the report, and return 1 when a limit is broken."""
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "80"}
    with tempfile.TemporaryDirectory() as scratch:
        env.setdefault("INSPECT_PIPE_CACHE", f"{scratch}/cache")
        model, saved = Path(scratch) / "sdxl", Path(scratch) / "report.json"
        subprocess.run([sys.executable, "-m", "tests.benchmarks.sdxl", str(model)], env=env, cwd=ROOT, check=True)
        traps = [*COMMAND, "diff", "demo:sd15-traps", "-f", "json", "-o", str(saved), "--exit-zero"]
        subprocess.run(traps, env=env, check=True)
        rows = [
            *light(env, model, saved),
            *heavy(env, model),
            *guarded(env, model),
            tracing(env),
            *samplers(env),
            *roundtrips(env, scratch),
            started(),
        ]
        watched, once = while_watched(env)
        costs = elsewhere(env, model)
        rows += [row for cost in costs for row in from_elsewhere(cost)]
        cold = cold_start(env, scratch, model)
    text = page([*rows, *watched], cold, once) + "\n" + "\n".join(remote.section(costs))
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(any(row.ratio > row.limit for row in rows))


def light(env: dict[str, str], model: Path, saved: Path) -> list[Row]:
    """What must not import torch, against ``import typer, rich``."""
    cases = [
        ("`--help`", ["--help"], 2.0),
        ("a saved report, judged and printed", ["diff", str(saved)], 4.0),
        ("SDXL `--static`", ["diff", str(model), "--static"], 4.0),
        ("`call` of a class", ["call", "StableDiffusionXLPipeline"], 5.0),
        ("`call` of a folder", ["call", str(model)], 5.0),
    ]
    base, *costs = alternately([LIGHT, *([*COMMAND, *arguments] for _, arguments, _ in cases)], RUNS, env)
    shown = f"`import typer, rich` {milliseconds(base)}"
    return [
        Row(f"{what}: time", shown, milliseconds(cost), cost.seconds / base.seconds, limit)
        for (what, _, limit), cost in zip(cases, costs, strict=True)
    ]


def heavy(env: dict[str, str], model: Path) -> list[Row]:
    """What builds a pipeline, against importing its class."""
    command = [*COMMAND, "diff", str(model)]
    base, cost = alternately([HEAVY, command], max(3, RUNS // 3), env)
    shown = "`from diffusers import StableDiffusionXLPipeline`"
    files = [f for f in model.rglob("*") if f.is_file()]
    forget(files)
    once(command, env)
    read = read_since(files)
    size = sum(f.stat().st_size for f in files) / 1e9
    return [
        Row("SDXL: time", f"{shown} {base.seconds:.2f} s", f"{cost.seconds:.2f} s", cost.seconds / base.seconds, 1.3),
        Row(
            "SDXL: peak memory of all processes",
            f"the same {base.megabytes:.0f} MB",
            f"{cost.megabytes:.0f} MB",
            cost.megabytes / base.megabytes,
            1.3,
        ),
        Row(f"SDXL: read of its {size:.1f} GB", "10 MB", f"{read:.1f} MB", read / 10, 1.0),
    ]


def guarded(env: dict[str, str], model: Path) -> list[Row]:
    """What the guards cost an honest folder, against the same without them."""
    rows = []
    for what, arguments, runs in (("SDXL `--static`", ["--static"], RUNS), ("SDXL", [], max(3, RUNS // 3))):
        off, on = guards.measured(["diff", str(model), *arguments], runs, env)
        shown = f"the same without guards {off * 1000:.0f} ms"
        rows.append(Row(f"{what}, with all guards: processor time", shown, f"{on * 1000:.0f} ms", on / off, 1.1))
    return rows


def while_watched(env: dict[str, str]) -> tuple[list[Row], float]:
    """A run of a pipeline inside ``inspector.watch``, against the same run outside; and what a watch takes once."""
    command = [sys.executable, "-m", "tests.benchmarks.watching", "--json"]
    done = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = json.loads(done.stdout)
    rows = [
        Row(
            f"two steps of `demo:sd15` at {size}x{size}, watched: CPU time",
            f"the same, not watched {plain * 1000:.0f} ms",
            f"{seen * 1000:.0f} ms",
            seen / plain,
            watching.LIMITS[int(size)],
        )
        for size, (plain, seen) in found["runs"].items()
    ]
    return rows, float(found["once"])


def elsewhere(env: dict[str, str], model: Path) -> list[remote.Cost]:
    """What the folder costs to inspect on a server, by five protocols."""
    command = [sys.executable, "-m", "tests.benchmarks.remote", str(model), "--json"]
    done = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return [remote.Cost(**cost) for cost in json.loads(done.stdout)]


def from_elsewhere(cost: remote.Cost) -> list[Row]:
    """Its limits; none of a server that is not installed."""
    if cost.skipped:
        return []
    what = f"SDXL `--static` over {cost.protocol}"
    moved = f"{cost.wire:.2f} MB in {cost.requests} requests"
    return [
        Row(f"{what}: over the wire", f"{remote.WIRE:g} MB", moved, cost.wire / remote.WIRE, 1.0),
        *(
            Row(f"{what}: time, {where}", f"{most:g} s", f"{took * 1000:.0f} ms", took / most, 1.0)
            for where, took, most in (
                ("loopback, imports done", cost.near, remote.NEAR),
                ("20 ms round trip, imports done", cost.far, remote.FAR),
            )
        ),
    ]


def tracing(env: dict[str, str]) -> Row:
    """What a first trace costs in a process that has imported the library, of processor time: best of several."""
    command = [sys.executable, "-m", "tests.benchmarks.tracing"]
    took = min(
        float(subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _ in range(max(3, RUNS // 3))
    )
    return Row("`trace`: CPU time beside the imports", "50 ms", f"{took * 1000:.0f} ms", took / 0.05, 1.0)


def started() -> Row:
    """What the pytest plugin adds to a run that does not ask for it."""
    without, there = plugin.measured(max(9, RUNS))
    added = (there - without) * 1000
    shown = f"{added:.0f} ms more than {without * 1000:.0f} ms"
    return Row("the pytest plugin in a bare run: processor time", "30 ms", shown, added / 1000 / plugin.LIMIT, 1.0)


def samplers(env: dict[str, str]) -> list[Row]:
    """The checks of presets: one, against importing the library; the public matrix, against its bare calls."""
    command = [*COMMAND, "sigmas", "DPM++ 2M Karras"]
    base, cost = alternately([[sys.executable, "-c", "import diffusers"], command], max(3, RUNS // 3), env)
    matrix = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.samplers"]
    done = subprocess.run(matrix, env=env, cwd=ROOT, check=True, text=True, capture_output=True)
    bare, checked = map(float, done.stdout.split())
    return [
        Row(
            "`sigmas 'DPM++ 2M Karras'`: time",
            f"`import diffusers` {base.seconds:.2f} s",
            f"{cost.seconds:.2f} s",
            cost.seconds / base.seconds,
            1.3,
        ),
        Row(
            "56 presets × 8 models × 9 numbers of steps: processor time",
            f"their `set_timesteps` calls {bare:.2f} s",
            f"{checked:.2f} s",
            checked / bare,
            2.0,
        ),
    ]


def roundtrips(env: dict[str, str], scratch: str) -> list[Row]:
    """The search against the same cases tried by hand; and the ``ci`` profile over all classes, against 3 minutes."""
    module = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.roundtrips"]
    done = subprocess.run(module, env=env, cwd=ROOT, check=True, text=True, capture_output=True)
    hand, searched, cases = map(float, done.stdout.split())
    took = once([*COMMAND, "roundtrip", "--exit-zero", "--reports", f"{scratch}/roundtrip"], env)
    return [
        Row(
            f"`roundtrip`, {cases:.0f} cases of one law: processor time",
            f"construct, save, load, compare by hand {hand:.2f} s",
            f"{searched:.2f} s",
            searched / hand,
            2.0,
        ),
        Row("`roundtrip`, all classes and laws, profile ci: time", "3 minutes", f"{took:.0f} s", took / 180, 1.0),
    ]


def cold_start(env: dict[str, str], scratch: str, model: Path) -> list[tuple[str, float]]:
    """The first run ever, with an empty cache: the class table and the readers are made then. No limit, but told."""
    found = []
    for what, arguments in (("SDXL `--static`", ["--static"]), ("SDXL", [])):
        cache = Path(scratch) / "cold"
        shutil.rmtree(cache, ignore_errors=True)
        found.append(
            (what, once([*COMMAND, "diff", str(model), *arguments], {**env, "INSPECT_PIPE_CACHE": str(cache)}))
        )
    return found


def milliseconds(cost: Cost) -> str:
    return f"{cost.seconds * 1000:.0f} ms"


def page(rows: list[Row], cold: list[tuple[str, float]], once: float) -> str:
    from importlib.metadata import version

    packages = ("diffusers", "torch", "transformers", "typer", "rich", "pydantic")
    lines = [
        "# What the commands cost",
        "",
        f"Best of {RUNS} runs in turn with the baseline (a third of that where a pipeline is built), warm caches, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{p} {version(p)}" for p in packages)
        + ". `make bench` writes this page.",
        "",
        "| what | baseline | measured | ratio | limit | |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(str, rows),
        "",
        "With an empty cache, the first time ever: " + ", ".join(f"{what} {t:.1f} s" for what, t in cold) + ".",
        "",
        f"A watch takes {once * 1000:.0f} ms once, to begin and to report, whatever runs in it.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
