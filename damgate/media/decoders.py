"""Decoding untrusted files: what the rest of damgate asks, and what a bad file can cost."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from damgate import config
from damgate.core.assets import Facts
from damgate.core.channels import Channel, Examiner, Produced, Source
from damgate.core.errors import Busy, NoSpace, Unrenderable
from damgate.media import folders
from damgate.media.pool import Pool, Status
from damgate.media.process import Lost

_WAIT = 60.0  # seconds that a task waits for a free decoder
_STALE = 3600.0  # seconds after which a task's folder can only be a crash's leftover


class Decoders:
    """Decodes untrusted files in processes that can be killed. Safe to use from many threads.

    Create it where you like, but `start` it after the server has forked its workers.
    """

    def __init__(self, settings: config.Decoders, prepared: Sequence[object], scratch: Path) -> None:
        """Keep what decoders need; `prepared` are the channels and examiners whose libraries they load beforehand."""
        self.seconds = float(settings.seconds)
        self._scratch = scratch
        self._pool = Pool(settings, prepared, scratch)

    def start(self) -> None:
        """Start the processes, without waiting for them; a second call does nothing. The first task does it too.

        Raises Misconfigured where a channel or examiner cannot travel to another process.
        """
        folders.sweep(self._scratch, time.time() - _STALE - 2 * self.seconds)
        self._pool.start()

    def stop(self) -> None:
        """Kill every process; tasks under way fail with Busy. It cannot be started again."""
        self._pool.stop()

    def status(self) -> Status:
        """Return how many run, whether they are cut off from the network, and what keeps them from starting."""
        return self._pool.status()

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
        reason = ""
        for attempt in range(2):
            if attempt:
                before_retry()
            decoder = self._pool.borrow(wait)
            try:
                answer = decoder.ask(task, seconds)
                if "failed" in answer:  # a bug, or out of memory: nobody knows what state it is in
                    decoder.end()
            except Lost as error:
                if self._pool.stopped:
                    raise Busy("The server is shutting down.") from error
                reason = str(error)
                continue
            finally:
                self._pool.give_back(decoder)
            if "refused" in answer:
                raise Unrenderable(str(answer["refused"]))
            if "failed" not in answer:
                return answer
            if answer.get("errno") in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpace("The disk is full.")
            reason = str(answer["failed"]).rstrip(".")
        raise Unrenderable(f"The file could not be decoded: {reason}.")


def _side(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 10_000_000 else None
