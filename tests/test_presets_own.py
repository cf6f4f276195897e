"""Tables of the user's own: what they may hold, and what a wrong one is told."""

from __future__ import annotations

import os
import sys

import pytest

from inspector.model import InspectError
from inspector.samplers.owntables import parse
from inspector.samplers.presets import find, load_table, meanings

GOOD = '{"Mine": {"class": "EulerDiscreteScheduler", "kwargs": {"use_karras_sigmas": true}}}'


def written(folder, name, text):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return file


def test_json_and_toml_say_the_same(tmp_path):
    toml = '["My Euler"]\nclass = "EulerDiscreteScheduler"\n["My Euler".kwargs]\nuse_karras_sigmas = true\n'
    json = '{"My Euler": {"class": "EulerDiscreteScheduler", "kwargs": {"use_karras_sigmas": true}}}'
    project = toml.replace('["My Euler"', '[tool.inspect-pipe.presets."My Euler"')
    found = [
        load_table(written(tmp_path, name, text))["My Euler"]
        for name, text in (("a.json", json), ("b.toml", toml), ("pyproject.toml", project), ("c.toml", project))
    ]
    for preset in found:
        assert (preset.name, preset.cls, preset.kwargs) == (
            "My Euler", "EulerDiscreteScheduler", {"use_karras_sigmas": True}
        )  # fmt: skip
        assert (preset.kind, preset.built, preset.call) == ("vp", "from_config", {})
    assert parse({"My Euler": {"class": "EulerDiscreteScheduler"}}, "pyproject.toml")["My Euler"].kwargs == {}


def test_the_kind_follows_from_the_class(tmp_path):
    rows = {
        "a": ("FlowMatchEulerDiscreteScheduler", "{}", "flow"),
        "b": ("UniPCMultistepScheduler", '{"use_flow_sigmas": true}', "flow"),
        "c": ("EDMEulerScheduler", "{}", "edm"),
        "d": ("DDIMScheduler", '{"lambda": null, "a": [1, 2.5, {"b": "c"}]}', "vp"),
    }
    text = "{" + ", ".join(f'"{n}": {{"class": "{c}", "kwargs": {k}}}' for n, (c, k, _) in rows.items()) + "}"
    table = load_table(written(tmp_path, "t.json", text))
    assert {n: p.kind for n, p in table.items()} == {n: kind for n, (_, _, kind) in rows.items()}


