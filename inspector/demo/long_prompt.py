"""Stable Diffusion with prompts of any length and weights: ``a (red:1.3) cat``.

A community pipeline: this file is copied into the demo's folder as ``pipeline.py`` and imported from nowhere else, so
unlike the rest of the project it imports what it needs at the top, as community pipelines do.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from diffusers import StableDiffusionPipeline

WEIGHTED = re.compile(r"\(([^():]+):([0-9.]+)\)")


class LongPromptPipeline(StableDiffusionPipeline):  # type: ignore[misc]
    """Encodes a prompt in as many windows as it needs, each token with its weight."""

    def windows(self, prompt: str) -> list[tuple[list[int], list[float]]]:
        """The prompt's tokens and weights, in windows as long as the text encoder can read."""
        ids: list[int] = []
        weights: list[float] = []
        at = 0
        for found in [*WEIGHTED.finditer(prompt), None]:
            plain = prompt[at : found.start() if found else None]
            pieces = [(plain, 1.0)] + ([(found[1], float(found[2]))] if found else [])
            for text, weight in pieces:
                tokens = self.tokenizer(text, add_special_tokens=False).input_ids
                ids += tokens
                weights += [weight] * len(tokens)
            at = found.end() if found else at
        size = self.tokenizer.model_max_length - 2
        return [(ids[i : i + size], weights[i : i + size]) for i in range(0, max(len(ids), 1), size)]

    def embed(self, prompt: str, windows: int = 1) -> Any:
        """The embeddings of every window side by side; at least so many windows."""
        size = self.tokenizer.model_max_length
        begin, end, pad = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        found = self.windows(prompt)
        found += [([], [])] * (windows - len(found))
        embedded = []
        for ids, weights in found:
            spare = size - 2 - len(ids)
            tokens = torch.tensor([[begin, *ids, end, *[pad] * spare]], device=self._execution_device)
            scale = torch.tensor([[1.0, *weights, 1.0, *[1.0] * spare]], device=tokens.device)
            embedded.append(self.text_encoder(tokens)[0] * scale[..., None].to(self.text_encoder.dtype))
        return torch.cat(embedded, dim=1)

    @torch.no_grad()
    def __call__(self, prompt: str, negative_prompt: str = "", **kwargs: Any) -> Any:
        """As Stable Diffusion's, for one prompt of any length."""
        length = max(len(self.windows(prompt)), len(self.windows(negative_prompt)))
        return super().__call__(
            prompt_embeds=self.embed(prompt, length),
            negative_prompt_embeds=self.embed(negative_prompt, length),
            **kwargs,
        )
