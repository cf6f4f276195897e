"""Every format: says what it must, and obeys nothing that a folder says."""

from __future__ import annotations

import ast
import json
import re
from html.parser import HTMLParser

import pytest

from inspector.model import SCHEMA, Skip
from inspector.render import FORMATS, Look, render
from inspector.render.code import broken
from inspector.render.escape import LIMIT, Safe, safe
from inspector.render.notebook import notebook
from inspector.render.parts import readers, split_where, value_text
from tests.handmade import HOSTILE, SECRET, finding, hostile_report, report

ANSI = re.compile(r"\x1b\[[0-9;]*m")
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
PLAIN = ["StableDiffusion", "日本語の設定", "إعداد", "naïve café", "[red]", "<b>", "`x`", "α→β", "🙂"]


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202eabc", r"\u202eabc"),
        ("a\u200bb", r"a\u200bb"),
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),
        ("\ufeff", r"\ufeff"),
        ("\U000e0041", r"\U000e0041"),
        ("a\xa0b", r"a\xa0b"),
        ("\u3164", r"\u3164"),
        ("a\ufe01", r"a\ufe01"),
    ],
)
def test_what_hides_becomes_visible(text: str, shown: str) -> None:
    assert safe(text) == shown
    assert isinstance(safe(text), Safe)


