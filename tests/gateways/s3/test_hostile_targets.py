"""Whatever is asked of the S3 port gets an answer that S3 clients can read, and is no failure of the server's."""

from __future__ import annotations

import string
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.gateways.s3.signed import HOST, S3

METHODS = some.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MOVE"])
RAW = some.one_of(
    some.text(some.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="#\x7f"), max_size=40),
    some.text("/%.a0\xc3\xbc?&=+F", max_size=30),
)
SUBRESOURCES = some.sampled_from(
    [
        "acl",
        "attributes",
        "cors",
        "delete",
        "uploads",
        "uploadId=x",
        "partNumber=1",
        "versions",
        "versionId=x",
        "tagging",
        "policy",
        "list-type=2",
        "max-keys=x",
        "max-keys=-1",
        "encoding-type=url",
        "marker=%FF",
        "continuation-token=%00",
        "select",
        "location",
        "torrent",
        "X-Amz-Signature=x",
        "Signature=x&AWSAccessKeyId=y&Expires=z",
        "response-content-type=%0D%0A",
        "uploadId&partNumber",
    ]
)
HOSTS = some.sampled_from([HOST, "", "things.s3.example.com", "..s3.example.com", "[::1]:9000", "a" * 300])
VALUES = some.text(some.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)
HEADERS = some.dictionaries(
    some.sampled_from(
        [
            "Range",
            "If-Match",
            "If-None-Match",
            "If-Modified-Since",
            "Content-MD5",
            "Content-Type",
            "Origin",
            "x-amz-acl",
            "x-amz-copy-source",
            "x-amz-tagging",
            "x-amz-date",
            "x-amz-content-sha256",
            "x-amz-checksum-crc32",
            "x-amz-checksum-algorithm",
            "x-amz-trailer",
            "x-amz-decoded-content-length",
            "x-amz-meta-a",
            "x-amz-object-attributes",
            "Authorization",
            "Expect",
            "Content-Encoding",
            "x-amz-copy-source-range",
            "x-amz-metadata-directive",
            "Access-Control-Request-Method",
            "x-amz-mp-object-size",
        ]
    ),
    some.one_of(VALUES, some.sampled_from(["*", "bytes=0-", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request", "1"])),
    max_size=3,
)
BODIES = some.one_of(
    some.binary(max_size=60),
    some.sampled_from([b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<Delete/>", b"<Tagging>", b"<a" + b"<a>" * 50]),
)
ASKING = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PRINTABLE = frozenset(string.printable)


def check_sound(method: str, answer: Any) -> None:
    assert answer.status < 500 or answer.status in {501, 503}, answer
    assert all(PRINTABLE.issuperset(name) and "\n" not in value for name, value in answer.headers.items())
    if answer.status >= 400 and method != "HEAD":
        assert answer.error["Code"]
        assert answer.error["Message"]


@ASKING
@given(method=METHODS, raw=RAW, sub=SUBRESOURCES, host=HOSTS, headers=HEADERS, body=BODIES)
def test_strangers_asking_anything(
    s3_front: Any, method: str, raw: str, sub: str, host: str, headers: dict[str, str], body: bytes
) -> None:
    stranger = S3(s3_front)
    for target in (f"/{raw}", f"/things/{raw}", f"/things?{sub}", f"/things/a?{sub}", raw):
        check_sound(method, stranger.send(method, target, body, host, headers))


@ASKING
@given(method=METHODS, raw=RAW, sub=SUBRESOURCES, headers=HEADERS, body=BODIES)
def test_somebody_who_signed_anything(
    anna: S3, method: str, raw: str, sub: str, headers: dict[str, str], body: bytes
) -> None:
    anna("PUT", "/things")
    for key in ("", "/a", f"/{raw.replace('?', '')}"):
        target = f"/things{key}?{sub}"
        said = {name: value for name, value in headers.items() if not name.startswith(("Auth", "x-amz-date"))}
        try:
            request = AWSRequest(method, f"http://{HOST}{target}", said, data=body)
            S3SigV4Auth(Credentials(anna.access, anna.secret), "s3", "x").add_auth(request)
            signed = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        except (ValueError, UnicodeError):  # what botocore cannot sign
            continue
        check_sound(method, anna.send(method, target, body, HOST, signed))
