"""A small world with two sides for tests of ``debug``: environments of their own, with a small library in them.

The library is a package called diffusers with the one file that matters; the environments are real ones (``pyvenv.cfg``
and a link to this Python), so that ``sys.path`` and its spelling are Python's own doing. debugpy is the installed one.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

SOURCE = '''
import os.path


class ConfigMixin:
    """As much of it as a debugger must find."""

    @classmethod
    def from_config(cls, config):
        return cls.extract_init_dict(config)

    @classmethod
    def extract_init_dict(cls, config_dict):
        """Not the first line that runs."""
        used = config_dict.get("_use_default_values", [])
        os.path.join("a", "b")
        return used, {}, {}
'''
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def environment(home: Path, *, source: str = SOURCE, version: str = "0.1", debugpy: bool = True) -> Path:
    """An environment with the small library; its folder."""
    (home / "bin").mkdir(parents=True)
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (home / "bin" / "python").symlink_to(base if base.exists() else os.path.realpath(sys.executable))
    (home / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    library(home / SITE, source=source, version=version)
    if debugpy:
        found = importlib.util.find_spec("debugpy")
        assert found is not None and found.origin is not None
        (home / SITE / "debugpy").symlink_to(Path(found.origin).parent)
    return home


def library(site: Path, *, source: str = SOURCE, version: str = "0.1") -> Path:
    """The small library in a folder; its own folder."""
    package = site / "diffusers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n')
    (package / "configuration_utils.py").write_text(source)
    return package
