"""Each formula against an identity that it did not come from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inspector.samplers.schedules import align, betas, between, edm, flow, lookup, noise, spacing

COUNTS = st.integers(1, 300)
LOW = st.floats(1e-3, 0.5)
HIGH = st.floats(1.0, 5000.0)
SPREADS = [noise.karras, noise.exponential, noise.polyexponential, noise.beta_quantiles, noise.kl_optimal,
           noise.lambda_uniform]  # fmt: skip


@pytest.mark.parametrize("spread", SPREADS, ids=lambda f: f.__name__)
@given(high=HIGH, low=LOW, steps=COUNTS)
def test_spreads_go_from_the_largest_to_the_smallest(spread, high: float, low: float, steps: int) -> None:
    made = spread(high, low, steps)
    assert len(made) == steps
    assert made[0] == pytest.approx(high, rel=1e-9)
    if steps > 1:
        assert made[-1] == pytest.approx(low, rel=1e-6)
        assert np.all(np.diff(made) < 0)


@given(high=HIGH, low=LOW, steps=COUNTS, rho=st.floats(0.5, 12))
def test_karras_is_a_line_in_its_root(high: float, low: float, steps: int, rho: float) -> None:
    roots = noise.karras(high, low, steps, rho) ** (1 / rho)
    assert np.allclose(np.diff(roots, 2), 0, atol=1e-9 * roots[0])
    assert np.allclose(noise.karras(high, low, steps, 1.0), np.linspace(high, low, steps))


@given(high=HIGH, low=LOW, steps=st.integers(3, 300))
def test_exponential_has_a_constant_ratio(high: float, low: float, steps: int) -> None:
    made = noise.exponential(high, low, steps)
    assert np.allclose(made[1:] / made[:-1], (low / high) ** (1 / (steps - 1)))
    assert np.allclose(noise.polyexponential(high, low, steps, 1.0), made)
    # Karras tends to it as its exponent grows.
    assert np.allclose(noise.karras(high, low, steps, 1e6), made, rtol=1e-3)


@given(high=HIGH, low=LOW, steps=st.integers(3, 200))
def test_kl_optimal_angles_are_evenly_spaced(high: float, low: float, steps: int) -> None:
    assert np.allclose(np.diff(np.arctan(noise.kl_optimal(high, low, steps)), 2), 0, atol=1e-12)


@given(steps=st.integers(2, 200), alpha=st.floats(0.3, 3), beta=st.floats(0.3, 3))
def test_beta_levels_are_quantiles(steps: int, alpha: float, beta: float) -> None:
    """The law's distribution function at each level is where it was asked; Beta(1, 1) is a line."""
    made = noise.beta_quantiles(1.0, 0.0, steps, alpha, beta)
    assert np.allclose(stats.beta.cdf(made, alpha, beta), np.linspace(1, 0, steps), atol=1e-7)
    assert np.allclose(noise.beta_quantiles(9.0, 1.0, steps, 1.0, 1.0), np.linspace(9, 1, steps))


def test_vp_is_the_integral_of_its_beta() -> None:
    """sigma² + 1 is exp of the integral of β_min + β_d t."""
    made = noise.vp(50)
    time = np.linspace(1, 1e-3, 50)
    assert np.allclose(np.log1p(made**2), 19.9 * time**2 / 2 + 0.1 * time)
    fine = (np.arange(200_000) + 0.5) / 200_000
    assert made[0] ** 2 + 1 == pytest.approx(math.exp(np.mean(0.1 + 19.9 * fine)), rel=1e-9)


def test_published_levels_are_kept_where_they_are_asked_for() -> None:
    for levels in (*align.LEVELS.values(), *align.ROUNDED.values(), *align.GITS.values(), *align.FINE.values()):
        known = np.asarray(levels)
        assert np.all(np.diff(known) < 0)
        assert np.allclose(noise.loglinear(known, len(known)), known)
        assert np.allclose(noise.loglinear(known, 2 * len(known) - 1)[::2], known)
    sd = betas.sigmas(betas.alphas_bar(betas.scaled_linear(0.00085, 0.012, 1000)))
    for name, times in align.TIMESTEPS.items():
        assert np.allclose(sd[list(times)], align.LEVELS[name][:-1], rtol=1e-9)
        assert np.allclose(align.ROUNDED[name][:-1], align.LEVELS[name][:-1], rtol=0.02)


