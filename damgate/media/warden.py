"""The process that stands between the server and a decoder, and sees to it that nothing of the decoder stays behind.

A hostile file may own the decoder, but not this process: it reads nothing, and the decoder cannot reach it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import NoReturn

from damgate.media import kernel

_SIGNALS = {signal.SIGTERM, signal.SIGCHLD}


def part() -> bool:
    """Fork: return in the child, which goes on; the parent watches over it and ends as it does.

    When the server asks (SIGTERM) or ends, the child is killed, with everything it started.
    """
    server = os.getppid()
    kernel.adopt()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    kernel.die_with_parent(signal.SIGTERM)
    if os.getppid() != server:
        raise SystemExit("The server ended while its decoder started.")
    child = os.fork()
    if child:
        _watch_over(child)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    os.setsid()  # signals to its own group do not reach the parent
    return os.getpid() == 1


def _watch_over(child: int) -> NoReturn:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for pipe in (0, 1):  # only the child holds the pipes: they close when it ends
        os.dup2(nowhere, pipe)
    while True:
        if signal.sigwait(_SIGNALS) == signal.SIGTERM:
            os.kill(child, signal.SIGKILL)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
    _bury_orphans()
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number not in {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def _bury_orphans() -> None:
    """Kill what outlived the child; in a process namespace of its own nothing can."""
    mine = Path(f"/proc/self/task/{os.getpid()}/children")
    with contextlib.suppress(ChildProcessError, FileNotFoundError):  # nobody is left; a kernel that does not list them
        while True:
            for orphan in mine.read_text("ascii").split():
                os.kill(int(orphan), signal.SIGKILL)
            os.waitpid(-1, 0)
