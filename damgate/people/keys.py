"""Access keys: what programs of people sign their requests with."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, replace

from damgate.core import names
from damgate.core.bounded import Bounded
from damgate.core.errors import BadRequest, NotFound
from damgate.core.events import Event, Happening
from damgate.core.people import AccessKey, Person, Signer
from damgate.core.rights import Actor, Scope
from damgate.people.accounts import OPERATOR
from damgate.people.sealing import Seal
from damgate.ports.catalogue import Catalogue, Transaction
from damgate.ports.clock import Clock

BEGINNING = "DAMG"
LENGTH = 20  # characters of what names a key
SECRET = 40  # characters: 238 bits, none of which a shell or a configuration file would touch
LONGEST_LABEL = 128  # characters
_NAMING = string.ascii_uppercase + "234567"
_SECRET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as it was at a generation of the accounts, or at a later one."""

    key: AccessKey
    person: Person
    signer: Signer
    generation: int


class Keys:
    """Makes the keys of people, and finds whose key a request was signed with. For many threads."""

    def __init__(self, catalogue: Catalogue, clock: Clock, seal: Seal) -> None:
        """Keep keys in `catalogue`, their secrets under `seal`."""
        self._catalogue = catalogue
        self._clock = clock
        self._seal = seal
        self._known: Bounded[str, _Known] = Bounded()

    def find(self, access: str) -> Signer | None:
        """Return whose key this is, and its secret; None where it is unknown, or where it or the person has ended.

        Costs no read where the key was used before. Every change of a key or an account acts at the next request.
        """
        generation = self._catalogue.people_generation()
        known = self._known.get(access)
        if known is None or known.generation != generation:
            known = self._look(access, generation)
            if known is None:
                return None
            self._known.put(access, known)
        now = self._clock.now()
        return known.signer if known.key.active(now) and known.person.active(now) else None

    def list(self, person: str | None = None) -> tuple[AccessKey, ...]:
        """Return the keys of a person, or of everybody."""
        with self._catalogue.read() as tx:
            wanted = None if person is None else names.key(_person(tx, person).name)
            return tuple(key for key in tx.keys.all() if wanted in {None, names.key(key.person)})

    def add(
        self,
        person: str,
        label: str = "",
        scope: Scope | None = None,
        until: float | None = None,
        *,
        by: str = OPERATOR,
    ) -> tuple[AccessKey, str]:
        """Make a key, and return it with its secret, which is never told again."""
        now = self._clock.now()
        if until is not None and until <= now:
            raise BadRequest("The key would have ended already.")
        if len(label) > LONGEST_LABEL or not label.isprintable():
            raise BadRequest(f"A label has {LONGEST_LABEL} characters at most, all of them on one line.")
        access = BEGINNING + _word(_NAMING, LENGTH - len(BEGINNING))
        secret = _word(_SECRET, SECRET)
        with self._catalogue.write() as tx:
            owner = _person(tx, person).name
            if not self._seal.kept and any(not key.disabled for key in tx.keys.all()):
                raise self._seal.lost()
            key = AccessKey(access, owner, label, scope or Scope(), until, created=now)
            self._put(tx, key, self._seal.seal(secret, access), "added", by)
        return key, secret

    def disable(self, access: str, *, by: str = OPERATOR) -> AccessKey:
        """Let a key sign nothing any more, from the next request on."""
        return self._change(access, "disabled", by, disabled=True)

    def enable(self, access: str, *, by: str = OPERATOR) -> AccessKey:
        """Let a disabled key sign again."""
        return self._change(access, "enabled", by, disabled=False)

    def _look(self, access: str, generation: int) -> _Known | None:
        with self._catalogue.read() as tx:
            found = tx.keys.get(access)
            person = tx.people.get(found[0].person) if found else None
        if found is None or person is None:
            return None
        key, sealed = found
        if key.disabled:  # whatever became of its seal
            return None
        actor = Actor(person.name, person.roles, None if key.scope == Scope() else key.scope)
        return _Known(key, person, Signer(actor, self._seal.open(sealed, access)), generation)

    def _change(self, access: str, change: str, by: str, *, disabled: bool) -> AccessKey:
        with self._catalogue.write() as tx:
            found = tx.keys.get(access)
            if found is None:
                raise NotFound(f"There is no access key “{access}”.")
            key = replace(found[0], disabled=disabled)
            self._put(tx, key, found[1], change, by)
        return key

    def _put(self, tx: Transaction, key: AccessKey, sealed: bytes, change: str, by: str) -> None:
        tx.keys.put(key, sealed)
        detail = {"person": key.person, "key": key.access, "change": change}
        if key.label:
            detail["label"] = key.label
        tx.journal.append(Event(Happening.KEY_CHANGED, by=by, detail=detail, at=self._clock.now()))


def _person(tx: Transaction, name: str) -> Person:
    person = tx.people.get(name)
    if person is None:
        raise NotFound(f"There is no account “{name}”.")
    return person


def _word(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
