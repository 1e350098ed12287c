"""What one worker process does between its fork and its end."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn, Protocol

from damgate.server.signals import SignalInbox

WANTED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Duty(Protocol):
    """What a worker process serves with; `Server` is one."""

    def prepare(self) -> None:
        """Start what is needed; returning means ready."""
        ...

    def serve(self) -> None:
        """Serve until another thread calls `stop`."""
        ...

    def stop(self) -> None:
        """Stop accepting, and return when the running requests have ended."""
        ...

    def hang_up(self) -> None:
        """Do what SIGHUP asks for, while serving."""
        ...


Build = Callable[[int], Duty]


def perform(build: Build, index: int, *, ready: int, life: int, grace: float) -> NoReturn:
    """Build and serve in this process, just forked with its signals held back, and end with it.

    A byte into `ready` says so; the end of file of `life` says that the parent is dead, which counts as SIGTERM.
    The process ends here, whatever happens: the stack above is the parent's.
    """
    code = 1
    try:
        with SignalInbox(*WANTED) as inbox:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*WANTED, signal.SIGCHLD})
            code = _serve(build(index), inbox, ready, life, grace)
    except BaseException:
        logging.getLogger("damgate.server").exception("worker %d could not go on", index)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve(duty: Duty, inbox: SignalInbox, ready: int, life: int, grace: float) -> int:
    """Serve in a thread while this one waits for reasons to stop."""
    failed = threading.Event()

    def serve() -> None:
        try:
            duty.serve()
        except BaseException:
            logging.getLogger("damgate.server").exception("a worker stopped serving")
            failed.set()
        finally:
            inbox.post(signal.SIGTERM)

    duty.prepare()
    thread = threading.Thread(target=serve, name="serve")
    thread.start()
    os.write(ready, b"1")
    os.close(ready)
    sources: list[SignalInbox | int] = [inbox, life]
    while True:
        readable, _, _ = select.select(sources, [], [])
        signals = inbox.take()
        if life in readable or signal.SIGTERM in signals:
            break
        if signal.SIGHUP in signals:
            duty.hang_up()
    signal.setitimer(signal.ITIMER_REAL, grace)  # SIGALRM ends the process when a request does not
    duty.stop()
    thread.join()
    return int(failed.is_set())
