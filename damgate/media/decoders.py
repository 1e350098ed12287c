"""The pool of decoder processes of one server process."""

from __future__ import annotations

import contextlib
import errno
import pickle
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from damgate import config
from damgate.core.assets import Facts
from damgate.core.channels import Channel, Examiner, Produced, Source
from damgate.core.errors import Busy, Misconfigured, NoSpace, Unrenderable
from damgate.media import folders
from damgate.media.process import Decoder, Lost

_TASKS = 50  # done by one process, so that what a library leaks does not pile up
_WAIT = 60.0  # seconds that a task waits for a free decoder
_LONGEST_BACKOFF = 30.0  # seconds
_STALE = 3600.0  # seconds after which a task's folder can only be a crash's leftover


@dataclass(frozen=True, slots=True)
class Status:
    """How the pool is, for `readyz`."""

    running: int
    network: bool | None  # whether decoders can reach the network; None before one has started
    fault: str  # why the latest start failed, "" where it did not


class Decoders:
    """Decodes untrusted files in processes that can be killed. Safe to use from many threads.

    Create it where you like, but `start` it after the server has forked its workers.
    """

    def __init__(self, settings: config.Decoders, prepared: Sequence[object], scratch: Path) -> None:
        """Keep what decoders need; `prepared` are the channels and examiners whose libraries they load beforehand."""
        self.seconds = float(settings.seconds)
        self._settings = settings
        self._prepared = tuple(prepared)
        self._scratch = scratch
        self._idle: queue.Queue[Decoder] = queue.Queue()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()  # one item for each process to start
        self._changing = threading.Lock()
        self._decoders: set[Decoder] = set()
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._network: bool | None = None
        self._fault = ""

    def start(self) -> None:
        """Start the processes, without waiting for them; a second call does nothing. The first task does it too."""
        with self._changing:
            if self._keeper is not None:
                return
            for thing in self._prepared:
                _check_travels(thing)
            self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            folders.sweep(self._scratch, time.time() - _STALE - 2 * self.seconds)
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
                self._give_back(self._idle.get_nowait())

    def status(self) -> Status:
        """Return how many run, whether they are cut off from the network, and what keeps them from starting."""
        with self._changing:
            return Status(len(self._decoders), self._network, self._fault)

    def folder(self) -> AbstractContextManager[Path]:
        """Lend a private, empty folder for one task; it is removed with all that is in it."""
        return folders.lent(self._scratch)

    def render(
        self, channel: Channel, source: Source, into: Path, seconds: float | None = None, *, wait: float = _WAIT
    ) -> Produced:
        """Let a decoder write the rendition of `source` to `into`, both in one private folder; return what it is.

        A crash, hang or failure is tried once more in another process. Raises Unrenderable where the file is at
        fault, Busy where no decoder became free in `wait` seconds, NoSpace for a full disk.
        """
        promised = channel.produces(source.media_type)
        if promised is None:
            raise Unrenderable(f"The channel {channel.name} makes nothing of files of type {source.media_type}.")
        task = ("render", channel, source, into)
        self._ask(task, seconds or self.seconds, wait, before_retry=lambda: into.unlink(missing_ok=True))
        folders.check_output(into, promised)
        return promised

    def examine(
        self, examiner: Examiner, path: Path, media_type: str, seconds: float | None = None, *, wait: float = _WAIT
    ) -> Facts:
        """Let a decoder find the facts of the file at `path`, which stands in a private folder; raises as `render`."""
        answer = self._ask(("examine", examiner, path, media_type), seconds or self.seconds, wait)
        width, height, damaged = answer.get("width"), answer.get("height"), answer.get("damaged")
        # The answer comes from a process that a hostile file may own: believe its shape only.
        return Facts(media_type, _side(width), _side(height), damaged[:500] if isinstance(damaged, str) else "")

    def _ask(
        self,
        task: tuple[object, ...],
        seconds: float,
        wait: float,
        before_retry: Callable[[], None] = lambda: None,
    ) -> dict[str, object]:
        """Return the answer of a decoder; one that is lost over the task is replaced and the task tried once more."""
        deadline = time.monotonic() + wait
        reason = ""
        for attempt in range(2):
            if attempt:
                before_retry()
            decoder = self._borrow(deadline if not attempt else time.monotonic() + wait)
            try:
                answer = decoder.ask(task, seconds)
                if "failed" in answer:  # a bug, or out of memory: nobody knows what state it is in
                    decoder.end()
            except Lost as error:
                if self._stopping.is_set():
                    raise Busy("The server is shutting down.") from error
                reason = str(error)
                continue
            finally:
                self._give_back(decoder)
            if "refused" in answer:
                raise Unrenderable(str(answer["refused"]))
            if "failed" not in answer:
                return answer
            if answer.get("errno") in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpace("The disk is full.")
            reason = str(answer["failed"]).rstrip(".")
        raise Unrenderable(f"The file could not be decoded: {reason}.")

    def _borrow(self, deadline: float) -> Decoder:
        self.start()
        while not self._stopping.is_set():
            try:
                decoder = self._idle.get(timeout=max(0.0, min(deadline - time.monotonic(), 0.5)))
            except queue.Empty:
                if time.monotonic() < deadline:
                    continue
                raise Busy(self._fault or "All decoders are at work; try again in a moment.") from None
            if decoder.alive:
                return decoder
            self._give_back(decoder)  # it died between two tasks; nobody's file is to blame
        raise Busy("The server is shutting down.")

    def _give_back(self, decoder: Decoder) -> None:
        if decoder.alive and decoder.tasks < _TASKS and not self._stopping.is_set():
            self._idle.put(decoder)
            return
        decoder.end()
        with self._changing:
            self._decoders.discard(decoder)
        self._wanted.put(True)

    def _keep(self) -> None:
        """Start a process whenever one is wanted, with growing pauses while that fails."""
        pause = 0.5
        while self._wanted.get() and not self._stopping.is_set():
            self._fault = self._start_one()
            if self._fault:
                self._wanted.put(True)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_BACKOFF)
            else:
                pause = 0.5

    def _start_one(self) -> str:
        """Put a warm decoder among the idle ones; return why it could not be done, "" where it was."""
        try:
            decoder = Decoder(self._settings.memory_mb, _TASKS * (self._settings.seconds + 2), self._scratch)
        except OSError as error:
            return f"A decoder process could not be started: {error}."
        with self._changing:
            self._decoders.add(decoder)
            if self._stopping.is_set():
                decoder.kill()
        try:
            self._network = decoder.prepare(self._prepared)
        except (ValueError, Lost) as error:
            decoder.end()
            with self._changing:
                self._decoders.discard(decoder)
            return f"A decoder process could not be prepared: {error}. {decoder.last_words}".strip()
        self._give_back(decoder)
        return ""


def _check_travels(thing: object) -> None:
    try:
        pickle.dumps(thing)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{thing!r} cannot travel to a decoder process: {error}.") from error


def _side(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 10_000_000 else None
