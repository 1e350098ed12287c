"""Decoding untrusted files: what the rest of damgate asks, and what a bad file can cost."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from damgate import config
from damgate.core.assets import Facts
from damgate.core.channels import Channel, Examiner, Made, Produced, Source
from damgate.core.errors import Busy, Cancelled, NoSpace, Unrenderable
from damgate.media import believing, folders
from damgate.media.lanes import Lane, allowances
from damgate.media.pool import Pool, Status
from damgate.media.process import Lost

_WAIT = 60.0  # seconds that a task waits for a free decoder
_STALE = 3600.0  # seconds after which a task's folder can only be a crash's leftover


@dataclass(frozen=True, slots=True)
class Finished:
    """A rendition that stands in its file."""

    produced: Produced
    made: Made  # believed in its shape only


def nobody(_: float) -> None:
    """Let nobody know how far it is."""


def never() -> bool:
    """Go on to the end."""
    return False


class Decoders:
    """Decodes untrusted files in processes that can be killed. Safe to use from many threads.

    Create it where you like, but `start` it after the server has forked its workers.
    """

    def __init__(
        self, settings: config.Decoders, prepared: Sequence[object], scratch: Path, hidden: Sequence[Path] = ()
    ) -> None:
        """Keep what decoders need; `prepared` are the channels and examiners whose libraries they load beforehand.

        They work below `scratch`, each in a room of its own, and see nothing else of it, nor of the folders `hidden`.
        """
        self._allowances = allowances(settings)
        self.seconds = self._allowances[Lane.QUICK].seconds
        self._scratch = scratch
        self._pools = {
            lane: Pool(allowance, prepared, scratch, (scratch, *hidden)) for lane, allowance in self._allowances.items()
        }

    def start(self) -> None:
        """Start the quick processes, without waiting for them; a second call does nothing. The first task does it too.

        The slow ones start with their first task. Raises Misconfigured where a channel or examiner cannot travel to
        another process.
        """
        longest = max(allowance.seconds for allowance in self._allowances.values())
        folders.sweep(self._scratch, time.time() - _STALE - 2 * longest)
        self._pools[Lane.QUICK].start()

    def stop(self) -> None:
        """Kill every process; tasks under way fail with Busy. It cannot be started again."""
        for pool in self._pools.values():
            pool.stop()

    def status(self) -> Status:
        """Return how many run, what does not confine them, and what keeps them from starting."""
        quick, slow = (pool.status() for pool in self._pools.values())
        return Status(quick.running + slow.running, quick.missing | slow.missing, quick.fault or slow.fault)

    def longest(self, lane: Lane) -> float:
        """Return how many seconds a task of this lane may take."""
        return self._allowances[lane].seconds

    def folder(self) -> AbstractContextManager[Path]:
        """Lend a private, empty folder for one task; it is removed with all that is in it."""
        return folders.lent(self._scratch)

    def render(
        self, channel: Channel, source: Source, into: Path, seconds: float | None = None, *, wait: float = _WAIT
    ) -> Produced:
        """Let a quick decoder write one rendition; as `render_all`."""
        return self.render_all(channel, source, [(channel, into)], seconds=seconds, wait=wait)[0].produced

    def render_all(
        self,
        channel: Channel,
        source: Source,
        wanted: Sequence[tuple[Channel, Path]],
        *,
        lane: Lane = Lane.QUICK,
        later: bool = False,
        seconds: float | None = None,
        wait: float,
        tell: Callable[[float], None] = nobody,
        cancelled: Callable[[], bool] = never,
    ) -> Sequence[Finished]:
        """Let a decoder write each rendition to its file, all in the source's private folder; return what they are.

        `channel` makes them together where it can and more than one is wanted; else each is made by its own channel.
        What can wait for `later` stands behind what cannot. `tell` hears how far it is; when `cancelled` turns true,
        the decoder is killed.

        A crash, hang or failure is tried once more in another process. Raises Unrenderable where the file is at
        fault, Busy where no decoder became free in `wait` seconds, NoSpace for a full disk, Cancelled.
        """
        expected = [(into.name, _promise(one, source.media_type)) for one, into in wanted]
        files = [(one, into.name) for one, into in wanted]
        errand = _Errand(
            source.path.parent, ("render", channel, _sent(source), files), lane, later, seconds, wait,
            expected, tell, cancelled,
        )  # fmt: skip
        notes = believing.made(self._ask(errand).get("made"), len(wanted))
        return [Finished(promised, made) for (_, promised), made in zip(expected, notes, strict=True)]

    def examine(
        self,
        examiner: Examiner,
        path: Path,
        media_type: str,
        seconds: float | None = None,
        *,
        lane: Lane = Lane.QUICK,
        later: bool = False,
        wait: float = _WAIT,
    ) -> Facts:
        """Let a decoder find the facts of the file at `path`, alone in a private folder; raises as `render_all`."""
        answer = self._ask(
            _Errand(path.parent, ("examine", examiner, Path(path.name), media_type), lane, later, seconds, wait)
        )
        return believing.facts(media_type, answer)

    def _ask(self, errand: _Errand) -> dict[str, object]:
        """Return the answer of a decoder; one that is lost over the task is replaced and the task tried once more."""
        pool, reason = self._pools[errand.lane], ""
        for _ in range(2):
            decoder = pool.borrow(errand.wait, later=errand.later, watch=errand.watch)
            try:
                seconds = errand.seconds or self._allowances[errand.lane].seconds
                answer = decoder.work(
                    errand.folder, errand.task, seconds, expected=errand.expected, watch=errand.watch, tell=errand.tell
                )
                if "failed" in answer:  # a bug, or out of memory: nobody knows what state it is in
                    decoder.end()
            except Lost as error:
                if pool.stopped:
                    raise Busy("The server is shutting down.") from error
                reason = str(error)
                continue
            except folders.Overfull as error:
                raise Unrenderable(f"The file could not be decoded: {error}.") from error
            finally:
                pool.give_back(decoder)
            if "refused" in answer:
                raise Unrenderable(believing.sentence(answer["refused"]))
            if "failed" not in answer:
                return answer
            if answer.get("errno") in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpace("The disk is full.")
            reason = believing.sentence(answer["failed"]).rstrip(".")
        raise Unrenderable(f"The file could not be decoded: {reason}.")


@dataclass(frozen=True, slots=True)
class _Errand:
    """A task, and all that is to be minded while a decoder does it."""

    folder: Path
    task: tuple[object, ...]  # its paths are names in the folder
    lane: Lane
    later: bool
    seconds: float | None  # None: what the lane allows
    wait: float  # seconds for a free decoder
    expected: Sequence[tuple[str, Produced]] = ()  # the files that are to come of it
    tell: Callable[[float], None] = nobody
    cancelled: Callable[[], bool] = never

    def watch(self) -> None:
        """Raise Cancelled where nobody wants the outcome any more."""
        if self.cancelled():
            raise Cancelled("The work was cancelled.")


def _sent(source: Source) -> Source:
    """Return a source as it travels: with names for paths, and nobody to tell."""
    mezzanine = Path(source.mezzanine.name) if source.mezzanine else None
    return Source(Path(source.path.name), source.name, source.media_type, source.rights, source.focal, mezzanine)


def _promise(channel: Channel, media_type: str) -> Produced:
    promised = channel.produces(media_type)
    if promised is None:
        raise Unrenderable(f"The channel {channel.name} makes nothing of files of type {media_type}.")
    return promised
