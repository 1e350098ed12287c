"""Asks the operations of the S3 door, as they are routed, of a real drive; without signatures and without a socket."""

import io
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from damgate import app
from damgate.core.objects import Checksum, Given
from damgate.core.rights import ANONYMOUS, Actor
from damgate.drive import Buckets
from damgate.drive.buckets import Bucket
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.routes import ROUTES
from damgate.gateways.s3.routing import Means
from tests.gateways.client import HEADER, parse

SAID = "{http://s3.amazonaws.com/doc/2006-03-01/}"
ANNA, MOE, ADA = Actor("anna", ("manager",)), Actor("moe", ("manager",)), Actor("ada", ("admin",))


def nobody(_fields: Mapping[str, str]) -> Actor:
    return ANONYMOUS


class Sent(io.BytesIO):
    """A body with its checksum."""

    @property
    def checksum(self) -> Checksum:
        return Checksum("CRC32", b64encode(zlib.crc32(self.getvalue()).to_bytes(4, "big")).decode())


@dataclass(frozen=True)
class Answer:
    """What came back; headers by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def root(self) -> Any:
        return parse(self.body)

    @property
    def kind(self) -> str:
        return str(self.root.tag).removeprefix(SAID)

    def texts(self, path: str) -> list[str]:
        """Return what all elements of a path such as `Contents/Key` hold."""
        return [one.text or "" for one in self.root.findall("/".join(SAID + name for name in path.split("/")))]

    def text(self, path: str) -> str | None:
        found = self.texts(path)
        assert len(found) <= 1
        return found[0] if found else None


@dataclass(frozen=True)
class Desk:
    """Asks as somebody."""

    site: app.Site
    actor: Actor = ANNA
    signer: Callable[[Mapping[str, str]], Actor] = nobody
    now: Callable[[], float] = field(default=lambda: 1_800_000_000.0)
    instead: Any = None  # of the drive's buckets

    def as_(self, actor: Actor) -> "Desk":
        return replace(self, actor=actor)

    @property
    def buckets(self) -> Buckets:
        return self.site.drive.buckets(self.actor) if self.instead is None else self.instead

    def make(self, name: str, *keys: str) -> Bucket:
        """Make a plain bucket that holds these keys, each as its own bytes."""
        bucket = self.buckets.make(name)
        for key in keys:
            bucket.put(key, Sent(key.encode()), Given())
        return bucket

    def __call__(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Answer:
        """Ask for `bucket/key?query`, in plain letters but for the query; headers with _ for -."""
        target, _, query = path.partition("?")
        bucket, _, key = target.partition("/")
        environ: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        for name, value in headers.items():
            variable = name.upper()
            environ[variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}"] = value
        asked = Asked(
            method, (), slash=False, environ=environ, id="0123", actor=self.actor, query=query, bucket=bucket, key=key,
            parameters=dict(reversed(parse_qsl(query, keep_blank_values=True))), payload=Sent(body),
        )  # fmt: skip
        means = Means(self.buckets, self.site.config.s3, self.site.drive.buckets, self.signer, self.now)
        reply = ROUTES.find(asked)(asked, means)
        assert all(HEADER.fullmatch(value) for _, value in reply.headers), "a header with control characters"
        given = b"".join(reply.body)
        reply.close()
        said = {name.lower(): value for name, value in reply.headers}
        assert len(said) == len(reply.headers), "a header twice"
        if method == "HEAD" or reply.status in {204, 304}:
            assert not given
        else:
            assert int(said["content-length"]) == len(given)
        return Answer(reply.status, said, given)
