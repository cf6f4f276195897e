"""The table of presets: its rows against the recorded ones and the real classes, and how a name is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inspector import classes
from inspector.model import InspectError
from inspector.samplers.models import MODELS, find_model
from inspector.samplers.presets import PRESETS, call_for, find, kwargs_for, meanings, suits

GOLDEN = json.loads((Path(__file__).parent / "data/golden/presets.json").read_text(encoding="utf-8"))
WHOLE = Path(__file__).parents[2] / "shared/golden/sigmas.json"
UIS = {"A1111", "Forge", "ComfyUI", "InvokeAI", "SD.Next", "Fooocus", "diffusers docs", "IC-Light", "stablepy"}


@pytest.mark.parametrize("key", GOLDEN["presets"])
def test_a_recorded_row_is_the_same_here(key):
    row, want = PRESETS[key], GOLDEN["presets"][key]
    assert (row.cls, row.kwargs, row.kind, row.order, row.stochastic) == (
        want["cls"], want["kw"], want["kind"], want["order"], want["stochastic"]
    )  # fmt: skip
    assert (row.a1111, row.discard, row.comfy, row.comfy_sampler, row.call) == (
        want["a1111"], want["a_discard"], want["comfy"], want["comfy_sampler"], want["call"]
    )  # fmt: skip
    assert row.built == "from_config"


def test_a_recorded_name_finds_its_row():
    lost = {k: v["names"] for k, v in GOLDEN["presets"].items() if [p.key for p in meanings(v["names"])][:1] != [k]}
    assert lost == {"fm_euler_pipe": GOLDEN["presets"]["fm_euler_pipe"]["names"]}  # a sentence, not a name


def test_there_are_enough_rows_of_every_project():
    assert len(PRESETS) >= 91
    counts = {ui: sum(ui in p.names for p in PRESETS.values()) for ui in UIS}
    assert set().union(*(p.names for p in PRESETS.values())) == UIS
    assert counts["InvokeAI"] >= 32 and counts["SD.Next"] >= 32 and counts["IC-Light"] == 3
    assert counts["A1111"] >= 40 and counts["ComfyUI"] >= 50 and counts["diffusers docs"] >= 17


def test_every_row_says_where_it_is_from_and_is_there_once():
    seen: dict[str, str] = {}
    for key, row in PRESETS.items():
        assert key == row.key and row.source and row.name, key
        assert row.built == "constructor" or not row.inherits, key
        assert not row.stochastic or row.order is None, key
        what = json.dumps([row.cls, row.kwargs, row.call, row.built, row.inherits], sort_keys=True)
        assert seen.setdefault(what, key) == key, f"{key} and {seen[what]} are one preset"


def test_only_these_rows_pass_what_their_class_does_not_take():
    """Upstream's own mistakes, kept as they are: IPS308 has something to find."""
    taken = {c.name: c.parameters for c in classes.schedulers()}
    stray = {(k, o) for k, p in PRESETS.items() for o in p.kwargs if o not in taken[p.cls]}
    assert stray == {
        ("euler_a_karras", "use_karras_sigmas"),
        ("invokeai_unipc", "cpu_only"),
        ("invokeai_unipc_k", "cpu_only"),
    }
    for key, preset in PRESETS.items():
        assert set(preset.flow or ()) | set(preset.inherits) <= taken[preset.cls].keys(), key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("DPM++ 2M SDE Karras", "dpmpp_2m_sde_karras"),
        ("dpm++ 2m karras", "dpmpp_2m_karras"),
        ("DPMPP_2M_Karras", "dpmpp_2m_karras"),
        ("dpmpp-2m-karras", "dpmpp_2m_karras"),
        ("DPM＋＋ 2M", "dpmpp_2m"),
        ("k_dpmpp_2m_ka", "dpmpp_2m_karras"),
        ("euler a", "euler_a"),
        ("EulerA", "euler_a"),
        ("Euler Ancestral", "euler_a"),
        ("k_euler_a", "euler_a"),
        ("sample_euler_ancestral", "euler_a"),
        ("dpmpp_2m_sde_gpu karras", "dpmpp_2m_sde_karras"),
        ("euler simple", "euler_trailing"),
        ("PLMS", "pndm"),
        ("kdpm_2_a_k", "dpm2_a_karras"),
        ("DPM++ SDE", "dpmpp_sde"),
        ("DPM++ 2S a Karras", "dpmpp_2s_karras"),
        ("DPM++ Cosine", "sdnext_dpmpp_cosine"),
        ("dpmpp_3m_k", "dpmpp_3m_karras"),
        ("DPM++ 2M (SD.Next)", "sdnext_dpmpp_2m"),
        ("euler_a_scheduler", "iclight_euler_a"),
        ("Karras DPM++ 2M", "dpmpp_2m_karras"),
        ("DPM++ 2M Uniform", "dpmpp_2m"),
        ("DPM++ 2M Automatic", "dpmpp_2m_karras"),
        ("DPM++ 2M Simple", "dpmpp_2m_trailing"),
        ("DPM++ 2M SGM Uniform", "dpmpp_2m_trailing"),
        ("dpmpp_sde_gpu", "dpmpp_sde"),
        ("uni_pc_bh2", "unipc"),
        ("uni_pc", "unipc"),
        ("FlowMatch Euler", "fm_euler"),
    ],
)
def test_a_name_is_found_however_it_is_written(name, key):
    assert find(name).key == key
    assert meanings(name)[0] is PRESETS[key]


