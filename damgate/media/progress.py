"""How far a task is: told by a decoder a few times a second, and believed by the server in its shape only."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

_PAUSE = 0.25  # seconds between two words of a decoder
_AT_ONCE = 20  # words that a server hears without looking at the clock
_A_SECOND = 10  # words that it hears in each second after those


class Teller:
    """What a channel calls as often as it likes; `send` hears of it four times a second."""

    def __init__(self, send: Callable[[float], None]) -> None:
        """Begin silent."""
        self._send = send
        self._next = 0.0
        self._telling = threading.Lock()

    def __call__(self, part: float) -> None:
        """Tell the part that is done, 0 to 1; from any thread."""
        with self._telling:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + _PAUSE
                self._send(part)

    def end(self) -> None:
        """Be silent from now on, whatever a thread that was left behind has to tell."""
        with self._telling:
            self._next = math.inf


class Hearing:
    """Takes a decoder's words about one task."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        """Pass what is believed on to `tell`."""
        self._tell = tell
        self._started = time.monotonic()
        self._heard = 0

    def hear(self, word: object) -> None:
        """Pass a part from 0 to 1 on; ValueError for anything else, and for more words than an honest one says."""
        self._heard += 1
        if self._heard > _AT_ONCE + _A_SECOND * (time.monotonic() - self._started):
            raise ValueError("too many words about how far it is")
        if not isinstance(word, int | float) or not 0 <= word <= 1:
            raise ValueError("no part of the whole")
        self._tell(float(word))
