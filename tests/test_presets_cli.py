"""``presets list`` and ``presets show``: the table for people, and code that does what the table says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.model import InspectError
from inspector.render import Look, render
from inspector.samplers.build import make
from inspector.samplers.models import find_model
from inspector.samplers.presets import PRESETS, Preset, kwargs_for
from inspector.samplers.show import code, flow_code, listed, row_of, shown


def meant(preset: Preset, base: Any) -> Any:
    """What the checks make of the row on this pipeline's scheduler."""
    import diffusers

    model = replace(find_model("sd15"), config=dict(base.config))
    return make(getattr(diffusers, preset.cls), preset, model, kwargs_for(preset, base.config))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inspector", "presets", *arguments], capture_output=True, text=True, timeout=120
    )


def test_the_list_holds_every_preset_once_by_class() -> None:
    text = render(listed(), "human", Look(80))
    for preset in PRESETS.values():
        assert sum(line.split()[:1] == [preset.key] for line in text.splitlines()) == 1, preset.key
    assert f"{len(PRESETS)} presets" in text.splitlines()[-1]


@pytest.mark.parametrize("by", ["class", "ui"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_stays_within_the_width(by: str, width: int) -> None:
    assert max(map(len, render(listed(by=by), "human", Look(width)).splitlines())) <= width


def test_by_ui_every_name_of_every_project_is_there() -> None:
    text = render(listed(by="ui"), "human", Look(160))
    for preset in PRESETS.values():
        for project, names in preset.names.items():
            assert f"━━ {project}" in text
            assert all(f"  {name}  " in text for name in names)


def test_a_word_keeps_what_has_it() -> None:
    kept = {row["key"] for row in listed(word="Karras").data["presets"]}
    assert "dpmpp_2m_karras" in kept and "euler_a" not in kept
    assert kept == {
        p.key
        for p in PRESETS.values()
        if "karras" in " ".join([p.key, p.name, *p.kwargs, *(n for names in p.names.values() for n in names)]).lower()
    }
    with pytest.raises(InspectError) as caught:
        listed(word="nobody says this")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("key", PRESETS)
def test_the_code_makes_what_the_table_stands_for(key: str) -> None:
    import diffusers

    preset = PRESETS[key]
    if preset.cls == "DPMSolverSDEScheduler":
        pytest.importorskip("torchsde")
    model = find_model("sd3" if preset.kind == "flow" else "playground-2.5" if preset.kind == "edm" else "sd15")
    base = getattr(diffusers, model.config["_class_name"]).from_config(dict(model.config))
    scope: dict[str, Any] = {"pipe": SimpleNamespace(scheduler=base)}
    lines = [line for line in code(preset).splitlines() if not line.startswith(("pipe(", "#"))]
    try:
        wanted = meant(preset, base)
    except Exception as error:  # a row that the class refuses here: what is shown is refused alike
        with pytest.raises(type(error)):
            exec("\n".join(lines), scope)
        return
    exec("\n".join(lines), scope)
    made = scope["pipe"].scheduler
    assert type(made) is type(wanted)
    assert dict(made.config) == dict(wanted.config)


@pytest.mark.parametrize("key", [k for k, p in PRESETS.items() if flow_code(p)])
def test_the_code_for_flow_models_carries_the_shift(key: str) -> None:
    import diffusers

    preset, model = PRESETS[key], find_model("sd3")
    base = getattr(diffusers, model.config["_class_name"]).from_config(dict(model.config))
    scope: dict[str, Any] = {"pipe": SimpleNamespace(scheduler=base), preset.cls: getattr(diffusers, preset.cls)}
    exec(flow_code(preset), scope)
    assert dict(scope["pipe"].scheduler.config) == dict(meant(preset, base).config)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_shown_can_be_pasted_from_the_screen(width: int) -> None:
    import ast

    for key, preset in PRESETS.items():
        text = render(shown(key), "human", Look(width))
        assert max(map(len, text.splitlines())) <= max(width, 80), key
        block = takewhile(lambda line: line[:4].isspace() or not line, text[text.index("    from diff") :].splitlines())
        shown_code = "\n".join(line[4:] for line in block)
        assert ast.dump(ast.parse(shown_code)) == ast.dump(ast.parse(code(preset))), key


def test_ic_light_is_shown_as_ic_light_builds_it() -> None:
    light = [p for p in PRESETS.values() if "IC-Light" in p.names]
    assert len(light) == 3
    for preset in light:
        assert preset.built == "constructor" and ".from_config" not in code(preset)
        assert ("beta_schedule" in code(preset)) is (preset.cls == "DDIMScheduler")


def test_every_meaning_of_a_name_is_told() -> None:
    report = shown("DPM++ SDE")
    classes = {row["class"] for row in report.data["presets"]}
    assert {"DPMSolverSDEScheduler", "DPMSolverSinglestepScheduler"} <= classes
    text = render(report, "human", Look(100))
    assert all(cls in text for cls in classes) and "so called by diffusers docs" in text


def test_json_is_the_table_itself() -> None:
    data = json.loads(render(shown("euler_a"), "json"))["data"]
    assert data["presets"][0]["kwargs"] == dict(PRESETS["euler_a"].kwargs)
    assert [row["key"] for row in json.loads(render(listed(), "json"))["data"]["presets"]] == list(PRESETS)
    assert row_of(PRESETS["ddim"])["class"] == "DDIMScheduler"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "DPM++ 2M Karas"], 2, "did you mean DPM++ 2M Karras"),
        (["list", "--by", "uis"], 2, "did you mean ui?"),
        (["list", "-f", "htm"], 2, "did you mean html?"),
        (["show", "euler", "--presets", "nowhere.json"], 3, "cannot be read"),
        (["list", "-o", "nowhere/there/x.txt"], 5, "cannot write"),
    ],
)
def test_what_is_wrong_is_one_clear_line(arguments: list[str], status: int, said: str) -> None:
    done = run(*arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr and not done.stdout
    assert len(done.stderr.splitlines()) <= 2


def test_own_presets_come_first(tmp_path: Any) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"Euler": {"class": "EulerDiscreteScheduler", "kwargs": {"timestep_spacing": "trailing"}}}')
    done = run("show", "Euler", "--presets", str(own), "-f", "json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)["data"]["presets"][0]
    assert first["kwargs"] == {"timestep_spacing": "trailing"} and first["source"] == str(own)


def test_the_table_is_shown_without_the_libraries() -> None:
    code = (
        "import sys; sys.argv = ['inspect-pipe', 'presets', 'list']\n"
        "from inspector.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'diffusers', 'numpy', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"
