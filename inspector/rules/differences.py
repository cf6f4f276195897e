"""The explain pages of what `diff A B` finds; the comparison itself is `inspector.compare`."""

from __future__ import annotations

from inspector.rules.registry import documented

documented(
    "IPD601",
    "warning",
    "a setting differs between the two",
    """
    The value in force is not the same in both. A tuple equals a list and 1 equals 1.0; 1 is not True; NaN equals NaN;
    two absolute paths that end in the same name are the same place on two machines. In a long list only the entry that
    differs is shown. The fix is the line that gives the first source the value of the second.

    wrong: `beta_end` is 0.012 in one scheduler_config.json and 0.02 in the other.
    right: the same value in both, or two results that are meant to differ.
    """,
)
documented(
    "IPD602",
    "warning",
    "a component is only in one of the two",
    """
    One pipeline has the component and the other does not name it, or holds None in its place.

    wrong: a `safety_checker` in one of two deployments that should behave alike.
    right: the same components in both.
    """,
)
documented(
    "IPD603",
    "warning",
    "a component has another class",
    """
    The settings of two classes are compared where they share a name. What a class resolves a missing setting to is its
    own affair: the same JSON gives two schedulers different defaults (IPC113).

    wrong: `PNDMScheduler` in one, `EulerDiscreteScheduler` in the other, and the images do not match.
    right: the same class, with the same settings.
    """,
)
documented(
    "IPD604",
    "warning",
    "the state differs",
    """
    Device, dtype, number of parameters, training mode, hooks, offload, adapters with their scales, quantization,
    derived tensors (betas, alphas_cumprod, sigmas: by digest) or another live attribute. A component without weights
    (meta device) has no device and dtype to compare.

    wrong: a LoRA with scale 1.0 in one and 0.8 in the other.
    right: the same adapters with the same scales.
    """,
)
documented(
    "IPD605",
    "note",
    "the versions differ",
    """
    A package that both sources report has another version in each. It is a note: the settings that changed with it are
    findings of their own.

    wrong: diffusers 0.30 on the one machine and 0.42 on the other.
    right: the same constraints file on both.
    """,
)
documented(
    "IPD606",
    "note",
    "the same content in another form",
    """
    A tuple here and a list there (a saved config always comes back with lists), 1 and 1.0, or the same file name in
    another folder. No code of the library behaves differently for it, but an `isinstance` of your own may.

    wrong: `(320, 640)` in one and `[320, 640]` in the other, tested with `==`.
    right: compare `tuple(config.block_out_channels)`.
    """,
)
