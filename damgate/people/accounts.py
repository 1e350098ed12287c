"""The accounts of a drive, and the one way to log in that every door shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from damgate.config import Logins
from damgate.core import names
from damgate.core.bounded import Bounded
from damgate.core.errors import AlreadyExists, BadName, NotAuthenticated, NotFound, TooManyAttempts
from damgate.core.events import Event, Happening
from damgate.core.people import Person
from damgate.core.rights import ANONYMOUS, SIGNED, Actor, day
from damgate.people.guessing import Attempt, Guessing, network
from damgate.people.memory import Verified
from damgate.people.passwords import Passwords
from damgate.ports.catalogue import Catalogue, Transaction
from damgate.ports.clock import Clock

FRESH = 60.0  # seconds for which a verified password is not hashed again
STANDING = 12 * 3600.0  # seconds for which it is let in although guessers got its account blocked
OPERATOR = "operator"  # who changes accounts at the console

_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_ROLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WRONG = "The name or the password is wrong."


@dataclass(frozen=True, slots=True)
class _Known:
    """An account as it was at a generation of the accounts, or at a later one."""

    person: Person
    generation: int


class People:
    """Logs people in, and keeps their accounts. For many threads; wrong logins are counted across processes."""

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Clock,
        logins: Logins,
        *,
        passwords: Passwords | None = None,
        verified: Verified | None = None,
    ) -> None:
        """Keep accounts in `catalogue`; block guessers by `logins`."""
        self._catalogue = catalogue
        self._clock = clock
        self._logins = logins
        self._passwords = passwords or Passwords()
        self._verified = verified or Verified()
        self._guessing = Guessing(catalogue, logins)
        self._known: Bounded[str, _Known] = Bounded()

    def login(self, name: str, password: str, address: str) -> Actor:
        """Return who this is; raises NotAuthenticated, or TooManyAttempts without having looked at the password.

        Costs no read where the password was right within the last minute. Every change of an
        account acts at the next login. A password that was right lately is let in from its address while others guess.
        """
        attempt = Attempt(name if _NAME.fullmatch(name) else "", network(address))
        generation = self._catalogue.people_generation()
        known = self._known.get(attempt.name)
        if known and known.generation == generation and self._is_fresh(known.person, attempt, password):
            return _actor(known.person)
        actor, person = self._without_hashing(attempt, password)
        if person:
            self._known.put(attempt.name, _Known(person, generation))
        if actor:
            return actor
        with self._guessing.one_at_a_time(attempt), self._passwords.turn():
            actor, person = self._without_hashing(attempt, password)  # others came first meanwhile
            return actor or self._by_hashing(attempt, person, password)

    def _is_fresh(self, person: Person, attempt: Attempt, password: str) -> bool:
        now = self._clock.now()
        age = self._verified.age(person, password, attempt.network, now) if person.active(now) else None
        return age is not None and age < FRESH

    def _without_hashing(self, attempt: Attempt, password: str) -> tuple[Actor | None, Person | None]:
        now = self._clock.now()
        with self._catalogue.read() as tx:
            person = tx.people.get(attempt.name) if attempt.name else None
            active = person is not None and person.active(now)
            age = self._verified.age(person, password, attempt.network, now) if person and active else None
            if person and age is not None and age < FRESH:
                return _actor(person), person
            blocked = self._guessing.blocked(tx, attempt, now)
        if blocked:
            if person and age is not None and age < STANDING:
                return _actor(person), person
            self._guessing.turned_away(attempt, person.name if person else "", now)
            wait = self._logins.window
            raise TooManyAttempts(f"Too many wrong passwords; please try again in {_spoken(wait)}.", retry_after=wait)
        return None, person

    def _by_hashing(self, attempt: Attempt, person: Person | None, password: str) -> Actor:
        right = self._passwords.match(person.password if person else None, password)
        now = self._clock.now()
        if person is None or not right:
            self._guessing.wrong(attempt, person.name if person else "", now)
            raise NotAuthenticated(_WRONG)
        if not person.active(now):
            self._guessing.wrong(attempt, person.name, now)
            raise NotAuthenticated(_inactive(person))
        self._verified.put(person, password, attempt.network, now)
        self._guessing.forgive(attempt, now)
        return _actor(person)

    def actor(self, name: str) -> Actor:
        """Return the person of this name without a password; NotFound, or NotAuthenticated where it may not log in."""
        person = self._get(name)
        if not person.active(self._clock.now()):
            raise NotAuthenticated(_inactive(person))
        return _actor(person)

    def list(self) -> tuple[Person, ...]:
        """Return every account, by name."""
        with self._catalogue.read() as tx:
            return tuple(tx.people.all())

    def add(
        self, name: str, roles: Sequence[str], password: str, until: float | None = None, *, by: str = OPERATOR
    ) -> Person:
        """Make an account; raises BadName, BadRequest (the password) or AlreadyExists."""
        if not _NAME.fullmatch(name):
            raise BadName(f"“{name}” cannot be a name to log in with: 1 to 64 letters, digits and . _ @ - only.")
        if names.key(name) in {ANONYMOUS.name, SIGNED.name}:
            raise BadName(f"“{name}” means people without a login; please choose another name.")
        now = self._clock.now()
        person = Person(name, _roles(roles), self._passwords.hashed(password), until, created=now)
        with self._catalogue.write() as tx:
            if tx.people.get(name):
                raise AlreadyExists(f"There is an account “{name}” already.")
            self._put(tx, person, "added", by)
        return person

    def set_password(self, name: str, password: str, *, by: str = OPERATOR) -> Person:
        """Give an account a new password, and forgive its wrong logins."""
        return self._change(name, "password", by, forgive=True, password=self._passwords.hashed(password))

    def set_roles(self, name: str, roles: Sequence[str], *, by: str = OPERATOR) -> Person:
        """Give an account these roles instead of those it has."""
        return self._change(name, "roles", by, roles=_roles(roles))

    def set_until(self, name: str, until: float | None, *, by: str = OPERATOR) -> Person:
        """Let an account end at an instant, or never."""
        return self._change(name, "until", by, until=until)

    def disable(self, name: str, *, by: str = OPERATOR) -> Person:
        """Let an account log in no more; what it did and owns stays."""
        return self._change(name, "disabled", by, disabled=True)

    def enable(self, name: str, *, by: str = OPERATOR) -> Person:
        """Let a disabled account log in again, and forgive its wrong logins."""
        return self._change(name, "enabled", by, forgive=True, disabled=False)

    def _get(self, name: str) -> Person:
        with self._catalogue.read() as tx:
            return _found(tx, name)

    def _change(self, name: str, change: str, by: str, *, forgive: bool = False, **fields: object) -> Person:
        with self._catalogue.write() as tx:
            person = _found(tx, name)
            changed = replace(person, epoch=person.epoch + 1, **fields)  # type: ignore[arg-type]  # Person's own fields
            self._put(tx, changed, change, by)
            if forgive:
                tx.people.forgive(Attempt(person.name, "").account)
        return changed

    def _put(self, tx: Transaction, person: Person, change: str, by: str) -> None:
        tx.people.put(person)
        detail = {"person": person.name, "change": change, "roles": ", ".join(person.roles)}
        tx.journal.append(Event(Happening.PERSON_CHANGED, by=by, detail=detail, at=self._clock.now()))


def _found(tx: Transaction, name: str) -> Person:
    person = tx.people.get(name) if _NAME.fullmatch(name) else None
    if person is None:
        raise NotFound(f"There is no account “{name}”.")
    return person


def _actor(person: Person) -> Actor:
    return Actor(person.name, person.roles)


def _roles(roles: Sequence[str]) -> tuple[str, ...]:
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise BadName(f"“{role}” cannot be a role: 1 to 64 letters, digits and . _ - only.")
    return tuple(dict.fromkeys(roles))


def _inactive(person: Person) -> str:
    if person.disabled or person.until is None:
        return f"The account “{person.name}” is disabled; ask whoever runs this drive."
    return f"The account “{person.name}” ended on {day(person.until)}; ask whoever runs this drive."


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
