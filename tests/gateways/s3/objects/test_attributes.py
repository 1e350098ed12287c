"""GetObjectAttributes."""

import hashlib
from typing import Any

import pytest

from damgate.core.errors import NotFound
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import SAID, Desk, Sent
from tests.gateways.s3.objects.test_reading import InParts

ALL = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"


def test_everything_of_an_object_that_came_whole(door: Desk) -> None:
    door("PUT", "things/one", b"bar")
    answer = door("GET", "things/one?attributes", x_amz_object_attributes=ALL)
    assert answer.text("ETag") == hashlib.md5(b"bar").hexdigest()
    assert answer.text("Checksum/ChecksumCRC32") == Sent(b"bar").checksum.value
    assert answer.text("Checksum/ChecksumType") == "FULL_OBJECT"
    assert (answer.text("StorageClass"), answer.text("ObjectSize")) == ("STANDARD", "3")
    assert answer.texts("ObjectParts") == []
    assert answer.headers["last-modified"].endswith("GMT")
    assert "x-amz-version-id" not in answer.headers


def test_only_what_is_asked_for(door: Desk) -> None:
    door("PUT", "things/one", b"bar")
    answer = door("GET", "things/one?attributes", x_amz_object_attributes="ObjectSize, ETag")
    assert [one.tag.removeprefix(SAID) for one in answer.root] == ["ETag", "ObjectSize"]


@pytest.mark.parametrize("names", ["", "Etag", "ETag,Owner"])
def test_nothing_else_is_known(door: Desk, names: Any) -> None:
    with pytest.raises(S3Fault) as error:
        door("GET", "things/one?attributes", x_amz_object_attributes=names)
    assert error.value.code == "InvalidArgument"
    with pytest.raises(NotFound):
        door("GET", "things/one?attributes", x_amz_object_attributes="ETag")


@pytest.mark.parametrize(
    ("headers", "numbers", "following"),
    [
        ({}, ["1", "2", "3"], []),
        ({"x_amz_max_parts": "1", "x_amz_part_number_marker": "1"}, ["2"], ["2"]),
        ({"x_amz_max_parts": "5", "x_amz_part_number_marker": "2"}, ["3"], []),
        ({"x_amz_part_number_marker": "9"}, [], []),
    ],
)
def test_parts_come_in_pages(plain_site: Any, headers: Any, numbers: Any, following: Any) -> None:
    door = Desk(plain_site, instead=InParts())
    answer = door("GET", "things/one?attributes", x_amz_object_attributes=ALL, **headers)
    assert answer.text("ObjectParts/PartsCount") == "3"
    assert answer.texts("ObjectParts/Part/PartNumber") == numbers
    assert answer.texts("ObjectParts/Part/Size") == [{"1": "4", "2": "5", "3": "1"}[number] for number in numbers]
    assert answer.texts("ObjectParts/NextPartNumberMarker") == following
    assert answer.text("ObjectParts/IsTruncated") == ("true" if following else "false")
    assert answer.text("Checksum/ChecksumSHA256") == "YWJj-3"


@pytest.mark.parametrize("value", ["-1", "x", "²", "9" * 20])
def test_pages_are_numbers(plain_site: Any, value: Any) -> None:
    with pytest.raises(S3Fault) as error:
        Desk(plain_site, instead=InParts())(
            "GET", "things/one?attributes", x_amz_object_attributes=ALL, x_amz_part_number_marker=value
        )
    assert error.value.code == "InvalidArgument"
