"""Signals as something to wait for."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Self


class SignalInbox:
    """Collects signals in a pipe while it is entered, so that a loop can select on them with its other work.

    Nothing runs inside a signal handler; signals arriving before the pipe is read are not lost.
    """

    def __init__(self, *wanted: signal.Signals) -> None:
        """Collect these signals."""
        self._wanted = wanted
        self._before: dict[signal.Signals, object] = {}
        self._fd_before = -1
        self._reader = -1
        self._writer = -1

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._fd_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _noted) for number in self._wanted}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # exactly what signal.signal gave
        signal.set_wakeup_fd(self._fd_before)
        self.close()

    def fileno(self) -> int:
        """Give what to select on."""
        return self._reader

    def take(self) -> set[int]:
        """Give the signals that came since the last call."""
        try:
            return set(os.read(self._reader, 4096))
        except BlockingIOError:
            return set()

    def post(self, number: signal.Signals) -> None:
        """Put a signal in from another thread."""
        os.write(self._writer, bytes([number]))

    def close(self) -> None:
        """Close the pipe: in a forked process, where the inbox is the parent's."""
        os.close(self._reader)
        os.close(self._writer)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Exist, so that Python writes the signal's number into the pipe."""
