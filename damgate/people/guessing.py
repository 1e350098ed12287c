"""Wrong logins, counted in the catalogue for every process and door together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import structlog

from damgate.config import Logins
from damgate.core import names
from damgate.core.bounded import Bounded
from damgate.core.errors import Busy, NoSpace
from damgate.core.events import Event, Happening
from damgate.ports.catalogue import Catalogue, Transaction

OFFICE = 5  # an address stands for many people: it may gather five times the failures of an account
REPORT_EVERY = 60.0  # seconds between two events about one account or network
_STRIPES = 256
_PATIENCE = 10.0  # seconds that a login waits for another one of its account

_log = structlog.get_logger(__name__)


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Return what a guesser can hardly change: an IPv4 address, the /64 of an IPv6 one, "unknown" for anything else."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip if isinstance(ip, IPv4Address) else ip_network((int(ip), 64), strict=False))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries to log in: the name given ("" where no account could have it), and from which network."""

    name: str
    network: str

    @property
    def account(self) -> str:
        """The account's counter; names without an account have one too, so that being blocked tells nothing."""
        return f"account:{names.key(self.name)}"

    @property
    def address(self) -> str:
        """The network's counter."""
        return f"address:{self.network}"


class Guessing:
    """Says when there were too many wrong logins, and keeps the record of them."""

    def __init__(self, catalogue: Catalogue, logins: Logins) -> None:
        """Count in `catalogue`, by the thresholds of `[logins]`."""
        self._catalogue = catalogue
        self._logins = logins
        self._reported: Bounded[str, float] = Bounded()
        self._stripes = tuple(threading.Lock() for _ in range(_STRIPES))

    @contextmanager
    def one_at_a_time(self, attempt: Attempt) -> Iterator[None]:
        """Hold back other logins of this account: many at once are no way around its counter."""
        stripe = self._stripes[hash(attempt.account if attempt.name else attempt.address) % _STRIPES]
        if not stripe.acquire(timeout=_PATIENCE):
            raise Busy("Many logins of this account are being tried at this moment; please try again.")
        try:
            yield
        finally:
            stripe.release()

    def blocked(self, tx: Transaction, attempt: Attempt, now: float) -> bool:
        """Tell whether so many logins were wrong that this one is not tried."""
        since, limit = now - self._logins.window, self._logins.failures
        if attempt.name and tx.people.failures(attempt.account, since) >= limit:
            return True
        return tx.people.failures(attempt.address, since) >= limit * OFFICE

    def wrong(self, attempt: Attempt, person: str, now: float) -> None:
        """Count a wrong login of `person`, "" where there is no such account, in one short write."""
        with self._catalogue.write() as tx:
            if attempt.name:
                tx.people.count_failure(attempt.account, 1, now)
            tx.people.count_failure(attempt.address, 1 if person else 2, now)
            if self._due(attempt, person, now):
                tx.journal.append(_refused(attempt, person, "wrong name or password", now))

    def turned_away(self, attempt: Attempt, person: str, now: float) -> None:
        """Report that a login was not tried; writes nothing else."""
        if not self._due(attempt, person, now):
            return
        try:
            with self._catalogue.write() as tx:
                tx.journal.append(_refused(attempt, person, "too many wrong passwords", now))
        except (Busy, NoSpace) as error:  # the answer is the same
            _log.warning("login-refusal-not-in-journal", reason=str(error))

    def forgive(self, attempt: Attempt, now: float) -> None:
        """Empty the account's counter after a right login."""
        with self._catalogue.read() as tx:
            if not tx.people.failures(attempt.account, now - self._logins.window):
                return
        try:
            with self._catalogue.write() as tx:
                tx.people.forgive(attempt.account)
        except (Busy, NoSpace) as error:  # a full disk locks nobody out
            _log.warning("failed-logins-not-forgiven", reason=str(error))

    def _due(self, attempt: Attempt, person: str, now: float) -> bool:
        about = attempt.account if person else attempt.address
        last = self._reported.get(about)
        if last is not None and 0 <= now - last < REPORT_EVERY:
            return False
        self._reported.put(about, now)
        return True


def _refused(attempt: Attempt, person: str, reason: str, now: float) -> Event:
    """Return the event; a name without an account is left out, it may be a password typed into the wrong field."""
    detail = {"reason": reason, "network": attempt.network}
    return Event(Happening.LOGIN_REFUSED, by=person or "anonymous", detail=detail, at=now)
