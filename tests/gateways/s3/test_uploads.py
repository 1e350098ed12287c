"""Uploads in parts, as clients begin, fill, list, complete and give them up."""

import hashlib
import zlib
from base64 import b64encode

import pytest

from damgate.core.errors import (
    BadPart,
    BadRequest,
    NoSuchUpload,
    PartOrder,
    PreconditionFailed,
    RangeUnsatisfiable,
    Refused,
)
from damgate.core.objects import LEAST_PART
from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import MOE, Answer, Desk

LARGE, REST = b"x" * LEAST_PART, b"the rest"


def crc(data: bytes) -> str:
    return b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def begin(desk: Desk, key: str = "film", /, **headers: str) -> str:
    return desk("POST", f"things/{key}?uploads", **headers).text("UploadId") or ""


def send(desk: Desk, upload: str, number: int, data: bytes, key: str = "film") -> str:
    return desk("PUT", f"things/{key}?partNumber={number}&uploadId={upload}", data).headers["etag"]


def claims(*parts: tuple[int, str], more: str = "") -> bytes:
    inside = "".join(f"<Part><ETag>{tag}</ETag><PartNumber>{number}</PartNumber>{more}</Part>" for number, tag in parts)
    return f"<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>".encode()


def complete(desk: Desk, upload: str, *parts: tuple[int, str], more: str = "", **headers: str) -> Answer:
    return desk("POST", f"things/film?uploadId={upload}", claims(*parts, more=more), **headers)


@pytest.fixture
def things(desk: Desk) -> Desk:
    desk.make("things")
    return desk


def test_an_object_comes_in_parts(things: Desk) -> None:
    begun = things("POST", "things/film?uploads", content_type="video/mp4", x_amz_meta_author="me")
    assert (begun.kind, begun.text("Bucket"), begun.text("Key")) == ("InitiateMultipartUploadResult", "things", "film")
    upload = begun.text("UploadId") or ""
    first, second = send(things, upload, 1, LARGE), send(things, upload, 2, REST)
    assert first == f'"{hashlib.md5(LARGE, usedforsecurity=False).hexdigest()}"'
    assert things("GET", "things").texts("Contents/Key") == []
    said = complete(things, upload, (1, first.replace('"', "&quot;")), (2, second.strip('"')))
    assert (said.kind, said.text("Bucket"), said.text("Key")) == ("CompleteMultipartUploadResult", "things", "film")
    assert (said.text("Location") or "").endswith("/things/film")
    assert (said.text("ETag") or "").endswith('-2"')
    found = things("GET", "things/film")
    assert found.body == LARGE + REST
    assert found.headers["etag"] == said.text("ETag")
    assert (found.headers["content-type"], found.headers["x-amz-meta-author"]) == ("video/mp4", "me")
    assert things("GET", "things?uploads").texts("Upload/Key") == []


