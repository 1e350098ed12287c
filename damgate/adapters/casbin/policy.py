"""The policy of a drive, followed while people and rules change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from damgate.adapters.casbin import model, rules
from damgate.adapters.casbin.snapshot import Snapshot
from damgate.core.channels import Gate
from damgate.core.errors import Busy, Misconfigured, NoSpace
from damgate.core.events import Event, Happening
from damgate.core.people import Person
from damgate.core.rights import BUCKETS_VIEW, CHANNELS_VIEW, DRIVE_VIEW, Action, Actor, Decision, Subject
from damgate.ports.catalogue import Catalogue

MODEL, POLICY = "model.conf", "policy.csv"
_LOOK_EVERY = 1.0  # seconds between looks at the files
_NOTE = "policy-refused"  # the files last refused, so that many processes write one event

_log = structlog.get_logger(__name__)

_Stamp = tuple[tuple[int, int, int], ...]


class CasbinPolicy:
    """Decides by `model.conf` and `policy.csv` of a folder, the accounts, and the gates of channels.

    Call `refresh` once for each request; decisions are then made by rules and accounts that are in force.
    """

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        channels: Mapping[str, Gate],
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the policy; raises Misconfigured, with file and line, where it cannot be taken.

        `channels` maps the name of each channel to who may fetch its renditions without a rule.
        """
        for name in {DRIVE_VIEW, CHANNELS_VIEW, BUCKETS_VIEW, rules.PEOPLE_VIEW, "*"} & channels.keys():
            raise Misconfigured(
                f"damgate.toml: a channel cannot be called “{name}”; policy means something else by it."
            )
        self._files = (folder / MODEL, folder / POLICY)
        self._catalogue = catalogue
        self._channels = dict(channels)
        self._ticks = ticks
        self._asking = threading.Lock()
        self._loading = threading.Lock()
        self._next_look = ticks() + _LOOK_EVERY
        self._stamp = self._look()
        self._written = self._read()
        self._snapshot = self._build(self._written)

    def decide(self, actor: Actor, action: Action, subject: Subject) -> Decision:
        """Return the decision and the written rule that made it; anything unknown is a no."""
        return self._snapshot.decide(actor, action, subject)

    def allows(self, actor: Actor, action: Action, subject: Subject) -> bool:
        """Return the decision alone."""
        return self._snapshot.decide(actor, action, subject).allowed

    def roles(self) -> frozenset[str]:
        """Return the roles that the policy in force speaks of."""
        rules_of = self._written[1]
        named = {fields[0] for fields in rules_of.of("p")} | {
            field for fields in rules_of.of("g") for field in fields[:2]
        }
        return frozenset(name for name in named if not name.startswith(rules.PERSON) and name != rules.EVERYBODY)

    def refresh(self) -> None:
        """Take up changed accounts at once and changed files within a second; costs a look.

        Files that cannot be taken leave the rules in force as they were, and are reported.
        """
        if self._catalogue.people_generation() == self._snapshot.generation and not self._files_changed():
            return
        with self._loading:
            refused = self._reload()
        if refused:
            self._report(refused)

    def reload(self) -> None:
        """Take up changed accounts and files now."""
        self._next_look = 0.0
        self.refresh()

    def _files_changed(self) -> bool:
        now = self._ticks()
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK_EVERY
        return self._look() != self._stamp

    def _reload(self) -> Misconfigured | None:
        stamp, refused = self._look(), None
        if stamp != self._stamp:
            try:
                written = self._read()
                self._snapshot = self._build(written)
                self._written = written
            except Misconfigured as error:
                refused = error
            self._stamp = stamp
        if self._catalogue.people_generation() != self._snapshot.generation:
            self._snapshot = self._build(self._written)
        return refused

    def _look(self) -> _Stamp:
        return tuple(_stamp(path) for path in self._files)

    def _read(self) -> tuple[str, rules.Rules]:
        with self._asking:  # CPython 3.11 must not parse in two threads (cpython#106905), and asking parses
            text = model.read_model(self._files[0])
        written = rules.read(self._files[1], self._channels)
        for line, view in written.unknown_views(self._channels).items():
            _log.warning("policy-names-unknown-view", file=str(written.path), line=line, view=view)
        return text, written

    def _build(self, written: tuple[str, rules.Rules]) -> Snapshot:
        people, generation = self._people()
        with self._asking:
            enforcers = model.build(*written, self._channels, people)
        return Snapshot(enforcers, self._channels, people, generation, self._asking)

    def _people(self) -> tuple[list[Person], int]:
        with self._catalogue.read() as tx:
            return [person for person in tx.people.all() if not person.disabled], tx.people.generation()

    def _report(self, refused: Misconfigured) -> None:
        _log.error("policy-refused", reason=refused.message, remedy="the rules before it stay in force")
        fingerprint = f"{self._stamp} {refused.message}"
        try:
            with self._catalogue.write() as tx:
                if tx.notes.get(_NOTE) != fingerprint:
                    tx.notes.put(_NOTE, fingerprint)
                    detail = {"reason": refused.message}
                    tx.journal.append(Event(Happening.POLICY_REFUSED, by="damgate", detail=detail, at=time.time()))
        except (Busy, NoSpace) as error:
            _log.error("policy-refusal-not-in-journal", reason=str(error))


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:  # reading it will say why
        return (0, -1, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
