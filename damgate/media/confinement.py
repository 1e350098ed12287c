"""What a decoder process gives up before it sees the first untrusted byte.

Called once, in a process with a single thread, before any library is imported: a user namespace can only be entered
alone. Nothing here is undone later.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_LARGEST_FILE = 1 << 30  # bytes
_OPEN_FILES = 64
_PROCESSES = 64  # processes and threads
_NICENESS = 5


def confine(memory_mb: int, cpu_seconds: int) -> bool:
    """Limit this process for good; return whether it can still reach the network."""
    parent = os.getppid()
    alone = False
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        own_user = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
        # Without user namespaces a privileged process can still leave the network by itself.
        alone = own_user or libc.unshare(_CLONE_NEWNET) == 0
        # After unshare: a change of credentials clears the signal.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit("The server ended while its decoder started.")
        if own_user:  # counted for this user namespace only; elsewhere it would count the operator's other programs
            _limit(resource.RLIMIT_NPROC, _PROCESSES)
    memory = memory_mb << 20
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    os.nice(_NICENESS)
    return not alone


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