@pytest.mark.parametrize(
    ("headers", "algorithm", "kind"),
    [
        ({"x_amz_checksum_algorithm": "CRC32"}, "CRC32", "COMPOSITE"),
        ({"x_amz_checksum_algorithm": "crc32c", "x_amz_checksum_type": "FULL_OBJECT"}, "CRC32C", "FULL_OBJECT"),
        ({"x_amz_checksum_algorithm": "CRC64NVME"}, "CRC64NVME", "FULL_OBJECT"),
        ({"x_amz_checksum_algorithm": "SHA256"}, "SHA256", "COMPOSITE"),
        ({}, None, None),
    ],
)
def test_the_kind_of_checksums_is_announced(
    things: Desk, headers: dict[str, str], algorithm: str | None, kind: str | None
) -> None:
    begun = things("POST", "things/film?uploads", **headers)
    assert begun.headers.get("x-amz-checksum-algorithm") == algorithm
    assert begun.headers.get("x-amz-checksum-type") == kind
    listed = things("GET", f"things/film?uploadId={begun.text('UploadId')}")
    assert (listed.text("ChecksumAlgorithm"), listed.text("ChecksumType")) == (algorithm, kind)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_amz_checksum_algorithm": "XXHASH64"}, "NotImplemented"),
        ({"x_amz_checksum_type": "FULL_OBJECT"}, "InvalidRequest"),
        ({"x_amz_checksum_algorithm": "SHA256", "x_amz_checksum_type": "FULL_OBJECT"}, "InvalidRequest"),
        ({"x_amz_checksum_algorithm": "CRC64NVME", "x_amz_checksum_type": "COMPOSITE"}, "InvalidRequest"),
        ({"x_amz_checksum_algorithm": "CRC32", "x_amz_checksum_type": "HALF"}, "InvalidRequest"),
        ({"x_amz_acl": "public-read"}, "AccessControlListNotSupported"),
        ({"x_amz_server_side_encryption": "AES256"}, "NotImplemented"),
    ],
)
def test_what_an_upload_cannot_be_is_refused(things: Desk, headers: dict[str, str], expected: str) -> None:
    with pytest.raises(S3Fault) as caught:
        things("POST", "things/film?uploads", **headers)
    assert caught.value.code == expected
    assert things("GET", "things?uploads").texts("Upload/Key") == []


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "", "1.0", "٣", "999999"])
@pytest.mark.parametrize("source", [{}, {"x_amz_copy_source": "things/a"}])
def test_parts_are_numbered_from_1_to_10000(things: Desk, number: str, source: dict[str, str]) -> None:
    upload = begin(things)
    with pytest.raises(S3Fault) as caught:
        things("PUT", f"things/film?partNumber={number}&uploadId={upload}", b"a", **source)
    assert caught.value.code == "InvalidArgument"


def test_checksums_are_kept_told_and_put_together(things: Desk) -> None:
    upload = begin(things, x_amz_checksum_algorithm="CRC32", x_amz_checksum_type="FULL_OBJECT")
    first = things("PUT", f"things/film?partNumber=1&uploadId={upload}", LARGE)
    assert first.headers["x-amz-checksum-crc32"] == crc(LARGE)
    second = things("PUT", f"things/film?partNumber=2&uploadId={upload}", REST)
    listed = things("GET", f"things/film?uploadId={upload}")
    assert listed.texts("Part/ChecksumCRC32") == [crc(LARGE), crc(REST)]
    parts = (1, first.headers["etag"]), (2, second.headers["etag"])
    said = complete(things, upload, *parts, x_amz_checksum_crc32=crc(LARGE + REST), x_amz_checksum_type="FULL_OBJECT")
    assert (said.text("ChecksumCRC32"), said.text("ChecksumType")) == (crc(LARGE + REST), "FULL_OBJECT")


@pytest.mark.parametrize(
    ("more", "headers", "error"),
    [
        ("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>", {}, BadPart),
        ("<ChecksumCRC32>AAA</ChecksumCRC32>", {}, S3Fault),
        ("", {"x_amz_checksum_crc32": "AAAAAA=="}, BadRequest),
        ("", {"x_amz_checksum_crc32": "nonsense"}, S3Fault),
        ("", {"x_amz_checksum_type": "HALF"}, S3Fault),
        ("", {"x_amz_mp_object_size": "7"}, BadRequest),
        ("", {"x_amz_mp_object_size": "x"}, S3Fault),
        ("", {"if_match": '"0"'}, PreconditionFailed),
        ("", {"if_none_match": "*"}, PreconditionFailed),
    ],
)
def test_what_is_not_as_the_client_says_is_not_completed(
    things: Desk, more: str, headers: dict[str, str], error: type[Exception]
) -> None:
    things("PUT", "things/film", b"before")
    upload = begin(things, x_amz_checksum_algorithm="CRC32")
    tag = send(things, upload, 1, REST)
    with pytest.raises(error):
        complete(things, upload, (1, tag), more=more, **headers)
    assert things("GET", "things/film").body == b"before"
    assert complete(things, upload, (1, tag), x_amz_mp_object_size="8").status == 200


