"""The two lanes of decoding: what a reader waits for, and what takes its time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from damgate import config


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


def allowances(settings: config.Decoders) -> dict[Lane, Allowance]:
    """Return what each lane may take."""
    return {
        Lane.QUICK: Allowance(settings.count, float(settings.seconds), settings.memory_mb),
        Lane.SLOW: Allowance(settings.slow_count, float(settings.slow_seconds), settings.slow_memory_mb),
    }
