"""Good requests of every kind, as the bytes that a client sends: signed by botocore, framed by hand."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.gateways.s3.signing.streams import Chain, crc32, signing_key, unsigned

REGION = "eu-central-1"
BODY = b"what the camera saw"
CHUNKS = (b"a" * 65536, b"b" * 8192, b"c" * 100)
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@dataclass(frozen=True)
class Wire:
    """A request as it is sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        """The bytes to send."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"{self.method} {self.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + self.body

    def header(self, name: str) -> str:
        return next(value for one, value in self.headers if one.lower() == name)

    def without(self, name: str) -> Wire:
        return replace(self, headers=tuple(one for one in self.headers if one[0].lower() != name))

    def altered(self, name: str, value: str) -> Wire:
        return replace(self, headers=tuple((one, value if one.lower() == name else was) for one, was in self.headers))

    def adding(self, name: str, value: str) -> Wire:
        return replace(self, headers=(*self.headers, (name, value)))

    def sending(self, body: bytes) -> Wire:
        """Send another body, with its length."""
        return replace(self, body=body).altered("content-length", str(len(body)))

    def swapped(self, name: str, pattern: str, by: str) -> Wire:
        """Change a part of a header."""
        return self.altered(name, re.sub(pattern, by, self.header(name), count=1))

    def aimed(self, pattern: str, by: str) -> Wire:
        """Change a part of the target."""
        return replace(self, target=re.sub(pattern, by, self.target, count=1))


class _Fixed(auth.S3SigV4Auth):  # type: ignore[misc]  # no stubs
    """botocore, told how the body is sent."""

    says = ""

    def payload(self, request: AWSRequest) -> str:
        return self.says or str(super().payload(request))


@dataclass(frozen=True)
class Bench:
    """Where to send requests, and whose they are."""

    url: str
    access: str
    secret: str
    bucket: str = "inbox"
    key: str = "summer/shoe.jpg"

    def signed(self, *, secret: str = "", says: str = "", body: bytes = BODY, minutes: int = 0, **more: str) -> Wire:
        """PUT an object, signed in a header; `says` is another x-amz-content-sha256 than the hash of the body."""
        headers = {
            "Content-Type": "image/jpeg",
            "Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode(),
            "x-amz-meta-color": "red  and blue",
            "x-amz-checksum-crc32": crc32(body),
        }
        headers.update({name.replace("_", "-"): value for name, value in more.items()})
        request = AWSRequest("PUT", self._at, headers={k: v for k, v in headers.items() if v}, data=body)
        signer = _Fixed(Credentials(self.access, secret or self.secret), "s3", REGION)
        signer.says = says
        with _later(minutes):
            signer.add_auth(request)
        return self._wire(request, body)

    def asking(self, method: str, query: str = "") -> Wire:
        """Ask about the bucket without a body, signed in a header."""
        request = AWSRequest(method, f"{self.url}/{self.bucket}{query}")
        auth.S3SigV4Auth(Credentials(self.access, self.secret), "s3", REGION).add_auth(request)
        return self._wire(request, b"")

    def presigned(self, *, kind: str = "S3SigV4QueryAuth", minutes: int = 0, **more: Any) -> Wire:
        """PUT an object by an address that is good for a minute."""
        options = {"expires": 60, **more}
        request = AWSRequest("PUT", f"{self._at}?x-id=PutObject")
        where = () if kind.startswith("Hmac") else ("s3", REGION)
        with _later(minutes):
            getattr(auth, kind)(Credentials(self.access, self.secret), *where, **options).add_auth(request)
        return self._wire(request, BODY)

    def older(self, *, expires: int = 60) -> Wire:
        """PUT an object by an address of version 2."""
        return self.presigned(kind="HmacV1QueryAuth", expires=expires)

    def chunked(self, frame: Callable[[Chain], bytes], says: str = f"{SIGNED}-TRAILER", **more: str) -> Wire:
        """PUT an object in signed chunks."""
        headers: dict[str, Any] = {
            "x_amz_decoded_content_length": str(sum(map(len, CHUNKS))),
            "x_amz_trailer": "x-amz-checksum-crc32" if says.endswith("-TRAILER") else "",
            "Content_Encoding": "aws-chunked",
            "Content_MD5": "",
            "x_amz_checksum_crc32": "",
            **more,
        }
        wire = self.signed(says=says, **headers)
        stamp = wire.header("x-amz-date")
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        seed = wire.header("authorization").rpartition("=")[2]
        return wire.sending(frame(Chain(signing_key(self.secret, stamp[:8], REGION), stamp, scope, seed)))

    @property
    def _at(self) -> str:
        return f"{self.url}/{self.bucket}/{self.key}"

    def _wire(self, request: AWSRequest, body: bytes) -> Wire:
        parts = urlsplit(request.url)
        headers = [("Host", parts.netloc), *((name, _text(value)) for name, value in request.headers.items())]
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return Wire(request.method, target, (*headers, ("Content-Length", str(len(body)))), body)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _later(minutes: int) -> Iterator[None]:
    """Let botocore believe that it is some minutes later."""
    real = auth.get_current_datetime
    auth.get_current_datetime = lambda: real() + timedelta(minutes=minutes)
    try:
        yield
    finally:
        auth.get_current_datetime = real


def whole(chain: Chain) -> bytes:
    """All chunks, and the checksum behind them."""
    return chain.frame(CHUNKS, f"x-amz-checksum-crc32:{crc32(b''.join(CHUNKS))}")


def trailing(chunks: tuple[bytes, ...] = CHUNKS, trailer: str | None = None) -> Callable[[Chain], bytes]:
    """Frame chunks that have no signatures."""
    line = f"x-amz-checksum-crc32:{crc32(b''.join(CHUNKS))}" if trailer is None else trailer
    return lambda _: unsigned(chunks, line)


GOOD: dict[str, Callable[[Bench], Wire]] = {
    "signed": Bench.signed,
    "signed, the body unsigned": lambda bench: bench.signed(says="UNSIGNED-PAYLOAD"),
    "presigned": Bench.presigned,
    "presigned by version 2": Bench.older,
    "in signed chunks": lambda bench: bench.chunked(lambda chain: chain.frame(CHUNKS), SIGNED),
    "in signed chunks with a trailer": lambda bench: bench.chunked(whole),
    "in chunks with a trailer": lambda bench: bench.chunked(trailing(), UNSIGNED_TRAILER),
    "in chunks without a trailer": lambda bench: bench.chunked(
        trailing(trailer=""), UNSIGNED_TRAILER, x_amz_trailer=""
    ),
    "with 14 minutes on the clock": lambda bench: bench.signed(minutes=14),
}
