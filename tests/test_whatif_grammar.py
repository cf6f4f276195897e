"""The closed grammar of ``whatif``: what is refused and where it points, what is taken, and that nothing gets out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, EulerDiscreteScheduler

from inspector import demo
from inspector.trying.answers import answers
from inspector.trying.grammar import Constant, DeepCopy, FromConfig, Path, Register, parse
from inspector.trying.refusals import RefusedError
from tests import forked
from tests.test_capture_untouched import difference, fingerprint

EULER = "EulerDiscreteScheduler.from_config(pipe.scheduler.config"

# line -> (the text at the pointer, what is said, what the hint says)
REFUSED: dict[str, tuple[str, str, str]] = {
    "(x := pipe.scheduler)": ("x", "not a name given inside", ""),
    "pipe.x = f'{pipe}'": ("f'", "not an f-string", ""),
    "pipe.x = lambda: 1": ("lambda", "not a lambda", ""),
    "pipe.x = [i for i in (1, 2)]": ("[i", "not a comprehension", ""),
    "pipe.x = {**pipe.config}": ("", "a value is a literal", ""),
    "pipe.x = [*pipe.config]": ("*pipe", "not a starred value", ""),
    "*a, b = 1, 2": ("*a", "several targets", ""),
    "pipe.x += 1": ("pipe.x", "a calculation", "write the value: pipe.x = 0.5"),
    "pipe.x: int = 1": ("int", "a type has no effect", "write pipe.x = …"),
    "del pipe.scheduler.config.k": ("del", "del cannot be tried", "sets values"),
    "a = b = 1": ("b", "one target", "one line for each"),
    "a, b = 1, 2": ("a", "several targets", ""),
    "pipe.x = 1 if True else 2": ("1 if", "not a condition", ""),
    "pipe.x = 10 ** 10 ** 10": ("10", "not a calculation", ""),
    "pipe.x = 1 < 2": ("1", "not a comparison", ""),
    "pipe.x = [1, [2, y]]": ("y", "not a name", ""),
    "pipe.__class__ = 1": ("pipe", "__class__ is Python's own", ""),
    "pipe.x = pipe.scheduler.__init__": ("pipe.s", "__init__ is Python's own", ""),
    "__builtins__ = 1": ("__b", "Python's own", ""),
    "pipe.x = __import__('os')": ("__import__", "may be called", ""),
    "pipe.x = eval('1')": ("eval", "may be called", ""),
    "pipe.scheduler.config.update(beta_end=0.5)": ("pipe", "may be called", "pipe.scheduler.register_to_config(beta_"),
    "pipe.scheduler.set_shift(7)": ("pipe", "may be called", "from_config(pipe.scheduler.config, shift=7)"),
    "pipe.scheduler.set_timesteps(20)": ("pipe", "may be called", "called for you"),
    "pipe.to('cuda')": ("pipe", "may be called", "inspect-pipe watch"),
    "pipe.x = pipe.register_modules(a=pipe.vae)": ("pipe.reg", "may be called", "as a line of its own"),
    "setattr(pipe, 'x', 1)": ("setattr", "may be called", "pipe.scheduler.config.k = v"),
    "pipe.scheduler = EulerDiscreteScheduler()": ("Euler", "may be called", "EulerDiscreteScheduler.from_config("),
    "pipe.scheduler = EulerDiscreteScheduler.from_pretrained('x')": ("Euler", "may be called", ".from_config("),
    "pipe.scheduler = pipe.scheduler.from_config(pipe.scheduler.config)": ("pipe.scheduler.f", "may be", "the class"),
    "pipe.scheduler = deepcopy(pipe.scheduler)": ("deepcopy", "may be called", "write copy.deepcopy(PATH)"),
    "pipe.scheduler = EulerDiscreteScheduler.from_config({})": ("{}", "starts from a path", "a name first"),
    "pipe.scheduler = EulerDiscreteScheduler.from_config()": ("Euler", "needs the config", ""),
    f"pipe.scheduler = {EULER}, **pipe.x)": ("pipe.x", "hides which settings", "k=v"),
    f"pipe.scheduler = {EULER}, 1)": ("1)", "one config", ""),
    f"pipe.scheduler = {EULER.replace('Discrete', 'Discret')})": ("Euler", "no such class", "EulerDiscreteScheduler"),
    "pipe.scheduler.config[pipe.x] = 1": ("pipe.x]", "a subscript", ""),
    "pipe.scheduler.config[0:1] = 1": ("0:1", "a subscript is a literal, not a slice", ""),
    "pipe.scheduler.config[1.5] = 1": ("1.5", "a name in quotes", ""),
    "pip.scheduler.x = 1": ("pip", "there is no pip here", "did you mean pipe?"),
    "unet.config.x = 1": ("unet", "there is no unet here", "a path starts with"),
    "for k in (1, 2): pipe.x = k": ("for", "for cannot be tried", "watch"),
    "if pipe: pipe.x = 1": ("if", "if cannot be tried", ""),
    "with pipe: pass": ("with", "with cannot be tried", ""),
    "import os": ("import", "not needed here", "without an import"),
    "pipe.x =": ("", "not Python", ""),
    "pipe.x = 'open": ("'open", "not Python", ""),
    "pipe.x = 1; pipe.y = foo()": ("foo", "may be called", ""),
    "pipe.größe = straße()": ("straße", "may be called", ""),
    "пайп.x = 1": ("пайп", "there is no", ""),
    "pipe.x\t=\tfoo()": ("foo", "may be called", ""),
    "pipe.register_to_config()": ("pipe", "without keywords", ""),
    "pipe.register_to_config({'a': 1})": ("{", "keywords only", ""),
    "": ("", "an empty line", ""),
    "  \t": ("", "an empty line", ""),
    "# only a comment": ("#", "a comment is no line", ""),
    "(" * 250 + ")" * 250: ("", "", ""),
    "pipe.x = " + "[" * 250 + "]" * 250: ("", "", ""),
    "pipe" + ".a" * 4_000 + " = foo()": ("", "", ""),
    "pipe.x = " + "-" * 5_000 + "1": ("", "", ""),
    "pipe.x = " + "9" * 5_000: ("", "", ""),
    "pipe.x = '" + "a" * 10_001 + "'": ("", "characters", "at most 10,000"),
    "pipe.x = 1\x00": ("", "not Python", ""),
    "pipe.x = '\udc80'": ("", "not Python", ""),
}


@pytest.mark.parametrize("line", REFUSED, ids=lambda v: v[:60].encode("ascii", "backslashreplace").decode())
def test_refused_with_a_pointer_and_a_hint(line: str) -> None:
    there, said, hint = REFUSED[line]
    with pytest.raises(RefusedError) as caught:
        parse([line], ["pipe", "scheduler"])
    error = caught.value
    shown, pointer = error.lines
    assert error.exit_code == 2
    assert said in error.message and hint in error.hint
    assert "\n" not in error.message + error.hint + shown and len(error.message) < 120 and len(shown) < 80
    assert pointer == " " * (len(pointer) - 1) + "^" and len(pointer) <= len(shown) + 1
    if there:
        assert shown[len(pointer) - 1 :].startswith(there.replace("\t", " "))


def test_a_pointer_under_wide_characters() -> None:
    with pytest.raises(RefusedError) as caught:
        parse(["pipe.x = ['日本', foo]"], ["pipe"])
    assert caught.value.lines[1].index("^") == len("pipe.x = ['日本', ") + 2  # each takes two columns


def test_a_long_line_is_cut_around_the_pointer() -> None:
    with pytest.raises(RefusedError) as caught:
        parse([f"pipe.x = [{'1, ' * 60}foo, {'1, ' * 60}2]"], ["pipe"])
    shown, pointer = caught.value.lines
    assert shown.startswith("…") and shown.endswith("…") and shown[len(pointer) - 1 :].startswith("foo")


CONFIG = Path("pipe", ((False, "scheduler"), (False, "config")), "pipe.scheduler.config")
X = Path("pipe", ((False, "x"),), "pipe.x")

# text -> (target, value) of each statement
TAKEN: dict[str, list[tuple[Any, Any]]] = {
    "pipe.x = True": [(X, Constant(True))],
    "pipe.x = -0.5": [(X, Constant(-0.5))],
    "pipe.x = None; pipe.x = 'a'  # both": [(X, Constant(None)), (X, Constant("a"))],
    "  pipe.x = 1\n  pipe.x = (1, 2)": [(X, Constant(1)), (X, Constant((1, 2)))],
    "pipe.x = [-1, (2, 'b'), {'c': None}]": [(X, Constant([-1, (2, "b"), {"c": None}]))],
    "pipe.x = (\n    1\n)": [(X, Constant(1))],
    "pipe.x = -1e999": [(X, Constant(float("-inf")))],
    "pipe.x = 'ü 日本'": [(X, Constant("ü 日本"))],
    "a = copy.deepcopy(pipe.x)\na.b = 1": [
        (Path("a", (), "a"), DeepCopy(X)),
        (Path("a", ((False, "b"),), "a.b"), Constant(1)),
    ],
    f"pipe.x = {EULER}, a=1, b=pipe.x)": [
        (X, FromConfig("EulerDiscreteScheduler", CONFIG, {"a": Constant(1), "b": X})),
    ],
    "pipe.x = DDIMScheduler.from_config(config=pipe.scheduler.config)": [(X, FromConfig("DDIMScheduler", CONFIG, {}))],
    "pipe.register_to_config(k=1)": [
        (None, Register(Path("pipe", (), "pipe"), "register_to_config", {"k": Constant(1)}))
    ],
    "pipe.x": [(None, X)],
}


@pytest.mark.parametrize("text", TAKEN, ids=ascii)
def test_taken(text: str) -> None:
    assert [(line.target, line.value) for line in parse([text], ["pipe"])] == TAKEN[text]


@pytest.fixture(scope="module")
def pipe() -> Any:
    return DiffusionPipeline.from_pretrained(demo.path("sd15"))


# a path that does not exist, or leads out of the copy -> (the text at the pointer, what is said, the hint)
NOWHERE = {
    "pipe.schedular.config.x = 1": (
        "schedular",
        "StableDiffusionPipeline has no 'schedular'",
        "did you mean scheduler?",
    ),
    "pipe.x = pipe.unett.config": ("unett", "has no 'unett'", "did you mean unet?"),
    "pipe.scheduler.confg.x = 1": ("confg", "PNDMScheduler has no 'confg'", "did you mean config?"),
    "pipe.x = pipe.scheduler.config['beta_ends']": ("'beta_ends'", "FrozenDict has no 'beta_ends'", "beta_end?"),
    "pipe.image_encoder.config.x = 1": ("config", "image_encoder is None here, and has no 'config'", ""),
    "pipe.scheduler['x'] = 1; pipe.x.y = 1": ("", "", ""),
    f"pipe.scheduler = {EULER.replace('.config', '.conf', 1).replace('from_conf(', 'from_config(')})": ("", "", ""),
    "pipe.unet.conv_in.weight.data[0] = 1.0": ("", "these are weights", "settings"),
    "pipe.unet.conv_in.bias.data = 1.0": ("", "these are weights", ""),
    "w = pipe.unet.conv_in.bias.data": ("", "these are weights", ""),
    "pipe._optional_components[0] = 'x'": ("_optional", "belongs to the class", ""),
}


@pytest.mark.parametrize("line", NOWHERE, ids=ascii)
def test_nowhere(pipe: Any, line: str) -> None:
    there, said, hint = NOWHERE[line]
    before = fingerprint(pipe.unet.conv_in), list(type(pipe)._optional_components)
    try:
        rows = answers(pipe, [line])["lines"]
    except RefusedError as error:
        assert error.exit_code == 2 and said in error.message and hint in error.hint
        assert error.lines[0][len(error.lines[1]) - 1 :].startswith(there)
    else:
        assert not said and all(row["object"] is False for row in rows[:1]) and "raises TypeError" in rows[0]["reason"]
    assert difference(before[0], fingerprint(pipe.unet.conv_in)) == {}
    assert before[1] == list(type(pipe)._optional_components)


def test_a_copy_that_is_made_anew_in_another_dtype_leaves_the_weights(pipe: Any) -> None:
    mixed = DiffusionPipeline.from_pretrained(demo.path("sd15"))
    mixed.text_encoder.half()
    before = fingerprint(mixed)
    answers(mixed, ["pipe.config.requires_safety_checker = False"])
    assert difference(before, fingerprint(mixed)) == {}
    assert mixed.text_encoder.dtype is torch.float16 and mixed.unet.dtype is torch.float32


def test_a_setting_of_a_run_may_be_written_into() -> None:
    scheduler = EulerDiscreteScheduler()
    before = fingerprint(scheduler)
    (row,) = answers(scheduler, ["scheduler.alphas_cumprod[0] = 0.5"])["lines"]
    assert row["object"] is True
    assert difference(before, fingerprint(scheduler)) == {}


def test_what_cannot_be_copied_is_said() -> None:
    import threading

    from inspector.model import InspectError

    scheduler = DDIMScheduler()
    scheduler.lock = threading.Lock()
    with pytest.raises(InspectError, match="no scratch copy of the DDIMScheduler can be made"):
        answers(scheduler, ["scheduler.config.x = 1"])


@pytest.mark.parametrize(
    ("source", "line", "pointer"),
    [
        ("class:DDIMScheduler", "scheduler.confg.clip_sample = 1", "confg"),  # found in the worker
        (
            "class:DDIMScheduler",
            "pipe.scheduler = DDIMSchedular.from_config(scheduler.config)",
            "DDIMS",
        ),  # and before it
    ],
)
def test_the_command_points_at_it(source: str, line: str, pointer: str) -> None:
    done = forked.run("whatif", source, line)
    assert done.returncode == 2 and done.stdout == ""
    said = [s for s in done.stderr.splitlines() if not s.startswith("building")]
    assert len(said) == 4 and said[0].startswith("inspect-pipe: error: ") and "did you mean" in said[3]
    assert said[1][said[2].index("^") :].startswith(pointer)
