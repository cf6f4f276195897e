"""The rows of the table of presets, one small file a family, in the order in which a name is looked up."""

from __future__ import annotations

from inspector.samplers.tables import (
    classic,
    dpmpp,
    dpmpp_sde,
    euler,
    flow,
    iclight,
    invokeai,
    multistep,
    sdnext,
    sdnext_multistep,
    second,
    singlestep,
)
from inspector.samplers.tables.row import Preset

ROWS: tuple[Preset, ...] = (
    *euler.ROWS,
    *second.ROWS,
    *dpmpp.ROWS,
    *singlestep.ROWS,
    *dpmpp_sde.ROWS,
    *multistep.ROWS,
    *classic.ROWS,
    *flow.ROWS,
    *invokeai.ROWS,
    *sdnext.ROWS,
    *sdnext_multistep.ROWS,
    *iclight.ROWS,
)
