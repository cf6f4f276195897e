"""Pipelines nobody here prepared: JSON folders made from the library's own annotations, built without weights.

A sample runs with the suite, every class with INSPECT_PIPE_FULL=1 (``python -m tests.gallery --sweep`` says what was
not built and why).
"""

from __future__ import annotations

import os

from inspector.built import Parts
from tests import gallery

STEP = 1 if os.environ.get("INSPECT_PIPE_FULL") else 13


def test_nearly_all_pipeline_classes_are_built_from_json_alone() -> None:
    from inspector.observe import capture

    classes = list(gallery.pipeline_classes().values())[::STEP]
    parts = []
    for cls in classes:
        built = gallery.build(cls)
        seen = capture(built.obj, disk=built.disk, facts=built.facts, fresh=True)
        assert seen.components[0].path == "pipe"
        if isinstance(built.obj, Parts):
            parts.append(cls.__name__)
            assert any(s.where == "pipe" for s in built.skipped)
        else:
            assert isinstance(built.obj, cls)
    assert len(parts) <= 0.05 * len(classes), parts
