"""The two lanes of decoding: what a reader waits for, and what takes its time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from damgate import config

TASKS = 50  # done by one process, so that what a library leaks does not pile up


class Lane(StrEnum):
    """Which decoders do a task."""

    QUICK = "quick"  # pictures: a reader may wait for them
    SLOW = "slow"  # video, office documents, raw files, giants: never while a reader waits


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the decoders of one lane may take."""

    count: int  # processes
    seconds: float  # for one task, with all that it starts
    memory_mb: int  # address space of each process
    largest_file: int  # bytes; a task may write twice as much in all

    @property
    def cpu_seconds(self) -> int:
        """Processor time of a process in its whole life: a task may use all cores for its time."""
        return int(TASKS * (self.seconds + 2) * (os.cpu_count() or 1))


def allowances(settings: config.Decoders) -> dict[Lane, Allowance]:
    """Return what each lane may take."""
    return {
        Lane.QUICK: Allowance(settings.count, float(settings.seconds), settings.memory_mb, 1 << 30),
        Lane.SLOW: Allowance(settings.slow_count, float(settings.slow_seconds), settings.slow_memory_mb, 16 << 30),
    }
