"""A good request of every kind, and what somebody in between, or without the secret, might make of it.

`MUTATIONS` can be replayed over a socket as well: `Wire.raw` is what to send. What breaks the rules of HTTP itself (no
Host, or two) is refused by the server there, with a 400 that has no code.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
        with _clock(minutes):
            signer.add_auth(request)
        return self._wire(request, body)

    def presigned(self, *, kind: str = "S3SigV4QueryAuth", method: str = "PUT", minutes: int = 0, **more: Any) -> Wire:
        """PUT an object by an address that is good for a minute."""
        options = {"expires": 60, **more}
        request = AWSRequest(method, f"{self._at}?x-id=PutObject")
        where = () if kind.startswith("Hmac") else ("s3", REGION)
        with _clock(minutes):
            getattr(auth, kind)(Credentials(self.access, self.secret), *where, **options).add_auth(request)
        return self._wire(request, BODY)

    def older(self, **more: Any) -> Wire:
        """PUT an object by an address of version 2."""
        return self.presigned(kind="HmacV1QueryAuth", **more)

    def chunked(self, frame: Callable[[Chain], bytes], says: str = f"{SIGNED}-TRAILER", **more: str) -> Wire:
        """PUT an object in signed chunks."""
        more = {
            "x_amz_decoded_content_length": str(sum(map(len, CHUNKS))),
            "x_amz_trailer": "x-amz-checksum-crc32" if says.endswith("-TRAILER") else "",
            "Content_Encoding": "aws-chunked",
            "Content_MD5": "",
            "x_amz_checksum_crc32": "",
            **more,
        }
        wire = self.signed(says=says, body=BODY, **more)
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


class _clock:  # noqa: N801 (used as a function)
    """Let botocore believe that it is some minutes later."""

    def __init__(self, minutes: int) -> None:
        self._real = auth.get_current_datetime, time.time
        self._seconds = 60 * minutes

    def __enter__(self) -> None:
        if self._seconds:
            from datetime import timedelta

            now, seconds = self._real
            auth.get_current_datetime = lambda: now() + timedelta(seconds=self._seconds)
            auth.time.time = lambda: seconds() + self._seconds

    def __exit__(self, *_: object) -> None:
        auth.get_current_datetime, auth.time.time = self._real


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


@dataclass(frozen=True)
class Mutation:
    """A request that must be refused, and the code that says so."""

    name: str
    make: Callable[[Bench], Wire]
    code: str


def _table() -> Iterator[Mutation]:
    wrong = "SignatureDoesNotMatch"
    yield from _headers(wrong)
    yield from _lines(wrong)
    yield from _authorization(wrong)
    yield from _bodies()
    yield from _presigned(wrong)
    yield from _older(wrong)
    yield from _chunks(wrong)


def _changed(name: str, change: Callable[[Wire], Wire], code: str, good: str = "signed") -> Mutation:
    return Mutation(f"{good}: {name}", lambda bench: change(GOOD[good](bench)), code)


def _headers(wrong: str) -> Iterator[Mutation]:
    others = {
        "host": "other.example.com",
        "content-type": "text/html",
        "content-md5": base64.b64encode(bytes(16)).decode(),
        "x-amz-meta-color": "green",
        "x-amz-checksum-crc32": "AAAAAA==",
        "x-amz-content-sha256": "0" * 64,
        "x-amz-date": "",
    }
    dropped = {"x-amz-content-sha256": "InvalidRequest", "x-amz-date": "AccessDenied"}
    doubled = {"x-amz-content-sha256": "InvalidArgument", "x-amz-date": "AccessDenied"}
    for name, other in others.items():
        yield _changed(f"{name} dropped", lambda wire, name=name: wire.without(name), dropped.get(name, wrong))
        yield _changed(
            f"{name} altered",
            lambda wire, name=name, other=other: wire.altered(name, other or _later(wire.header(name))),
            wrong,
        )
        yield _changed(
            f"{name} doubled",
            lambda wire, name=name: wire.adding(name, wire.header(name)),
            doubled.get(name, wrong),
        )
    yield _changed(
        "the body declared unsigned", lambda wire: wire.altered("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), wrong
    )
    yield _changed(
        "the body declared streamed", lambda wire: wire.altered("x-amz-content-sha256", UNSIGNED_TRAILER), wrong
    )
    added = {"acl": "public-read", "copy-source": "/approved/secret.jpg", "tagging": "a=b", "meta-color2": "x"}
    for name, value in {**added, "decoded-content-length": "1", "server-side-encryption": "AES256"}.items():
        yield _changed(
            f"x-amz-{name} added",
            lambda wire, name=name, value=value: wire.adding(f"x-amz-{name}", value),
            "AccessDenied",
        )
    yield _changed("a token added", lambda wire: wire.adding("x-amz-security-token", "t"), "InvalidToken")


def _later(stamp: str) -> str:
    second = (int(stamp[13:15]) + 1) % 60
    return f"{stamp[:13]}{second:02}Z"


def _lines(wrong: str) -> Iterator[Mutation]:
    for method in ("GET", "DELETE", "POST", "HEAD"):
        yield _changed(f"as {method}", lambda wire, method=method: replace(wire, method=method), wrong)
    paths = {
        "another key": ("shoe", "shot"),
        "another bucket": ("inbox", "approved"),
        "other letters": ("summer", "Summer"),
        "a slash more": ("summer/", "summer//"),
        "a slash at the end": (r"\.jpg", ".jpg/"),
        "a dot folder": ("summer/", "summer/./"),
        "encoded twice": ("summer/", "summer%252F"),
        "a byte more": ("shoe", "shoe%00"),
        "a subresource": ("$", "?acl"),
        "a version": ("$", "?versionId=1"),
        "an upload": ("$", "?uploadId=1&partNumber=1"),
    }
    for name, (pattern, by) in paths.items():
        yield _changed(name, lambda wire, pattern=pattern, by=by: wire.aimed(pattern, by), wrong)


def _authorization(wrong: str) -> Iterator[Mutation]:
    malformed = "AuthorizationHeaderMalformed"
    parts = {
        "an unknown key": ("Credential=[^/]+", "Credential=AKIAUNKNOWN", "InvalidAccessKeyId"),
        "no key": ("Credential=[^/]+", "Credential=", malformed),
        "another day": (r"/2\d{7}/", "/20130524/", malformed),
        "another region": (f"/{REGION}/", "/us-east-1/", wrong),
        "no region": (f"/{REGION}/", "//", malformed),
        "another service": ("/s3/", "/sts/", malformed),
        "another end": ("aws4_request", "aws4_response", malformed),
        "host unsigned": ("host;", "", "AccessDenied"),
        "the date unsigned": (";x-amz-date", "", "AccessDenied"),
        "the hash unsigned": (";x-amz-content-sha256", "", "AccessDenied"),
        "the type unsigned": ("content-type;", "", wrong),
        "a header signed that is not there": ("host;", "host;range;", wrong),
        "names in capitals": ("host;", "Host;", malformed),
        "no names": ("SignedHeaders=[^,]+", "SignedHeaders=", malformed),
        "names left out": (r"SignedHeaders=[^,]+,\s*", "", malformed),
        "two signatures": ("$", ", Signature=" + "0" * 64, malformed),
        "no signature": ("Signature=.*", "Signature=", malformed),
        "a signature of zeros": ("Signature=.*", "Signature=" + "0" * 64, wrong),
        "a signature cut short": ("..$", "", wrong),
        "a longer signature": ("$", "0", wrong),
        "another algorithm": ("^AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", "InvalidArgument"),
        "an asymmetric algorithm": ("^AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "NotImplemented"),
        "version 2": ("^.*$", "AWS AKIA:c2lnbmF0dXJl", "InvalidRequest"),
        "a password": ("^.*$", "Basic Y2FybDpzZXNhbWU=", "InvalidArgument"),
    }
    for name, (pattern, by, code) in parts.items():
        yield _changed(name, lambda wire, pattern=pattern, by=by: wire.swapped("authorization", pattern, by), code)
    yield _changed("the signature in capitals", _capitals, wrong)
    yield Mutation("another secret", lambda bench: bench.signed(secret="guessed"), wrong)
    yield Mutation("16 minutes late", lambda bench: bench.signed(minutes=-16), "RequestTimeTooSkewed")
    yield Mutation("16 minutes early", lambda bench: bench.signed(minutes=16), "RequestTimeTooSkewed")
    yield _changed("an address as well", lambda wire: wire.aimed("$", "?X-Amz-Signature=0"), "InvalidArgument")
    yield _changed("an address of version 2 as well", lambda wire: wire.aimed("$", "?Signature=0"), "InvalidArgument")
    for says in ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-SOMETHING"):
        yield Mutation(says, lambda bench, says=says: bench.signed(says=says), "NotImplemented")
    yield Mutation("no hash at all", lambda bench: bench.signed(says="0" * 63), "InvalidArgument")


def _capitals(wire: Wire) -> Wire:
    start, _, signature = wire.header("authorization").rpartition("=")
    return wire.altered("authorization", f"{start}={signature.upper()}")


def _bodies() -> Iterator[Mutation]:
    mismatch = "XAmzContentSHA256Mismatch"
    yield _changed("a byte changed", lambda wire: wire.sending(b"W" + BODY[1:]), mismatch)
    yield _changed("a byte more", lambda wire: wire.sending(BODY + b"!"), mismatch)
    yield _changed("a byte less", lambda wire: wire.sending(BODY[:-1]), mismatch)
    yield _changed("no body", lambda wire: wire.sending(b""), mismatch)
    yield _changed("no length", lambda wire: replace(wire.without("content-length"), body=b""), "MissingContentLength")
    unsigned_body = "signed, the body unsigned"
    yield _changed("a byte changed", lambda wire: wire.sending(b"W" + BODY[1:]), "BadDigest", unsigned_body)
    signed_wrong = {
        "a wrong checksum": ({"x_amz_checksum_crc32": "AAAAAA=="}, "BadDigest"),
        "a malformed checksum": ({"x_amz_checksum_crc32": "AAAA"}, "InvalidRequest"),
        "two checksums": ({"x_amz_checksum_sha1": base64.b64encode(bytes(20)).decode()}, "InvalidRequest"),
        "an unknown checksum": ({"x_amz_checksum_crc32": "", "x_amz_checksum_xxhash64": "AAAA"}, "NotImplemented"),
        "a wrong MD5": ({"Content_MD5": base64.b64encode(bytes(16)).decode()}, "BadDigest"),
        "a malformed MD5": ({"Content_MD5": "AAAA"}, "InvalidDigest"),
        "a checksum announced and not sent": (
            {"x_amz_checksum_crc32": "", "x_amz_sdk_checksum_algorithm": "CRC32"},
            "InvalidRequest",
        ),
        "another checksum announced than sent": ({"x_amz_sdk_checksum_algorithm": "SHA1"}, "InvalidRequest"),
        "a trailer where none can be": ({"x_amz_trailer": "x-amz-checksum-crc32"}, "InvalidRequest"),
    }
    for name, (more, code) in signed_wrong.items():
        yield Mutation(f"signed: {name}", lambda bench, more=more: bench.signed(**more), code)


def _presigned(wrong: str) -> Iterator[Mutation]:
    malformed = "AuthorizationQueryParametersError"
    parts = {
        "another key": ("shoe", "shot", wrong),
        "a longer life": ("X-Amz-Expires=60", "X-Amz-Expires=600", wrong),
        "no life": ("X-Amz-Expires=60", "X-Amz-Expires=0", malformed),
        "more than a week": ("X-Amz-Expires=60", "X-Amz-Expires=604801", malformed),
        "a life of letters": ("X-Amz-Expires=60", "X-Amz-Expires=1e3", malformed),
        "another algorithm": ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", malformed),
        "an asymmetric algorithm": ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "NotImplemented"),
        "an unknown key": ("X-Amz-Credential=[^%]+", "X-Amz-Credential=AKIAUNKNOWN", "InvalidAccessKeyId"),
        "another service": ("%2Fs3%2F", "%2Fiam%2F", malformed),
        "another region": (REGION, "us-east-1", wrong),
        "another day": (r"X-Amz-Date=\d{8}", "X-Amz-Date=20130524", malformed),
        "no instant": (r"X-Amz-Date=(\d{8})T\d{6}", r"X-Amz-Date=\1T999999", malformed),
        "a signature of zeros": ("X-Amz-Signature=[^&]+", "X-Amz-Signature=" + "0" * 64, wrong),
        "two signatures": ("$", "&X-Amz-Signature=" + "0" * 64, malformed),
        "nothing signed": ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=range", "AccessDenied"),
        "another answer": ("$", "&response-content-type=text/html", wrong),
        "a subresource": ("$", "&acl", wrong),
        "a token": ("$", "&X-Amz-Security-Token=t", "InvalidToken"),
    }
    for name, (pattern, by, code) in parts.items():
        yield _changed(name, lambda wire, pattern=pattern, by=by: wire.aimed(pattern, by), code, "presigned")
    for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"):
        yield _changed(
            f"X-Amz-{name} dropped",
            lambda wire, name=name: wire.aimed(f"&?X-Amz-{name}=[^&]+", ""),
            malformed,
            "presigned",
        )
    yield _changed("as GET", lambda wire: replace(wire, method="GET"), wrong, "presigned")
    yield _changed(
        "a copy made of it",
        lambda wire: wire.adding("x-amz-copy-source", "/approved/secret.jpg"),
        "AccessDenied",
        "presigned",
    )
    yield Mutation("presigned: expired", lambda bench: bench.presigned(minutes=-2), "AccessDenied")
    yield Mutation("presigned: not valid yet", lambda bench: bench.presigned(minutes=16), "AccessDenied")


def _older(wrong: str) -> Iterator[Mutation]:
    parts = {
        "another key": ("shoe", "shot", wrong),
        "a longer life": (r"Expires=(\d{9})\d", r"Expires=\g<1>0", wrong),
        "an endless life": (r"Expires=\d+", "Expires=99999999999", "AccessDenied"),
        "a life of letters": (r"Expires=\d+", "Expires=soon", "AccessDenied"),
        "no life": (r"Expires=\d+", "", "AccessDenied"),
        "an unknown key": ("AWSAccessKeyId=[^&]+", "AWSAccessKeyId=AKIAUNKNOWN", "InvalidAccessKeyId"),
        "another signature": ("Signature=[^&]+", "Signature=c2lnbmF0dXJl", wrong),
        "no signature": ("Signature=[^&]+", "", "AccessDenied"),
        "a version": ("$", "&versionId=1", wrong),
        "attributes": ("$", "&attributes", wrong),
        "another answer": ("$", "&response-content-disposition=inline", wrong),
    }
    good = "presigned by version 2"
    for name, (pattern, by, code) in parts.items():
        yield _changed(name, lambda wire, pattern=pattern, by=by: wire.aimed(pattern, by), code, good)
    yield _changed("as GET", lambda wire: replace(wire, method="GET"), wrong, good)
    for name, value in {"x-amz-copy-source": "/approved/a", "x-amz-meta-a": "b", "Content-Type": "text/html"}.items():
        yield _changed(f"{name} added", lambda wire, name=name, value=value: wire.adding(name, value), wrong, good)
    yield Mutation("presigned by version 2: expired", lambda bench: bench.older(minutes=-2), "AccessDenied")


def _chunks(wrong: str) -> Iterator[Mutation]:
    def sent(change: Callable[[bytes], bytes]) -> Callable[[Wire], Wire]:
        return lambda wire: wire.sending(change(wire.body))

    def sub(pattern: bytes, by: bytes) -> Callable[[Wire], Wire]:
        return sent(lambda body: re.sub(pattern, by, body, count=1, flags=re.DOTALL))

    bad, broken, trailer = "BadDigest", "IncompleteBody", "MalformedTrailerError"
    for good in ("in signed chunks", "in signed chunks with a trailer"):
        yield _changed("a byte changed", sub(b"aaaa", b"aaxa"), wrong, good)
        yield _changed("a byte of the last chunk changed", sub(b"cccc", b"ccxc"), wrong, good)
        yield _changed("a signature of zeros", sub(b"=[0-9a-f]{64}", b"=" + b"0" * 64), wrong, good)
        yield _changed("a signature in capitals", sub(b"=[0-9a-f]{64}", b"=" + b"A" * 64), wrong, good)
        yield _changed("a signature cut short", sub(b"=[0-9a-f]{4}", b"="), wrong, good)
        yield _changed("a signature dropped", sub(b";chunk-signature=[0-9a-f]{64}", b""), broken, good)
        yield _changed(
            "the last chunk unsigned", sub(b"\r\n0;[^\r]+", b"\r\n0;chunk-signature=" + b"0" * 64), wrong, good
        )
        yield _changed("a chunk's size changed", sub(b"10000;", b"ffff;"), wrong, good)
        yield _changed("a chunk's size is no number", sub(b"10000;", b"1_0000;"), broken, good)
        yield _changed("a chunk dropped", sub(b"2000;chunk.*?b\r\n", b""), wrong, good)
        yield _changed("chunks swapped", sub(b"^(1.*?a\r\n)(2.*?b\r\n)", b"\\2\\1"), wrong, good)
        yield _changed("a chunk doubled", sub(b"^(1.*?a\r\n)", b"\\1\\1"), broken, good)
        yield _changed("the end dropped", sub(b"\r\n0;.*", b""), broken, good)
        yield _changed("cut within a chunk", sent(lambda body: body[:1000]), broken, good)
        yield _changed("a byte behind the end", sent(lambda body: body + b"!"), broken, good)
    signed, plain = "in signed chunks with a trailer", "in chunks with a trailer"
    yield _changed("another checksum", sub(b"crc32:....", b"crc32:AAAA"), wrong, signed)
    yield _changed("another trailer", sub(b"checksum-crc32", b"checksum-sha256"), wrong, signed)
    yield _changed(
        "the trailer's signature of zeros", sub(b"signature:[0-9a-f]{64}", b"signature:" + b"0" * 64), wrong, signed
    )
    yield _changed("the trailer's signature dropped", sub(b"x-amz-trailer-signature[^\r]+\r\n", b""), broken, signed)
    yield _changed("the trailer dropped", sub(b"x-amz-checksum[^\r]+\r\n", b""), broken, signed)
    yield _changed(
        "a header hidden in the trailer", sub(b"x-amz-trailer", b"x-amz-acl:public\r\nx-amz-trailer"), wrong, signed
    )
    yield _changed("a trailer added", sub(b"\r\n\r\n$", b"\r\nx-amz-acl:public\r\n\r\n"), trailer, "in signed chunks")
    yield _changed("sealed by a guessed secret", _resealed, wrong, signed)
    yield Mutation(
        "in signed chunks: small ones", lambda bench: bench.chunked(lambda chain: chain.frame(CHUNKS[::-1]), SIGNED),
        "InvalidChunkSizeError",
    )  # fmt: skip
    yield Mutation("in chunks: another secret", lambda bench: replace(bench, secret="guessed").chunked(
        trailing(), UNSIGNED_TRAILER), wrong)  # fmt: skip
    yield _changed("a byte changed", sub(b"aaaa", b"aaxa"), bad, plain)
    yield _changed("another checksum", sub(b"crc32:....", b"crc32:AAAA"), bad, plain)
    yield _changed("a malformed checksum", sub(b"crc32:....", b"crc32:"), "InvalidRequest", plain)
    yield _changed("another trailer", sub(b"checksum-crc32", b"checksum-sha1"), trailer, plain)
    yield _changed("a trailer without a name", sub(b"x-amz-checksum-crc32:", b":"), trailer, plain)
    yield _changed("the trailer dropped", sub(b"x-amz-checksum[^\r]+\r\n", b""), trailer, plain)
    yield _changed("a trailer more", sub(b"x-amz-checksum", b"x-amz-acl:public\r\nx-amz-checksum"), trailer, plain)
    yield _changed("the trailer doubled", sub(b"(x-amz-checksum[^\r]+\r\n)", b"\\1\\1"), trailer, plain)
    yield _changed("the end cut", sent(lambda body: body[:-2]), broken, plain)
    yield _changed("the last byte changed", sent(lambda body: body[:-1] + b"X"), broken, plain)
    yield _changed("a chunk of no size", sub(b"^10000", b""), broken, plain)
    yield _changed("a negative size", sub(b"^10000", b"-1"), broken, plain)
    yield _changed("a huge size", sub(b"^10000", b"f" * 16), broken, plain)
    yield _changed("an endless line", sent(lambda _: b"1" * 100_000), broken, plain)
    yield _changed("a bare line feed", sub(b"^10000\r\n", b"10000\n"), broken, plain)
    yield _changed("fewer bytes", sub(b"\r\n64\r\nc+", b""), broken, plain)
    yield _changed("another length", lambda wire: wire.altered("x-amz-decoded-content-length", "1"), wrong, plain)
    for value, code in {"": "MissingContentLength", "x": "InvalidArgument", "1": broken, "999999": broken}.items():
        yield Mutation(
            f"in chunks: a length of “{value}”",
            lambda bench, value=value: bench.chunked(trailing(), UNSIGNED_TRAILER, x_amz_decoded_content_length=value),
            code,
        )
    for name, code in {"x-amz-checksum-md5": "NotImplemented", "x-amz-meta-a": "InvalidRequest"}.items():
        yield Mutation(
            f"in chunks: the trailer {name}",
            lambda bench, name=name: bench.chunked(trailing(), UNSIGNED_TRAILER, x_amz_trailer=name),
            code,
        )
    yield Mutation(
        "in chunks: a checksum before them as well",
        lambda bench: bench.chunked(trailing(), UNSIGNED_TRAILER, x_amz_checksum_crc32="AAAAAA=="),
        "InvalidRequest",
    )


def _resealed(wire: Wire) -> Wire:
    stamp = wire.header("x-amz-date")
    seed = wire.header("authorization").rpartition("=")[2]
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    return wire.sending(whole(Chain(signing_key("guessed", stamp[:8], REGION), stamp, scope, seed)))


MUTATIONS = tuple(_table())
