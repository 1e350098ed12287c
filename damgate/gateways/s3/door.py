"""The S3 door: from a request to the operation that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
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
from damgate.gateways.s3.routing import Means
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
        _welcome(asked, asked.actor)
        operation = ROUTES.find(asked)
        asked.payload = payload_for(asked, signed)
        drive, signer = self._drive, partial(self._signer, asked)
        means = Means(drive.buckets(asked.actor), self._settings, drive.buckets, signer, self._clock.now)
        return operation(asked, means)

    def said_to_pages(self, asked: Asked) -> Headers:
        """Return what every answer, a refusal too, tells a browser whose page sent the request."""
        return [] if asked.method == "OPTIONS" else cors.headers(asked, self._drive.buckets(ANONYMOUS))

    def _verify(self, asked: Asked, raw: str) -> Signed:
        try:
            return self._signatures.verify(asked, raw)
        except S3Fault:
            self._refused()
            raise

    def _signer(self, asked: Asked, fields: Mapping[str, str]) -> Actor:
        try:
            actor = forms.verify(fields, self._keys, self._clock)
        except S3Fault:
            self._refused()
            raise
        _welcome(asked, actor)
        return actor


def _welcome(asked: Asked, actor: Actor) -> None:
    """Let the connection of who signed not count against its address any more."""
    if not actor.anonymous and (connection := asked.environ.get("damgate.connection")):
        connection.welcome()