def test_conditions_that_hold_let_an_upload_complete(things: Desk) -> None:
    tag = things("PUT", "things/film", b"before").headers["etag"]
    upload = begin(things)
    assert complete(things, upload, (1, send(things, upload, 1, REST)), if_match=tag).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<CompleteMultipartUpload/>",
        b"<Other/>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><ETag>a</ETag></Part></CompleteMultipartUpload>",
        claims(*((number, "a") for number in range(10_001))),
    ],
)
def test_a_completion_without_its_parts_is_malformed(things: Desk, body: bytes) -> None:
    upload = begin(things)
    with pytest.raises(S3Fault) as caught:
        things("POST", f"things/film?uploadId={upload}", body)
    assert caught.value.code == "MalformedXML"


def test_parts_that_are_not_there_or_out_of_order_are_refused(things: Desk) -> None:
    upload = begin(things)
    first, second = send(things, upload, 1, LARGE), send(things, upload, 2, REST)
    with pytest.raises(PartOrder):
        complete(things, upload, (2, second), (1, first))
    with pytest.raises(BadPart):
        complete(things, upload, (1, first), (3, second))
    with pytest.raises(BadPart):
        complete(things, upload, (1, second))


def test_a_part_is_made_of_an_object_that_stands(things: Desk) -> None:
    source = things("PUT", "things/a b", b"0123456789").headers["etag"]
    upload = begin(things)
    path = f"things/film?partNumber=1&uploadId={upload}"
    said = things("PUT", path, x_amz_copy_source="/things/a%20b", x_amz_copy_source_range="bytes=2-5")
    assert said.kind == "CopyPartResult"
    assert said.text("ETag") == f'"{hashlib.md5(b"2345", usedforsecurity=False).hexdigest()}"'
    complete(things, upload, (1, said.text("ETag") or ""))
    assert things("GET", "things/film").body == b"2345"
    other = begin(things)
    whole = things("PUT", f"things/film?partNumber=1&uploadId={other}", x_amz_copy_source="things/a%20b")
    assert whole.text("ETag") == source
    with pytest.raises(PreconditionFailed):
        things(
            "PUT",
            f"things/film?partNumber=1&uploadId={other}",
            x_amz_copy_source="things/a%20b",
            x_amz_copy_source_if_match='"0"',
        )


@pytest.mark.parametrize(
    "span",
    [
        "0-2",
        "bytes=0",
        "bytes=hello-world",
        "bytes=0-bar",
        "bytes=hello-",
        "bytes=0-2,3-5",
        "bytes=-5",
        "bytes=3-2",
        "",
    ],
)
def test_a_range_to_copy_must_be_one(things: Desk, span: str) -> None:
    things("PUT", "things/a", b"01234")
    upload = begin(things)
    with pytest.raises(S3Fault) as caught:
        things(
            "PUT",
            f"things/film?partNumber=1&uploadId={upload}",
            x_amz_copy_source="things/a",
            x_amz_copy_source_range=span,
        )
    assert caught.value.code == "InvalidArgument"


@pytest.mark.parametrize(
    ("header", "value", "error"),
    [
        ("x_amz_source_expected_bucket_owner", "otto", Refused),
        ("x_amz_copy_source_server_side_encryption_customer_algorithm", "AES256", S3Fault),
    ],
)
def test_a_part_is_not_made_where_the_source_is_not_what_it_is_taken_for(
    things: Desk, header: str, value: str, error: type[Exception]
) -> None:
    things("PUT", "things/a", b"01234")
    path = f"things/film?partNumber=1&uploadId={begin(things)}"
    with pytest.raises(error):
        things("PUT", path, x_amz_copy_source="things/a", **{header: value})


def test_a_range_beyond_the_source_is_refused(things: Desk) -> None:
    things("PUT", "things/a", b"01234")
    upload = begin(things)
    with pytest.raises(RangeUnsatisfiable):
        things(
            "PUT",
            f"things/film?partNumber=1&uploadId={upload}",
            x_amz_copy_source="things/a",
            x_amz_copy_source_range="bytes=0-21",
        )


