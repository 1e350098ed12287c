"""Signed requests as bytes, sent over a socket as by somebody who has no library: whole, cut, or in chunks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.live.s3.house import REGION
from tests.live.s3.keys import Key
from tests.live.served import Served

EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
TRAILED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
PIECE = 8192  # the least that a signed chunk but the last may hold


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 where the connection was closed without a word."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        """The code of an S3 error."""
        return self._told("Code")

    @property
    def message(self) -> str:
        """The sentence of an S3 error."""
        return self._told("Message")

    def _told(self, name: str) -> str:
        return ET.fromstring(self.body).findtext(name) or "" if self.body.startswith(b"<?xml") else ""


@dataclass(frozen=True)
class Sent:
    """A request, ready to be sent."""

    head: bytes
    body: bytes = b""

    @property
    def signature(self) -> str:
        """That of its Authorization header."""
        return self.head.partition(b"Signature=")[2].partition(b"\r\n")[0].decode()


class _Signing(S3SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """Botocore's own, except that it is told what the request says of its body."""

    said = UNSIGNED

    def payload(self, _request: AWSRequest) -> str:
        return self.said


@dataclass(frozen=True)
class Hand:
    """Who signs. `host` is what the requests say they go to."""

    key: Key
    host: str

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        said: str | None = None,
    ) -> Sent:
        """Sign a request; `path` is encoded already, and `said` is the x-amz-content-sha256."""
        signing = _Signing(Credentials(self.key.access, self.key.secret), "s3", REGION)
        signing.said = said or hashlib.sha256(body).hexdigest()
        asked = AWSRequest(method, f"http://{self.host}{path}", data=b"", headers=dict(headers or {}))
        signing.add_auth(asked)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *_lines(asked.headers.items())]
        if body or method in {"PUT", "POST"}:
            lines.append(f"Content-Length: {len(body)}")
        return Sent("\r\n".join([*lines, "", ""]).encode(), body)

    def put(self, path: str, content: bytes, said: str, **headers: str) -> Sent:
        """Sign a PUT whose body is sent in the way that `said` names."""
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        if said == "hex":
            return self.request("PUT", path, content, extra)
        if said == UNSIGNED:
            return self.request("PUT", path, content, extra, said=said)
        extra |= {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(content))}
        trailer = "x-amz-checksum-sha256:" + _base64(hashlib.sha256(content).digest())
        if said != SIGNED:
            extra["x-amz-trailer"] = "x-amz-checksum-sha256"
        asked = self.request("PUT", path, b"", extra, said=said)
        body = framed(content, trailer) if said == TRAILED else self._chained(asked, content, trailer, said)
        head = asked.head.replace(b"Content-Length: 0\r\n", f"Content-Length: {len(body)}\r\n".encode())
        return Sent(head, body)

    def _chained(self, asked: Sent, content: bytes, trailer: str, said: str) -> bytes:
        """Frame a body whose chunks are signed, each upon the signature before it."""
        stamp = asked.head.partition(b"X-Amz-Date: ")[2].partition(b"\r\n")[0].decode()
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        secret = b"AWS4" + self.key.secret.encode()
        for part in scope.split("/"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        before, out = asked.signature, b""
        for piece in (*_pieces(content), b""):
            text = [f"{SIGNED[10:]}", stamp, scope, before, EMPTY, hashlib.sha256(piece).hexdigest()]
            before = hmac.digest(secret, "\n".join(text).encode(), "sha256").hex()
            out += f"{len(piece):x};chunk-signature={before}\r\n".encode() + (piece + b"\r\n" if piece else b"")
        if said == SIGNED:
            return out + b"\r\n"
        text = ["AWS4-HMAC-SHA256-TRAILER", stamp, scope, before, hashlib.sha256(f"{trailer}\n".encode()).hexdigest()]
        last = hmac.digest(secret, "\n".join(text).encode(), "sha256").hex()
        return out + f"{trailer}\r\nx-amz-trailer-signature:{last}\r\n\r\n".encode()


def framed(content: bytes, trailer: str) -> bytes:
    """Frame a body in chunks that are not signed, with a trailer."""
    chunks = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in _pieces(content))
    return chunks + f"0\r\n{trailer}\r\n\r\n".encode()


def chunked(sent: Sent, size: int = 10_000) -> Sent:
    """The same request with HTTP's own chunks around its body, in place of a length."""
    head = b"\r\n".join(line for line in sent.head.split(b"\r\n") if not line.startswith(b"Content-Length:"))
    pieces = [sent.body[at : at + size] for at in range(0, len(sent.body), size)]
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
    return Sent(head[:-2] + b"Transfer-Encoding: chunked\r\n\r\n", body)


def _pieces(content: bytes) -> Iterable[bytes]:
    return [content[at : at + PIECE] for at in range(0, len(content), PIECE)]


def _lines(headers: Iterable[tuple[str, Any]]) -> list[str]:
    return [f"{name}: {value.decode() if isinstance(value, bytes) else value}" for name, value in headers]


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


# ── over a socket ────────────────────────────────────────────────────────────────────────────────


def connect(served: Served) -> socket.socket:
    """A connection to the S3 door."""
    peer = socket.create_connection(("127.0.0.1", served.s3_port), timeout=30)
    if served.scheme == "https":
        context = ssl.create_default_context(cafile=served.certificate)
        return context.wrap_socket(peer, server_hostname="127.0.0.1")
    return peer


def send(served: Served, sent: Sent, *, cut: int | None = None) -> Answer:
    """Send a request on a connection of its own, or the first `cut` bytes of its body and then no more."""
    with closing(connect(served)) as peer:
        peer.sendall(sent.head + sent.body[:cut])
        if cut is not None:
            peer.shutdown(socket.SHUT_WR)
        return received(peer)


def received(peer: socket.socket, method: str = "GET") -> Answer:
    """The next answer on a connection."""
    answer = http.client.HTTPResponse(peer, method=method)
    try:
        answer.begin()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    except (http.client.BadStatusLine, ConnectionResetError, BrokenPipeError):
        return Answer(0)


def path_of(bucket: str, key: str = "") -> str:
    """The path of an object, encoded as clients encode it."""
    return f"/{bucket}/{quote(key, safe='/~')}" if key else f"/{bucket}"


def address(url: str) -> str:
    """The path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
