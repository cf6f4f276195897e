# An argument passed by position is recorded as a default, and from_config puts the default back
# code: IPR402
# upstream: #14460, #14708
import inspect

import diffusers


def shows(cls):
    name = next(iter(inspect.signature(cls).parameters))
    config = cls(500).config
    again = cls.from_config(config).config[name]
    if config[name] == 500 != again:
        return f"{cls.__name__}(500): {name} is {config[name]}, after from_config {again}"


if __name__ == "__main__":
    said = shows(diffusers.EulerDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
