"""The table of presets: rows, names, and how a preset is found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inspector.model import InspectError
from inspector.samplers.presets import PRESETS, find, meanings


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("DPM++ 2M SDE Karras", "dpmpp_2m_sde_karras"),
        ("dpm++ 2m karras", "dpmpp_2m_karras"),
        ("DPMPP_2M_Karras", "dpmpp_2m_karras"),
        ("euler a", "euler_a"),
        ("k_euler_a", "euler_a"),
        ("sample_euler_ancestral", "euler_a"),
        ("dpmpp_2m_sde_gpu karras", "dpmpp_2m_sde_karras"),
    ],
)
def test_a_name_is_found_however_it_is_written(name, key):
    assert find(name).key == key
    assert meanings(name)[0] is PRESETS[key]


def test_an_unknown_name_is_told_its_neighbours():
    with pytest.raises(InspectError) as caught:
        find("DPM++ 2M Karas")
    assert caught.value.exit_code == 2
    assert "DPM++ 2M Karras" in caught.value.hint


def test_the_table_needs_no_library():
    code = "import sys, inspector.samplers.models; print(sorted({'torch', 'diffusers', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
