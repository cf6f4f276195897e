"""Models trained on continuous noise levels: EDM, its cosine kin, consistency models, the score SDEs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.samplers.families.run import Expected, NoReference, Run
from inspector.samplers.families.spread import positive
from inspector.samplers.schedules import betas, edm, noise
from inspector.samplers.tolerance import ULP, bound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def karras(run: Run) -> Expected:
    """EDMEuler, EDM DPM-Solver++ and the cosine DPM-Solver++: a spread between the configured ends, then c_noise."""
    import numpy as np

    positive(run)
    high, low = float(run.need("sigma_max")), float(run.need("sigma_min"))
    name = run.get("sigma_schedule", "karras")
    if name == "karras":
        levels = noise.karras(high, low, run.steps, float(run.get("rho", 7.0)))
    elif name == "exponential":
        levels = noise.exponential(high, low, run.steps)
    else:
        raise NoReference(f"no formula is known for sigma_schedule {name!r}")
    told = edm.angle if run.cls == "CosineDPMSolverMultistepScheduler" else edm.quarter_log
    last = 0.0
    if run.get("final_sigmas_type", "zero") == "sigma_min":
        last = float(levels[-1]) if run.cls == "EDMEulerScheduler" else low
    return _answer(np.append(levels, last), told(levels))


def consistency(run: Run) -> Expected:
    """Consistency models (arXiv:2303.01469): every T//N-th of T Karras levels from the noisiest, then sigma_min."""
    import numpy as np

    positive(run)
    total, high, low = int(run.need("num_train_timesteps")), float(run.need("sigma_max")), float(run.need("sigma_min"))
    if run.steps > total:
        raise NoReference(f"{run.steps} steps of {total} training levels")
    if run.timesteps is not None:
        places = np.asarray(run.timesteps, dtype=np.float64)[::-1]
    else:
        places = np.arange(run.steps, dtype=np.float64) * (total // run.steps)
    levels = noise.along_karras(places / (total - 1.0), high, low, float(run.get("rho", 7.0)))
    return _answer(np.append(levels, low), edm.thousand_quarter_log(levels))


def score_ve(run: Run) -> Expected:
    """The variance-exploding score SDE: sigma_min (sigma_max / sigma_min)^t for N times from 1 to eps."""
    import numpy as np

    positive(run)
    time = np.linspace(1.0, float(run.need("sampling_eps")), run.steps)
    levels = noise.ve(float(run.need("sigma_max")), float(run.need("sigma_min")), time)
    return _answer(levels, time, ("the sigmas are made by set_sigmas(N), not by set_timesteps(N)",))


def score_vp(run: Run) -> Expected:
    """The variance-preserving score SDE: sqrt(exp((β1-β0) t²/2 + β0 t) - 1) for N times from 1 to eps."""
    import numpy as np

    positive(run)
    eps, low, high = (float(run.need(k)) for k in ("sampling_eps", "beta_min", "beta_max"))
    return _answer(noise.vp(run.steps, high - low, low, eps), np.linspace(1.0, eps, run.steps))


def wuerstchen(run: Run) -> Expected:
    """Würstchen (arXiv:2306.00637): N+1 times from 1 to 0; ᾱ a cosine, over its value at 0, held to [1e-4, 0.9999]."""
    import numpy as np

    positive(run)
    if float(run.get("scaler", 1.0)) != 1.0:
        raise NoReference("no published formula for a scaler other than 1")
    time, offset = np.linspace(1.0, 0.0, run.steps + 1), float(run.get("s", 0.008))
    bars = betas.cosine_bar(time, offset) / betas.cosine_bar(np.zeros(1), offset)
    return _answer(betas.sigmas(np.clip(bars, 1e-4, 0.9999)), time)


def ipndm(run: Run) -> Expected:
    """F-PNDM on v-diffusion's spliced-cosine times: sin²(π s/2) is sigma, the time told is its angle over π/2.

    Liu et al. 2022, arXiv:2202.09778, as Crowson's v-diffusion runs it.
    """
    import numpy as np

    positive(run)
    if run.get("trained_betas") is not None:
        raise NoReference("trained_betas replace the schedule by themselves")
    sine = np.sin(np.linspace(1.0, 0.0, run.steps + 1) * np.pi / 2.0) ** 2
    cosine = np.sqrt(1.0 - sine**2)
    with np.errstate(divide="ignore"):
        levels = sine / cosine
    # Near its start the cosine is the root of a difference, and the angle loses what that loses.
    return _answer(levels, np.arctan2(sine, cosine)[:-1] * 2.0 / np.pi, lost=ULP / float(min(cosine[cosine > 0])))


def _answer(levels: Array, times: Array, notes: tuple[str, ...] = (), lost: float = 0.0) -> Expected:
    import numpy as np

    relative = bound("edm").relative
    slack = lost + relative * max(1.0, float(np.max(np.abs(times), initial=0.0)))
    return Expected(tuple(levels.tolist()), tuple(times.tolist()), "edm", notes, relative, slack, bound("edm").ulps)
