"""Explain pages of what has moved since a source was sealed with ``inspect-pipe lock``."""

from __future__ import annotations

from inspector.model import Severity
from inspector.rules.registry import documented

_PAGES: tuple[tuple[str, Severity, str, str, str, str], ...] = (
    (
        "IPB811",
        "error",
        "a settings file says something else than when it was sealed",
        "The digest is of what the JSON says: another order of keys or other white space is the same. A file that was "
        "added is a warning. What the change makes of the settings in force and of the schedule is told beside it.",
        '`"beta_end": 0.02` in `scheduler/scheduler_config.json`, where 0.012 was sealed.',
        "put the file back; or, if the change is meant, `inspect-pipe lock models/sd15` and review its diff.",
    ),
    (
        "IPB812",
        "error",
        "a component is of another class than when it was sealed, is new, or is gone",
        "The class that the installed library builds, not only the one that the index names: a library may resolve a "
        "name to another class.",
        '`"scheduler": ["diffusers", "DDIMScheduler"]`, where `PNDMScheduler` was sealed.',
        "name the class that was sealed in `model_index.json`, or seal it anew.",
    ),
    (
        "IPB813",
        "error",
        "a setting in force is another than when it was sealed",
        "The value that the built object holds. If no file changed, the library's default did: the file does not say "
        "it, so whatever is installed decides.",
        "`timestep_spacing` is not in the file, and another version of the class has another default.",
        "write the value into the config, so that no version decides it; then seal it anew.",
    ),
    (
        "IPB814",
        "error",
        "the scheduler gives other sigmas or timesteps than when it was sealed",
        "`set_timesteps` was run on a copy of the scheduler at 4, 20 and 50 steps. A change beyond what float32 rounds "
        "is another trajectory, and other images from the same seed.",
        "the same folder on a library whose Karras sigmas are computed in another way.",
        "pin the version that was sealed; or look at the images, and seal it anew.",
    ),
    (
        "IPB815",
        "error",
        "a weights file has another size or header than when it was sealed",
        "Names, types and shapes of the tensors, the metadata, and the size. The weights are never read: two "
        "trainings of one architecture look the same.",
        "`unet/diffusion_pytorch_model.safetensors` in float16, where float32 was sealed.",
        "fetch the file that was sealed, or seal it anew.",
    ),
    (
        "IPB816",
        "note",
        "a library has another version than when it was sealed",
        "Whether that made a difference is what the seal is for: if nothing else is found, it did not.",
        "`diffusers` was upgraded since `inspect-pipe lock`, and the sigmas moved.",
        "`inspect-pipe lock models/sd15` after an upgrade that changes nothing, so that the seal names what is used.",
    ),
    (
        "IPB817",
        "note",
        "the sigmas moved by no more than float32 rounds",
        "Another machine or another torch may round the last digit otherwise. The bound is twice the distance that "
        "`inspect-pipe sigmas` grants this schedule from the exact one; where no formula is known, any change counts.",
        "a last digit that differs between two machines, in a seal that is compared byte by byte.",
        "nothing to do.",
    ),
)
for _code, _severity, _title, _why, _wrong, _right in _PAGES:
    documented(_code, _severity, _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")
