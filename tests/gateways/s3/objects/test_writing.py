"""PutObject."""

import hashlib
from typing import Any

import pytest

from damgate.core.errors import NotFound, PreconditionFailed, Refused
from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import MOE, Desk


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def test_a_put_says_what_stands_there_now(door: Desk) -> None:
    answer = door("PUT", "things/one", b"bar")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["etag"] == etag(b"bar") == '"37b51d194a7513e45b56f6524f2d51f2"'
    assert "x-amz-version-id" not in answer.headers
    assert door("PUT", "things/none", b"").headers["etag"] == etag(b"")
    assert door("HEAD", "things/none").headers["content-length"] == "0"


CONDITIONS = [
    ({"if_match": "*"}, None, NotFound),
    ({"if_match": '"abc"'}, None, NotFound),
    ({"if_none_match": "*"}, None, None),
    ({"if_none_match": "abc"}, None, None),
    ({"if_match": "*"}, b"bar", None),
    ({"if_match": etag(b"bar")}, b"bar", None),
    ({"if_match": etag(b"bar").strip('"')}, b"bar", None),
    ({"if_match": '"abc"'}, b"bar", PreconditionFailed),
    ({"if_none_match": "*"}, b"bar", PreconditionFailed),
    ({"if_none_match": etag(b"bar")}, b"bar", PreconditionFailed),
    ({"if_none_match": "abc"}, b"bar", None),
]


@pytest.mark.parametrize(("headers", "standing", "error"), CONDITIONS)
def test_conditions(door: Desk, headers: Any, standing: Any, error: Any) -> None:
    if standing is not None:
        door("PUT", "things/one", standing)
    if error is None:
        assert door("PUT", "things/one", b"new", **headers).status == 200
        return
    with pytest.raises(error):
        door("PUT", "things/one", b"new", **headers)
    if standing is not None:
        assert door("GET", "things/one").body == standing


REFUSED = [
    ({"x_amz_acl": "public-read"}, "AccessControlListNotSupported"),
    ({"x_amz_grant_read": "id=x"}, "AccessControlListNotSupported"),
    ({"x_amz_storage_class": "GLACIER"}, "InvalidStorageClass"),
    ({"x_amz_server_side_encryption": "AES256"}, "NotImplemented"),
    ({"x_amz_server_side_encryption_customer_algorithm": "AES256"}, "NotImplemented"),
    ({"x_amz_website_redirect_location": "/"}, "NotImplemented"),
    ({"x_amz_write_offset_bytes": "3"}, "NotImplemented"),
    ({"x_amz_object_lock_mode": "GOVERNANCE"}, "InvalidRequest"),
    ({"x_amz_meta_a": "x" * 2048}, "MetadataTooLarge"),
    ({"x_amz_meta_a": "x\x01"}, "InvalidArgument"),
    ({"x_amz_tagging": "a=1&a=2"}, "InvalidTag"),
    ({"x_amz_tagging": "=1"}, "InvalidTag"),
    ({"x_amz_tagging": "a=%ff"}, "InvalidTag"),
    ({"x_amz_tagging": "a=%00"}, "InvalidTag"),
    ({"x_amz_tagging": "&".join(f"{n}=" for n in range(11))}, "InvalidTag"),
    ({"x_amz_tagging": "&".join(f"{n}=" for n in range(5000))}, "InvalidTag"),
    ({"x_amz_tagging": "x" * 129}, "InvalidTag"),
    ({"x_amz_tagging": "x=" + "y" * 257}, "InvalidTag"),
]


@pytest.mark.parametrize(("headers", "expected"), REFUSED)
def test_what_this_door_cannot_do_is_said(door: Desk, headers: Any, expected: Any) -> None:
    with pytest.raises(S3Fault) as error:
        door("PUT", "things/one", b"bar", **headers)
    assert error.value.code == expected
    with pytest.raises(NotFound):
        door("HEAD", "things/one")


@pytest.mark.parametrize(
    "headers",
    [
        {"x_amz_acl": "private"},
        {"x_amz_acl": "bucket-owner-full-control"},
        {"x_amz_storage_class": "STANDARD"},
        {"x_amz_meta_a": "x" * 2047},
        {"x_amz_tagging": "&".join(f"{n}=" for n in range(10))},
        {"content_length": "", "transfer_encoding": "chunked"},
    ],
)
def test_what_clients_always_send_is_taken(door: Desk, headers: Any) -> None:
    assert door("PUT", "things/one", b"bar", **headers).status == 200


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("gzip", "gzip"),
        ("deflate, gzip", "deflate, gzip"),
        ("gzip, aws-chunked", "gzip"),
        ("AWS-Chunked,gzip", "gzip"),
        ("aws-chunked, aws-chunked", None),
    ],
)
def test_how_bytes_were_sent_is_not_kept(door: Desk, sent: Any, kept: Any) -> None:
    door("PUT", "things/one", b"bar", content_encoding=sent)
    assert door("HEAD", "things/one").headers.get("content-encoding") == kept


def test_nobody_writes_into_anothers_bucket(door: Desk) -> None:
    for actor in (door.as_(MOE), door.as_(ANONYMOUS)):
        with pytest.raises(Refused):
            actor("PUT", "things/one", b"bar")
