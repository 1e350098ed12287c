"""Asks the operations on objects directly: of a real drive with plain buckets, without signatures."""

import io
import zlib
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from damgate import app
from damgate.adapters.clock import SystemClock
from damgate.core.objects import Checksum
from damgate.core.rights import ANONYMOUS, Actor
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.routes import ROUTES
from damgate.gateways.s3.routing import Rooms
from tests.gateways.client import HEADER, parse

SAID = "{http://s3.amazonaws.com/doc/2006-03-01/}"
MANAGER = Actor("anna", ("manager",))
OTHER = Actor("otto", ("manager",))


def _no_form(_fields: object) -> Actor:
    raise AssertionError


class Sent(io.BytesIO):
    """A body with its checksum."""

    @property
    def checksum(self) -> Checksum:
        return Checksum("CRC32", b64encode(zlib.crc32(self.getvalue()).to_bytes(4, "big")).decode())


@dataclass
class Answer:
    """What came back; headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def root(self) -> Any:
        return parse(self.body)

    def texts(self, name: str) -> list[str]:
        return [one.text or "" for one in self.root.iter(SAID + name)]

    def text(self, name: str) -> str:
        (one,) = self.texts(name)
        return one


@dataclass
class Door:
    """Asks as somebody."""

    site: app.Site
    actor: Actor = MANAGER
    buckets: Any = None  # in place of the drive's

    def as_(self, actor: Actor) -> "Door":
        return replace(self, actor=actor)

    def everybody(self) -> "Door":
        return self.as_(ANONYMOUS)

    def __call__(self, method: str, path: str, body: bytes = b"", /, **headers: Any) -> Answer:
        """Ask for `bucket/key?query`, in plain letters; headers with _ for -."""
        target, _, query = path.partition("?")
        bucket, _, key = target.partition("/")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        environ: dict[str, Any] = {"CONTENT_LENGTH": str(len(body))}
        for name, value in headers.items():
            variable = name.upper()
            environ["CONTENT_TYPE" if variable == "CONTENT_TYPE" else f"HTTP_{variable}"] = value
        if environ.pop("HTTP_NO_LENGTH", None):
            del environ["CONTENT_LENGTH"]
        asked = Asked(
            method, (), slash=False, environ=environ, id="0123", actor=self.actor, query=query,
            bucket=bucket, key=key, parameters=parameters, payload=Sent(body),
        )  # fmt: skip
        buckets = self.buckets or self.site.drive.buckets(self.actor)
        rooms = Rooms(buckets, self.site.config.s3, self.site.drive.buckets, _no_form, SystemClock().now)
        reply = ROUTES.find(asked)(asked, rooms)
        names = [name.lower() for name, _ in reply.headers]
        assert len(names) == len(set(names)), "a header twice"
        assert all(HEADER.fullmatch(value) for _, value in reply.headers), "a header with control characters"
        given = b"".join(reply.body)
        reply.close()
        said = {name.lower(): value for name, value in reply.headers}
        if method == "HEAD" or reply.status in {204, 304}:
            assert not given
        else:
            assert int(said["content-length"]) == len(given)
        return Answer(reply.status, said, given)
