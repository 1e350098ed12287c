"""The parts that the use-cases work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from damgate.config import Config
from damgate.core.channels import Outlet
from damgate.core.events import Event
from damgate.core.places import Names, Place, parse
from damgate.core.workflow import Move, Refusal, Workflow
from damgate.drive.intact import Intact
from damgate.media.examinations import Examinations
from damgate.media.renditions import Renditions
from damgate.ports.blobs import Blobs
from damgate.ports.catalogue import Catalogue, Transaction
from damgate.ports.clock import Clock
from damgate.ports.policy import Policy

Checks = Callable[[Sequence[Move]], Mapping[str, Sequence[Refusal]]]


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a use-case needs, made once by the composition root."""

    config: Config
    workflow: Workflow
    areas: Mapping[Names, str]  # keys of an area's path → its name
    outlets: Mapping[str, Outlet]
    buckets: Mapping[str, str]  # the name of a state's bucket → the state
    catalogue: Catalogue
    blobs: Blobs
    policy: Policy
    renditions: Renditions
    examinations: Examinations
    checks: Checks  # answers by path; a path without refusals may be left out
    clock: Clock
    intact: Intact
    poke: Callable[[], None]  # a hint that there is new work for the background

    def place(self, path: Names) -> Place:
        """Say what `path` means on this drive."""
        return parse(path, self.workflow.keys)

    def record(self, tx: Transaction, event: Event) -> None:
        """Add an event to the audit log, with the time."""
        tx.journal.append(replace(event, at=self.clock.now()))
