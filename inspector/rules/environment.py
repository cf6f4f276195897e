"""Explain pages of what ``inspect-pipe env`` finds: packages, torch's build, the machine; what two do not share."""

from __future__ import annotations

from inspector.model import Confidence, Finding, Severity
from inspector.rules.registry import documented, finding

_PAGES: tuple[tuple[str, Severity, str, str, str, str], ...] = (
    (
        "IPE501",
        "warning",
        "what is imported is not what is installed",
        "Python takes the first `diffusers` on `sys.path`: a folder of that name beside the script, or on PYTHONPATH, "
        "goes before what pip installed. What `pip show` tells is then of code that never runs.",
        "`import diffusers` in a folder that holds a copy of `diffusers/`.",
        "run from another folder, rename the copy, or install it: `pip install -e .` in its checkout.",
    ),
    (
        "IPE502",
        "warning",
        "two copies are installed, and only the first is imported",
        "An upgrade of the other one changes nothing. Which is first depends on `sys.path`: the user's own "
        "site-packages go before those of the system.",
        "`pip install --user diffusers` on top of one that the system brought.",
        "uninstall the one that is not meant.",
    ),
    (
        "IPE503",
        "warning",
        "files of a library were changed after it was installed",
        "Their SHA-256 is not the one that the installation wrote down (RECORD; compiled extensions are compared by "
        "size). A patched scheduler gives other sigmas under the same version number.",
        "`diffusers/schedulers/scheduling_ddim.py` with a line edited in site-packages.",
        "`pip install --force-reinstall --no-deps diffusers==0.42.1`; keep a patch in a checkout of its own.",
    ),
    (
        "IPE504",
        "error",
        "files that were installed are gone",
        "The installation lists them and they are not there: an upgrade that was cut off, a disk that was full.",
        "a `diffusers-0.42.1.dist-info` beside a `diffusers` folder without its schedulers.",
        "`pip install --force-reinstall --no-deps diffusers==0.42.1`.",
    ),
    (
        "IPE505",
        "note",
        "files in a library that its installation did not bring",
        "Left over from another version, or added by hand. They are imported like any other.",
        "`diffusers/schedulers/scheduling_mine.py` in site-packages.",
        "keep code of your own in a package of its own.",
    ),
    (
        "IPE506",
        "warning",
        "the metadata and the code tell of different versions",
        "Libraries ask `importlib.metadata` which version of each other is there, and switch features by it. A "
        "`dist-info` that an upgrade left behind, or that of an editable installation whose checkout moved on, answers "
        "for code that is another.",
        "`diffusers-0.30.0.dist-info` and `diffusers-0.42.1.dist-info` in one site-packages.",
        "remove the one that is left over; after a change of the checkout, `pip install -e .` again.",
    ),
    (
        "IPE507",
        "error",
        "a folder without code answers for a package",
        "A folder without `__init__.py` imports as a namespace: `import diffusers` succeeds and holds nothing "
        "(`cannot import name ... (unknown location)`).",
        "a `diffusers` folder of which an uninstallation left only `__pycache__`.",
        "remove the folder and install the package anew.",
    ),
    (
        "IPE508",
        "warning",
        "the checkout that a library is imported from has changes that are not committed",
        "Its commit does not say what runs. Two machines at one commit may run different code.",
        "`pip install -e diffusers`, and then an edit of `scheduling_euler_discrete.py`.",
        "commit the change, so that a commit names what runs.",
    ),
    (
        "IPE509",
        "error",
        "Python runs compiled code that is not of its source",
        "A `.pyc` with an unchecked hash is believed without a look at the source; any other one if the time and the "
        "size of the source agree. What the editor shows, and where a breakpoint is put, is then not what runs.",
        "a source that was changed by a copy that kept its time and its size.",
        "remove the `__pycache__` folders of the library.",
    ),
    (
        "IPE510",
        "error",
        "this Python cannot import what is to be inspected",
        "Usually another Python is meant: that of a virtual environment.",
        "`python3` of the system, where diffusers is installed in `.venv`.",
        "`inspect-pipe env --python .venv/bin/python`.",
    ),
    (
        "IPE511",
        "warning",
        "there is a GPU, and torch does not use it",
        "torch is built for the processor alone or for other GPUs, or it sees none. Pipelines then run on the "
        "processor in float32, which gives other last digits, and takes minutes for seconds.",
        "`torch 2.13.0+cpu` on a machine with an NVIDIA GPU.",
        "install the build for the GPU.",
    ),
    (
        "IPE512",
        "error",
        "torch needs a newer CUDA than the driver serves",
        "A driver serves every CUDA of its own major version and older ones, and none that is newer.",
        "torch built for CUDA 13.0 on a driver that serves up to 12.4.",
        "update the driver, or install a torch that is built for an older CUDA.",
    ),
    (
        "IPE513",
        "note",
        "an environment variable changes what the libraries do",
        "It is nowhere in the code, and another machine or another shell does not have it.",
        "`NVIDIA_TF32_OVERRIDE=1` in a shell's profile.",
        "set it where the code can be seen, or not at all.",
    ),
    (
        "IPE514",
        "warning",
        "a cache or a library lies where it will make trouble",
        "A cache that cannot be written or is full, a mount that does not answer, a file system on a network or "
        "one that takes `A` and `a` for one file.",
        "`HF_HOME` on a share that is mounted read-only.",
        "name another folder, or mount it anew.",
    ),
    (
        "IPE515",
        "warning",
        "an installed version is not one that another package requires",
        "The package was tested with other versions; pip warns once, when it installs, and never again.",
        "transformers that requires `tokenizers<=0.23` beside tokenizers 0.24.",
        "install the version that is required.",
    ),
    (
        "IPE516",
        "error",
        "two machines run different code where configs and sigmas are made",
        "Proved by the digests of the very files: schedulers, `configuration_utils.py`, the code that saves and loads "
        "pipelines. The same SOURCE gives other settings or other sigmas there. Of the same version this is an error, "
        "of different versions a warning.",
        "`scheduling_euler_discrete.py` patched on one of two machines with diffusers 0.42.1.",
        "install the same version, unpatched, on both; `inspect-pipe diff` of a snapshot from each shows what it does.",
    ),
    (
        "IPE517",
        "warning",
        "two machines compute with different libraries or devices",
        "What a scheduler computes goes through torch and numpy, and some schedules through scipy: another version, "
        "build or processor may round the last digit otherwise. transformers makes the configs of text encoders.",
        "numpy 1.26 on one machine and 2.4 on the other.",
        "pin the same versions; `inspect-pipe sigmas` says how far the sigmas really are apart.",
    ),
    (
        "IPE518",
        "warning",
        "two machines have different environment variables that change what the libraries do",
        "See IPE513: offline, another endpoint, TF32, another cache.",
        "`HF_HUB_OFFLINE=1` on one machine alone.",
        "set the same on both.",
    ),
    (
        "IPE519",
        "note",
        "different versions that make the same configs and sigmas",
        "The files that make them are the same byte for byte, so this difference is not the cause.",
        "a search for the cause in an upgrade that changed no scheduler.",
        "look at the other differences.",
    ),
)
for _code, _severity, _title, _why, _wrong, _right in _PAGES:
    documented(_code, _severity, _title, f"{_why}\n\nwrong: {_wrong}\nright: {_right}")


def found(
    code: str,
    where: str,
    message: str,
    fix: str = "",
    *,
    severity: Severity | None = None,
    confidence: Confidence = "certain",
) -> Finding:
    """A finding of one of these codes, with its severity unless another is given."""
    return finding(code, where, message, fix, severity=severity, confidence=confidence, places={})