def test_long_text_is_cut_with_a_count() -> None:
    assert safe("x" * (LIMIT + 5)) == "x" * LIMIT + "… (5 characters more)"
    assert safe("x" * LIMIT) == "x" * LIMIT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {SECRET}", "token hf_***"),
        ("https://user:pa55@host/x", "https://***@host/x"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ***"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIA***"),
        ("git+https://host/a@b", "git+https://host/a@b"),
        ("hf_hub", "hf_hub"),
        ("sk-learn", "sk-learn"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_a_secret_is_not_cut_into_something_that_passes() -> None:
    assert "hf_abc" not in safe("x" * (LIMIT - 10) + " " + SECRET)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("look", [Look(80), Look(200, color=True), Look(60, verbose=True), Look(80, ascii=True)])
def test_hostile_text_is_harmless_in_every_format(form: str, look: Look) -> None:
    text = render(hostile_report(), form, look)
    bare = ANSI.sub("", text)
    assert not FORBIDDEN.search(bare)
    assert SECRET not in text and "me:secret" not in text
    if not (look.color and form == "human"):
        assert "\x1b" not in text


def test_human_shows_markup_as_text() -> None:
    text = render(hostile_report(), "human", Look(200))
    assert "[red]" in text and "<script>" in text and r"\u202e" in text
    assert not any(line.startswith("## ") for line in text.splitlines())


def test_markdown_neither_links_nor_mentions_nor_holds_html() -> None:
    text = render(hostile_report(), "markdown", Look())
    outside = re.sub(r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<" not in outside and "@someone" not in outside and "https://" not in outside


def test_notebook_escapes_html() -> None:
    class Tags(HTMLParser):
        found: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.add(tag)

    parser = Tags()
    parser.feed(notebook(hostile_report()))
    assert parser.found <= {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "code", "span", "br"} | {
        *("details", "summary", "ul", "li")
    }
    assert "<table>" in notebook(report())


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_human_stays_within_the_width(width: int) -> None:
    for verbose in (False, True):
        text = render(report(finding(), finding("IPC105", severity="note")), "human", Look(width, verbose=verbose))
        assert max(map(len, text.splitlines())) <= width


def test_human_shows_the_proof_and_the_fix() -> None:
    text = render(report(), "human", Look(200))
    assert re.search(r"^ +attr +True +← set_timesteps scheduling_euler_discrete.py:444, 447$", text, re.M)
    assert re.search(r"^ +item +False$", text, re.M)
    assert "fix  pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config" in text
    assert text.splitlines()[-1] == "✗ sd: 1 error · inspect-pipe explain IPC101"
    assert "859.5M" in text


def test_findings_of_one_setting_share_its_table_and_fix() -> None:
    text = render(report(finding(), finding("IPC102", message="another")), "human", Look(200))
    assert text.count("fix ") == 1 and text.count("← set_timesteps") == 1
    assert "IPC101" in text and "IPC102" in text


def test_notes_are_one_line_a_code_until_verbose() -> None:
    notes = [
        finding("IPC105", f"unet.key_{i}", severity="note", message=f"message {i}", places={}, fix="", reads=())
        for i in range(12)
    ]
    text = render(report(*notes), "human", Look(100))
    assert "12×" in text and "and 6 more" in text and "message 3" not in text
    assert "message 11" in render(report(*notes), "human", Look(100, verbose=True))
    assert text.splitlines()[-1].startswith("✓ sd: nothing found in 3 components, 6 settings, 12 notes")


def test_what_was_not_read_is_said_in_the_verdict() -> None:
    text = render(
        report(finding(), skipped=(Skip("vae", "the worker died", failed=True), Skip("x", "chosen"))), "human"
    )
    assert "not read" in text and "the worker died" in text
    assert text.splitlines()[-1] == "✗ sd: 1 part not read, 1 error · inspect-pipe explain IPC101"


def test_ascii_terminals_get_ascii() -> None:
    assert render(report(), "human", Look(80, ascii=True)).isascii()


def test_json_is_strict_and_as_designed() -> None:
    data = json.loads(render(report(), "json"), parse_constant=lambda c: pytest.fail(f"{c} is no JSON"))
    assert data["schema"] == SCHEMA and data["tool"]["name"] == "inspect-pipe" and data["source"] == "sd"
    assert set(data) == {
        *("schema", "tool", "source", "versions", "findings", "suppressed", "skipped", "tables", "data", "summary"),
    }
    assert data["summary"] == {"error": 1, "warning": 0, "note": 0, "skipped": 0}
    [found] = data["findings"]
    assert found["places"] == {"disk": False, "default": False, "item": False, "attr": True}
    assert found["reads"][0] == "config.attr scheduling_euler_discrete.py:444 set_timesteps"
    scheduler = next(c for c in data["data"]["components"] if c["path"] == "scheduler")
    assert scheduler["class"] == "EulerDiscreteScheduler"
    assert {"path", "class", "device", "dtype", "parameters", "state", "settings"} <= set(scheduler)
    assert {"name", "places", "defaulted", "reads"} <= set(scheduler["settings"][0])


def test_a_saved_report_holds_the_whole_snapshot() -> None:
    from pydantic import TypeAdapter

    from inspector.model import Snapshot
    from tests.handmade import snapshot

    data = json.loads(render(report(), "json"))
    assert TypeAdapter(Snapshot).validate_python(data["data"]["snapshot"]) == snapshot()


def test_json_keeps_hostile_values_but_escaped() -> None:
    text = render(hostile_report(), "json")
    data = json.loads(text)
    assert data["source"] == HOSTILE
    assert r"\u202e" in text and r"\u001b" in text and r"\udb40\udc41" in text
    assert json.loads(json.dumps(data["findings"][0]["places"]["disk"])) == HOSTILE


def test_json_survives_half_a_character() -> None:
    from pydantic_core import from_json

    text = render(report(finding(message="a\ud800b")), "json")
    assert from_json(text)["findings"][0]["message"] == r"a\ud800b"


def test_json_lines_are_one_object_each() -> None:
    text = render(report(finding(), skipped=(Skip("vae", "no weights"),)), "jsonl")
    kinds = [json.loads(line)["kind"] for line in text.splitlines()]
    assert kinds == ["report", "finding", "skip", "summary"]


@pytest.mark.parametrize(
    "line",
    [
        "pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)",
        "pipe.unet.register_to_config(block_out_channels=(320, 640, 1280), name='a, (b', other={'x': [1, 2]})",
        "f(g(1)(2), h(3), 'a \\' ) b', \"(\")",
    ],
)
@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_broken_line_is_the_same_python(line: str, width: int) -> None:
    shown = broken(safe(line), width)
    assert ast.dump(ast.parse(shown)) == ast.dump(ast.parse(line))
    assert "\n" in shown or len(line) <= width


@pytest.mark.parametrize(
    "line",
    ["remove this from the config, or use another version (or not)", "a) (b)", "x = 1", "f()"],
)
def test_prose_is_left_alone(line: str) -> None:
    assert broken(safe(line), 10) == line


def test_where_is_split_at_the_component() -> None:
    paths = ["pipe", "controlnet[0]", "unet", "unet_2"]
    assert split_where("controlnet[0].x", paths) == ("controlnet[0]", "x")
    assert split_where("unet_2.down.x", paths) == ("unet_2", "down.x")
    assert split_where("unet/config.json", paths) == ("unet", "config.json")
    assert split_where("unet", paths) == ("unet", "")
    assert split_where("model_index.json", paths) == ("", "model_index.json")


def test_values_read_as_python() -> None:
    assert value_text({"shape": [1000], "dtype": "float32", "device": "cpu", "digest": "abcdef0123"}) == (
        "tensor 1000 float32 abcdef01"
    )
    assert value_text([1, 2]) == "[1, 2]"
    assert len(value_text("x" * 100)) == 60


def test_readers_are_grouped_by_place_and_function() -> None:
    found = readers(("config.attr a.py:1 f", "config.attr a.py:2 f", "config.item b.py:3 g", "init a.py:9 __init__"))
    assert found == {
        "attr": [("f", ["a.py", "1", "2"])],
        "item": [("g", ["b.py", "3"])],
        "init": [("__init__", ["a.py", "9"])],
    }
