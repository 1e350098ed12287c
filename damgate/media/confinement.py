"""What a decoder process gives up before it sees the first untrusted byte.

Called once, in a process with a single thread, before any library is imported: a user namespace can only be entered
alone. Nothing here is undone later. Each layer that the system refuses is told, and the others stand without it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from damgate.media import calls, kernel, landlock, roots, warden

_OPEN_FILES = 256
_PROCESSES = 64  # processes and threads
_NICENESS = 5
_NAMESPACES = kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_PIDS | kernel.NEW_NETWORK


class Layer(StrEnum):
    """One of the walls around a decoder; each stands without the others."""

    NETWORK = "network"  # a network namespace, or no calls to the network: there is nobody to talk to
    PROCESSES = "processes"  # a process namespace: it sees its own alone, and all die with it
    ROOT = "root"  # a mount namespace: the file system holds programs and its own folders alone
    LANDLOCK = "landlock"  # the same by the kernel's rules about paths
    CALLS = "calls"  # only such calls of the kernel as a decoder needs
    NUMBER = "number"  # at most so many processes and threads


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a decoder works."""

    memory_mb: int  # address space of each process
    cpu_seconds: int  # of its whole life
    largest_file: int  # bytes
    room: str  # the folder that holds `in`, `out` and `root`
    readable: tuple[str, ...]
    hidden: tuple[str, ...]

    @property
    def given(self) -> Path:
        """The folder that the server puts tasks' files into; a decoder only reads there."""
        return Path(self.room) / "in"

    @property
    def made(self) -> Path:
        """The folder that a decoder writes into."""
        return Path(self.room) / "out"

    def written(self) -> str:
        """Return the terms as a command-line argument."""
        return json.dumps(asdict(self))


def read(written: str) -> Terms:
    """Return the terms that a command-line argument tells."""
    told = json.loads(written)
    return Terms(**{**told, "readable": tuple(told["readable"]), "hidden": tuple(told["hidden"])})


def confine(terms: Terms) -> set[Layer]:
    """Limit this process, and all that it starts, for good; return the layers that could not be had.

    On Linux it returns in a child of the process that it was called in, which watches over it.
    """
    missing = set(Layer)
    if sys.platform == "linux":
        kernel.gain_nothing()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        own_user, apart = _leave()
        if apart:
            missing -= {Layer.NETWORK, Layer.PROCESSES}
        warden.part()
        with contextlib.suppress(OSError):  # who may not say so is no worse a neighbour
            Path("/proc/self/oom_score_adj").write_text("1000", "ascii")  # short of memory, the kernel ends it first
        missing -= _see_little(terms, apart=apart)
        if apart:
            kernel.drop_capabilities()
        # After all the rest: a change of credentials clears the signal.
        kernel.die_with_parent(signal.SIGKILL)
        with contextlib.suppress(OSError):
            calls.close()
            missing -= {Layer.CALLS, Layer.NETWORK}
        if own_user:  # counted for this user namespace only; elsewhere it would count the operator's other programs
            _limit(resource.RLIMIT_NPROC, _PROCESSES)
            if os.geteuid():  # the kernel lets the machine's first user exceed it
                missing -= {Layer.NUMBER}
    limit(terms.memory_mb, terms.cpu_seconds, terms.largest_file)
    return missing


def limit(memory_mb: int, cpu_seconds: int, largest_file: int) -> None:
    """Give up all but so much memory, processor time and size of a file (bytes), for good."""
    _limit(resource.RLIMIT_AS, memory_mb << 20)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, largest_file)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    os.nice(_NICENESS)


def _leave() -> tuple[bool, bool]:
    """Leave the server's namespaces; return whether the users' was left, and whether the others were."""
    user, group = os.geteuid(), os.getegid()
    try:
        kernel.unshare(kernel.NEW_USER | _NAMESPACES)
    except OSError:
        with contextlib.suppress(OSError):  # without user namespaces a privileged process still can
            kernel.unshare(_NAMESPACES)
            return False, True
        return False, False
    with contextlib.suppress(OSError):  # without a name of its own it mounts nothing, which is told
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
        Path("/proc/sys/user/max_user_namespaces").write_text("0", "ascii")  # and nobody below begins anew
    return True, True


def _see_little(terms: Terms, *, apart: bool) -> set[Layer]:
    """Give up the files of the machine; return the layers that were had."""
    had, processes = set(), False
    readable = [path for path in terms.readable if Path(path).exists()]
    if apart:
        with contextlib.suppress(OSError):
            root = Path(terms.room) / "root"
            processes = roots.enter(root, readable, terms.hidden, terms.given, terms.made)
            had.add(Layer.ROOT)
    shown = any(Path(path).is_relative_to(one) for path in terms.hidden for one in readable)
    if Layer.ROOT in had or not shown:  # its rules cannot except what lies below
        own = ["/proc"] if processes else []
        with contextlib.suppress(OSError):
            landlock.restrict(
                [*readable, *own, str(terms.given)],
                [str(terms.made), *roots.DEVICES, *(["/tmp"] if Layer.ROOT in had else [])],  # noqa: S108
            )
            had.add(Layer.LANDLOCK)
    return had


def allow_cpu(seconds: float) -> None:
    """Let the process use this much more processor time; beyond it the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 2  # a library may use all cores
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (least, least))
