"""The calls of the kernel that no decoder needs are closed (seccomp): the network, and what attackers love."""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

from damgate.media import kernel

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the kernel's small machine
_STEP = 8  # bytes of an instruction
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # where it finds what it looks at
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOCAL = 1  # the family of sockets that are files

_X32 = 0x40000000  # numbers of another kind of program for the same processor
_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)  # io_uring, mounts, another's descriptors


@dataclass(frozen=True, slots=True)
class _Machine:
    """How a processor's programs number the calls."""

    name: int
    socket: int
    closed: tuple[int, ...]  # ptrace, mount, umount2, pivot_root, chroot, setns, unshare, bpf, perf_event_open, …


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, 41,
        (101, 155, 161, 163, 165, 166, 167, 168, 169, 175, 176, 246, 248, 249, 250, 272, 298, 303, 304, 308, 310, 311,
         313, 320, 321, 323),
    ),
    "aarch64": _Machine(
        0xC00000B7, 198,
        (39, 40, 41, 51, 89, 97, 104, 105, 106, 117, 142, 217, 218, 219, 224, 225, 241, 264, 265, 268, 270, 271, 273,
         280, 282, 294),
    ),
}  # fmt: skip


def close() -> None:
    """Close them for this process and all that it starts; OSError where the kernel, or this processor, has no way."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, "the calls of this processor are not known")
    program = _program(machine)
    kernel.filter_calls(program, len(program) // _STEP)


def _program(machine: _Machine) -> bytes:
    """Return the filter: each instruction is a code, how far to jump where it holds or not, and a value."""
    closed = (*machine.closed, *_EVERYWHERE)
    refuse = len(closed) + 3  # instructions from the one after the look at the number, to that which refuses
    steps = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 0, refuse + 2, machine.name)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, refuse, 0, _X32)]
    steps += [(_EQUAL, refuse - 1 - at, 0, number) for at, number in enumerate(closed)]
    steps += [(_EQUAL, 0, 3, machine.socket), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_EQUAL, 1, 0, _LOCAL)]
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
