"""The schedules as the papers write them: short pure functions in float64, with numpy and scipy alone.

Nothing here is taken from diffusers, and nothing here imports it: this is what its schedulers are measured against.
Everywhere: sigma is the noise-to-signal ratio sqrt((1 - ᾱ) / ᾱ) of variance-preserving models, or the share of noise in
[0, 1] of flow models; a timestep t is an index into the training grid 0 … T-1 (a real number where a method allows it);
arrays are one-dimensional and float64; a schedule runs downward, and carries no final sigma unless its name says so.
"""

from __future__ import annotations
