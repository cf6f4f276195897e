"""What becomes of a flow model's scheduler when another class takes its config over with the flow flags alone.

Nobody calls these by a name, and ``presets list`` leaves them out: a run over everything checks them, since the line
``X.from_config(pipe.scheduler.config, use_flow_sigmas=True, prediction_type="flow_prediction")`` is what people write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.samplers.tables.row import Preset

FLAGS: Mapping[str, Any] = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
_SOURCE = "huggingface/diffusers #12108, #11908: the flags go over, and flow_shift stays at its default"

ROWS = tuple(
    Preset(
        f"swapped_{key}",
        f"{name} with flow flags only",
        f"{cls}Scheduler",
        FLAGS,
        kind="flow",
        order=2,
        flow={},
        source=_SOURCE,
    )
    for key, name, cls in (
        ("dpmpp_2m", "DPM++ 2M", "DPMSolverMultistep"),
        ("dpmpp_2s", "DPM++ 2S", "DPMSolverSinglestep"),
        ("deis", "DEIS", "DEISMultistep"),
        ("unipc", "UniPC", "UniPCMultistep"),
    )
)
