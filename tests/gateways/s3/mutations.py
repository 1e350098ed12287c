"""What somebody in between, or without the secret, might make of a good request; each must be refused, with its code.

`MUTATIONS` can be replayed over a socket as well: `Wire.raw` is what to send. What breaks the rules of HTTP itself (no
Host, or two) is refused by the server there, with a 400 that has no code.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.gateways.s3.signing.streams import Chain, signing_key
from tests.gateways.s3.wires import (
    BODY,
    CHUNKS,
    GOOD,
    REGION,
    SIGNED,
    UNSIGNED_TRAILER,
    Bench,
    Wire,
    trailing,
    whole,
)

Change = Callable[[Wire], Wire]
Make = Callable[[Bench], Wire]


@dataclass(frozen=True)
class Mutation:
    """A request that must be refused, and the code that says so."""

    name: str
    make: Make
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


def _changed(name: str, change: Change, code: str, good: str = "signed") -> Mutation:
    return Mutation(f"{good}: {name}", lambda bench: change(GOOD[good](bench)), code)


def _dropping(name: str) -> Change:
    return lambda wire: wire.without(name)


def _doubling(name: str) -> Change:
    return lambda wire: wire.adding(name, wire.header(name))


def _altering(name: str, value: str) -> Change:
    return lambda wire: wire.altered(name, value or _later(wire.header(name)))


def _adding(name: str, value: str) -> Change:
    return lambda wire: wire.adding(name, value)


def _aiming(pattern: str, by: str) -> Change:
    return lambda wire: wire.aimed(pattern, by)


def _claiming(pattern: str, by: str) -> Change:
    return lambda wire: wire.swapped("authorization", pattern, by)


def _by(method: str) -> Change:
    return lambda wire: replace(wire, method=method)


def _sending(change: Callable[[bytes], bytes]) -> Change:
    return lambda wire: wire.sending(change(wire.body))


def _body(pattern: bytes, by: bytes) -> Change:
    return _sending(lambda body: re.sub(pattern, by, body, count=1, flags=re.DOTALL))


def _signed(**more: Any) -> Make:
    return lambda bench: bench.signed(**more)


def _streamed(**more: str) -> Make:
    return lambda bench: bench.chunked(trailing(), UNSIGNED_TRAILER, **more)


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
        yield _changed(f"{name} dropped", _dropping(name), dropped.get(name, wrong))
        yield _changed(
            f"{name} altered",
            _altering(name, other),
            wrong,
        )
        yield _changed(
            f"{name} doubled",
            _doubling(name),
            doubled.get(name, wrong),
        )
    yield _changed("the body declared unsigned", _altering("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), wrong)
    yield _changed("the body declared streamed", _altering("x-amz-content-sha256", UNSIGNED_TRAILER), wrong)
    added = {"acl": "public-read", "copy-source": "/approved/secret.jpg", "tagging": "a=b", "meta-color2": "x"}
    for name, value in {**added, "decoded-content-length": "1", "server-side-encryption": "AES256"}.items():
        yield _changed(
            f"x-amz-{name} added",
            _adding(f"x-amz-{name}", value),
            "AccessDenied",
        )
    yield _changed("a token added", _adding("x-amz-security-token", "t"), "InvalidToken")


def _later(stamp: str) -> str:
    second = (int(stamp[13:15]) + 1) % 60
    return f"{stamp[:13]}{second:02}Z"


def _lines(wrong: str) -> Iterator[Mutation]:
    for method in ("GET", "DELETE", "POST", "HEAD"):
        yield _changed(f"as {method}", _by(method), wrong)
    paths = {
        "another key": ("shoe", "shot"),
        "another bucket": ("inbox", "approved"),
        "other letters": ("summer", "Summer"),
        "a slash more": ("summer/", "summer//"),
        "a slash at the end": (r"\.jpg", ".jpg/"),
        "a folder more": ("summer/", "summer/july/"),
        "encoded twice": ("summer/", "summer%252F"),
        "a letter more": ("shoe", "shoe%53"),
        "a subresource": ("$", "?acl"),
        "a version": ("$", "?versionId=1"),
        "an upload": ("$", "?uploadId=1&partNumber=1"),
    }
    for name, (pattern, by) in paths.items():
        yield _changed(name, _aiming(pattern, by), wrong)


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
        yield _changed(name, _claiming(pattern, by), code)
    yield _changed("the signature in capitals", _capitals, wrong)
    yield Mutation("another secret", _signed(secret="guessed"), wrong)
    yield Mutation("16 minutes late", _signed(minutes=-16), "RequestTimeTooSkewed")
    yield Mutation("16 minutes early", _signed(minutes=16), "RequestTimeTooSkewed")
    yield _changed("an address as well", _aiming("$", "?X-Amz-Signature=0"), "InvalidArgument")
    yield _changed("an address of version 2 as well", _aiming("$", "?Signature=0"), "InvalidArgument")
    for says in ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-SOMETHING"):
        yield Mutation(says, _signed(says=says), "NotImplemented")
    yield Mutation("no hash at all", _signed(says="0" * 63), "InvalidArgument")


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
        yield Mutation(f"signed: {name}", _signed(**more), code)


def _presigned(wrong: str) -> Iterator[Mutation]:
    malformed = "AuthorizationQueryParametersError"
    parts = {
        "another key": ("shoe", "shot", wrong),
        "a longer life": ("X-Amz-Expires=60", "X-Amz-Expires=600", wrong),
        "no life": ("X-Amz-Expires=60", "X-Amz-Expires=0", "AccessDenied"),
        "a life in the past": ("X-Amz-Expires=60", "X-Amz-Expires=-60", "AccessDenied"),
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
        yield _changed(name, _aiming(pattern, by), code, "presigned")
    for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"):
        yield _changed(
            f"X-Amz-{name} dropped",
            _aiming(f"&?X-Amz-{name}=[^&]+", ""),
            malformed,
            "presigned",
        )
    yield _changed("as GET", _by("GET"), wrong, "presigned")
    yield _changed(
        "a copy made of it",
        _adding("x-amz-copy-source", "/approved/secret.jpg"),
        "AccessDenied",
        "presigned",
    )
    yield Mutation("presigned: expired", lambda bench: bench.presigned(minutes=-2), "AccessDenied")
    yield Mutation("presigned: not valid yet", lambda bench: bench.presigned(minutes=16), "AccessDenied")


def _older(wrong: str) -> Iterator[Mutation]:
    parts = {
        "another key": ("shoe", "shot", wrong),
        "an endless life": (r"Expires=\d+", "Expires=99999999999", "AccessDenied"),
        "a life of letters": (r"Expires=\d+", "Expires=soon", "AccessDenied"),
        "no life": (r"Expires=\d+", "", "AccessDenied"),
        "an unknown key": ("AWSAccessKeyId=[^&]+", "AWSAccessKeyId=AKIAUNKNOWN", "InvalidAccessKeyId"),
        "another signature": ("Signature=[^&]+", "Signature=c2lnbmF0dXJl", wrong),
        "no signature": ("Signature=[^&]+", "", "AccessDenied"),
        "a version": ("$", "&versionId=1", wrong),
        "attributes": ("$", "&attributes", wrong),
        "another answer": ("$", "&response-content-disposition=inline", wrong),
        "a version by a name in percent": ("$", "&%76ersionId=1", wrong),
        "attributes by a name in percent": ("$", "&%61ttributes", wrong),
        "an upload by a name in percent": ("$", "&upload%49d=1&part%4eumber=1", wrong),
        "another answer by a name in percent": ("$", "&%72esponse-content-type=text%2Fhtml", wrong),
    }
    good = "presigned by version 2"
    for name, (pattern, by, code) in parts.items():
        yield _changed(name, _aiming(pattern, by), code, good)
    yield _changed("a longer life", _living_longer, wrong, good)
    yield _changed("as GET", _by("GET"), wrong, good)
    for name, value in {"x-amz-copy-source": "/approved/a", "x-amz-meta-a": "b", "Content-Type": "text/html"}.items():
        yield _changed(f"{name} added", _adding(name, value), wrong, good)
    yield Mutation("presigned by version 2: expired", lambda bench: bench.older(expires=-60), "AccessDenied")


def _living_longer(wire: Wire) -> Wire:
    longer = re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 60}", wire.target)
    return replace(wire, target=longer)


def _chunks(wrong: str) -> Iterator[Mutation]:
    bad, broken, trailer = "BadDigest", "IncompleteBody", "MalformedTrailerError"
    for good in ("in signed chunks", "in signed chunks with a trailer"):
        yield _changed("a byte changed", _body(b"aaaa", b"aaxa"), wrong, good)
        yield _changed("a byte of the last chunk changed", _body(b"cccc", b"ccxc"), wrong, good)
        yield _changed("a signature of zeros", _body(b"=[0-9a-f]{64}", b"=" + b"0" * 64), wrong, good)
        yield _changed("a signature in capitals", _body(b"=[0-9a-f]{64}", b"=" + b"A" * 64), wrong, good)
        yield _changed("a signature cut short", _body(b"=[0-9a-f]{4}", b"="), wrong, good)
        yield _changed("a signature dropped", _body(b";chunk-signature=[0-9a-f]{64}", b""), broken, good)
        yield _changed(
            "the last chunk unsigned", _body(b"\r\n0;[^\r]+", b"\r\n0;chunk-signature=" + b"0" * 64), wrong, good
        )
        yield _changed("a chunk's size changed", _body(b"10000;", b"ffff;"), wrong, good)
        yield _changed("a chunk's size is no number", _body(b"10000;", b"1_0000;"), broken, good)
        yield _changed("a chunk dropped", _body(b"2000;[^\r]+\r\nb+\r\n", b""), wrong, good)
        yield _changed("chunks swapped", _body(b"^(1[^\r]+\r\na+\r\n)(2[^\r]+\r\nb+\r\n)", b"\\2\\1"), wrong, good)
        yield _changed("a chunk doubled", _body(b"^(1[^\r]+\r\na+\r\n)", b"\\1\\1"), broken, good)
        yield _changed("the end dropped", _body(b"\r\n0;.*", b""), broken, good)
        yield _changed("cut within a chunk", _sending(lambda body: body[:1000]), broken, good)
        yield _changed("a byte behind the end", _sending(lambda body: body + b"!"), broken, good)
    signed, plain = "in signed chunks with a trailer", "in chunks with a trailer"
    yield _changed("another checksum", _body(b"crc32:....", b"crc32:AAAA"), wrong, signed)
    yield _changed("another trailer", _body(b"checksum-crc32", b"checksum-sha256"), wrong, signed)
    yield _changed(
        "the trailer's signature of zeros", _body(b"signature:[0-9a-f]{64}", b"signature:" + b"0" * 64), wrong, signed
    )
    yield _changed("the trailer's signature dropped", _body(b"x-amz-trailer-signature[^\r]+\r\n", b""), broken, signed)
    yield _changed("the trailer dropped", _body(b"x-amz-checksum[^\r]+\r\n", b""), broken, signed)
    yield _changed(
        "a header hidden in the trailer", _body(b"x-amz-trailer", b"x-amz-acl:public\r\nx-amz-trailer"), wrong, signed
    )
    yield _changed("a trailer added", _body(b"\r\n\r\n$", b"\r\nx-amz-acl:public\r\n\r\n"), trailer, "in signed chunks")
    yield _changed("sealed by a guessed secret", _resealed, wrong, signed)
    yield Mutation(
        "in signed chunks: small ones", lambda bench: bench.chunked(lambda chain: chain.frame(CHUNKS[::-1]), SIGNED),
        "InvalidChunkSizeError",
    )  # fmt: skip
    yield Mutation("in chunks: another secret", lambda bench: replace(bench, secret="guessed").chunked(
        trailing(), UNSIGNED_TRAILER), wrong)  # fmt: skip
    yield _changed("a byte changed", _body(b"aaaa", b"aaxa"), bad, plain)
    yield _changed("another checksum", _body(b"crc32:....", b"crc32:AAAA"), bad, plain)
    yield _changed("a malformed checksum", _body(b"crc32:....", b"crc32:"), "InvalidRequest", plain)
    yield _changed("another trailer", _body(b"checksum-crc32", b"checksum-sha1"), trailer, plain)
    yield _changed("a trailer without a name", _body(b"x-amz-checksum-crc32:", b":"), trailer, plain)
    yield _changed("the trailer dropped", _body(b"x-amz-checksum[^\r]+\r\n", b""), trailer, plain)
    yield _changed("a trailer more", _body(b"x-amz-checksum", b"x-amz-acl:public\r\nx-amz-checksum"), trailer, plain)
    yield _changed("the trailer doubled", _body(b"(x-amz-checksum[^\r]+\r\n)", b"\\1\\1"), trailer, plain)
    yield _changed("the end cut", _sending(lambda body: body[:-2]), broken, plain)
    yield _changed("the last byte changed", _sending(lambda body: body[:-1] + b"X"), broken, plain)
    yield _changed("a chunk of no size", _body(b"^10000", b""), broken, plain)
    yield _changed("a negative size", _body(b"^10000", b"-1"), broken, plain)
    yield _changed("a huge size", _body(b"^10000", b"f" * 16), broken, plain)
    yield _changed("an endless line", _sending(lambda _: b"1" * 100_000), broken, plain)
    yield _changed("a bare line feed", _body(b"^10000\r\n", b"10000\n"), broken, plain)
    yield _changed("fewer bytes", _body(b"\r\n64\r\nc+", b""), broken, plain)
    yield _changed("another length", _altering("x-amz-decoded-content-length", "1"), wrong, plain)
    for value, code in {"": "MissingContentLength", "x": "InvalidArgument", "1": broken, "999999": broken}.items():
        yield Mutation(
            f"in chunks: a length of “{value}”",
            _streamed(x_amz_decoded_content_length=value),
            code,
        )
    for name, code in {"x-amz-checksum-md5": "NotImplemented", "x-amz-meta-a": "InvalidRequest"}.items():
        yield Mutation(
            f"in chunks: the trailer {name}",
            _streamed(x_amz_trailer=name),
            code,
        )
    yield Mutation(
        "in chunks: a checksum before them as well",
        _streamed(x_amz_checksum_crc32="AAAAAA=="),
        "InvalidRequest",
    )


def _resealed(wire: Wire) -> Wire:
    stamp = wire.header("x-amz-date")
    seed = wire.header("authorization").rpartition("=")[2]
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    return wire.sending(whole(Chain(signing_key("guessed", stamp[:8], REGION), stamp, scope, seed)))


MUTATIONS = tuple(_table())
