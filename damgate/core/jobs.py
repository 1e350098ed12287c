"""Work that outlives a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"  # gave up after its last try


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. (`kind`, `key`) names it: it never waits or runs twice at a time."""

    id: int
    kind: str
    key: str
    state: JobState
    tries: int  # begun so far, this one included
    run_at: float
    lease_until: float = 0.0
    owner: str = ""
    error: str = ""
    slow: bool = False  # belongs to the slow lane
    later: bool = False  # nobody waits for it: others go first
    progress: float = 0.0  # part done, 0 to 1, as far as it was told
