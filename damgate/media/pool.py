"""The decoder processes of one server process: started ahead, lent one task at a time, replaced when worn or lost."""

from __future__ import annotations

import contextlib
import pickle
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from damgate import config
from damgate.core.errors import Busy, Misconfigured
from damgate.media.process import Decoder, Lost

_TASKS = 50  # done by one process, so that what a library leaks does not pile up
_PAUSE = 0.5  # seconds before a failed start is tried again
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Status:
    """How the pool is, for `readyz`."""

    running: int
    network: bool | None  # whether decoders can reach the network; None before one has started
    fault: str  # why the latest start failed, "" where it did not


class Pool:
    """Lends warm decoders. Safe to use from many threads."""

    def __init__(self, settings: config.Decoders, prepared: Sequence[object], scratch: Path) -> None:
        """Keep what decoders need; nothing is started."""
        self._settings = settings
        self._prepared = tuple(prepared)
        self._scratch = scratch
        self._idle: queue.Queue[Decoder] = queue.Queue()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()  # one True for each process to start
        self._changing = threading.Lock()
        self._decoders: set[Decoder] = set()
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._network: bool | None = None
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
            for _ in range(self._settings.count):
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
        for decoder in decoders:
            decoder.kill()  # whoever uses it will find it dead, and let go of it
        if keeper is not None:
            keeper.join()
        with contextlib.suppress(queue.Empty):
            while True:
                self.give_back(self._idle.get_nowait())

    def status(self) -> Status:
        """Return how many run, whether they are cut off from the network, and what keeps them from starting."""
        with self._changing:
            return Status(len(self._decoders), self._network, self._fault)

    def borrow(self, wait: float) -> Decoder:
        """Return a living decoder, to be given back; raises Busy where none is free within `wait` seconds."""
        self.start()
        deadline = time.monotonic() + wait
        while not self.stopped:
            try:
                decoder = self._idle.get(timeout=max(0.0, min(deadline - time.monotonic(), 0.5)))
            except queue.Empty:
                if time.monotonic() < deadline:
                    continue
                raise Busy(self._fault or "All decoders are at work; try again in a moment.") from None
            if decoder.alive:
                return decoder
            self.give_back(decoder)  # it died between two tasks; nobody's file is to blame
        raise Busy("The server is shutting down.")

    def give_back(self, decoder: Decoder) -> None:
        """Take a decoder back; a dead or worn one is replaced in the background."""
        if decoder.alive and decoder.tasks < _TASKS and not self.stopped:
            self._idle.put(decoder)
            return
        decoder.end()
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
            decoder = Decoder(self._settings.memory_mb, _TASKS * (self._settings.seconds + 2), self._scratch)
        except OSError as error:
            return f"A decoder process could not be started: {error}."
        with self._changing:
            self._decoders.add(decoder)
            if self.stopped:
                decoder.kill()
        try:
            self._network = decoder.prepare(self._prepared)
        except (ValueError, Lost) as error:
            decoder.end()
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
