"""What is wrong with how the packages are found and with their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding, Severity
from inspector.rules.environment import found

NEEDED = ("diffusers", "torch")
CORE = ("diffusers", "transformers", "torch", "accelerate", "huggingface_hub", "safetensors", "tokenizers", "numpy")
PLACES = {
    "folder": "the current folder",
    "script": "the script's folder",
    "pythonpath": "PYTHONPATH",
    "user site": "the user's own site-packages",
    "site": "site-packages",
    "added": "a folder that a .pth file, or code, put on sys.path",
    "stdlib": "the standard library's folder",
    "": "an import hook",
}
Facts = dict[str, Any]


def judge(facts: Facts) -> Iterator[Finding]:
    """Every finding about the packages."""
    for name in NEEDED:
        package = facts["packages"].get(name)
        if package is None or package["imported"] is None:
            yield absent(name, package, facts)
    for package in facts["packages"].values():
        if package["imported"] is not None:
            yield from shadowing(package, facts)
            yield from doubled(package, facts)
            yield from namespace(package)
            yield from editing(package)
        yield from versions(package)
        for distribution in package["installed"]:
            yield from files(package, distribution)


def absent(name: str, package: Facts | None, facts: Facts) -> Finding:
    """A package that everything else needs cannot be imported."""
    python = facts["python"]["executable"]
    message = f"{python} cannot import {name}"
    if package is not None and package["installed"]:
        message += f", though {package['installed'][0]['metadata']} says it is installed"
    near = [p for p in facts["python"].get("nearby", ()) if p != python]
    fix = f"inspect-pipe env --python {near[0]}" if near else f"{python} -m pip install {name}"
    return found("IPE510", name, message, fix, severity="error" if name == "diffusers" else "warning")


def place(imported: Facts, facts: Facts) -> str:
    """How a user would name where a copy lies."""
    where = PLACES[imported["from"]] if imported["entry"] is not None else f"{imported.get('how', '')}, an import hook"
    return f"{imported['root']} ({where})"


def shadowing(package: Facts, facts: Facts) -> Iterator[Finding]:
    """What is imported is not what is installed."""
    imported, name = package["imported"], package["name"]
    if imported["kind"] == "namespace" or any(d["covers"] for d in package["installed"]):
        return
    hidden = [c for c in package["copies"] if c["from"] in ("site", "user site")]
    if hidden or package["installed"]:
        behind = hidden[0]["root"] if hidden else package["installed"][0]["metadata"]
        version = hidden[0]["version"] if hidden else package["installed"][0]["version"]
        message = f"{named(package)} is imported from {place(imported, facts)}; "
        message += f"the installed {version or 'one'}, {behind}, is hidden"
        yield found("IPE501", name, message, remedy(imported, facts))
    elif imported["from"] in ("folder", "script", "pythonpath", "added") and name in CORE:
        message = f"{named(package)} is imported from {place(imported, facts)} and is not installed: no metadata"
        yield found("IPE501", name, message, "pip install -e its checkout", severity="note")


def remedy(imported: Facts, facts: Facts) -> str:
    if imported["from"] in ("folder", "script"):
        return f"rename {imported['root']}, or run Python from another folder (python -P leaves the folder out)"
    if imported["from"] == "pythonpath":
        return f"take {facts['sys_path'][imported['entry']]['entry']} out of PYTHONPATH"
    return "remove the one that is not meant"


def doubled(package: Facts, facts: Facts) -> Iterator[Finding]:
    """A second copy further down ``sys.path``; where the first is no installation, :func:`shadowing` has told."""
    imported = package["imported"]
    if imported["kind"] == "namespace" or not any(d["covers"] for d in package["installed"]):
        return
    for copy in package["copies"]:
        message = (
            f"two copies: {named(package)} from {place(imported, facts)} is imported, "
            f"{copy['version'] or 'the one'} in {place(copy, facts)} never is"
        )
        yield found("IPE502", package["name"], message, f"uninstall one of them: {copy['root']}, say")


def namespace(package: Facts) -> Iterator[Finding]:
    """A folder without ``__init__.py`` answers for the package: it imports, and has nothing in it."""
    imported = package["imported"]
    if imported["kind"] == "namespace" and (package["installed"] or package["name"] in CORE):
        message = f"{imported['root']} has no __init__.py: import {package['name']} succeeds and holds nothing"
        yield found("IPE507", package["name"], message, f"remove what is left in {imported['root']}, and install anew")


def editing(package: Facts) -> Iterator[Finding]:
    """Imported from a checkout with changes; or from compiled files of other sources."""
    git = package["git"]
    if git is not None and git["dirty"]:
        at = f"{git['branch'] or 'a commit'} {(git['commit'] or '')[:12]}".strip()
        message = (
            f"{named(package)} comes from the checkout {git['root']} ({at}) with {count(git['dirty'])} changed since"
        )
        yield found("IPE508", package["name"], f"{message}: {few(git['dirty'])}", f"git -C {git['root']} diff")
    if package["stale"]:
        message = (
            f"Python runs compiled files of {named(package)} that are not of their sources: {few(package['stale'])}"
        )
        fix = f"remove the __pycache__ folders under {package['imported']['root']}"
        yield found("IPE509", package["name"], message, fix)


def versions(package: Facts) -> Iterator[Finding]:
    """What the metadata say, and what the code says."""
    stated, told, name = package["version"], package["metadata_version"], package["name"]
    same_place: dict[Any, list[Facts]] = {}
    for one in package["installed"]:
        same_place.setdefault(one["entry"], []).append(one)
    for several in same_place.values():
        if len(several) > 1:
            names = ", ".join(d["metadata"].replace("\\", "/").rpartition("/")[2] for d in several)
            gone = [d for d in several if not d["covers"] or (d["record"] and d["missing"])]
            fix = f"remove {gone[-1]['metadata']}" if gone else f"pip install --force-reinstall --no-deps {name}"
            message = f"{len(several)} installations of {name} in one place: {names}; {told} is what metadata answer"
            yield found("IPE506", name, message, fix)
            return
    if stated is None or told is None or same_version(stated, told):
        return
    if not any(d["covers"] for d in package["installed"]):  # what is imported is another copy, which is told already
        return
    message = (
        f"the code that is imported says {name} {stated}, the metadata say {told}: checks of versions go by the latter"
    )
    editable = any(d["origin"]["kind"] == "editable" for d in package["installed"])
    fix = "pip install -e the checkout again" if editable else f"pip install --force-reinstall --no-deps {name}"
    yield found("IPE506", name, message, fix)


def same_version(a: str, b: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(a) == Version(b)
    except InvalidVersion:
        return a == b


def files(package: Facts, distribution: Facts) -> Iterator[Finding]:
    """Files that are not as they were installed."""
    name, label = package["name"], f"{distribution['name']} {distribution['version']}"
    again = reinstall(distribution)
    if distribution["changed"]:
        rest = f" in {distribution['metadata']}" if not distribution["covers"] else ""
        message = f"{count(distribution['changed'])} of {label}{rest} changed after installation: "
        yield found("IPE503", name, message + few(distribution["changed"]), again)
    if distribution["missing"]:
        every = len(distribution["missing"]) >= distribution["listed"]
        what = "all its files are" if every else f"{count(distribution['missing'])} are"
        where = distribution["metadata"]
        message = f"{label}: {what} gone, though {where} lists them: {few(distribution['missing'])}"
        severity: Severity = "error" if distribution["covers"] or package["imported"] is None else "warning"
        yield found("IPE504", name, message, f"remove {where}" if every else again, severity=severity)
    if distribution["added"]:
        message = f"{count(distribution['added'])} in {label} that its installation did not bring: "
        yield found("IPE505", name, message + few(distribution["added"]), "remove what is left over, or is not meant")


def reinstall(distribution: Facts) -> str:
    """The line that puts a package back."""
    name, version = distribution["name"], distribution["version"]
    origin = distribution["origin"]
    if origin["kind"] == "conda":
        return f"conda install --force-reinstall {name}={version}"
    if origin["kind"] == "vcs":
        return f"pip install --force-reinstall --no-deps git+{origin['url']}@{origin['commit']}"
    pip = "uv pip install --reinstall-package " + name if distribution["installer"] == "uv" else (
        "pip install --force-reinstall --no-deps"
    )  # fmt: skip
    return f"{pip} {name}=={version}"


def named(package: Facts) -> str:
    return f"{package['name']} {package['version'] or package['metadata_version'] or ''}".strip()


def count(names: list[str]) -> str:
    return f"{len(names)} file{'' if len(names) == 1 else 's'}"


def few(names: list[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:most])} and {rest} more"
