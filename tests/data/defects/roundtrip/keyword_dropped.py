# A keyword that from_config does not know is dropped in silence, where the constructor raises
# code: IPR415
# related: #4167, #5002
import logging

import diffusers


def shows(cls):
    heard = []
    listener = logging.Handler()
    listener.emit = lambda record: heard.append(record.getMessage())
    logging.getLogger("diffusers").addHandler(listener)
    config = cls.from_config(cls().config, no_such_option=1).config
    logging.getLogger("diffusers").removeHandler(listener)
    if "no_such_option" not in config and not any("no_such_option" in said for said in heard):
        return "no_such_option=1 is neither in the config nor in any message"


if __name__ == "__main__":
    said = shows(diffusers.EulerAncestralDiscreteScheduler)
    print(said)
    raise SystemExit(said is not None)
