"""Which stored files are known to hold the bytes that were stored."""

from __future__ import annotations

import os
from typing import BinaryIO

from damgate.core.bounded import Bounded
from damgate.ports.clock import Clock

AGAIN = 3600.0  # seconds after which a file is compared anew, for a disk can rot without touching a date

_Identity = tuple[int, int, int, int, int]


class Intact:
    """Files that were compared with their hash within the hour, and that nobody has touched since.

    To hash a picture takes twice the time of sending it. For many threads.
    """

    def __init__(self, clock: Clock) -> None:
        """Know of none yet."""
        self._clock = clock
        self._compared: Bounded[_Identity, float] = Bounded()

    def knows(self, file: BinaryIO) -> bool:
        """Tell whether an open file need not be compared now."""
        at = self._compared.get(_identity(file))
        return at is not None and 0 <= self._clock.now() - at < AGAIN

    def note(self, file: BinaryIO) -> None:
        """Keep that an open file was found to be whole."""
        self._compared.put(_identity(file), self._clock.now())


def _identity(file: BinaryIO) -> _Identity:
    """Return what changes with any change of the file: its change date cannot be set back."""
    facts = os.fstat(file.fileno())
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
