"""Whether the installed packages have the versions that they require of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model import Finding
from inspector.rules.environment import found


def judge(facts: dict[str, Any]) -> Iterator[Finding]:
    """Every requirement that an installed version does not meet, among the packages that are looked at."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion

    there = {}
    for package in facts["packages"].values():
        for one in package["installed"][:1]:
            there[canonicalize_name(one["name"])] = (one["version"], package["name"])
    environment = markers(facts)
    for package in facts["packages"].values():
        for one in [d for d in package["installed"] if d["covers"]]:
            for line in one["requires"]:
                try:
                    wanted = Requirement(line)
                    known = there.get(canonicalize_name(wanted.name))
                    applies = wanted.marker is None or wanted.marker.evaluate(environment)
                    if known is None or not applies or not wanted.specifier:
                        continue
                    met = wanted.specifier.contains(known[0], prereleases=True)
                except (InvalidRequirement, InvalidVersion):
                    continue
                if not met:
                    needs = f"{one['name']} {one['version']} requires {wanted.name}{wanted.specifier}"
                    message = f"{needs}, and {known[0]} is installed"
                    fix = f"pip install '{wanted.name}{wanted.specifier}'"
                    yield found("IPE515", known[1], message, fix)


def markers(facts: dict[str, Any]) -> dict[str, str]:
    """What ``python_version >= "3.9"`` and its like are judged by: the Python in question, not this one."""
    system = facts["platform"]["system"]
    python = facts["python"]
    return {
        "python_version": ".".join(python["version"].split(".")[:2]),
        "python_full_version": python["version"],
        "implementation_name": python["implementation"].lower(),
        "platform_python_implementation": python["implementation"],
        "platform_system": system,
        "platform_machine": facts["platform"]["machine"],
        "sys_platform": {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(system, system.lower()),
        "os_name": "nt" if system == "Windows" else "posix",
        "extra": "",
    }
