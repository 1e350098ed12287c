"""Who asks: the Authorization header turned into an actor."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from damgate.core.errors import NotAuthenticated
from damgate.core.rights import ANONYMOUS, Actor


class People(Protocol):
    """Knows the accounts."""

    def login(self, name: str, password: str, address: str) -> Actor:
        """Return the actor; raise NotAuthenticated or TooManyAttempts."""
        ...


def identify(people: People, authorization: str | None, address: str) -> Actor:
    """Return who sends this header: nobody in particular without one, never nobody with a wrong one."""
    if authorization is None:
        return ANONYMOUS
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("Please log in with name and password.")
    try:
        pair = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise NotAuthenticated("The login cannot be read; names and passwords are sent as UTF-8.") from None
    name, colon, password = pair.partition(":")
    if not colon or not name or "\0" in pair:
        raise NotAuthenticated("The login needs a name and a password.")
    return people.login(name, password, address)
