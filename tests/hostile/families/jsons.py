"""What is no strict JSON, or JSON that would get at the object that is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.hostile.corpus import Family, Make

case = Family("json")
UNET, SCHEDULER, INDEX = "unet/config.json", "scheduler/scheduler_config.json", "model_index.json"


def text(content: str | bytes, file: str = UNET) -> Make:
    return lambda place: place.put(file, content) and None


def bytes_of(change: Callable[[bytes], bytes], file: str = UNET) -> Make:
    return lambda place: place.rewrite(file, change)


def adds(fragment: str, file: str = UNET) -> Make:
    """One more member, written as it stands, at the beginning of the object."""
    return bytes_of(lambda data: b"{" + fragment.encode("utf-8", "surrogatepass") + b", " + data.lstrip()[1:], file)


# Syntax
for what, content in {
    "no JSON": "hello", "cut off": '{"sample_size": 3', "cut off in a text": '{"sample_size": "3', "a comma too many": '{"a": 1,}',
    "single quotes": "{'a': 1}", "no quotes": "{a: 1}", "a comment": '{"a": 1} // x', "a comment within": '{/* x */ "a": 1}',
    "two objects": '{"a": 1}{"b": 2}', "something behind": '{"a": 1} x', "a list": "[]", "a text": '"UNet2DModel"', "a number": "7",
    "null": "null", "true": "true", "only white space": " \n\t ", "a tab within a text": '{"a": "x\ty"}', "a line within a text": '{"a": "x\ny"}',
    "a bad escape": '{"a": "\\x41"}', "half an escape": '{"a": "\\u12"}', "a leading zero": '{"sample_size": 032}', "a plus": '{"sample_size": +3}',
    "a hexadecimal number": '{"sample_size": 0x20}', "a bare point": '{"sample_size": .5}', "Python's True": '{"a": True}', "Python's None": '{"a": None}',
    "code": "__import__('os').system('true')", "YAML": "a: 1\n", "a merge conflict": '<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> x\n',
    "a web page": "<!DOCTYPE html><html>", "a Git LFS pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a NUL": '{"a": 1}\0', "a form feed": '{"a":\f1}',
    "no-break spaces": '{\xa0"a": 1}', "a byte order mark within": '{\ufeff"a": 1}',
}.items():  # fmt: skip
    case(f"a config that is {what}", "IPI902", 3, text(content), sample=what in ("cut off", "code"))
case("an index that is cut off", "IPI902", 3, bytes_of(lambda d: d[: len(d) // 2], INDEX), sample=True)
case("an index that is a list", "IPI902", 3, text("[]", INDEX))
case("a scheduler's config that is cut off", "IPI902", 3, bytes_of(lambda d: d[:40], SCHEDULER))
case("another config that is cut off", "IPI902", 3, text("{", "unet/extra.json"))

# Encoding
for what, encoding in (
    ("UTF-16", "utf-16"),
    ("UTF-16 without a mark", "utf-16-le"),
    ("UTF-16 the other way", "utf-16-be"),
    ("UTF-32", "utf-32"),
    ("UTF-32 without a mark", "utf-32-be"),
):
    case(
        f"a config in {what}",
        "IPI902",
        3,
        bytes_of((lambda e: lambda d: d.decode().encode(e))(encoding)),
        sample=what == "UTF-16",
    )
case(
    "a config with a byte order mark",
    "IPI902",
    3,
    bytes_of(lambda d: b"\xef\xbb\xbf" + d),
    worker=("IPI902 ...", 3),
    sample=True,
)
case(
    "a config with two byte order marks",
    "IPI902",
    3,
    bytes_of(lambda d: b"\xef\xbb\xbf" * 2 + d),
    worker=("IPI902 ...", 3),
)
case(
    "an index with a byte order mark",
    "IPI902",
    3,
    bytes_of(lambda d: b"\xef\xbb\xbf" + d, INDEX),
    worker=("IPI902 ...", 3),
)
case("a config in Latin-1", "IPI902", 3, bytes_of(lambda d: d.replace(b"{", b'{"caf\xe9": 1, ', 1)))
case("a config with overlong bytes", "IPI902", 3, bytes_of(lambda d: d.replace(b"{", b'{"a": "\xc0\xaf", ', 1)))
case(
    "a config with bytes of half a character",
    "IPI902",
    3,
    bytes_of(lambda d: d.replace(b"{", b'{"a": "\xed\xa0\x80", ', 1)),
)
case("a config with a byte that never occurs", "IPI902", 3, bytes_of(lambda d: d + b"\xff"))
case("half a character", "IPI902", 3, adds('"note": "\\ud800"'), sample=True)
case("half a character in a key", "IPI902", 3, adds('"\\udc00": 1'))
case("two halves in the wrong order", "IPI902", 3, adds('"note": "\\udc00\\ud800"'))
case("half a character in an index", "IPI902", 3, adds('"\\ud800": 1', INDEX))

# Duplicates
case("a key twice", "IPI902", 3, adds('"sample_size": 1'), sample=True)
case("a key twice, once written otherwise", "IPI902", 3, adds('"sample\\u005fsize": 1'))
case("a key twice within an object", "IPI902", 3, adds('"note": {"a": 1, "a": 2}'))
case("a component twice", "IPI902", 3, adds('"unet": ["os", "system"]', INDEX))
case("the class twice", "IPI902", 3, adds('"_class_name": "os"', INDEX))

# Numbers
for what, number, code in (
    ("NaN", "NaN", "IPI902"), ("-NaN", "-NaN", "IPI902"), ("nan", "nan", "IPI902"), ("1e999", "1e999", "IPI910"), ("-1e999", "-1e999", "IPI910"),
    ("five thousand digits", "9" * 5000, "IPI910"), ("five thousand digits below zero", "-" + "9" * 5000, "IPI910"),
):  # fmt: skip
    case(f"a number that is {what}", code, 3, adds(f'"dropout_rate": {number}'), sample=what in ("NaN", "1e999"))
case("NaN in an index", "IPI902", 3, adds('"note": NaN', INDEX))
case("NaN within a list", "IPI902", 3, adds('"note": [1, [NaN]]'))
case("NaN as a text", "IPC104", 1, adds('"note": "NaN"'), worker=("IPC104 ...", 1))
case("a million digits behind the point", "IPC104", 1, adds('"note": 0.' + "1" * 900_000), worker=("IPC104 ...", 1))

# Keys that shadow
for key in (
    "items", "get", "self", "__dict__", "keys", "values", "pop", "update", "__class__", "__init__", "copy", "__getattr__", "clear",
    "_FrozenDict__frozen", "__getitem__", "__reduce__", "setdefault", "__len__", "fromkeys", "move_to_end",
):  # fmt: skip
    case(
        f"a config with a key {key}",
        "IPI910",
        3,
        adds(f"{json.dumps(key)}: 1"),
        sample=key in ("items", "self", "__dict__"),
    )
for key in ("items", "self", "__dict__", "get", "__class__"):
    case(
        f"an index with a key {key}",
        "IPI910",
        3,
        adds(f'{json.dumps(key)}: ["diffusers", "UNet2DModel"]', INDEX),
        sample=key == "items",
    )
    case(f"a scheduler with a key {key}", "IPI910", 3, adds(f"{json.dumps(key)}: 1", SCHEDULER), sample=key == "get")
for key in ("from_config", "save_pretrained", "__call__", "register_to_config", "_internal_dict", "__setstate__"):
    case(f"a scheduler with a key {key} of its class", "IPI910", 3, adds(f"{json.dumps(key)}: 1", SCHEDULER))
for key in ("to_dict", "from_pretrained", "to_json_string", "get_text_config", "__class__"):
    case(
        f"a text encoder with a key {key}",
        "IPI910",
        3,
        adds(f"{json.dumps(key)}: 1", "text_encoder/config.json"),
        base="sd15",
        sample=key == "to_dict",
    )
for key in ("config", "step", "set_timesteps", "to", "cls", "kwargs", "return_unused_kwargs", "config_dict"):
    case(
        f"a scheduler with an unknown key {key}",
        "IPC104",
        1,
        adds(f"{json.dumps(key)}: 1", SCHEDULER),
        worker=("IPC104 ...", 1),
        sample=key in ("step", "cls"),
    )
case(
    "a key that shadows within a list of words",
    "",
    0,
    text('{"items": 1, "self": 2, "get": 3}', "tokenizer/vocab.json"),
    base="ddpm",
)
case("a key that is empty", "IPC104", 1, adds('"": 1'), worker=("...", 1))
case("a key with a dot", "IPC104", 1, adds('"a.b": 1'), worker=("...", 1))
case("a key with a bracket", "IPC104", 1, adds('"a[0]": 1'), worker=("...", 1))
