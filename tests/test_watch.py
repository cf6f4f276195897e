"""``watch``: who reads and writes which setting while code runs; and afterwards everything is as it was."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, DPMSolverMultistepScheduler, EulerDiscreteScheduler
from diffusers.configuration_utils import ConfigMixin, FrozenDict

import inspector
from inspector import demo
from inspector.render import Look, render
from inspector.watching.hooks import HOOKS
from tests import forked
from tests.test_capture_untouched import difference, fingerprint, surroundings


@pytest.fixture
def scheduler() -> Any:
    return DPMSolverMultistepScheduler()


@pytest.fixture(scope="module")
def pipe() -> Any:
    pipe = DiffusionPipeline.from_pretrained(demo.path("sd15"))
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(pipe: Any, **given: Any) -> Any:
    generator = torch.Generator().manual_seed(0)
    return pipe("a", num_inference_steps=2, generator=generator, output_type="latent", height=64, width=64, **given)


def writes(data: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [(e["where"], e["place"], e["value"]) for e in data["events"] if e["kind"] == "write"]


def reads(data: dict[str, Any], where: str) -> set[tuple[str, str]]:
    return {(e["place"], e["function"]) for e in data["events"] if e["kind"] == "read" and e["where"] == where}


def test_writes_of_every_kind_with_their_line(scheduler: Any) -> None:
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.config["solver_order"] = 3
        scheduler.solver_type = "heun"
        scheduler.register_to_config(beta_end=0.5)
        made = EulerDiscreteScheduler.from_config(scheduler.config, use_karras_sigmas=True)
        made.config.steps_offset = 1
    assert writes(seen.data) == [
        ("scheduler.use_karras_sigmas", "attr", True),
        ("scheduler.solver_order", "item", 3),
        ("scheduler.solver_type", "live", "heun"),
        ("scheduler.solver_order", "attr", 3),  # register_to_config makes the attributes anew, from the items
        ("scheduler.use_karras_sigmas", "attr", False),
        ("scheduler.beta_end", "register_to_config", 0.5),
        ("EulerDiscreteScheduler.use_karras_sigmas", "from_config", True),
        ("EulerDiscreteScheduler.steps_offset", "attr", 1),
    ]
    events = [e for e in seen.data["events"] if e["kind"] == "write"]
    first = test_writes_of_every_kind_with_their_line.__code__.co_firstlineno
    assert [e["line"] - first for e in events] == [2, 3, 4, 5, 5, 5, 6, 7]
    assert {e["function"] for e in events} == {"test_writes_of_every_kind_with_their_line"}
    assert {e["file"].rpartition("/")[2] for e in events} == {"test_watch.py"}


def test_who_reads_and_from_where(scheduler: Any) -> None:
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.config["timestep_spacing"] = "trailing"
        scheduler.config.typo = 1
        scheduler.set_timesteps(5)
    assert ("attr", "set_timesteps") in reads(seen.data, "scheduler.use_karras_sigmas")
    assert [r["where"] for r in seen.data["read_elsewhere"]] == ["scheduler.timestep_spacing"]
    assert seen.data["read_elsewhere"][0]["read"].startswith("attr scheduling_dpmsolver_multistep.py:")
    assert [r["where"] for r in seen.data["never_read"]] == ["scheduler.typo"]


def test_from_config_reads_items_and_drops_defaults(scheduler: Any) -> None:
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.config["beta_end"] = 0.5
        DPMSolverMultistepScheduler.from_config(scheduler.config, typo=1)
    told = {r["where"].rpartition(".")[2]: r["reason"] for r in seen.data["never_read"]}
    assert "read the items, and this is only the attribute" in told["use_karras_sigmas"]
    assert "it is listed in _use_default_values" in told["beta_end"]
    assert "takes no typo" in told["typo"]


def test_reads_through_the_deprecated_attribute(scheduler: Any) -> None:
    with inspector.watch(scheduler) as seen, pytest.warns(FutureWarning, match="Accessing config attribute"):
        assert scheduler.beta_start == 0.0001
    assert reads(seen.data, "scheduler.beta_start") == {("item", "test_reads_through_the_deprecated_attribute")}
    (said,) = seen.data["warnings"]
    assert "is deprecated" in said["message"]
    assert said["function"] == "test_reads_through_the_deprecated_attribute"


def test_library_warnings_stand_at_the_line_that_caused_them(scheduler: Any) -> None:
    config = {**dict.copy(scheduler.config), "nonsense": 3}
    logger = logging.getLogger("diffusers")
    before = (logger.level, list(logger.handlers))
    with inspector.watch(scheduler) as seen:
        scheduler.register_to_config(nonsense=4)
        DPMSolverMultistepScheduler.from_config(config)
    assert (logger.level, list(logger.handlers)) == before
    messages = [w for w in seen.data["warnings"] if "will be ignored" in w["message"]]
    assert messages and messages[0]["function"] == "test_library_warnings_stand_at_the_line_that_caused_them"


def test_case_14_first_and_second_assignment(pipe: Any) -> None:
    mine = copy.deepcopy(pipe)
    with inspector.watch(mine) as seen:
        mine.requires_safety_checker = False
        mine.requires_safety_checker = False
    places = [place for where, place, _ in writes(seen.data) if where == "pipe.requires_safety_checker"]
    assert places == ["live", "register_to_config", "live"]
    assert len(seen.data["never_read"]) == 3


def test_case_16_component_into_an_empty_slot(pipe: Any) -> None:
    mine = copy.deepcopy(pipe)
    checker = mine.safety_checker
    with inspector.watch(mine) as seen:
        mine.safety_checker = None
        mine.safety_checker = checker
    kinds = [(where, place) for where, place, _ in writes(seen.data)]
    assert kinds == [("pipe.safety_checker", "component")] * 2


def test_case_17_the_constructor_rewrites_the_callers_scheduler(pipe: Any) -> None:
    ddim = DDIMScheduler()
    with inspector.watch(ddim) as seen:
        type(pipe)(**{**pipe.components, "scheduler": ddim})
    assert ("scheduler.steps_offset", "register_to_config", 1) in writes(seen.data)
    assert ("scheduler.clip_sample", "register_to_config", False) in writes(seen.data)
    rows = [e for e in seen.data["events"] if e["where"] == "scheduler.steps_offset" and e["kind"] == "write"]
    assert rows[0]["file"] == "pipeline_stable_diffusion.py"
    assert rows[0]["by"]["file"].endswith("test_watch.py")


def test_coverage_of_a_run(pipe: Any) -> None:
    mine = copy.deepcopy(pipe)
    with inspector.watch(mine) as seen:
        run(mine, guidance_rescale=0.5, callback_on_step_end_tensor_inputs=["latents"])
    found = {row["path"]: row["never"] for row in seen.data["coverage"]["settings"]}
    assert found["pipe"] == ["requires_safety_checker"]
    assert "timestep_spacing" not in found["scheduler"] and "beta_end" in found["scheduler"]
    (call,) = seen.data["coverage"]["calls"]
    assert call["runs"] == 1 and {"guidance_rescale", "prompt"} <= set(call["given"])
    assert call["given_and_never"] == ["callback_on_step_end_tensor_inputs"]
    assert not {"prompt", "height", "guidance_rescale", "num_inference_steps"} & set(call["never"])


def test_a_run_gives_the_same_and_leaves_everything_as_it_was(pipe: Any) -> None:
    plain, watched = copy.deepcopy(pipe), copy.deepcopy(pipe)
    expected = run(plain).images
    run(copy.deepcopy(pipe))  # whatever a first run imports is there now
    around = surroundings(watched)
    with inspector.watch(watched):
        got = run(watched).images
    assert torch.equal(expected, got)
    again = surroundings(watched)
    for changing in ("torch random", "random", "numpy random"):
        again[changing] = around[changing]
    assert difference(around, again) == {}
    assert type(watched) is type(pipe) and type(watched.scheduler.config) is FrozenDict


def test_watching_alone_changes_nothing(pipe: Any) -> None:
    before, around = fingerprint(pipe), surroundings(pipe)
    classes = {c: dict(vars(c)) for c in (FrozenDict, ConfigMixin, type(pipe), type(pipe.unet), type(pipe.scheduler))}
    warn = warnings.warn
    with inspector.watch(pipe):
        assert pipe.unet.config.sample_size
    assert difference(before, fingerprint(pipe)) == {}
    assert difference(around, surroundings(pipe)) == {}
    assert {c: dict(vars(c)) for c in classes} == classes
    assert warnings.warn is warn


def test_restored_after_an_error(scheduler: Any) -> None:
    with pytest.raises(ZeroDivisionError), inspector.watch(scheduler) as seen:
        scheduler.config.solver_order = 1
        _ = 1 / 0
    assert writes(seen.data) == [("scheduler.solver_order", "attr", 1)]
    assert "__getattribute__" not in vars(FrozenDict) and not HOOKS.sinks and not HOOKS.undo


def test_nested_and_one_after_another(scheduler: Any) -> None:
    other = EulerDiscreteScheduler()
    with inspector.watch(scheduler) as outer:
        with inspector.watch(other) as inner:
            scheduler.config.solver_order = 1
            other.config.steps_offset = 1
        scheduler.config.solver_order = 3
    assert writes(inner.data) == [("scheduler.steps_offset", "attr", 1)]
    assert [value for _, _, value in writes(outer.data)] == [1, 3]
    scheduler.config.solver_order = 2
    assert len(writes(outer.data)) == 2
    assert not HOOKS.sinks


def test_threads(scheduler: Any) -> None:
    others = [DPMSolverMultistepScheduler() for _ in range(4)]

    def work(one: Any) -> None:
        for _ in range(20):
            one.config.solver_order = 1
            one.set_timesteps(3)

    with inspector.watch(scheduler) as seen:
        threads = [threading.Thread(target=work, args=(one,)) for one in [scheduler, *others]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert writes(seen.data) == [("scheduler.solver_order", "attr", 1)] * 20
    assert {e["where"].partition(".")[0] for e in seen.data["events"]} == {"scheduler"}


def test_copies_and_pickles_made_inside_are_ordinary(scheduler: Any) -> None:
    with inspector.watch(scheduler) as seen:
        twin = copy.deepcopy(scheduler)
        again = pickle.loads(pickle.dumps(scheduler))
    assert writes(seen.data) == []
    for one in (twin, again):
        assert type(one) is DPMSolverMultistepScheduler and type(one.config) is FrozenDict
        assert dict(one.config) == dict(scheduler.config)


def test_a_class_and_its_subclass_tell_each_thing_once() -> None:
    class Mine(DDIMScheduler):
        pass

    one, other = DDIMScheduler(), Mine()
    for first, second in ((one, other), (other, one)):
        with inspector.watch(first) as outer, inspector.watch(second) as inner:
            for scheduler in (one, other):
                scheduler.config.steps_offset = 1
                scheduler.clip_sample = False
                assert "steps_offset" not in vars(scheduler) and not hasattr(DDIMScheduler, "clip_sample")
                del scheduler.clip_sample
        for seen in (outer, inner):
            assert [place for _, place, _ in writes(seen.data)] == ["attr", "live", "live"]


def test_what_others_put_over_a_hook_stays(scheduler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warn, theirs = warnings.warn, lambda *a, **k: None
    watching = inspector.watch(scheduler)
    with watching:
        logging.getLogger("diffusers").setLevel(logging.CRITICAL)
        warnings.warn = theirs
    try:
        assert warnings.warn is theirs and logging.getLogger("diffusers").level == logging.CRITICAL
    finally:
        warnings.warn = warn
        logging.getLogger("diffusers").setLevel(logging.NOTSET)


def test_log_records_name_the_line_that_logs(scheduler: Any, caplog: pytest.LogCaptureFixture) -> None:
    with inspector.watch(scheduler), caplog.at_level(logging.WARNING):
        logging.getLogger("mine").warning("hello %s", "there")
    assert [(r.getMessage(), Path(r.pathname).name) for r in caplog.records] == [("hello there", "test_watch.py")]


def test_generators_and_coroutines(scheduler: Any) -> None:
    import asyncio

    def steps() -> Any:
        for order in (1, 3):
            scheduler.config.solver_order = order
            yield

    async def later() -> None:
        await asyncio.sleep(0)
        scheduler.config.solver_order = 2

    with inspector.watch(scheduler) as seen:
        list(steps())
        asyncio.run(later())
    functions = [e["function"] for e in seen.data["events"] if e["kind"] == "write"]
    assert functions == ["steps", "steps", "later"]


def test_overlapping_watches_end_in_any_order(pipe: Any) -> None:
    call: Any = vars(type(pipe))["__call__"]
    code = call.__wrapped__.__code__
    first, second = inspector.watch(pipe), inspector.watch(pipe)
    first.__enter__()
    second.__enter__()
    assert vars(type(pipe))["__call__"].__wrapped__ is call and call.__wrapped__.__code__ is not code
    first.__exit__(None, None, None)
    run(pipe)
    second.__exit__(None, None, None)
    assert [c["runs"] for c in second.data["coverage"]["calls"]] == [1] and first.data["coverage"]["calls"] == []
    assert vars(type(pipe))["__call__"] is call and call.__wrapped__.__code__ is code


def test_watches_in_threads_each_see_their_own() -> None:
    found: dict[int, Any] = {}

    def work(number: int) -> None:
        mine = DPMSolverMultistepScheduler()
        with inspector.watch(mine) as seen:
            for _ in range(10):
                mine.config.steps_offset = number
                mine.set_timesteps(3)
        found[number] = writes(seen.data)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [("scheduler.steps_offset", "attr", n)] * 10 for n in range(4)}
    assert not HOOKS.sinks and not HOOKS.undo


def test_a_debugger_that_comes_in_stays(pipe: Any) -> None:
    mine = copy.deepcopy(pipe)

    def tracer(frame: Any, event: str, argument: Any) -> None:
        return None

    def stop(pipe: Any, step: int, time: Any, given: Any) -> Any:
        sys.settrace(tracer)  # as breakpoint() does
        return given

    before = sys.gettrace()
    try:
        with inspector.watch(mine) as seen:
            run(mine, callback_on_step_end=stop)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert seen.data["coverage"]["calls"][0]["never"] == []


def test_a_tracer_that_was_there_goes_on(pipe: Any) -> None:
    mine, lines = copy.deepcopy(pipe), set()

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_name == "__call__" and frame.f_code.co_filename.endswith("pipeline_stable_diffusion.py"):
            lines.add(frame.f_lineno)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with inspector.watch(mine):
            run(mine)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert len(lines) > 50


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit(scheduler: Any, width: int) -> None:
    with inspector.watch(scheduler) as seen:
        scheduler.config.use_karras_sigmas = True
        scheduler.config["timestep_spacing"] = "trailing"
        scheduler.set_timesteps(5)
        EulerDiscreteScheduler.from_config(scheduler.config, nonsense="x" * 300)
    text = render(seen.report, "human", Look(width=width))
    assert max(map(len, text.splitlines())) <= width
    assert "nonsense" in text and "IPW702" in text
    assert "```text" in render(seen.report, "markdown", Look())
    assert "<pre>" in seen._repr_html_()


SCRIPT = """
import sys
from diffusers import DPMSolverMultistepScheduler
scheduler = DPMSolverMultistepScheduler()
scheduler.config.use_karras_sigmas = True
scheduler.set_timesteps(int(sys.argv[1]))
print("hello")
"""


def test_a_script(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "inspector", "watch", "-f", "json", "mine.py", "5"]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    assert writes(data) == [("DPMSolverMultistepScheduler.use_karras_sigmas", "attr", True)]
    assert data["events"][0]["file"] == "mine.py" or any(e["file"] == "mine.py" for e in data["events"])
    assert data["never_read"] == []
    assert "hello" in done.stderr


def test_a_script_that_raises_is_reported_as_far_as_it_came(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    done = forked.run("watch", "mine.py", "five", cwd=tmp_path)
    assert done.returncode == 3
    assert "use_karras_sigmas = True" in done.stdout and "ValueError" in done.stdout
    assert "invalid literal" in done.stderr


def test_no_such_script(tmp_path: Path) -> None:
    done = forked.run("watch", "none.py", cwd=tmp_path)
    assert done.returncode == 3
    assert "none.py: no such script" in done.stderr
