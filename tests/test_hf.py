"""hf://: which repository an address names, and one read from a Hub on the loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.model import InspectError
from inspector.remote.address import parse
from inspector.remote.hub import parts
from tests.hubserver import Hub
from tests.test_hub import UNET, ask, component, report, repository


@pytest.mark.parametrize(
    ("address", "name", "inside"),
    [
        ("hf://CompVis/stable-diffusion-v1-4", "CompVis/stable-diffusion-v1-4", ""),
        ("hf://a/B@main", "a/B@main", ""),
        ("hf://a/B/unet/", "a/B", "unet"),
        ("hf://a/B@v1.0/unet/config.json", "a/B@v1.0", "unet/config.json"),
        ("hf://a/B@refs/pr/3/unet", "a/B@refs/pr/3", "unet"),
        ("hf://a/B@refs%2Fpr%2F3/unet", "a/B@refs/pr/3", "unet"),
        ("hf://models/a/B@v1", "a/B@v1", ""),
    ],
)
def test_which_repository(address: str, name: str, inside: str) -> None:
    assert parts(parse(address)) == (name, inside)


@pytest.mark.parametrize("address", ["hf://datasets/a/b", "hf://spaces/a/b", "hf://a", "hf://a/@main", "hf://"])
def test_no_model(address: str) -> None:
    with pytest.raises(InspectError) as caught:
        parts(parse(address))
    assert caught.value.exit_code == 2 and "hf://ORG/NAME" in caught.value.hint


def test_a_repository_and_a_folder_of_it(tmp_path: Path) -> None:
    hub = Hub(repository())
    try:
        whole = ask(tmp_path, "hf://somebody/tiny@v1", "-f", "json", endpoint=hub.address)
        assert component(report(whole), "unet")["class"] == UNET["_class_name"]
        assert json.loads(whole.stdout)["source"] == "hf://somebody/tiny@v1"
        assert sum(hub.sent.values()) < 200_000  # of a megabyte of weights and half of one of pickles
        part = ask(tmp_path, "hf://somebody/tiny/unet", "-f", "json", endpoint=hub.address)
        assert [c["path"] for c in report(part)["data"]["components"]] == ["unet"]
        none = ask(tmp_path, "hf://somebody/tiny/vae", endpoint=hub.address)
        assert none.returncode == 3 and "the repository has no vae" in none.stderr
    finally:
        hub.close()
