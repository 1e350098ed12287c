"""What can be wrong with a request before it reaches the drive."""

from __future__ import annotations

from damgate.core.errors import BadRequest, NotSupported, Refused


class UnsupportedBody(NotSupported):
    """The body is of a kind that this request does not take."""


class UnknownMethod(NotSupported):
    """No door speaks this method."""


class OtherServer(BadRequest):
    """The destination lies on another server."""


class TooDeep(Refused):
    """A whole tree cannot be listed in one answer."""


class CrossSite(Refused):
    """A page of another site tries to act with a person's login."""
