"""Linux Landlock through ctypes: this process may read and write only where it says now, for the rest of its life.

Where the kernel has no Landlock (or this is no Linux) :func:`confine` says so and changes nothing; the audit hook
of :mod:`inspector.guard` then stands alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

# The system call numbers are the same on every architecture that Linux added after 2018's unification.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH, _NO_NEW_PRIVS = 1, 1, 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_DEVICE_IOCTL = 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | _DEVICE_IOCTL
_TCP_BIND_AND_CONNECT = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> str:
    """Confine this process to the folders given, and cut TCP off where the kernel can.

    Args:
        readable: folders and files that stay readable; those that do not exist are passed over.
        writable: folders and files that stay readable and writable.

    Returns:
        What is in force, for the log: ``landlock ABI 4`` or why there is none.
    """
    if not sys.platform.startswith("linux"):
        return "no landlock: not Linux"
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if abi < 1:
        return f"no landlock: {os.strerror(ctypes.get_errno())}"
    rights = _RIGHTS_BY_ABI.get(abi, _RIGHTS_BY_ABI[3] | (_DEVICE_IOCTL if abi >= 5 else 0))
    rules = _Ruleset(rights, _TCP_BIND_AND_CONNECT if abi >= 4 else 0, _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0)
    size = 8 * (1 + (abi >= 4) + (abi >= 6))
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return f"no landlock: {os.strerror(ctypes.get_errno())}"
    try:
        for paths, access in ((readable, _READ), (writable, rights)):
            for path in paths:
                _allow(libc, ruleset, path, access & rights)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(_RESTRICT_SELF, ruleset, 0):
            return f"no landlock: {os.strerror(ctypes.get_errno())}"
    finally:
        os.close(ruleset)
    return f"landlock ABI {abi}"


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        handle = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:  # a folder that is not there needs no permission
        return
    try:
        if not os.path.isdir(path):
            access &= _FILE_RIGHTS
        rule = _Beneath(access, handle)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)
