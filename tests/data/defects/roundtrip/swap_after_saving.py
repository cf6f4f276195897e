# A swap to another class before saving differs from the same swap after saving and loading
# code: IPR405
# related: #3929, #3947, #7626
import tempfile

import diffusers


def shows(cls):
    scheduler = cls()
    with tempfile.TemporaryDirectory() as folder:
        scheduler.save_pretrained(folder)
        loaded = cls.from_pretrained(folder)
    for other in (diffusers.EulerDiscreteScheduler, diffusers.DDIMScheduler):
        before, after = other.from_config(scheduler.config).config, other.from_config(loaded.config).config
        differ = {k: (before[k], after[k]) for k in sorted(before.keys() & after.keys()) if before[k] != after[k]}
        differ.pop("_use_default_values", None)
        if differ:
            return f"swapped to {other.__name__} before saving and after: {differ}"


if __name__ == "__main__":
    said = shows(diffusers.PNDMScheduler)
    print(said)
    raise SystemExit(said is not None)
