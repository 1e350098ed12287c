"""A client of the S3 port that signs as botocore does, and reads every error as XML."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from damgate.gateways.s3.front import S3Front
from tests.gateways.s3.signing.kit import environ_of

HOST = "s3.example.com:9000"


@dataclass
class Answer:
    status: int
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        assert self.headers["content-type"] == "application/xml"
        root = ET.fromstring(self.body)
        assert root.tag == "Error"
        return {element.tag: element.text or "" for element in root}


class Connection:
    """What the server lends: who is welcome is noted."""

    def __init__(self) -> None:
        self.welcomed = 0

    def welcome(self) -> None:
        self.welcomed += 1


class S3:
    """A client that signs with the key of one person."""

    def __init__(self, front: S3Front, access: str = "", secret: str = "") -> None:
        self.front = front
        self.access = access
        self.secret = secret
        self.connection = Connection()

    def __call__(
        self, method: str, target: str, body: bytes = b"", host: str = HOST, presigned: bool = False, **headers: str
    ) -> Answer:
        request = AWSRequest(method, f"http://{host}{target}", {n.replace("_", "-"): v for n, v in headers.items()})
        request.data = body
        if self.access:
            signer = (S3SigV4QueryAuth if presigned else S3SigV4Auth)(Credentials(self.access, self.secret), "s3", "x")
            signer.add_auth(request)
            target = str(request.url).removeprefix(f"http://{host}")
        said = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        return self.send(method, target, body, host, said)

    def send(self, method: str, raw: str, body: bytes, host: str, headers: dict[str, str]) -> Answer:
        environ = environ_of(method, raw, [("Host", host), *headers.items()]) | {
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.input": io.BytesIO(body),
            "damgate.connection": self.connection,
        }
        told: list[Any] = []
        answer = self.front(environ, lambda status, headers, exc_info=None: told.extend((status, headers)))
        given = b"".join(answer)
        answer.close()
        line, pairs = told
        names = [name.lower() for name, _ in pairs]
        assert len(set(names)) == len(names), "a header twice"
        if method == "HEAD":
            assert not given
        return Answer(int(line[:3]), line, {name.lower(): value for name, value in pairs}, given)
