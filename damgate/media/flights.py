"""Single flight: however many ask for the same thing at once, it is made once, in all processes of the machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from pathlib import Path
from typing import Generic, TypeVar

import filelock

from damgate.core.errors import Busy

T = TypeVar("T")

_MOST = 64  # under way in one process; beyond it an asker is sent away at once


class Flights(Generic[T]):
    """Work under way in this process, by key. Each runs on a thread of its own, so that its askers may leave."""

    def __init__(self, askers: int) -> None:
        """Begin with none. At most `askers` threads wait at a time: the others of a server have other work."""
        self._lock = threading.Lock()
        self._askers = askers
        self._waiting = 0
        self._flying: dict[str, Future[T]] = {}

    def join(self, key: str, work: Callable[[], T], wait: float) -> T:
        """Return what `work` returns, or raise what it raises; if `key` is under way already, its outcome.

        Raises Busy after `wait` seconds, or at once where too many wait already; the work goes on.
        """
        with self._lock:
            flight = self._flying.get(key)
            if flight is None:
                if len(self._flying) >= _MOST:
                    raise Busy("Too many files are being made at once; try again in a moment.")
                flight = self._flying[key] = Future()
                threading.Thread(
                    target=self._fly, args=(key, work, flight), name=f"flight {key[:8]}", daemon=True
                ).start()
            patient = self._waiting < self._askers
            self._waiting += patient
        try:
            if not wait_for([flight], timeout=wait if patient else 0.0).done:
                raise Busy("The file is still being worked on; try again in a moment.")
            return flight.result()
        finally:
            with self._lock:
                self._waiting -= patient

    def _fly(self, key: str, work: Callable[[], T], flight: Future[T]) -> None:
        result: T
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  (it is raised again, in every asker)
            self._land(key)
            flight.set_exception(error)
        else:
            self._land(key)
            flight.set_result(result)

    def _land(self, key: str) -> None:
        with self._lock:
            del self._flying[key]


@contextlib.contextmanager
def locked(folder: Path, key: str, wait: float) -> Iterator[None]:
    """Hold the lock of `key` against the machine's other processes; Busy if it cannot be had in `wait` seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / f"{key}.lock", timeout=wait, poll_interval=0.02)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Busy("The file is still being made by another process; try again in a moment.") from error
    try:
        yield
    finally:
        # Removed while held: whoever waits on the nameless file sees that it has no name left, and opens a new one.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
