"""Where sigmas and timesteps live: the table is what is observed, on a simulated device and on a GPU where one is."""

from __future__ import annotations

from typing import Any

import diffusers
import numpy as np
import pytest
import torch

import inspector
from inspector.model import InspectError
from inspector.samplers.devices import DEVICES, FOLLOWING, usable, wanted
from inspector.samplers.expected import FAMILIES
from inspector.samplers.grid import observe
from inspector.samplers.loop import straight
from inspector.samplers.run import Plan, everything, run
from inspector.samplers.simulated import second_device, tagged

NAMES = sorted(name for name in FAMILIES if hasattr(diffusers, name))
gpu = pytest.mark.gpu


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_what_the_simulated_device_shows(name: str) -> None:
    """Device and dtype of every class, and that neither a device nor the way back changes a number."""
    scheduler = getattr(diffusers, name)()
    scheduler.set_timesteps(5)
    home = observe(scheduler)
    with second_device() as device:
        scheduler.set_timesteps(5, device=device)
        away = observe(scheduler)
        expected = wanted(name, "cuda")
        for what, (there, dtype) in away.places.items():
            at, kind = expected[what]
            assert (there, dtype) == (at, kind or dtype), what
        assert away.same(home)
        scheduler.set_timesteps(5, device="cpu")
        assert observe(scheduler).same(home)


META = ("DDIMScheduler", "DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "FlowMatchEulerDiscreteScheduler",
        "LCMScheduler", "UniPCMultistepScheduler")  # fmt: skip


@pytest.mark.parametrize("name", META)
def test_meta_shows_the_same_where_it_applies(name: str) -> None:
    """On the meta device a class either says where it would put things, as the table does, or cannot run there."""
    scheduler = getattr(diffusers, name)()
    try:
        scheduler.set_timesteps(5, device="meta")
    except (NotImplementedError, RuntimeError):
        assert name == "EulerDiscreteScheduler"  # moved to the device first, and then back: meta holds no numbers
        return
    assert scheduler.timesteps.device.type == "meta"
    if getattr(scheduler, "sigmas", None) is not None:
        assert scheduler.sigmas.device.type == ("meta" if name in FOLLOWING else "cpu")


def test_the_simulated_device_refuses_what_a_real_one_refuses() -> None:
    host = torch.arange(4.0)
    with second_device() as device:
        there = host.to(device)
        assert there.device == torch.device("cuda:0") and tagged(there) and there.is_cuda
        assert host.device.type == "cpu" and not tagged(host)
        for wrong in (
            lambda: there + host,
            lambda: torch.cat([there, host]),
            lambda: torch.where(there > 1, there, host),
        ):
            with pytest.raises(RuntimeError, match="same device"):
                wrong()
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        with pytest.raises(TypeError, match="numpy"):
            np.asarray(there)
        with pytest.raises(RuntimeError, match="indices"):
            host[there.long()]
        assert tagged(there[1]) and tagged(there * 2) and tagged(there * torch.tensor(2.0))
        assert float(there[1]) == 1.0 and there.tolist() == host.tolist()
        assert tagged(torch.zeros(2, device=device)) and not tagged(torch.zeros(2))
        assert not tagged(there.cpu()) and tagged(host.to(there)) and there.cpu().numpy().tolist() == host.tolist()
        there[0] = 9.0
        assert host[0] == 0.0, "moving copies"


@pytest.mark.parametrize("broken", ["stays", "mixes", "reads"])
def test_broken_device_logic_is_found(broken: str) -> None:
    from diffusers import EulerDiscreteScheduler

    class Off(EulerDiscreteScheduler):
        def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
            super().set_timesteps(num_inference_steps, device=device)
            if broken == "stays":
                self.timesteps: Any = self.timesteps.cpu()
            elif broken == "mixes":
                self.timesteps = self.timesteps + self.sigmas[:-1] * 0
            else:
                self.timesteps = torch.from_numpy(self.timesteps.numpy()).to(device)

    scheduler = Off(beta_schedule="scaled_linear")
    assert not inspector.check_preset(EulerDiscreteScheduler(), steps=5, device="simulated").findings
    codes = {f.code for f in inspector.check_preset(scheduler, steps=5, device="simulated").findings}
    assert codes & ({"IPS305"} if broken == "stays" else {"IPS306", "IPS307"})
    if broken != "stays":
        assert "IPS306" in {f.code for f in inspector.check_preset(scheduler, steps=5).findings}


def test_no_class_is_falsely_accused_on_the_simulated_device() -> None:
    rows = run(Plan(everything()[::3], (8,), device="simulated"))
    assert not [(r["preset"], r["misplaced"]) for r in rows if r["misplaced"]]
    assert not [
        (r["preset"], r["moved"]) for r in rows if r["moved"] and not (r["moved"]["same"] and r["moved"]["there"])
    ]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("preset", ["Euler", "DPM++ 2M Karras", "UniPC", "DDIM", "Heun"])
def test_the_step_loop_in_half_precision(preset: str, dtype: str) -> None:
    row = inspector.check_preset(preset, model="sd15", steps=10, dtype=dtype).data["checks"][0]
    assert row["verdict"] == "pass" and row["loop"]["raised"] is None and row["loop"]["not_finite"] is None
    assert row["loop"]["dtype"] == dtype and row["loop"]["wrong"] == 0


def test_unknown_and_absent_devices() -> None:
    with pytest.raises(InspectError) as error:
        usable("cdua")
    assert "did you mean cuda" in error.value.hint and error.value.exit_code == 2
    if not torch.cuda.is_available():
        with pytest.raises(InspectError, match="cuda is not available") as error:
            usable("cuda:0")
        assert error.value.exit_code == 2
    assert usable("cpu") == "cpu" and "simulated" in DEVICES


@gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_real_gpu_shows_the_table_too(name: str) -> None:
    scheduler = getattr(diffusers, name)()
    scheduler.set_timesteps(5)
    home = observe(scheduler)
    scheduler.set_timesteps(5, device="cuda")
    away = observe(scheduler)
    for what, (there, dtype) in away.places.items():
        at, kind = wanted(name, "cuda")[what]
        assert (there, dtype) == (at, kind or dtype), what
    assert np.array_equal(away.sigmas, home.sigmas)


@gpu
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_every_preset_on_a_real_gpu(dtype: str) -> None:
    """The verdicts of the host, in float32; and the step loop in three types."""
    subjects = everything()
    there = run(Plan(subjects, (20,), device="cuda", dtype=dtype))
    here = run(Plan(subjects, (20,), dtype=dtype))
    for a, b in zip(there, here, strict=True):
        assert (a["preset"], a["verdict"], a["sigmas"]) == (b["preset"], b["verdict"], b["sigmas"])
        assert not a["misplaced"] and bool((a["loop"] or {}).get("raised")) is bool((b["loop"] or {}).get("raised"))


@gpu
def test_the_loop_lands_on_a_real_gpu() -> None:
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler(use_karras_sigmas=True)
    scheduler.set_timesteps(20, device="cuda")
    said = straight(scheduler, device="cuda")
    assert said["raised"] is None and said["wrong"] == 0 and said["of"] == 19
