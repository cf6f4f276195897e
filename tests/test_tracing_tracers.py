"""``trace`` beside other tracers, profilers, debuggers and threads; the same for any PYTHONHASHSEED."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import DEISMultistepScheduler, DiffusionPipeline, EulerDiscreteScheduler

import inspector
from inspector.tracing.lines import traced, undisturbed

ROOT = Path(__file__).parents[1]


def story() -> str:
    text = inspector.trace(EulerDiscreteScheduler, DEISMultistepScheduler(), use_karras_sigmas=True, typo=1).text(
        "json"
    )
    assert '"used_defaults' in text or "used_defaults" in text
    return text


@pytest.fixture(scope="module")
def expected() -> str:
    return story()


class Recorder:
    """A tracer as users write them: it counts the lines of ``extract_init_dict`` that it is told of."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.calls = 0

    def __call__(self, frame: Any, event: str, argument: Any) -> Any:
        self.calls += event == "call"
        if frame.f_code.co_name != "extract_init_dict":
            return None
        if event == "line":
            self.lines.append(frame.f_lineno)
        return self


def recorded(work: Callable[[], Any]) -> tuple[Recorder, Any]:
    mine = Recorder()
    before = sys.gettrace()
    sys.settrace(mine)
    try:
        result = work()
        assert id(sys.gettrace()) == id(mine)
    finally:
        sys.settrace(before)
    return mine, result


def test_another_tracer_sees_what_it_would_have_seen(expected: str) -> None:
    config = DEISMultistepScheduler().config
    alone, _ = recorded(lambda: EulerDiscreteScheduler.from_config(config))
    from inspector.tracing.run import Run

    beside, run = recorded(lambda: Run(EulerDiscreteScheduler, config, {}))
    assert beside.lines == alone.lines and len(alone.lines) > 20 and beside.calls > alone.calls
    assert any(s.line in alone.lines for s in run.seen.steps)
    assert recorded(story)[1] == expected


def test_a_tracer_is_there_again_after_an_error() -> None:
    def fails() -> None:
        with pytest.raises(RuntimeError), traced({}):
            raise RuntimeError

    recorded(fails)


def test_a_profiler_goes_on(expected: str) -> None:
    called: list[str] = []

    def profiler(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        text = story()
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)
    assert text == expected and "extract_init_dict" in called and "set_timesteps" in called


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="sys.monitoring is there from Python 3.12 on")
def test_a_monitoring_tool_goes_on(expected: str) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    called: list[str] = []
    monitoring.use_tool_id(4, "test")
    try:
        monitoring.register_callback(4, monitoring.events.PY_START, lambda code, offset: called.append(code.co_name))
        monitoring.set_events(4, monitoring.events.PY_START)
        text = story()
        assert monitoring.get_events(4) == monitoring.events.PY_START
    finally:
        monitoring.set_events(4, 0)
        monitoring.free_tool_id(4)
    assert text == expected and "extract_init_dict" in called


def test_where_the_interpreter_traces_nothing_it_goes_to_another_thread(expected: str) -> None:
    """Inside a trace function, as at a debugger's prompt, no tracer is called."""
    told: list[str] = []

    def at_the_prompt(frame: Any, event: str, argument: Any) -> None:
        if not told:
            told.append(story())

    before = sys.gettrace()
    sys.settrace(at_the_prompt)
    try:
        (lambda: None)()
    finally:
        sys.settrace(before)
    assert told == [expected]
    assert undisturbed(threading.get_ident) == threading.get_ident()


def test_at_the_prompt_of_pdb(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import inspector\nfrom diffusers import DDIMScheduler, PNDMScheduler\n"
        "obj = PNDMScheduler()\nbreakpoint()\nend = 1\n"
    )
    said = subprocess.run(
        [sys.executable, str(script)],
        input="p inspector.trace(DDIMScheduler, obj).data['answer']['line']\nq\n",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONBREAKPOINT": "pdb.set_trace"},
        text=True,
        capture_output=True,
        check=False,
    ).stdout
    assert "PNDMScheduler → DDIMScheduler: 10 dropped" in said


def test_threads_at_the_same_time(expected: str) -> None:
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(story())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [expected] * 4


def test_the_librarys_log_is_as_it_was(expected: str) -> None:
    import logging

    logger = logging.getLogger("diffusers")
    state = (logger.level, logger.propagate, list(logger.handlers), logging.root.manager.disable)
    assert story() == expected
    assert state == (logger.level, logger.propagate, list(logger.handlers), logging.root.manager.disable)


def test_the_objects_are_left_alone() -> None:
    import torch

    from inspector import demo
    from tests.test_capture_untouched import difference, fingerprint

    pipe = DiffusionPipeline.from_pretrained(demo.path("sd15"))
    before, random = fingerprint(pipe), torch.get_rng_state()
    inspector.trace("EulerDiscreteScheduler", pipe)
    inspector.trace("StableDiffusionPipeline", pipe)
    assert not difference(before, fingerprint(pipe)) and torch.equal(random, torch.get_rng_state())


def test_the_same_for_any_hash_seed() -> None:
    code = (
        "import inspector, diffusers as d, sys\n"
        "flow = d.FlowMatchEulerDiscreteScheduler(shift=3.0)\n"
        "for cls, obj in (('EulerDiscreteScheduler', d.DEISMultistepScheduler()), ('DPMSolverMultistepScheduler', "
        "d.DEISMultistepScheduler()), ('UniPCMultistepScheduler', flow), ('DDIMScheduler', {'_class_name': "
        "'DDIMScheduler', 'a_b': 1, 'beta_stat': 2, 'use_karras_sigmas': True})):\n"
        "    for form in ('json', 'human', 'markdown'):\n"
        "        print(inspector.trace(cls, obj, use_karras_sigmas=True, typo=1).text(form))"
    )
    ran = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "4242", *(["1"] if os.environ.get("INSPECT_PIPE_FULL") else []))
    ]
    assert len(set(ran)) == 1 and "IPT702" in ran[0] and json.loads(ran[0].partition("\n}\n")[0] + "}")["findings"]


def test_under_coverage(expected: str, tmp_path: Path) -> None:
    coverage = pytest.importorskip("coverage")
    script = tmp_path / "mine.py"
    script.write_text(
        "import sys, inspector, diffusers as d\n"
        "before = sys.gettrace()\n"
        "text = inspector.trace(d.EulerDiscreteScheduler, d.DEISMultistepScheduler(), use_karras_sigmas=True, typo=1)\n"
        "assert sys.gettrace() is before and before is not None\n"
        "print(text.text('json'))\n"
        "after = 1\n"
    )
    data = tmp_path / "data"
    for core in ("ctrace", *(["pytrace"] if os.environ.get("INSPECT_PIPE_FULL") else [])):
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "coverage",
                "run",
                f"--data-file={data}",
                "--include=*/mine.py,*/configuration_utils.py",
                str(script),
            ],
            env={**os.environ, "COVERAGE_CORE": core, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            text=True,
            capture_output=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert json.loads(run.stdout)["data"] == json.loads(expected)["data"]
        found = coverage.CoverageData(str(data))
        found.read()
        lines = {Path(f).name: set(found.lines(f) or ()) for f in found.measured_files()}
        assert {1, 2, 3, 4, 5, 6} <= lines["mine.py"]
        import inspect

        source, first = inspect.getsourcelines(EulerDiscreteScheduler.extract_init_dict.__func__)
        returns = first + next(i for i, text in enumerate(source) if "return init_dict" in text)
        assert returns in lines["configuration_utils.py"]
