"""Objects that forms of web pages send, of a real drive."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from damgate.core.errors import BadDigest, BadName, NoSuchBucket, Refused
from damgate.core.rights import ANONYMOUS, Actor
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import ANNA, MOE, Answer, Desk
from tests.gateways.s3.test_forms import TYPE, form

NOW = 1_800_000_000.0
UNTIL = datetime.fromtimestamp(NOW + 600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
CONDITIONS: list[Any] = [
    {"bucket": "things"},
    ["starts-with", "$key", "foo"],
    {"acl": "private"},
    ["starts-with", "$Content-Type", "text/plain"],
    ["content-length-range", 0, 1024],
]
FIELDS = {"key": "foo.txt", "acl": "private", "Content-Type": "text/plain"}
BYTES = b"bytes"


def signer(fields: Mapping[str, str]) -> Actor:
    """Believe whoever says the name of a person in place of a signature."""
    if "policy" not in fields:
        return ANONYMOUS
    return {"anna": ANNA, "moe": MOE}[fields["x-amz-signature"]]


@pytest.fixture
def page(desk: Desk) -> Desk:
    """Where everybody's browser posts; `things` is the manager's."""
    desk.make("things")
    return Desk(desk.site, ANONYMOUS, signer, lambda: NOW)


def post(
    page: Desk,
    *more: Any,
    fields: Mapping[str, str] = FIELDS,
    file: bytes = BYTES,
    who: str = "anna",
    bucket: str = "things",
) -> Answer:
    document = {"expiration": UNTIL, "conditions": [*CONDITIONS, *more]}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    body = form(*fields.items(), ("policy", policy), ("x-amz-signature", who), file=file)
    return page("POST", bucket, body, content_type=TYPE)


def test_a_file_becomes_an_object_of_who_signed_the_policy(page: Desk, desk: Desk) -> None:
    said = post(page)
    assert (said.status, said.body) == (204, b"")
    assert said.headers["location"] == "/things/foo.txt"
    found = desk("GET", "things/foo.txt")
    assert (found.body, found.headers["content-type"], found.headers["etag"]) == (
        BYTES,
        "text/plain",
        said.headers["etag"],
    )
    assert said.headers["etag"] == f'"{hashlib.md5(BYTES, usedforsecurity=False).hexdigest()}"'
    assert desk("GET", "things").texts("Contents/Owner/ID") == ["anna"]


def test_the_names_of_fields_are_in_any_case(page: Desk) -> None:
    assert post(page, fields={"kEy": "foo.txt", "aCl": "private", "content-TYPE": "text/plain"}).status == 204


def test_a_key_can_be_the_name_of_the_file(page: Desk, desk: Desk) -> None:
    post(page, fields=FIELDS | {"key": "foo/${filename}"})
    assert desk("GET", "things").texts("Contents/Key") == ["foo/shoe.jpg"]
    document = {"expiration": UNTIL, "conditions": [{"bucket": "things"}, ["starts-with", "$key", "shoe"]]}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    said = page(
        "POST",
        "things",
        form(("key", "${filename}"), ("policy", policy), ("x-amz-signature", "anna")),
        content_type=TYPE,
    )
    assert said.headers["location"] == "/things/shoe.jpg"  # the policy is about what it becomes


def test_what_the_form_says_of_the_file_is_kept(page: Desk, desk: Desk) -> None:
    tags = "<Tagging><TagSet><Tag><Key>colour</Key><Value>grün</Value></Tag></TagSet></Tagging>"
    said = {"x-amz-meta-author": "Ana", "Cache-Control": "no-cache", "tagging": tags}
    post(page, *(["starts-with", f"${name}", ""] for name in said), fields=FIELDS | said)
    found = desk("GET", "things/foo.txt").headers
    assert (found["x-amz-meta-author"], found["cache-control"]) == ("Ana", "no-cache")
    assert desk("GET", "things/foo.txt?tagging").texts("TagSet/Tag/Value") == ["grün"]


@pytest.mark.parametrize(("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)])
def test_a_page_chooses_among_three_answers(page: Desk, asked: str, status: int) -> None:
    said = post(page, ["starts-with", "$success_action_status", ""], fields=FIELDS | {"success_action_status": asked})
    assert said.status == status
    if status == 201:
        assert (said.kind, said.text("Key"), said.text("Bucket")) == ("PostResponse", "foo.txt", "things")
        assert said.text("ETag") == said.headers["etag"]
    else:
        assert said.body == b""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://shop.example/done", "http://shop.example/done?bucket=things&key=foo.txt&etag=%22{}%22"),
        ("https://shop.example/done?a=b", "https://shop.example/done?a=b&bucket=things&key=foo.txt&etag=%22{}%22"),
    ],
)
def test_a_browser_is_sent_on(page: Desk, address: str, expected: str) -> None:
    said = post(page, ["eq", "$success_action_redirect", address], fields=FIELDS | {"success_action_redirect": address})
    assert said.status == 303
    assert said.headers["location"] == expected.format(said.headers["etag"].strip('"'))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://a\r\nSet-Cookie: b", "//evil.example", "http://"])
def test_a_browser_is_sent_nowhere_else(page: Desk, address: str) -> None:
    said = post(page, ["starts-with", "$redirect", ""], fields=FIELDS | {"redirect": address})
    assert (said.status, said.headers["location"]) == (204, "/things/foo.txt")


@pytest.mark.parametrize(
    ("more", "fields", "file", "expected"),
    [
        ((), {"acl": "private"}, BYTES, "InvalidArgument"),
        ((), FIELDS | {"key": ""}, BYTES, "InvalidArgument"),
        ((["content-length-range", 0, 4],), FIELDS, BYTES, "EntityTooLarge"),
        ((["content-length-range", 6, 10],), FIELDS, BYTES, "EntityTooSmall"),
        (({},), FIELDS, BYTES, "InvalidPolicyDocument"),
        ((), FIELDS | {"x-amz-checksum-sha256": "sailor"}, BYTES, "InvalidRequest"),
        ((), FIELDS | {"x-amz-checksum-xxhash64": "AAAA"}, BYTES, "NotImplemented"),
        ((), FIELDS | {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "AAAA"}, BYTES, "InvalidRequest"),
        (
            ({"x-amz-storage-class": "GLACIER"},),
            FIELDS | {"x-amz-storage-class": "GLACIER"}, BYTES, "InvalidStorageClass",
        ),
        (({"tagging": "<Tag"},), FIELDS | {"tagging": "<Tag"}, BYTES, "MalformedXML"),
        (
            (["starts-with", "$x-amz-server-side-encryption", ""],),
            FIELDS | {"x-amz-server-side-encryption": "AES256"}, BYTES, "NotImplemented",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_written_changes_nothing(
    page: Desk, desk: Desk, more: tuple[Any, ...], fields: dict[str, str], file: bytes, expected: str
) -> None:
    with pytest.raises(S3Fault) as caught:
        post(page, *more, fields=fields, file=file)
    assert caught.value.code == expected
    assert desk("GET", "things").texts("Contents/Key") == []


def test_a_file_is_compared_with_its_checksum(page: Desk, desk: Desk) -> None:
    right = base64.b64encode(hashlib.sha256(BYTES).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"else").digest()).decode()
    with pytest.raises(BadDigest):
        post(page, fields=FIELDS | {"x-amz-checksum-sha256": wrong})
    assert desk("GET", "things").texts("Contents/Key") == []
    assert post(page, fields=FIELDS | {"x-amz-checksum-sha256": right}).status == 204
    assert desk("HEAD", "things/foo.txt", x_amz_checksum_mode="ENABLED").headers["x-amz-checksum-sha256"] == right


@pytest.mark.parametrize(
    "fields",
    [
        FIELDS | {"key": "bar.txt"},
        FIELDS | {"bucket": "other"},
        FIELDS | {"x-amz-meta-author": "me"},
        {"key": "foo.txt", "acl": "private"},
    ],
)
def test_what_the_policy_does_not_let_is_refused(page: Desk, desk: Desk, fields: dict[str, str]) -> None:
    with pytest.raises(Refused):
        post(page, fields=fields)
    assert desk("GET", "things").texts("Contents/Key") == []


def test_a_policy_is_for_one_bucket(page: Desk, desk: Desk) -> None:
    desk.make("others")
    for fields in (FIELDS, FIELDS | {"bucket": "things"}):
        with pytest.raises(Refused):
            post(page, fields=fields, bucket="others")
    assert desk("GET", "others").texts("Contents/Key") == []


def test_who_signed_must_be_allowed_to_write(page: Desk, desk: Desk) -> None:
    with pytest.raises(Refused):
        post(page, who="moe")
    with pytest.raises(NoSuchBucket):
        page("POST", "nothing", form(("key", "foo.txt")), content_type=TYPE)
    with pytest.raises(Refused):
        page("POST", "things", form(("key", "foo.txt")), content_type=TYPE)
    assert desk("GET", "things").texts("Contents/Key") == []


def test_a_key_must_be_one(page: Desk) -> None:
    with pytest.raises(BadName):
        post(page, fields=FIELDS | {"key": "foo/../bar"})


def test_the_person_who_sent_the_form_does_not_count(page: Desk, desk: Desk) -> None:
    """A page posts with the policy's signature alone, whoever is at the browser."""
    with pytest.raises(Refused):
        Desk(desk.site, ANNA, signer, lambda: NOW)("POST", "things", form(("key", "foo.txt")), content_type=TYPE)


def test_a_large_file_passes_through(page: Desk, desk: Desk) -> None:
    data = bytes(range(256)) * 4096 * 3
    more = base64.b64encode(json.dumps({"expiration": UNTIL, "conditions": CONDITIONS[:-1]}).encode()).decode()
    body = form(*FIELDS.items(), ("policy", more), ("x-amz-signature", "anna"), file=data)
    assert page("POST", "things", body, content_type=TYPE).status == 204
    assert desk("GET", "things/foo.txt").body == data