def test_every_key_and_every_display_name_finds_its_own_row():
    for key, row in PRESETS.items():
        assert find(key) is row
        assert find(row.name) is row, row.name
        for names in row.names.values():
            for name in names:
                assert row in meanings(name), (key, name)


def test_a_name_with_several_meanings_gives_them_all():
    assert [p.key for p in meanings("DPM++ SDE")] == [
        "dpmpp_sde", "dpmpp_2s", "dpmpp_sde_karras", "invokeai_dpmpp_sde", "sdnext_dpmpp_sde",
    ]  # fmt: skip
    assert len({(p.cls, json.dumps(p.kwargs, sort_keys=True)) for p in meanings("DPM++ SDE")}) == 5
    # what A1111 runs when its schedule is left at Automatic, and what the name meant before it had schedules
    assert [p.key for p in meanings("DPM++ 2M")][:2] == ["dpmpp_2m", "dpmpp_2m_karras"]
    assert [p.key for p in meanings("uni_pc")][:2] == ["unipc", "unipc_bh1"]
    assert "iclight_dpmpp_2m_sde_karras" in [p.key for p in meanings("DPM++ 2M SDE Karras")]
    assert meanings("no such thing") == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("DPM++ 2M Karas", "DPM++ 2M Karras"),
        ("eular", "Euler"),
        ("EulerDiscreteScheduler", "that is a class; presets with it: Euler"),
        ("", "presets list"),
        ("+++", "presets list"),
        ("x" * 100_000, "presets list"),
        ("欧拉", "presets list"),
        ("DPM adaptive", "no scheduler of diffusers"),
        ("res_multistep simple", "no scheduler of diffusers"),
    ],
)
def test_an_unknown_name_is_told_its_neighbours(name, near):
    with pytest.raises(InspectError) as caught:
        find(name)
    assert caught.value.exit_code == 2
    assert near in caught.value.hint
    assert len(caught.value.message) < 200 and "\n" not in caught.value.message + caught.value.hint


def test_the_table_needs_no_library():
    code = (
        "import sys, inspector.samplers.models, inspector.samplers.presets as p; p.find('Euler a'); "
        "print(sorted({'torch', 'diffusers', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_ic_light_is_built_as_its_demo_builds_it():
    for key in ("iclight_ddim", "iclight_euler_a", "iclight_dpmpp_2m_sde_karras"):
        row = PRESETS[key]
        assert (row.built, row.inherits, row.flow) == ("constructor", (), None)
        assert ("beta_schedule" in row.kwargs) is (key == "iclight_ddim")
    assert PRESETS["iclight_dpmpp_2m_sde_karras"].kwargs == {
        "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
        "algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True, "steps_offset": 1,
    }  # fmt: skip


def test_the_shift_is_the_models_own():
    flow = PRESETS["unipc_flow"]
    assert kwargs_for(flow, MODELS["sd3"].config)["flow_shift"] == 3.0
    assert kwargs_for(flow, MODELS["flux-dev"].config, 1.15)["flow_shift"] == pytest.approx(3.158192909689767)
    assert kwargs_for(flow, MODELS["flux-schnell"].config)["flow_shift"] == 1.0
    plain = kwargs_for(PRESETS["dpmpp_2m"], MODELS["sd3"].config)
    assert plain == {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
    assert kwargs_for(PRESETS["dpmpp_2m"], MODELS["sd15"].config) == {}


@pytest.mark.parametrize("key", ["euler", "dpmpp_2m_karras", "iclight_ddim"])
def test_a_preset_that_cannot_do_flow_says_so(key):
    assert not suits(PRESETS[key], "flow")
    with pytest.raises(InspectError, match="is no preset for a flow model") as caught:
        kwargs_for(PRESETS[key], MODELS["sd3"].config)
    assert caught.value.exit_code == 2


def test_the_extra_keywords_of_a_call():
    assert call_for(PRESETS["fm_euler_pipe"], 4) == {"sigmas": [1.0, 0.75, 0.5, 0.25]}
    assert call_for(PRESETS["fm_euler_pipe"], 1) == {"sigmas": [1.0]}
    assert call_for(PRESETS["euler"], 4) == {}


def test_align_your_steps_is_what_the_library_has():
    schedules = pytest.importorskip("diffusers.schedulers").AysSchedules
    assert call_for(PRESETS["euler_ays"], 10)["timesteps"] == schedules["StableDiffusionTimesteps"]
    assert call_for(PRESETS["euler_ays"], 10, sdxl=True)["timesteps"] == schedules["StableDiffusionXLTimesteps"]


def test_the_recorded_models_are_the_same_here():
    for name, want in GOLDEN["models"].items():
        model = find_model(name)
        assert (dict(model.config), model.mu) == (want["config"], want["mu"]), name


def test_the_records_are_those_kept_elsewhere():
    if not WHOLE.exists():
        pytest.skip("the whole record, ../shared/golden/sigmas.json, is not on this machine")
    whole = json.loads(WHOLE.read_text(encoding="utf-8"))
    assert (whole["presets"], whole["models"]) == (GOLDEN["presets"], GOLDEN["models"])
    assert all(whole["arrays"][k] == v for k, v in GOLDEN["arrays"].items())
