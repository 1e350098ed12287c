"""The calls of Linux that Python has no words for. Each raises OSError where the kernel refuses."""

from __future__ import annotations

import contextlib
import ctypes
import os

NEW_MOUNTS = 0x00020000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

BIND = 0x1000
RECURSIVE = 0x4000
PRIVATE = 1 << 18
NO_SUID, NO_DEV, NO_EXEC = 2, 4, 8

_DETACH = 2
_MOUNT_SETATTR = 442  # the same number on every machine, as are all since 424
_HERE = -100
_SET_RECURSIVE = 0x8000
_READ_ONLY = 1

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP, _FILTER = 22, 2
_PR_CAPBSET_DROP = 24
_PR_SET_SECUREBITS = 28
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_NO_ROOT_LOCKED = 0x0F  # user 0 is a user like any other, for good
_CAPABILITY_VERSION = 0x20080522


def unshare(what: int) -> None:
    """Leave the namespaces of these kinds for new ones."""
    _checked(_libc().unshare(what), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount; with `BIND`, show `source` also at `target`."""
    done = _libc().mount(*(text.encode() for text in (source, target, kind)), ctypes.c_ulong(flags), options.encode())
    _checked(done, f"mount {target}")


def make_read_only(target: str, *, below: bool = True) -> None:
    """Let nothing be written, and no device or set-user-id program be used, through the mount at `target`."""
    wanted = (ctypes.c_uint64 * 4)(_READ_ONLY | NO_SUID | NO_DEV, 0, 0, 0)
    flags = _SET_RECURSIVE if below else 0
    syscall(_MOUNT_SETATTR, _HERE, target.encode(), flags, ctypes.byref(wanted), ctypes.c_size_t(32))


def enter_root(folder: str) -> None:
    """Make the mount at `folder` the root of this process, and let go of the old one."""
    os.chdir(folder)
    _checked(_libc().pivot_root(b".", b"."), "pivot_root")
    _checked(_libc().umount2(b".", _DETACH), "umount2")
    os.chdir("/")


def gain_nothing() -> None:
    """No program that this process starts has more rights than it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(signal: int) -> None:
    """Have the kernel send this signal when the thread that started this process ends."""
    _prctl(_PR_SET_PDEATHSIG, signal)


def adopt() -> None:
    """Become the parent of every orphan among this process's descendants."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def drop_capabilities() -> None:
    """Give up every power over the namespaces that this process made."""
    with contextlib.suppress(PermissionError):  # a system that grants no power in a new namespace
        _prctl(_PR_SET_SECUREBITS, _NO_ROOT_LOCKED)
    last = 0
    while _libc().prctl(_PR_CAPBSET_DROP, last, 0, 0, 0) == 0:  # until there is no capability of that number
        last += 1
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _checked(_libc().capset(ctypes.byref(header), ctypes.byref(none)), "capset")


def filter_calls(program: bytes, steps: int) -> None:
    """Let a program of the kernel's packet filter decide about every call from now on."""

    class Program(ctypes.Structure):
        _fields_ = (("steps", ctypes.c_ushort), ("first", ctypes.c_char_p))

    told = Program(steps, program)
    _checked(_libc().prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(told), 0, 0), "seccomp")


def syscall(number: int, *arguments: object) -> int:
    """Call the kernel by number; return what it returns."""
    return _checked(_libc().syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def _prctl(what: int, value: int) -> None:
    _checked(_libc().prctl(what, value, 0, 0, 0), f"prctl {what}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
