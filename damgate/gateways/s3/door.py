"""The S3 door: from a request to the operation that answers it."""

from __future__ import annotations

from typing import Protocol

from damgate import config
from damgate.core.rights import Actor
from damgate.drive import Drive
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.routing import Rooms, Routes


class Policy(Protocol):
    """What remembers decisions."""

    def refresh(self) -> None:
        """Forget what is no longer true; called once before each request."""
        ...


class S3Door:
    """Knows who signed a request, and finds its operation."""

    def __init__(self, drive: Drive, policy: Policy, routes: Routes, settings: config.S3) -> None:
        """Open the door to `drive`."""
        self._drive = drive
        self._policy = policy
        self._routes = routes
        self._settings = settings

    def answer(self, asked: Asked, raw: str) -> Reply:
        """Answer a request."""
        self._policy.refresh()
        operation = self._routes.find(asked)
        return operation(asked, self._rooms(asked.actor))

    def _rooms(self, actor: Actor) -> Rooms:
        return Rooms(self._drive.buckets(actor), self._settings)
