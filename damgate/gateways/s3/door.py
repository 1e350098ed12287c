"""The S3 door: from a request to the operation that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from damgate import config
from damgate.core.rights import ANONYMOUS, Actor
from damgate.drive import Drive
from damgate.gateways.reply import Headers, Reply
from damgate.gateways.s3 import cors
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.payloads import payload_for
from damgate.gateways.s3.routes import ROUTES
from damgate.gateways.s3.routing import Rooms
from damgate.gateways.s3.signing import Keys, Signatures, Signed, forms
from damgate.ports.clock import Clock


class Policy(Protocol):
    """What remembers decisions."""

    def refresh(self) -> None:
        """Forget what is no longer true; called once before each request."""
        ...


class S3Door:
    """Knows who signed a request, and finds its operation."""

    def __init__(
        self,
        drive: Drive,
        policy: Policy,
        keys: Keys,
        clock: Clock,
        settings: config.S3,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Open the door to `drive` for whoever signs with one of `keys`; tell `refused` of each wrong signature."""
        self._drive = drive
        self._policy = policy
        self._keys = keys
        self._clock = clock
        self._settings = settings
        self._refused = refused
        self._signatures = Signatures(keys, clock)

    def answer(self, asked: Asked, raw: str) -> Reply:
        """Answer a request, of whose target `raw` is what the client signed; raises what `said` has words for."""
        if asked.method == "OPTIONS":  # which browsers never sign
            return cors.preflight(asked, self._drive.buckets(ANONYMOUS))
        self._policy.refresh()
        signed = self._verify(asked, raw)
        asked.actor, asked.presigned = signed.actor, signed.presigned
        _welcome(asked)
        operation = ROUTES.find(asked)
        asked.payload = payload_for(asked, signed)
        drive = self._drive
        rooms = Rooms(drive.buckets(asked.actor), self._settings, drive.buckets, self._signer, self._clock.now)
        reply = operation(asked, rooms)
        _welcome(asked)  # once more, for only what a form holds tells who signed it
        return reply

    def said_to_pages(self, asked: Asked) -> Headers:
        """Return what every answer, a refusal too, tells a browser whose page sent the request."""
        return [] if asked.method == "OPTIONS" else cors.headers(asked, self._drive.buckets(ANONYMOUS))

    def _verify(self, asked: Asked, raw: str) -> Signed:
        try:
            return self._signatures.verify(asked, raw)
        except S3Fault:
            self._refused()
            raise

    def _signer(self, fields: Mapping[str, str]) -> Actor:
        try:
            return forms.verify(fields, self._keys, self._clock)
        except S3Fault:
            self._refused()
            raise


def _welcome(asked: Asked) -> None:
    """Let a connection that somebody signed on count against its address no more."""
    if not asked.actor.anonymous and (connection := asked.environ.get("damgate.connection")):
        connection.welcome()
