"""A model that is no row of the table: the scheduler config of a SOURCE, as its files say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.model import EXIT_UNREADABLE, InspectError, Snapshot
from inspector.samplers.models import Model
from inspector.samplers.tables.row import Kind

LARGEST = {"num_train_timesteps": 100_000}
"""What sizes a schedule: more would hang whoever builds it."""


def model_of(snapshot: Snapshot, name: str) -> Model:
    """The model whose scheduler config the snapshot of a SOURCE holds.

    Raises:
        InspectError: it has no scheduler, its file could not be read, or a number in it is out of range (exit 3).
    """
    found = next((c for c in snapshot.components if c.kind == "scheduler"), None)
    if found is None:
        failed = next((s.reason for s in snapshot.skipped if s.failed), None) or _problem(snapshot, "")
        said = f"{name} has no scheduler" + (f": {failed}" if failed else "")
        hint = "give a pipeline's folder, a scheduler's folder or its scheduler_config.json"
        raise InspectError(said, hint=hint, exit_code=EXIT_UNREADABLE)
    if problem := _problem(snapshot, found.path):
        raise InspectError(f"{name}: {problem}", hint="inspect-pipe diff tells more", exit_code=EXIT_UNREADABLE)
    config: dict[str, Any] = {s.name: s.disk.data for s in found.settings if s.disk is not None}
    if not config:
        raise InspectError(f"{name}: the scheduler has no config file", exit_code=EXIT_UNREADABLE)
    config["_class_name"] = found.cls
    return from_config(config, name)


def from_config(config: Mapping[str, Any], name: str) -> Model:
    """The model of a bare scheduler config.

    Raises:
        InspectError: a number that sizes the schedule is none, or out of range (exit 3).
    """
    for key, largest in LARGEST.items():
        value = config.get(key, 1000)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= largest:
            message = f"{name}: {key} is {value!r}, not a number from 1 to {largest}"
            raise InspectError(message, exit_code=EXIT_UNREADABLE, code="IPI910")
    return Model(name, dict(config), mu_of(config), name, kind_of(config))


def kind_of(config: Mapping[str, Any]) -> Kind:
    """What kind of noise the model was trained on."""
    cls = str(config.get("_class_name", ""))
    if cls.startswith(("EDM", "CosineDPM")):
        return "edm"
    flow = "FlowMatch" in cls or config.get("use_flow_sigmas") or config.get("prediction_type") == "flow_prediction"
    return "flow" if flow else "vp"


def mu_of(config: Mapping[str, Any]) -> float | None:
    """The shift a pipeline passes for its largest image, where the config asks for dynamic shifting."""
    return float(config.get("max_shift", 1.15)) if config.get("use_dynamic_shifting") else None


_UNREAD = ("IPI901", "IPI902", "IPI903", "IPI904", "IPI905", "IPI910", "IPI912")


def _problem(snapshot: Snapshot, path: str) -> str:
    """The first error that keeps this component's config from being trusted; without a path, any component's."""
    errors = [p for p in snapshot.problems if p.severity == "error" and p.code in _UNREAD]
    return next((p.message for p in errors if not path or p.where.partition(".")[0] == path), "")
