"""People who log in."""

from __future__ import annotations

from dataclasses import dataclass


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