@given(sigma=st.floats(1e-4, 1.0), a=st.floats(0.1, 20), b=st.floats(0.1, 20))
def test_two_shifts_are_one(sigma: float, a: float, b: float) -> None:
    assert flow.shift(flow.shift(sigma, a), b) == pytest.approx(flow.shift(sigma, a * b), rel=1e-12)
    assert flow.shift(flow.shift(sigma, a), 1 / a) == pytest.approx(sigma, rel=1e-12)
    assert flow.exponential_shift(sigma, math.log(a)) == pytest.approx(flow.linear_shift(sigma, a), rel=1e-12)
    assert flow.shift(1.0, a) == pytest.approx(1.0, rel=1e-15)
    if sigma <= 0.999:
        # Shifting divides the odds of signal against noise.
        odds = flow.shift(sigma, a) / (1 - flow.shift(sigma, a))
        assert odds == pytest.approx(a * sigma / (1 - sigma), rel=1e-6)


@given(terminal=st.floats(0.01, 0.5), steps=st.integers(2, 100), factor=st.floats(0.5, 8))
def test_stretching_ends_where_it_was_told(terminal: float, steps: int, factor: float) -> None:
    made = flow.stretch_to(flow.shift(np.linspace(1, 1 / steps, steps), factor), terminal)
    assert made[0] == 1
    assert made[-1] == pytest.approx(terminal, rel=1e-9)
    assert np.all(np.diff(made) < 0)


def test_mu_is_a_line_through_two_sizes() -> None:
    assert flow.mu_of(256, 256, 4096, 0.5, 1.15) == 0.5
    assert flow.mu_of(4096, 256, 4096, 0.5, 1.15) == pytest.approx(1.15)
    assert flow.mu_of(2176, 256, 4096, 0.5, 1.15) == pytest.approx(0.825)


BETAS = {
    "linear": betas.linear(1e-4, 0.02, 1000),
    "scaled": betas.scaled_linear(0.00085, 0.012, 1000),
    "sigmoid": betas.sigmoid(1e-4, 0.02, 1000),
    "cosine": betas.from_alpha_bar(betas.cosine_bar, 1000),
    "exponential": betas.from_alpha_bar(betas.exponential_bar, 1000),
    "laplace": betas.from_alpha_bar(betas.laplace_bar, 1000),
}


@pytest.mark.parametrize("name", BETAS)
def test_betas_take_signal_away_at_every_step(name: str) -> None:
    made = BETAS[name]
    bars = betas.alphas_bar(made)
    assert made.shape == (1000,)
    assert np.all((made > 0) & (made < 1))
    assert np.all(np.diff(bars) < 0)
    assert bars[-1] == pytest.approx(math.exp(np.sum(np.log1p(-made))), rel=1e-12)
    assert np.all(np.diff(betas.sigmas(bars)) > 0)


def test_betas_meet_their_ends() -> None:
    assert (BETAS["linear"][0], BETAS["linear"][-1]) == (1e-4, 0.02)
    assert np.sqrt(BETAS["scaled"][500]) == pytest.approx((500 / 999) * (0.012**0.5 - 0.00085**0.5) + 0.00085**0.5)
    assert BETAS["sigmoid"][[0, -1]] + BETAS["sigmoid"][[-1, 0]] == pytest.approx([0.0201, 0.0201])
    # The product telescopes back to the curve that the betas came from, until the cap bites.
    time = (np.arange(999) + 1) / 1000
    curve = betas.cosine_bar(time) / betas.cosine_bar(np.zeros(1))
    assert np.allclose(betas.alphas_bar(BETAS["cosine"])[:999], curve, rtol=1e-9)
    assert BETAS["cosine"][-1] == 0.999
    # ln SNR of the Laplace schedule is odd around the middle, where signal and noise are equal.
    assert betas.laplace_bar(np.asarray([0.5]))[0] == pytest.approx(0.5, abs=1e-6)
    assert betas.laplace_bar(np.asarray([0.2]))[0] + betas.laplace_bar(np.asarray([0.8]))[0] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["linear", "scaled", "sigmoid"])
