"""A bare ``inspect-pipe sigmas`` finds each known defect of the schedulers by itself, and blames nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import pytest

from inspector.model import Finding, Report
from inspector.samplers import tasks
from inspector.samplers.models import MODELS
from inspector.samplers.presets import PRESETS, SWAPPED
from inspector.samplers.report import report_of
from inspector.samplers.run import Plan, everything, run
from inspector.samplers.stock import EXTRAS, stock

BETA = ("dpmpp_2m_beta", "dpmpp_2s_beta", "deis_beta", "unipc_beta")
KARRAS = ("dpmpp_2m", "dpmpp_2s", "deis", "unipc", "sasolver")
NINE = ("deis", "dpmpp_2s", "heun", "dpm2_a", "dpm2", "lms", "pndm", "sasolver") + ("dpmpp_sde",) * bool(
    find_spec("torchsde")
)
SWAPS = tuple(SWAPPED)
DEFECTS = [
    # defect, code, model, presets (or classes), what each finding must say
    ("an extra timestep -1", "IPS304", "sd15", ("euler_trailing", "ddim_trailing", "dpmpp_2m_trailing"),
     "61 steps: 62 timesteps instead of 61, the last is -1"),
    ("the same over 1100", "IPS304", "kolors", ("euler_trailing", "ddim_trailing", "dpmpp_2m_trailing"),
     "15 and 30 steps: 16 timesteps instead of 15"),
    ("beta sigmas repeat", "IPS303", "sd15", BETA, "50 and 61 steps: timestep 998 comes first and second"),
    ("and the loop raises", "IPS307", "sd15", BETA, "50 and 61 steps: step 49 of 50 (timestep 0) raises "),
    ("UniPC bh1 is NaN", "IPS302", "sd15", ("unipc_bh1",), "the sample is not finite after step"),
    ("DPM++ 3M SDE's sign", "IPS315", "sd15", ("dpmpp_3m_sde", "dpmpp_3m_sde_karras", "dpmpp_3m_sde_exponential"),
     "solver_order=2 is nearer at every N"),
    ("shifted twice", "IPS311", "sd3", ("fm_euler", "fm_heun", "fm_lcm", "fm_euler_karras"),
     "the shift of 3 is applied twice: the last sigma above 0 is 0.00892857, shifted once it is 0.00299401"),
    ("Euler a ignores Karras", "IPS308", "sd15", ("euler_a_karras",), "use_karras_sigmas=True is not taken by Euler"),
    ("nine drop a zero SNR", "IPS312", "zero-snr", NINE, "rescale_betas_zero_snr=True of the model's DDIMScheduler"),
    ("N = 1 starts low", "IPS314", "sd15", ("EulerDiscreteScheduler", "DDIMScheduler"),
     "1 step: it starts at sigma 0."),
    ("never reaches 0", "IPS304", "sd15", ("deis", "sasolver"), "ends at sigma 0.0291675, not at 0"),
    ("shift is lost", "IPS312", "sd3", SWAPS, "shift=3.0 of the model's FlowMatchEulerDiscreteScheduler"),
    ("cosine betas repeat", "IPS303", "cosine", KARRAS, "comes first and second"),
    ("and the loop raises", "IPS307", "cosine", KARRAS, "step 19 of 20 (timestep 0) raises "),
    ("zero SNR repeats", "IPS307", "zero-snr", ("dpmpp_2m_karras", "unipc_karras"),
     "step 29 of 30 (timestep 0) raises "),
    ("a strong shift repeats", "IPS307", "ltx", ("dpmpp_2m_flow", "unipc_flow"), "step 59 of 60 (timestep "),
    ("DDIM's timestep, trailing", "IPS310", "sd15", ("ddim_trailing",), "10 of 29 steps land on another noise level"),
    ("DDIM's timestep, linspace", "IPS310", "pixart", ("ddim",), "9 of 9 steps land on another noise level"),
    ("mu persists", "IPS313", "flux-dev", ("swapped_dpmpp_2m", "swapped_dpmpp_2s", "swapped_deis"),
     "set_timesteps(mu=…) persists"),
]  # fmt: skip
RIGHT = (("sd15", ("euler", "euler_karras", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde_karras", "unipc_karras",
                   "ddim", "pndm", "heun_karras", "dpm2_a_karras")),
         ("sd3", ("fm_euler_pipe", "dpmpp_2m_flow", "unipc_flow")), ("playground-2.5", ("edm_dpmpp_2m",)),
         ("zero-snr", ("euler", "dpmpp_2m", "unipc", "ddim", "euler_karras")), ("cosine", ("euler",)),
         ("flux-dev", ("fm_euler_pipe",)),
         ("flux-dev", ("swapped_unipc",)))  # fmt: skip


def wanted() -> Iterator[tuple[str, str]]:
    for _, _, model, presets, _ in DEFECTS:
        yield from ((p, model) for p in presets)
    yield from ((p, model) for model, presets in RIGHT for p in presets)


@cache
def report() -> Report:
    """The part of the stock run that the tables here speak of, each subject as the run has it."""
    chosen = set(wanted())
    subjects = [s for s in stock() if (s.preset.key, s.model.name) in chosen]
    return report_of("stock", {"checks": run(Plan(subjects)), "versions": {}})


def found(preset: str, model: str) -> list[Finding]:
    known = PRESETS.get(preset) or SWAPPED.get(preset)
    return [f for f in report().findings if f.where == f"{known.name if known else preset} on {model}"]


@pytest.mark.parametrize(("defect", "code", "model", "presets", "said"), DEFECTS, ids=[f"{d[0]}" for d in DEFECTS])
def test_each_defect_has_its_finding(defect: str, code: str, model: str, presets: tuple[str, ...], said: str) -> None:
    for preset in presets:
        assert any(f.code == code and said in f.message for f in found(preset, model)), (preset, found(preset, model))


def test_what_is_right_has_none() -> None:
    assert {(p, m): found(p, m) for m, presets in RIGHT for p in presets if found(p, m)} == {}


def test_every_extra_says_why_and_has_what_is_right_beside_what_is_not() -> None:
    usual, whole = everything(), stock()
    extra = whole[len(usual) :]
    assert [s.preset.key for s in whole[: len(usual)]] == [s.preset.key for s in usual]
    assert len(extra) == sum(len(e.presets) for e in EXTRAS) and all(s.why and s.steps for s in extra)
    assert {s.model.name for s in extra} <= MODELS.keys()
    assert len({(s.preset.name, s.model.name) for s in whole}) == len(whole), "a finding's where is one subject"
    rows = report().data["checks"]
    assert {r["because"] for r in rows if r["model"] != "sd15"} - {""} <= {e.why for e in EXTRAS}


@pytest.mark.parametrize(
    ("asked", "stocked"),
    [
        ({}, True),
        ({"solve": True}, True),
        ({"device": "simulated"}, True),
        ({"presets": ["euler"]}, False),
        ({"models": ["sd15"]}, False),
        ({"steps": [20]}, False),
        ({"over": {"steps_offset": 1}}, False),
        ({"against": "a1111"}, False),
    ],
)
def test_extras_are_there_only_where_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], stocked: bool
) -> None:
    plans: list[Plan] = []

    def run(plan: Plan, *_: object) -> list[dict[str, object]]:
        plans.append(plan)
        return []

    monkeypatch.setattr(tasks, "run", run)
    tasks.checks_of(**{"presets": [], "models": [], "steps": [], **asked})  # type: ignore[arg-type]
    assert any(s.why for s in plans[0].subjects) is stocked
    if "over" in asked:
        assert all(s.over == {"steps_offset": 1} for s in plans[0].subjects)
