"""A seal of a real folder, what moves it, and what does not; snapshots that are kept."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.locks import Lock, digests, dump, load, report_of
from inspector.locks.moving import moved
from inspector.model import InspectError
from inspector.reading import Limits
from tests.folders import copy, edit
from tests.forked import run

SCHEDULER = "scheduler/scheduler_config.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy("sd15", tmp_path_factory.mktemp("sealed"), weights=True)


@pytest.fixture(scope="module")
def seal(folder: Path) -> Lock:
    """Made by the command, in a guarded worker."""
    file = folder.parent / "inspect-pipe.lock.json"
    done = run("lock", folder, "-o", file)
    assert done.returncode == 0 and "8 components" in done.stdout, done.stderr
    return load(file)


def changed(seal: Lock, **parts: Any) -> Lock:
    """A seal with something else in it, by path: ``components__scheduler__class``."""
    plain = json.loads(json.dumps(dataclasses.asdict(seal), default=str))
    for path, value in parts.items():
        *keys, last = path.split("__")
        inner = plain
        for key in keys:
            inner = inner[key]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return Lock(**{**plain, "path": seal.path})


def codes(before: Lock, after: Lock) -> list[str]:
    return [f.code for f in moved(before, after)]


def test_a_seal_holds_what_decides(seal: Lock, folder: Path) -> None:
    assert seal.components["scheduler"]["class"] == "PNDMScheduler"
    assert seal.components["scheduler"]["settings"]["beta_end"] == 0.012
    assert set(seal.schedules["scheduler"]) == {"4", "20", "50"}
    assert seal.schedules["scheduler"]["20"]["sigmas"][0] == pytest.approx(11.028, abs=1e-3)
    assert set(seal.files["unet/diffusion_pytorch_model.safetensors"]) == {"size", "header"}
    assert "diffusers" in seal.versions and not moved(seal, seal)
    size = (folder / "unet/diffusion_pytorch_model.safetensors").stat().st_size
    assert seal.files["unet/diffusion_pytorch_model.safetensors"]["size"] == size


def test_a_seal_is_the_same_when_it_is_read_again(seal: Lock, tmp_path: Path) -> None:
    file = tmp_path / "a.lock.json"
    file.write_text(dump(seal), encoding="utf-8")
    again = load(file)
    assert not moved(seal, again) and dump(again) == dump(seal)
    assert '   "beta_end": 0.012,\n' in dump(seal), "one line a fact"


DRIFTS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "a library, and nothing with it": ({"versions__diffusers": "0.0.1"}, ["IPB816"], "nothing that is sealed moved"),
    "a default of the library": (
        {"versions__diffusers": "0.0.1", "components__scheduler__settings__timestep_spacing": "linspace"},
        ["IPB813", "IPB816"],
        "'linspace' → 'leading', and no file of it changed",
    ),
    "a setting that the class no longer has": (
        {"components__unet__settings__gone": 1},
        ["IPB813"],
        "gone: 1 → absent",
    ),
    "a class": ({"components__unet__class": "UNet3DModel"}, ["IPB812"], "UNet3DModel → UNet2DConditionModel"),
    "a component": ({"components__vae": None}, ["IPB812"], "AutoencoderKL was not there"),
    "sigmas": (
        {"schedules__scheduler__20__sigmas": [12.0] * 20},
        ["IPB814"],
        "20 steps: the sigmas moved by up to",
    ),
    "a number of sigmas": ({"schedules__scheduler__4__sigmas": [1.0]}, ["IPB814"], "1 sigmas and"),
    "what raises": ({"schedules__scheduler__4": {"raises": "ValueError: no"}}, ["IPB814"], "raised ValueError: no"),
    "a header": (
        {"files__vae/diffusion_pytorch_model.safetensors__header": "00"},
        ["IPB815"],
        "other names, types or shapes",
    ),
    "a file": ({f"files__{SCHEDULER}": {"content": "00"}}, ["IPB811"], "says something else"),
    "a file that is new": ({f"files__{SCHEDULER}": None}, ["IPB811"], "was added"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_what_moved_is_said(name: str, seal: Lock) -> None:
    parts, wanted, words = DRIFTS[name]
    found = moved(changed(seal, **parts), seal)
    assert [f.code for f in found] == wanted and any(words in f.message for f in found), found
    report = report_of("sd15", changed(seal, **parts), seal)
    assert bool(report.count("error") + report.count("warning")) is (wanted != ["IPB816"])


def test_the_worst_number_of_steps_is_told_and_rounding_is_a_note(seal: Lock) -> None:
    held = seal.schedules["scheduler"]
    tolerance = held["20"]["tolerance"]
    assert 0 < tolerance < 1e-3, "the bound of the formula"
    for factor, wanted in ((0.5, "IPB817"), (1.9, "IPB817"), (2.5, "IPB814")):
        other = {n: [s * (1 + tolerance * factor) for s in run["sigmas"]] for n, run in held.items()}
        one = changed(seal, **{f"schedules__scheduler__{n}__sigmas": v for n, v in other.items()})
        assert codes(one, seal) == [wanted]
    worse = [s * 1.5 for s in held["50"]["sigmas"]]
    most = held["4"]["sigmas"][::-1]
    one = changed(seal, schedules__scheduler__50__sigmas=worse, schedules__scheduler__4__sigmas=most)
    [told] = moved(one, seal)
    assert told.message.startswith("4 steps:") and "at 50 steps too" in told.message


def test_a_setting_on_disk_moves_its_file_its_value_and_the_sigmas(seal: Lock, folder: Path) -> None:
    file = folder / SCHEDULER
    before = file.read_text()
    try:
        file.write_text(json.dumps(dict(reversed(json.loads(before).items())), indent=7) + "\r\n")
        assert digests(folder, Limits())[0] == seal.files
        edit(file, lambda c: c.update(timestep_spacing="trailing"))
        done = run("check", "--lock", seal.path, "-f", "json", cwd=folder.parent.parent)
        report = json.loads(done.stdout)
        found = {f["code"]: f for f in report["findings"]}
        assert done.returncode == 1 and list(found) == ["IPB811", "IPB813", "IPB814"] and not report["skipped"]
        assert found["IPB811"]["where"] == SCHEDULER
        assert found["IPB813"]["places"] == {"sealed": "leading", "now": "trailing"}
        assert found["IPB814"]["where"] == "scheduler.sigmas" and "first 14.6" in found["IPB814"]["places"]["now"]
    finally:
        file.write_text(before)
    done = run("check", cwd=folder.parent)
    assert done.returncode == 0 and "nothing has moved in 13 files, 8 components" in done.stdout


def test_weights_are_told_by_their_header(seal: Lock, folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    other = Path(shutil.copytree(folder, tmp_path / "other"))
    file = other / "vae/diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    save_file({k: v + 1 for k, v in tensors.items()}, file, metadata={"format": "pt"})
    assert digests(other, Limits())[0] == seal.files, "the weights themselves are never read"
    save_file({k: v.astype("float16") for k, v in tensors.items()}, file, metadata={"format": "pt"})
    (other / "text_encoder/model.safetensors").unlink()
    here = dataclasses.replace(seal, files=digests(other, Limits())[0])
    found = {f.where: f.message for f in moved(seal, here)}
    assert len(found) == 2 and "bytes" in found["vae/diffusion_pytorch_model.safetensors"]
    assert "is gone" in found["text_encoder/model.safetensors"]


def test_files_alone_are_compared_with_files(seal: Lock) -> None:
    report = report_of("sd15", seal, Lock("sd15", seal.versions, seal.files))
    assert not report.findings and "only files were read" in report.skipped[0].reason
    assert report.summary["skipped"] == 1


BAD: dict[str, tuple[str | None, int, str]] = {
    "missing": (None, 3, "inspect-pipe lock SOURCE"),
    "damaged": ('{"schema": "inspect-pipe-lock/1", ', 3, "ends too early"),
    "a later one": ('{"schema": "inspect-pipe-lock/9"}', 2, "another version"),
    "a baseline": ('{"schema": "inspect-pipe-baseline/1"}', 2, "is no lock"),
    "without its parts": ('{"schema": "inspect-pipe-lock/1", "source": "x"}', 2, "has no versions"),
    "with other parts": (
        '{"schema": "inspect-pipe-lock/1", "source": "x", "versions": {}, "files": {}, '
        '"components": {"unet": {"class": "U"}}, "schedules": {}}',
        2,
        "no settings where one is needed",
    ),
    "with other numbers": (
        '{"schema": "inspect-pipe-lock/1", "source": "x", "versions": {}, "files": {}, "components": {}, '
        '"schedules": {"scheduler": {"4": {"sigmas": "many", "timesteps": []}}}}',
        2,
        "a schedule without numbers",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_lock_says_what_is_wrong_with_it(name: str, tmp_path: Path) -> None:
    content, code, words = BAD[name]
    file = tmp_path / "a.lock.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InspectError) as caught:
        load(file)
    assert caught.value.exit_code == code and words in f"{caught.value.message} {caught.value.hint}"
    assert "a.lock.json" in caught.value.message


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    def command(*arguments: str | Path) -> tuple[int, str]:
        done = run(*arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    shutil.copytree(folder, tmp_path / "sd15")
    assert command("check")[0] == 3
    status, said = command("lock", "sd15", "--static")
    assert status == 0 and "sd15 is sealed: 13 files" in said
    file = tmp_path / "inspect-pipe.lock.json"
    sealed = file.read_text()
    status, said = command("check")
    assert status == 0 and "nothing has moved in 13 files" in said
    edit(tmp_path / "sd15" / SCHEDULER, lambda c: c.update(beta_end=0.02))
    status, said = command("check", "--lock", file, "sd15")
    assert status == 1 and "IPB811" in said and SCHEDULER in said
    assert command("check", "--exit-zero")[0] == 0
    (tmp_path / "sd15/unet/config.json").write_text("{")
    for arguments, code, words in (
        (("lock", "sd15", "--static"), 3, "was not sealed: unet/config.json"),
        (("lock", "sd15", "--static", "-o", "sd15/x.json"), 5, "lies inside the inspected"),
        (("check", "--static"), 3, "unet/config.json"),
        (("lock", "none"), 3, "no such file"),
    ):
        status, said = command(*arguments)
        assert status == code and words in said, said
    assert file.read_text() == sealed and not (tmp_path / "sd15/x.json").exists()


def test_a_snapshot_is_kept_and_is_a_source(folder: Path, tmp_path: Path) -> None:
    kept, whole = tmp_path / "a.json", tmp_path / "b.json"
    done = run("snapshot", folder, "-o", kept)
    assert done.returncode == 0 and not done.stdout
    edit_scheduler: Callable[[dict[str, Any]], object] = lambda c: c.update(beta_end=0.5)  # noqa: E731
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    edit(other / SCHEDULER, edit_scheduler)
    assert run("diff", other, "-f", "json", "-o", whole).returncode == 0
    assert kept.stat().st_size < whole.stat().st_size * 0.6
    assert json.loads(kept.read_text())["data"].keys() == {"snapshot"}
    same = run("diff", kept, kept)
    assert same.returncode == 0 and "no difference" in same.stdout
    done = run("diff", kept, whole, "-f", "json")
    found = [f["where"] for f in json.loads(done.stdout)["findings"]]
    assert done.returncode == 1 and "scheduler.beta_end" in found
    (other / "vae/config.json").write_text("{")
    partly = run("snapshot", other, "--static")
    assert partly.returncode == 3 and "vae" in partly.stderr and json.loads(partly.stdout)["data"]["snapshot"]
    assert run("snapshot", other, "-o", other / "x.json").returncode == 5
