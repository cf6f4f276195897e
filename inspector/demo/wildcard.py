"""Stable Diffusion with wildcards in its prompts: ``a photo of a __animal__``.

A community pipeline: this file is copied into the demo's folder as ``pipeline.py`` and imported from nowhere else, so
unlike the rest of the project it imports what it needs at the top, as community pipelines do.
"""

from __future__ import annotations

import random
import re
from typing import Any

import torch
from diffusers import StableDiffusionPipeline

WILDCARD = re.compile(r"__(\w+?)__")
WORDS = {"animal": ["cat", "dog", "fox"], "medium": ["photo", "drawing", "painting"]}


class WildcardPipeline(StableDiffusionPipeline):  # type: ignore[misc]
    """Replaces every ``__name__`` in a prompt by one of that name's words."""

    def fill(self, prompt: str, wildcards: dict[str, list[str]] | None = None, seed: int | None = None) -> str:
        """The prompt with its wildcards replaced; the same words for the same seed.

        Raises:
            ValueError: a wildcard that nobody has words for.
        """
        words = WORDS | (wildcards or {})
        chosen = random.Random(seed)

        def word(found: re.Match[str]) -> str:
            if found[1] not in words:
                raise ValueError(f"no words for __{found[1]}__; there are {', '.join(sorted(words))}")
            return chosen.choice(words[found[1]])

        return WILDCARD.sub(word, prompt)

    @torch.no_grad()
    def __call__(
        self, prompt: str, wildcards: dict[str, list[str]] | None = None, seed: int | None = None, **kwargs: Any
    ) -> Any:
        """As Stable Diffusion's, for one prompt with wildcards."""
        return super().__call__(prompt=self.fill(prompt, wildcards, seed), **kwargs)
