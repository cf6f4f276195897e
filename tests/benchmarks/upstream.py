"""``python -m tests.benchmarks.upstream REPORT.md``: the defects of diffusers that the checks find, each shown.

Every script of tests/data/defects imports nothing but diffusers and torch, and ends in the assertion that should hold.
A defect is listed if its script fails with exactly that, now; and with the finding that ``inspect-pipe`` has for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "tests" / "data" / "defects"


@dataclass(frozen=True, slots=True)
class Defect:
    """``script``: its file. ``command``: what finds it, after ``inspect-pipe sigmas``. ``code``: the finding."""

    script: str
    command: tuple[str, ...]
    code: str
    thread: str = ""


DEFECTS = (
    Defect("trailing_extra_timestep", ("DDIM trailing", "--steps", "61"), "IPS304"),
    Defect("beta_sigmas_index_error", ("DPM++ 2M Beta", "--steps", "40"), "IPS307"),
    Defect(
        "squared_cosine_repeats",
        ("DPM++ 2M Karras", "--set", "beta_schedule=squaredcos_cap_v2", "--steps", "10"),
        "IPS303",
        "#12771",
    ),
    Defect("unipc_bh1_nan", ("UniPC", "--set", "solver_type=bh1", "--steps", "10"), "IPS302"),
    Defect("dpmpp_3m_sde_sign", ("DPM++ 3M SDE Exponential", "--steps", "30", "--solve"), "IPS315"),
    Defect("flow_match_shifted_twice", ("Euler FlowMatch", "--steps", "28"), "IPS311", "#13243"),
    Defect("ddim_previous_timestep", ("DDIM trailing", "--steps", "13"), "IPS310", "#11347, #12633"),
    Defect("euler_a_karras", ("Euler a Karras", "--steps", "20"), "IPS308"),
    Defect("zero_snr_ignored", ("DEIS", "--model", "zero-snr", "--steps", "20"), "IPS312"),
    Defect(
        "flow_shift_lost",
        ("--presets", "tests/data/defects/unipc_flow.json", "--model", "sd3", "--steps", "20"),
        "IPS312",
    ),
    Defect(
        "mu_persists", ("DPM++ 2M flow", "--model", "flux-dev", "--set", "flow_shift=1.0", "--steps", "20"), "IPS313"
    ),
    Defect("one_step_starts_low", ("Euler", "--steps", "1"), "IPS314"),
    Defect("never_reach_zero", ("DEIS", "--steps", "20"), "IPS304"),
)


def shown(script: Path) -> str | None:
    """What the script prints when its defect is there; None when its assertion holds.

    Raises:
        RuntimeError: it fails in another way.
    """
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "DIFFUSERS_VERBOSITY": "error"}
    command = [sys.executable, "-W", "ignore", str(script)]
    done = subprocess.run(command, env=env, text=True, capture_output=True, check=False, timeout=300)
    if done.returncode == 0:
        return None
    if done.stderr.strip().splitlines()[-1:] != ["AssertionError"]:
        raise RuntimeError(f"{script.name} fails otherwise: {done.stderr[-500:]}")
    return done.stdout.strip()


def finding(defect: Defect) -> str:
    """The message of the finding."""
    command = [sys.executable, "-m", "inspector", "sigmas", *defect.command, "-f", "json", "--exit-zero"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=300)
    found = [f for f in json.loads(done.stdout)["findings"] if f["code"] == defect.code]
    if not found:
        raise RuntimeError(f"{' '.join(command[3:])} does not find {defect.code}: {done.stdout[:500]}")
    return str(found[0]["message"])


def quoted(command: tuple[str, ...]) -> str:
    return " ".join(f"'{c}'" if " " in c else c for c in command)


def section(defect: Defect) -> tuple[str, list[str]] | None:
    """Its title and its lines, or None where the installed library has it no more."""
    script = SCRIPTS / f"{defect.script}.py"
    said = shown(script)
    if said is None:
        return None
    comment, _, code = script.read_text(encoding="utf-8").partition("\n")
    title = comment.removeprefix("# ")
    lines = [f"## {title}", ""]
    if defect.thread:
        lines += [f"huggingface/diffusers {defect.thread}", ""]
    if defect.code:
        lines += [f"`inspect-pipe sigmas {quoted(defect.command)}` finds {defect.code}: {finding(defect)}", ""]
    lines += ["```python", code.strip(), "```", "", "```text", said, "```", ""]
    return title, lines


def main(report: Path) -> None:
    """Run everything and write the report."""
    from importlib.metadata import version

    found, gone = [], []
    for defect in DEFECTS:
        made = section(defect)
        if made is None:
            gone.append(defect.script)
        else:
            found.append(made)
    lines = [
        f"# Defects of the schedulers of diffusers {version('diffusers')}",
        "",
        "`make reports` writes this page. Each script below imports nothing but diffusers and torch, and fails at its "
        "last line for as long as the defect is there; what it printed stands under it. A defect that does not show is "
        "not listed.",
        "",
        *(line for _, lines in found for line in lines),
    ]
    if gone:
        lines += [f"Not there any more: {', '.join(gone)}.", ""]
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
