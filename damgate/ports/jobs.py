"""Work that is to be done in the background, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from damgate.core.jobs import Job


class Jobs(Protocol):
    """The lease table."""

    def enqueue(self, kind: str, key: str, *, run_at: float = 0.0, slow: bool = False, later: bool = False) -> None:
        """Ask for work; a waiting one of the same (kind, key) stands for both, a dead one is revived.

        A running one is run again after it ends. `slow` work has a lane of its own; `later` work is begun when
        nothing else is due in its lane, and comes forward when it is asked for without.
        """
        ...

    def claim(self, owner: str, now: float, lease: float, *, slow: bool = False) -> Job | None:
        """Take the next job of a lane that is due or whose lease ran out, for `lease` seconds.

        Its `tries` counts this one.
        """
        ...

    def due(self, now: float, *, slow: bool = False) -> bool:
        """Tell whether `claim` would find a job: a look that takes no write lock."""
        ...

    def get(self, number: int) -> Job | None:
        """Return a job by its number, None once it is done."""
        ...

    def find(self, kind: str, key: str) -> Job | None:
        """Return the job of this kind and key, None where nobody asked for it or it is done."""
        ...

    def tell(self, job: Job, progress: float) -> None:
        """Note how much of a job is done, 0 to 1."""
        ...

    def renew(self, job: Job, until: float) -> bool:
        """Extend the lease; False where it was lost to another owner."""
        ...

    def finish(self, job: Job) -> bool:
        """Remove a job done (or set it waiting again if it was asked for meanwhile); False where the lease was lost."""
        ...

    def retry(self, job: Job, error: str, run_at: float) -> None:
        """Let it run again at `run_at`."""
        ...

    def bury(self, job: Job, error: str) -> None:
        """Give it up: it stays as dead, with its error."""
        ...

    def all(self) -> list[Job]:
        """Return every job."""
        ...

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many jobs there are of each (kind, state)."""
        ...
