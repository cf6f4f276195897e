"""Sampler presets: the sigmas they should give, the ones that the installed library gives, and what its steps do."""

from __future__ import annotations
