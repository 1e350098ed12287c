"""The decoder processes of one server process: started ahead, lent one task at a time, replaced when worn or lost."""

from __future__ import annotations

import bisect
import itertools
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from damgate.core.errors import Busy, Misconfigured
from damgate.media.confinement import Layer
from damgate.media.lanes import TASKS, Allowance
from damgate.media.process import Decoder, Lost

_FAT = 4  # a process that holds this part of its memory after a task is replaced, too
_LOOK = 0.25  # seconds after which who waits looks whether it should go on
_PAUSE = 0.5  # seconds before a failed start is tried again
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Status:
    """How the pool is, for `readyz`."""

    running: int
    missing: frozenset[Layer]  # what the system does not let confine decoders; nothing before one has started
    fault: str  # why the latest start failed, "" where it did not


class Pool:
    """Lends warm decoders. Safe to use from many threads."""

    def __init__(
        self, allowance: Allowance, prepared: Sequence[object], scratch: Path, hidden: Sequence[Path] = ()
    ) -> None:
        """Keep what decoders need; nothing is started."""
        self._allowance = allowance
        self._prepared = tuple(prepared)
        self._scratch = scratch
        self._hidden = tuple(hidden)
        self._idle: deque[Decoder] = deque()
        self._line: list[tuple[bool, int]] = []  # who waits for a free one; background work stands behind all others
        self._tickets = itertools.count()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()  # one True for each process to start
        self._changing = threading.Condition()
        self._decoders: set[Decoder] = set()
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._missing = frozenset[Layer]()
        self._fault = ""

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Start the processes, without waiting for them; a second call does nothing. Raises Misconfigured."""
        with self._changing:
            if self._keeper is not None:
                return
            for thing in self._prepared:
                _check_travels(thing)
            self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            for _ in range(self._allowance.count):
                self._wanted.put(True)
            # One thread starts them all: Linux kills a decoder when the thread that started it ends.
            self._keeper = threading.Thread(target=self._keep, name="decoders", daemon=True)
            self._keeper.start()

    def stop(self) -> None:
        """Kill every process; tasks under way fail. The pool cannot be started again."""
        self._stopping.set()
        self._wanted.put(False)
        with self._changing:
            decoders, keeper = list(self._decoders), self._keeper
            self._changing.notify_all()
        for decoder in decoders:
            decoder.kill()  # whoever uses it will find it dead, and let go of it
        if keeper is not None:
            keeper.join()
        while (idle := self._pick()) is not None:
            self._retire(idle)

    def status(self) -> Status:
        """Return how many run, what does not confine them, and what keeps them from starting."""
        with self._changing:
            return Status(len(self._decoders), self._missing, self._fault)

    def borrow(self, wait: float, *, later: bool = False, watch: Callable[[], None] = lambda: None) -> Decoder:
        """Return a living decoder, to be given back; raises Busy where none is free within `wait` seconds.

        Who can wait for later is served after all who cannot. `watch` is called several times a second, and what it
        raises ends the wait.
        """
        self.start()
        deadline = time.monotonic() + wait
        with self._changing:
            place = (later, next(self._tickets))
            bisect.insort(self._line, place)
        try:
            while not self.stopped:
                if decoder := self._pick(place, deadline):
                    if decoder.alive:
                        return decoder
                    self._retire(decoder)  # it died between two tasks; nobody's file is to blame
                elif time.monotonic() >= deadline:
                    raise Busy(self._fault or "All decoders are at work; try again in a moment.")
                watch()
        finally:
            with self._changing:
                self._line.remove(place)
                self._changing.notify_all()
        raise Busy("The server is shutting down.")

    def give_back(self, decoder: Decoder) -> None:
        """Take a decoder back; a dead, worn or fat one is replaced in the background."""
        fat = decoder.memory > (self._allowance.memory_mb << 20) // _FAT
        with self._changing:
            fit = decoder.alive and decoder.tasks < TASKS and not fat and not self.stopped
            if fit:
                self._idle.append(decoder)
                self._changing.notify_all()
        if not fit:
            self._retire(decoder)

    def _pick(self, place: tuple[bool, int] | None = None, deadline: float = 0.0) -> Decoder | None:
        """Take an idle decoder where this place is the first in the line; wait a moment for that."""
        with self._changing:
            if not self._free(place) and (left := deadline - time.monotonic()) > 0:
                self._changing.wait(min(left, _LOOK))
            return self._idle.popleft() if self._free(place) else None

    def _free(self, place: tuple[bool, int] | None) -> bool:
        return bool(self._idle) and (place is None or self._line[0] == place)

    def _retire(self, decoder: Decoder) -> None:
        decoder.close()
        with self._changing:
            self._decoders.discard(decoder)
        self._wanted.put(True)

    def _keep(self) -> None:
        """Start a process whenever one is wanted, with growing pauses while that fails."""
        pause = _PAUSE
        while self._wanted.get() and not self.stopped:
            self._fault = self._start_one()
            if self._fault:
                self._wanted.put(True)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                pause = _PAUSE

    def _start_one(self) -> str:
        """Put a warm decoder among the idle ones; return why it could not be done, "" where it was."""
        try:
            decoder = Decoder(self._allowance, self._prepared, self._scratch, self._hidden)
        except OSError as error:
            return f"A decoder process could not be started: {error}."
        with self._changing:
            self._decoders.add(decoder)
            if self.stopped:
                decoder.kill()
        try:
            decoder.prepare()
            self._missing = decoder.missing
        except (ValueError, Lost) as error:
            decoder.close()
            with self._changing:
                self._decoders.discard(decoder)
            return f"A decoder process could not be prepared: {error}. {decoder.last_words}".strip()
        self.give_back(decoder)
        return ""


def _check_travels(thing: object) -> None:
    try:
        pickle.dumps(thing)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{thing!r} cannot travel to a decoder process: {error}.") from error
