"""The law that takes two processes: the same file whatever the hash seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.roundtrips.laws.registry import law
from inspector.roundtrips.trial import Break, Trial, saved


@law(
    "IPR420",
    "hash-seed",
    "the saved file depends on the hash seed of the process",
    script="""
    a = {make}
    before, after = a.to_json_string(), {make}.to_json_string()
    """,
)
def hash_seed(trial: Trial) -> Any:
    """
    The same config is the same bytes in every process: a set, or an order made from one, would make a file in version
    control change without anyone having changed a setting. The command compares the files of two worker processes with
    different hash seeds; in one process only this is seen: whether saving twice writes the same.

    wrong: `json.dumps(list({"a", "b", "c"}))` in a `to_json_string` of one's own: another order in every process.
    right: `json.dumps(sorted({"a", "b", "c"}))`.
    """
    first, second = saved(trial.make())[0], saved(trial.make())[0]
    if first != second:
        yield Break("the file", first, second, "other bytes in one process")


def compared(one: Mapping[str, Sequence[Sequence[str]]], other: Mapping[str, Sequence[Sequence[str]]]) -> list[Any]:
    """Rows of the law from the digests of two processes: class -> ``[config, digest]`` each."""
    rows = []
    for cls, files in one.items():
        here: dict[str, str] = dict(map(tuple, files))  # type: ignore[arg-type]
        there: dict[str, str] = dict(map(tuple, other.get(cls, ())))  # type: ignore[arg-type]
        both = sorted(here.keys() & there.keys(), key=lambda config: (len(config), config))
        row = {"law": "IPR420", "name": "hash-seed", "class": cls, "examples": len(both), "cause": "",
               "counterexample": None}  # fmt: skip
        differ = [config for config in both if here[config] != there[config]]
        if not both:
            rows.append({**row, "verdict": "skip", "reason": "no config of it can be saved"})
        elif differ:
            code = f"PYTHONHASHSEED=1 python -c 'from diffusers import {cls}; print({differ[0]}.to_json_string())'\n"
            case = {"kwargs": {}, "positional": 0, "edits": [], "code": code + code.replace("=1 ", "=2 ", 1)}
            rows.append({**row, "verdict": "broken", "cause": "other bytes", "what": "the file", "before": differ[0],
                         "after": "another digest", "counterexample": case})  # fmt: skip
        else:
            rows.append({**row, "verdict": "holds"})
    return rows
