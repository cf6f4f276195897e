"""Honest folders that look like trouble: they must stay clean."""

from __future__ import annotations

from tests.hostile.corpus import Family
from tests.hostile.place import Place

case = Family("benign")


@case("as save_pretrained wrote it", sample=True)
def plain(place: Place) -> None:
    pass


@case("a whole Stable Diffusion", base="sd15", sample=True)
def whole(place: Place) -> None:
    pass