def test_parts_are_listed_in_pages(things: Desk) -> None:
    upload = begin(things)
    tags = [send(things, upload, number, bytes(number)) for number in (1, 2, 5)]
    said = things("GET", f"things/film?uploadId={upload}&max-parts=2")
    assert (said.texts("Part/PartNumber"), said.texts("Part/ETag"), said.texts("Part/Size")) == (
        ["1", "2"],
        tags[:2],
        ["1", "2"],
    )
    assert (said.text("IsTruncated"), said.text("NextPartNumberMarker"), said.text("MaxParts")) == ("true", "2", "2")
    assert said.texts("Initiator/ID") == said.texts("Owner/DisplayName") == ["anna"]
    rest = things("GET", f"things/film?uploadId={upload}&max-parts=2&part-number-marker=2")
    assert (rest.texts("Part/PartNumber"), rest.text("IsTruncated"), rest.text("PartNumberMarker")) == (
        ["5"],
        "false",
        "2",
    )
    assert things("GET", f"things/film?uploadId={upload}&max-parts=0").texts("Part/PartNumber") == []
    with pytest.raises(S3Fault):
        things("GET", f"things/film?uploadId={upload}&max-parts=x")


def test_uploads_are_listed_in_pages(things: Desk) -> None:
    begun = [("a", begin(things, "a")), ("a", begin(things, "a")), ("b+1", begin(things, "b+1"))]
    begin(things, "c/1")
    begin(things, "c/2")
    said = things("GET", "things?uploads&delimiter=/&encoding-type=url")
    assert said.kind == "ListMultipartUploadsResult"
    assert list(zip(said.texts("Upload/Key"), said.texts("Upload/UploadId"), strict=True)) == [
        (key.replace("+", "%2B"), upload) for key, upload in begun
    ]
    assert said.texts("CommonPrefixes/Prefix") == ["c/"]
    assert said.texts("Upload/Initiator/ID") == ["anna"] * 3
    found: list[str] = []
    key = upload = ""
    while True:
        page = things(
            "GET", f"things?uploads&max-uploads=1&key-marker={key.replace('+', '%2B')}&upload-id-marker={upload}"
        )
        found += page.texts("Upload/UploadId")
        key, upload = page.text("NextKeyMarker") or "", page.text("NextUploadIdMarker") or ""
        if page.text("IsTruncated") == "false":
            break
    assert found[:3] == [upload for _, upload in begun]
    assert len(found) == 5
    assert things("GET", "things?uploads&prefix=c/").texts("Upload/Key") == ["c/1", "c/2"]


def test_an_upload_is_given_up(things: Desk) -> None:
    upload = begin(things)
    tag = send(things, upload, 1, REST)
    assert things("DELETE", f"things/film?uploadId={upload}").status == 204
    with pytest.raises(NoSuchUpload):
        complete(things, upload, (1, tag))
    for method in ("GET", "DELETE"):
        with pytest.raises(NoSuchUpload):
            things(method, f"things/film?uploadId={upload}")
    with pytest.raises(NoSuchUpload):
        send(things, "nonsense", 1, b"a")


def test_uploads_are_their_owners(things: Desk) -> None:
    upload, other = begin(things), things.as_(MOE)
    with pytest.raises(Refused):
        send(other, upload, 1, b"a")
    for method, path in (
        ("POST", "things/film?uploads"),
        ("GET", f"things/film?uploadId={upload}"),
        ("DELETE", f"things/film?uploadId={upload}"),
        ("GET", "things?uploads"),
    ):
        with pytest.raises(Refused):
            other(method, path)


def test_the_list_of_parts_is_not_read_for_who_has_nothing_to_complete(things: Desk) -> None:
    upload = begin(things)
    with pytest.raises(Refused):
        things.as_(MOE)("POST", f"things/film?uploadId={upload}", b"no XML")
    for desk in (things, things.as_(MOE), things.as_(ANONYMOUS)):
        with pytest.raises(NoSuchUpload):
            desk("POST", "things/film?uploadId=0", b"no XML")
