"""Value-guided planning, the library's experiment in reinforcement learning, in a toy environment of our own.

An environment is no model: ``save_pretrained`` leaves it out, and ``from_pretrained`` takes it as an argument. So the
folder holds the rest, and the demo is a live object.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from . import configs, parts

#: What a hopper has is eleven and three; a point on a plane has position and velocity, and a push.
STATE, ACTION = 4, 2


class PointEnvironment:
    """A point on a plane that is pushed about, with the few names of the gym interface that the pipeline uses."""

    observation_space = SimpleNamespace(shape=(STATE,))
    action_space = SimpleNamespace(shape=(ACTION,))

    def get_dataset(self) -> dict[str, Any]:
        """What was seen while pushing at random; the pipeline takes means and deviations from it."""
        import numpy

        random = numpy.random.default_rng(0)
        actions = random.uniform(-1, 1, (256, ACTION)).astype("float32")
        velocity = numpy.cumsum(0.1 * actions, axis=0)
        position = numpy.cumsum(0.1 * velocity, axis=0)
        return {"observations": numpy.concatenate([position, velocity], axis=1), "actions": actions}

    def reset(self) -> Any:
        import numpy

        return numpy.zeros(STATE, dtype="float32")


def _unet(**changes: Any) -> Any:
    sizes: dict[str, Any] = {
        "in_channels": STATE + ACTION,
        "out_channels": STATE + ACTION,
        "time_embedding_type": "positional",
        "use_timestep_embedding": True,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
        "act_fn": "mish",
        "norm_num_groups": 8,
        "layers_per_block": 1,
    }
    return parts.seeded(parts.cls("UNet1DModel"), **sizes | changes)


def _pipeline() -> Any:
    return parts.cls("ValueGuidedRLPipeline", "diffusers.experimental")


def value_guided_rl(folder: Path) -> None:
    value_function = _unet(
        block_out_channels=(8, 16, 16, 32),
        down_block_types=("DownResnetBlock1D",) * 4,
        up_block_types=(),
        mid_block_type="ValueFunctionMidBlock1D",
        out_block_type="ValueFunction",
        downsample_each_block=True,
    )
    unet = _unet(
        block_out_channels=(8, 16, 32),
        down_block_types=("DownResnetBlock1D",) * 3,
        up_block_types=("UpResnetBlock1D",) * 2,
        mid_block_type="MidResTemporalBlock1D",
        out_block_type="OutConv1DBlock",
    )
    _pipeline()(
        value_function=value_function,
        unet=unet,
        scheduler=parts.scheduler(configs.VALUE_GUIDED),
        env=PointEnvironment(),
    ).save_pretrained(folder)


def value_guided_rl_live(folder: Path, load: Callable[[Path], Any] | None = None) -> Any:
    """The pipeline over the folder's models, in the environment, which ``load`` could not know: it is not used."""
    return _pipeline().from_pretrained(folder, env=PointEnvironment())
