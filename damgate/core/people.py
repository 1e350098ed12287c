"""People who log in."""

from __future__ import annotations

from dataclasses import dataclass, field

from damgate.core.rights import Actor, Scope


@dataclass(frozen=True, slots=True)
class Person:
    """A local account. `epoch` rises with every change, so that remembered logins die at once."""

    name: str
    roles: tuple[str, ...]
    password: str  # argon2id hash
    until: float | None = None  # seconds since 1970, UTC: no login from then on
    disabled: bool = False
    epoch: int = 1
    created: float = 0.0

    def active(self, now: float) -> bool:
        """Tell whether the account may be used at `now`."""
        return not self.disabled and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key by which programs of a person sign their requests at the S3 door; its secret is told once, to the person.

    It does what the person may do, within its scope, for as long as the person's account is active.
    """

    access: str  # what the client sends: 20 capital letters and digits
    person: str
    label: str = ""  # which device or program it is for
    scope: Scope = field(default_factory=Scope)
    until: float | None = None  # seconds since 1970, UTC: it signs nothing from then on
    disabled: bool = False
    created: float = 0.0

    def active(self, now: float) -> bool:
        """Tell whether it may sign at `now`."""
        return not self.disabled and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who a request's signature is compared for."""

    actor: Actor
    secret: str = field(repr=False)
