"""The conventions of a recipe in words: what is done here, and what there."""

from __future__ import annotations

from inspector.samplers.recipes import Recipe

SAYS = {
    "spaced": "other timesteps: here {here}, there {there}",
    "rounded": "rounded timesteps: here to whole ones, there not",
    "between": "sigma between two timesteps is read linearly here, in ln(sigma) there",
    "ends": "spaced grid end points: here the spread runs between the ends of the spaced timesteps, "
    "there between those of the training table",
    "discard": "discarded penultimate sigma: there one step more is made and the last sigma before zero dropped",
    "final": "the last sigma: here the smallest of training, there zero",
    "snr": "zero-SNR floor: the noisiest sigma is {here} here, {there} there",
    "beta": "beta convention: {here} here, {there} there",
    "shift": "shift: {here} here, {there} there",
    "levels": "another spread: {here} here, {there} there",
}
"""Field of a recipe -> the sentence."""

WORDS = {
    "N of N+1": "N of N+1 over training, the last grid point dropped",
    "N of N+1, below 1": "N of N+1 that start at 1 - 1/T, the last grid point dropped",
    "both ends": "from the first to the last of training",
    "both ends, from 0": "from the first to the last, a single one at 0",
    "leading": "leading (0, T//N, … plus an offset)",
    "leading open": "leading, the lowest of N+1 left out",
    "trailing": "trailing (rounded, from T-1 down)",
    "every nth": "every T/N-th from the top, not rounded",
    "from one": "every T//N-th from t = 1",
    "twice": "shift applied twice: the lower end is shifted before the grid is",
    "1 to 1/N": "from 1 to 1/N",
    "twice, N": "shift applied twice",
    "twice, N of N+1": "shift applied twice, N of N+1",
    "floor": "4096 (2^-24)",
    "terminal": "4518.8 (4.897e-8)",
    "infinite": "infinite",
    "kept": "that of the plain betas",
    "times": "the timesteps' own sigmas",
    "beta_times": "Beta quantiles of timesteps",
    "beta": "Beta quantiles of sigma",
}
"""Value of a field -> how it is said."""


def said(name: str, mine: Recipe, there: Recipe) -> str:
    """One difference between the scheduler's recipe and the other project's."""
    if name == "spaced" and "twice" in mine.spaced:
        return f"shift applied twice here; there {word(name, there)}"
    if name == "discard" and mine.discard:
        return "discarded penultimate sigma: here one is dropped, there not"
    if name == "ends":
        return f"{SAYS[name]} ({word('spaced', mine)})"
    return SAYS[name].format(here=word(name, mine), there=word(name, there))


def word(name: str, recipe: Recipe) -> str:
    value = getattr(recipe, name)
    if name == "beta":
        return f"{value[0]} from {value[1]} to {value[2]}, T = {value[3]}"
    return WORDS.get(value, str(value)) if isinstance(value, str) else str(value)