def test_ones_own_preset_comes_first(tmp_path):
    own = load_table(written(tmp_path, "t.json", GOOD.replace("Mine", "euler-A"))).values()
    assert find("Euler a", own).cls == "EulerDiscreteScheduler"
    assert [p.key for p in meanings("Euler a", own)] == ["euler-A", "euler_a", "sdnext_euler_a"]
    assert find("DPM++ 2M", own).key == "dpmpp_2m"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("t.json", "", "is empty"),
        ("t.json", "{", "line 1"),
        ("t.json", "nonsense", "is not JSON"),
        ("t.json", "[]", "not a list"),
        ("t.json", "{}", "holds no preset"),
        ("t.json", "null", "not null"),
        ("t.json", '{"A": 1}', "preset 'A' must be a table, not a number"),
        ("t.json", '{"A": {}}', "names no class"),
        ("t.json", '{"A": {"class": null}}', "names no class"),
        ("t.json", '{"A": {"class": 5}}', "class of preset 'A' must be a text"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwargs": []}}', "kwargs of preset 'A' must be a table"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwargs": null}}', "kwargs of preset 'A' must be a table"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwarg": {}}}', "unknown key 'kwarg'"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "eta": 1}}', "unknown key 'eta'"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwargs": {"a-b": 1}}}', "no name of an option"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwargs": {"a": Infinity}}}', "finite"),
        ("t.json", '{"A": {"class": "DDIMScheduler", "kwargs": {"a": NaN}}}', "NaN"),
        ("t.json", '{"A": {"class": "DDIMScheduler"}, "A": {"class": "DDIMScheduler"}}', "'A' twice"),
        ("t.json", '{"Euler a": {"class": "DDIMScheduler"}, "euler_A": {"class": "DDIMScheduler"}}', "the same name"),
        ("t.json", '{"": {"class": "DDIMScheduler"}}', "no name for a preset"),
        ("t.json", '{"--": {"class": "DDIMScheduler"}}', "no name for a preset"),
        ("t.json", '{"A": {"class": "EulerDiscretScheduler"}}', "which diffusers does not have"),
        ("t.json", '{"A": {"class": "UNet2DConditionModel"}}', "is no scheduler"),
        ("t.json", '{"A": {"class": "os.system"}}', "which diffusers does not have"),
        ("t.json", "\ufeff" + GOOD, "byte order mark"),
        ("t.json", GOOD.encode("utf-16"), "UTF-16"),
        ("t.json", b"\xff\xfe\xfa", "UTF-16"),
        ("t.json", "[" * 100_000, "nested"),
        ("t.toml", "x = ", "is not valid TOML"),
        ("t.toml", b"\xff", "is not UTF-8"),
        ("t.toml", "x = 1", "preset 'x' must be a table"),
        ("t.toml", "a = " + "[" * 50_000, "is not valid TOML"),
        ("t.toml", "[A]\nclass = 'DDIMScheduler'\n[A.kwargs]\na = 1979-05-27\n", "not a date"),
        ("t.toml", "[A]\nclass = 'DDIMScheduler'\n[A.kwargs]\na = nan\n", "not nan"),
        ("t.toml", "[A]\nclass = 'DDIMScheduler'\n[A]\nclass = 'DDIMScheduler'\n", "is not valid TOML"),
        ("pyproject.toml", "[tool.other]\na = 1\n", "has no table [tool.inspect-pipe.presets]"),
        ("pyproject.toml", "[tool.inspect-pipe]\npresets = 3\n", "not a number"),
        ("pyproject.toml", "[tool]\ninspect-pipe = 3\n", "has no table"),
    ],
)
def test_a_wrong_table_is_told_what_is_wrong(tmp_path, name, text, says):
    with pytest.raises(InspectError) as caught:
        load_table(written(tmp_path, name, text))
    error = caught.value
    assert error.exit_code == 2
    assert says in error.message
    assert len((error.message + error.hint).splitlines()) == 1
    assert str(tmp_path / name) in error.message


def test_a_class_is_told_its_neighbours(tmp_path):
    with pytest.raises(InspectError) as caught:
        load_table(written(tmp_path, "t.json", GOOD.replace("EulerDiscreteScheduler", "eulerdiscretscheduler")))
    assert "did you mean EulerDiscreteScheduler" in caught.value.hint


def test_a_file_that_cannot_be_read(tmp_path):
    large = written(tmp_path, "large.json", b" " * ((1 << 20) + 1))
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path, says in (
        (tmp_path / "none.json", "No such file"),
        (tmp_path, "is not a file"),
        (pipe, "is not a file"),
        (large, "too large"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(InspectError) as caught:
            load_table(path)
        assert caught.value.exit_code == 3, path
        assert says in caught.value.message
    assert load_table(written(tmp_path, "full.json", GOOD.encode() + b" " * ((1 << 20) - len(GOOD))))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it(tmp_path):
    file = written(tmp_path, "t.json", GOOD)
    file.chmod(0)
    with pytest.raises(InspectError, match="Permission denied") as caught:
        load_table(file)
    assert caught.value.exit_code == 3


def test_reading_a_table_imports_no_library(tmp_path):
    import subprocess

    code = (
        "import sys; from inspector.samplers.presets import load_table; load_table(sys.argv[1]); "
        "print(sorted({'torch', 'diffusers', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, written(tmp_path, "t.json", GOOD)], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