def test_zero_terminal_snr_moves_only_the_end(name: str) -> None:
    bars = betas.alphas_bar(BETAS[name])
    made = betas.zero_terminal_snr(bars)
    assert made[-1] == 0
    assert made[0] == pytest.approx(bars[0], rel=1e-14)
    # It is an affine map of sqrt(ᾱ).
    assert np.corrcoef(np.sqrt(bars), np.sqrt(made))[0, 1] == pytest.approx(1.0, abs=1e-12)
    assert np.isinf(betas.sigmas(made)[-1])
    assert np.allclose(betas.zero_terminal_snr(made), made)


def test_snr_shift_divides_the_ratio() -> None:
    bars = betas.alphas_bar(BETAS["scaled"])
    made = betas.snr_shift(bars, 3.0)
    assert np.allclose(made / (1 - made), bars / (1 - bars) / 3)
    assert np.allclose(betas.snr_shift(bars, 1.0), bars)


@pytest.mark.parametrize("total", [1000, 1100, 40])
def test_spacings_stay_inside_and_have_n_steps(total: int) -> None:
    for steps in range(1, total + 1):
        made = {
            "linspace": spacing.linspace(total, steps),
            "leading": spacing.leading(total, steps),
            "trailing": spacing.trailing(total, steps),
            "open": spacing.linspace_open(total, steps),
            "leading open": spacing.leading_open(total, steps),
        }
        for name, times in made.items():
            assert len(times) == steps, (name, steps)
            assert times.min() >= 0, (name, steps)
            assert times.max() <= total - 1, (name, steps)
            if name in ("linspace", "leading", "trailing"):
                assert np.all(np.diff(times) < 0), (name, steps)
        assert made["trailing"][0] == total - 1
        assert made["open"][0] == total - 1
        assert made["linspace"][-1] == made["leading"][-1] == 0


def test_spacings_of_one_example() -> None:
    """T = 1000, N = 10: the table that Lin et al. print."""
    assert spacing.leading(1000, 10).tolist() == [900, 800, 700, 600, 500, 400, 300, 200, 100, 0]
    assert spacing.leading(1000, 10, 1)[0] == 901
    assert spacing.trailing(1000, 10).tolist() == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
    assert np.rint(spacing.linspace(1000, 10)).tolist() == [999, 888, 777, 666, 555, 444, 333, 222, 111, 0]
    assert spacing.every_other(1000, 4, 50).tolist() == [999, 759, 499, 259]
    assert spacing.stretched(1000, 4).tolist() == [999, 666, 333, 0]


@given(places=st.lists(st.floats(0, 999), min_size=1, max_size=20))
def test_time_and_sigma_are_inverse(places: list[float]) -> None:
    table = betas.sigmas(betas.alphas_bar(BETAS["scaled"]))
    times = np.asarray(places)
    assert np.allclose(lookup.time_of(lookup.log_sigma_at(times, table), table), times, atol=1e-8)
    whole = np.floor(times)
    assert np.allclose(lookup.sigma_at(whole, table), lookup.log_sigma_at(whole, table))
    assert np.all(lookup.sigma_at(times, table) >= lookup.log_sigma_at(times, table) * (1 - 1e-12))


def test_what_networks_are_told() -> None:
    levels = np.asarray([math.exp(4), 1.0, math.exp(-4)])
    assert np.allclose(edm.quarter_log(levels), [1, 0, -1])
    assert np.allclose(edm.thousand_quarter_log(levels), [1000, 0, -1000])
    assert np.allclose(edm.angle(np.asarray([1.0, math.tan(math.pi / 8)])), [0.5, 0.25])


@given(first=st.floats(0.1, 100), share=st.floats(0.01, 0.99))
def test_ancestral_steps_keep_the_variance(first: float, share: float) -> None:
    second = first * share
    down, up = between.ancestral(np.asarray([first]), np.asarray([second]))
    assert down[0] ** 2 + up[0] ** 2 == pytest.approx(second**2, rel=1e-9)
    middle = between.geometric(np.asarray([first]), np.asarray([second]))[0]
    assert math.log(first) - math.log(middle) == pytest.approx(math.log(middle) - math.log(second), rel=1e-6, abs=1e-9)


def test_ve_is_geometric_in_time() -> None:
    made = noise.ve(1348.0, 0.01, np.asarray([1.0, 0.5, 0.0]))
    assert np.allclose(made, [1348.0, math.sqrt(13.48), 0.01])
