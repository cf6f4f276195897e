"""Explain pages of what is found while reading and building a folder rather than by a rule over settings."""

from __future__ import annotations

from inspector.rules.registry import documented

documented(
    "IPP204",
    "warning",
    "a class that is not installed, or custom code that was not run",
    """
    The index names a library that is not installed, a class that the installed version does not have, or code that the
    folder brings along (a `pipeline.py`, a component's own module). That part could not be checked.

    wrong: `"scheduler": ["diffusers_sd3_control", "FlowMatchEulerDiscreteScheduler"]`.
    right: `"scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"]`, or
    `--trust-remote-code` for code you have read.
    """,
)
documented(
    "IPP207",
    "error",
    "from_pretrained of the installed library cannot load this folder",
    """
    The library's own lookup of a declared class was run and raised. inspect-pipe may still build the component,
    through an index of all the classes that the library contains; `DiffusionPipeline.from_pretrained` cannot.

    wrong: `"vqgan": ["wuerstchen", "PaellaVQModel"]` on diffusers 0.42, where the class moved to
    `pipelines/deprecated/`.
    right: build the component from its own class and call the pipeline with it:
    `WuerstchenDecoderPipeline(vqgan=vqgan, decoder=decoder, ...)`.
    """,
)
for _code, _title, _why, _wrong, _right in (
    (
        "IPI901",
        "cannot be read",
        "The file or folder is missing, unreadable, or the medium failed. What depends on it was not checked.",
        "a component folder without its `config.json`.",
        "a folder that this user may read.",
    ),
    (
        "IPI902",
        "not strict JSON",
        "Truncated, not UTF-8, a NaN, a duplicate key, a lone surrogate, or an unresolved merge conflict. Python's "
        "json accepts several of these silently, and the last of two equal keys wins.",
        '`{"beta_end": 0.012, "beta_end": 0.02}`.',
        "one key, one value, UTF-8 without NaN or Infinity.",
    ),
    (
        "IPI903",
        "names a library or class outside the table",
        "Only classes of the installed diffusers and transformers are built, each only as what it is: a unet may not "
        "be a tokenizer, and no module that a folder names is imported.",
        '`"unet": ["os", "system"]`.',
        '`"unet": ["diffusers", "UNet2DConditionModel"]`.',
    ),
    (
        "IPI904",
        "over a cap",
        "A config of megabytes, a header of gigabytes, 200 levels of nesting: no honest model needs them, and they "
        "hang or kill what reads them. `--limit NAME=N` raises a cap.",
        "a `config.json` of 100 MB.",
        "weights in safetensors, settings in JSON.",
    ),
    (
        "IPI905",
        "not a regular file, or a link that leaves the folder",
        "FIFOs and devices hang their reader; a link may show the reader any file of the machine.",
        "`unet/config.json` is a symbolic link to a file outside the folder.",
        "regular files, or the links of a Hub cache into its own `blobs/`.",
    ),
    (
        "IPI906",
        "a path inside a name",
        "A name in a JSON file that contains a path would make the library read outside the folder.",
        '`"../../secrets": ["diffusers", "UNet2DModel"]`.',
        "plain component names.",
    ),
    (
        "IPI907",
        "opaque weights, not opened",
        "Pickles can run code when they are loaded, so they are told by name and first bytes and left closed.",
        "`diffusion_pytorch_model.bin` as the only weights.",
        "the same weights as `.safetensors`.",
    ),
    (
        "IPI908",
        "refers to remote code or another repository",
        "`auto_map`, kernel names and README keys make the libraries fetch and run code from elsewhere.",
        '`"auto_map": {"AutoModel": "someone/repo--modeling.Model"}`.',
        "classes of the installed libraries.",
    ),
    (
        "IPI909",
        "hidden characters or a credential",
        "Invisible or text-reordering characters make a setting look like another one; a token in a config is public.",
        "a key with a zero-width space in it.",
        "plain text; tokens in the environment.",
    ),
    (
        "IPI910",
        "a number out of range, a value of the wrong type, or a key that shadows an attribute",
        "Ten million layers hang whoever builds them; a key named `items` or `get` replaces a method of the config.",
        '`"num_layers": 10000000`.',
        "sizes that a machine can hold.",
    ),
    (
        "IPI911",
        "invalid safetensors header",
        "Length, syntax, offsets, overlaps, shapes or dtypes of the header contradict the format or the file's size.",
        "a header length of 2^63.",
        "a file written by the safetensors library.",
    ),
    (
        "IPI912",
        "changed while being read",
        "The file was exchanged, truncated or rewritten during the inspection; nothing certain can be said of it.",
        "a folder that is still being downloaded.",
        "inspect again when it is complete.",
    ),
):
    documented(_code, "error", _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")
