"""Requests as botocore and awscrt sign them, and as the server hands them to the door."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from damgate.core.people import Signer
from damgate.core.rights import Actor
from damgate.gateways.request import variable_of
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.signing import Signatures, Signed

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # those of Amazon's own examples
CARL = Actor("carl", ("contributor",))
HOST = "127.0.0.1:9000"
URL = f"http://{HOST}"


class Ring:
    """The keys of two people, of whom one has left."""

    def find(self, access: str) -> Signer | None:
        return Signer(CARL, SECRET) if access == ACCESS else None


class Wound:
    """A clock that is wound by hand; it begins now, for botocore looks at its own."""

    def __init__(self, at: float | None = None) -> None:
        self.at = time.time() if at is None else at

    def now(self) -> float:
        return self.at


def environ_of(method: str, raw: str, headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Make the environ that the server makes."""
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "REQUEST_URI": raw}
    for name, value in headers:
        variable = variable_of(name)
        sent = value.encode().decode("latin-1")
        environ[variable] = f"{environ[variable]},{sent}" if variable in environ else sent
    return environ


def asked_of(method: str, url: str, headers: Mapping[str, str], domain: str = "") -> tuple[Asked, str]:
    """Make the request that the door works from, and its raw target."""
    parts = urlsplit(url)
    raw = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    raw = raw.encode().decode("latin-1")
    given = {name: value for name, value in headers.items() if name.lower() != "host"}
    environ = environ_of(method, raw, [("Host", parts.netloc), *given.items()])
    asked = Asked(method, (), slash=False, environ=environ, id="1")
    path = unquote_to_bytes(parts.path.encode()).decode(errors="surrogateescape")
    if domain and parts.netloc.endswith("." + domain):
        asked.bucket, asked.key = parts.netloc.removesuffix("." + domain), path[1:]
    else:
        asked.bucket, _, asked.key = path[1:].partition("/")
    return asked, raw


def boto(kind: str, request: AWSRequest, region: str = "eu-central-1", **options: Any) -> AWSRequest:
    """Let botocore sign a request."""
    signer = getattr(botocore.auth, kind)
    credentials = Credentials(ACCESS, SECRET)
    where = () if kind.startswith("Hmac") else ("s3", region)
    signer(credentials, *where, **options).add_auth(request)
    return request


def verified(request: AWSRequest, clock: Wound | None = None, domain: str = "") -> Signed:
    """Verify what botocore signed."""
    headers = {name: _text(value) for name, value in request.headers.items()}
    asked, raw = asked_of(request.method, request.url, headers, domain)
    return Signatures(Ring(), clock or Wound()).verify(asked, raw)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
