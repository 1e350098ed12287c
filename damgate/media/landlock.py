"""Landlock: a process gives up every file but those it names, for itself and all that it starts."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Iterable

from damgate.media import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_ONLY = 1
_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FIRST_RIGHTS = (1 << 13) - 1  # known to the first version
_REFER, _TRUNCATE, _DEVICE_IOCTL = (2, 1 << 13), (3, 1 << 14), (5, 1 << 15)  # each with its first version
_TCP = (4, 3)  # to bind and to connect
_SCOPES = (6, 3)  # abstract sockets and signals reach only who is confined alike

_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE[1] | _DEVICE_IOCTL[1]


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Let this thread, and all that it starts, use nothing but these paths and what is below them.

    Those that do not exist are left out. OSError where the kernel has no Landlock.
    """
    version = kernel.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION_ONLY)
    every = _FIRST_RIGHTS | _since(version, _REFER, _TRUNCATE, _DEVICE_IOCTL)
    asked = (ctypes.c_uint64 * 3)(every, _since(version, _TCP), _since(version, _SCOPES))
    size = 8 * (1 + (version >= _TCP[0]) + (version >= _SCOPES[0]))
    rules = kernel.syscall(_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), 0)
    try:
        for paths, rights in ((readable, _READING), (writable, every & ~_DEVICE_IOCTL[1])):
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    _allow(rules, path, rights)
        kernel.syscall(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _since(version: int, *rights: tuple[int, int]) -> int:
    return sum(bits for first, bits in rights if version >= first)


def _allow(rules: int, path: str, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        rule = _Rule(rights if folder else rights & _OF_FILES, fd)
        kernel.syscall(_ADD, rules, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)
