"""Worker processes: one parent that holds the socket, and children that serve on it."""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from damgate.server.duty import Build, perform
from damgate.server.signals import SignalInbox

WANTED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Staffing:
    """How many workers there are, and how much dying is borne."""

    count: int = 2
    """Worker processes."""

    grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL."""

    deaths: int = 5
    """So many workers dying within `period` seconds end the whole."""

    period: float = 10.0

    backoff: float = 0.1
    """Seconds before the first replacement; doubled with each death within `period`."""


def run(
    build: Build,
    announce: Callable[[], None],
    staffing: Staffing | None = None,
    close: Callable[[], None] = lambda: None,
) -> int:
    """Keep the workers serving until SIGTERM or SIGINT; give the process's exit code.

    `build(index)` runs in each child, and is the first to open databases or start threads; the listening socket
    is bound by the caller before and simply inherited. `announce()` runs here, once, when all are ready; it must
    not start a thread, because dead workers are replaced by forking again. `close()` runs here before the workers are
    stopped: a listening socket that stayed open here would go on taking connections that nobody serves. Cheroot's
    way to more than one process is `reuse_port`, where the connections that the kernel gave to a hung worker are lost.
    """
    if threading.active_count() > 1:
        raise RuntimeError("workers must be forked before any thread is started")
    with SignalInbox(*WANTED) as inbox:
        return _Crew(build, announce, close, staffing or Staffing(), inbox).lead()


@dataclass(slots=True)
class _Worker:
    index: int
    pid: int
    report: int
    ready: bool = False


@dataclass(slots=True)
class _Crew:
    """The parent's view of its workers."""

    build: Build
    announce: Callable[[], None]
    close: Callable[[], None]
    staffing: Staffing
    inbox: SignalInbox
    workers: dict[int, _Worker] = field(default_factory=dict)
    vacant: dict[int, float] = field(default_factory=dict)
    deaths: list[float] = field(default_factory=list)
    announced: bool = False
    life: tuple[int, int] = field(default_factory=os.pipe)
    """A pipe whose writing end only the parent holds: its end of file tells the children that the parent is dead."""

    def lead(self) -> int:
        """Hire, watch and replace; give the exit code."""
        code = 0
        self.vacant = dict.fromkeys(range(self.staffing.count), 0.0)
        try:
            while True:
                self._hire()
                signals = self._wait(min(self.vacant.values(), default=None))
                if signals & {signal.SIGTERM, signal.SIGINT}:
                    break
                if signal.SIGHUP in signals:
                    self._tell(signal.SIGHUP)
                if not self._replaceable(self._bury()):
                    code = 1
                    break
        finally:
            self._dismiss()
            for end in self.life:
                os.close(end)
        return code

    def _hire(self) -> None:
        now = time.monotonic()
        for index in [index for index, due in self.vacant.items() if due <= now]:
            reader, writer = os.pipe()
            try:
                with _held_back():
                    pid = os.fork()
                    if pid == 0:
                        self._become_worker(index, reader, writer)
            except OSError:  # no memory for a process now; those that run go on
                logging.getLogger("damgate.server").exception("no worker could be started")
                os.close(reader)
                self.vacant[index] = now + self.staffing.period / 10
            else:
                del self.vacant[index]
                self.workers[pid] = _Worker(index, pid, reader)
            finally:
                os.close(writer)

    def _become_worker(self, index: int, reader: int, writer: int) -> None:
        """Close what is the parent's, and never return."""
        signal.set_wakeup_fd(-1)
        self.inbox.close()
        os.close(reader)
        os.close(self.life[1])
        for other in self.workers.values():
            os.close(other.report)
        perform(self.build, index, ready=writer, life=self.life[0], grace=self.staffing.grace)

    def _wait(self, until: float | None) -> set[int]:
        """Wait for a signal, a worker's report, or the time of the next hiring."""
        reports = {worker.report: worker for worker in self.workers.values() if not worker.ready}
        timeout = None if until is None else max(0.0, until - time.monotonic())
        sources: list[SignalInbox | int] = [self.inbox, *reports]
        readable, _, _ = select.select(sources, [], [], timeout)
        for one in readable:
            if isinstance(one, int) and os.read(one, 1):
                reports[one].ready = True
        if not self.announced and sum(worker.ready for worker in self.workers.values()) == self.staffing.count:
            self.announced = True
            self.announce()
        return self.inbox.take()

    def _bury(self) -> list[tuple[_Worker, int]]:
        """Collect the dead, with their exit codes."""
        dead = []
        for worker in list(self.workers.values()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                os.close(worker.report)
                dead.append((self.workers.pop(pid), os.waitstatus_to_exitcode(status)))
        return dead

    def _replaceable(self, dead: list[tuple[_Worker, int]]) -> bool:
        """Plan the replacement of the dead; False when too many die."""
        log = logging.getLogger("damgate.server")
        now = time.monotonic()
        self.deaths = [when for when in self.deaths if now - when < self.staffing.period]
        for worker, code in dead:
            log.warning("worker %d (process %d) ended with %d", worker.index, worker.pid, code)
            self.deaths.append(now)
            self.vacant[worker.index] = now + self.staffing.backoff * 2 ** (len(self.deaths) - 1)
        if len(self.deaths) < self.staffing.deaths:
            return True
        log.error(
            "%d workers died within %g seconds; giving up. The reason stands above, where the first one ended.",
            len(self.deaths),
            self.staffing.period,
        )
        return False

    def _tell(self, number: signal.Signals) -> None:
        for worker in self.workers.values():
            with suppress(ProcessLookupError):
                os.kill(worker.pid, number)

    def _dismiss(self) -> None:
        """Let running requests end, up to the grace time, then end all that is left."""
        self.close()
        self._tell(signal.SIGTERM)
        until = time.monotonic() + self.staffing.grace
        while self.workers and (left := until - time.monotonic()) > 0:
            select.select([self.inbox], [], [], min(left, 0.5))
            self.inbox.take()
            self._bury()
        self._tell(signal.SIGKILL)
        for worker in self.workers.values():
            os.waitpid(worker.pid, 0)
            os.close(worker.report)
        self.workers.clear()


@contextmanager
def _held_back() -> Iterator[None]:
    """Hold signals back, so that none for the child is put into the parent's inbox."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WANTED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
