"""CopyObject, as a request says it; what a copy does is tested with the buckets."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from damgate.core.errors import BadName, Refused
from damgate.core.objects import Attributes, Checksum, Given, Object, Source
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import Desk

MADE = Object("two", 3, "abc", 1_700_000_000.25, attributes=Attributes(checksum=Checksum("CRC32", "AAAA")))


@dataclass
class Copier:
    """Keeps what it was asked for."""

    owner: str = "anna"
    name: str = "things"
    asked: list[Any] = field(default_factory=list)

    def find(self, name: str) -> "Copier":
        return self

    def ask_to_list(self) -> None:
        """Everybody may."""

    def copy(self, source: Source, bucket: str, key: str, given: Given, *, described: bool) -> Object:
        self.asked.append((source, bucket, key, given, described))
        return MADE


@pytest.fixture
def copier(plain_site: Any) -> Desk:
    return Desk(plain_site, instead=Copier())


def asked(door: Desk) -> Any:
    (one,) = door.instead.asked
    return one


@pytest.mark.parametrize(
    ("header", "bucket", "key", "version"),
    [
        ("things/one", "things", "one", ""),
        ("/things/one", "things", "one", ""),
        ("things//one", "things", "/one", ""),
        ("things/a%20b+c/%C3%BC", "things", "a b+c/ü", ""),
        ("things/a%2520b", "things", "a%20b", ""),
        ("things/ü".encode().decode("latin-1"), "things", "ü", ""),
        ("things%2Fone", "things", "one", ""),
        ("things/one?versionId=v%2B1", "things", "one", "v+1"),
        ("things/what%3FversionId=1", "things", "what?versionId=1", ""),
    ],
)
def test_the_source_is_read(copier: Desk, header: Any, bucket: Any, key: Any, version: Any) -> None:
    answer = copier("PUT", "things/two", x_amz_copy_source=header)
    source, *place, given, described = asked(copier)
    assert (source.bucket, source.key, source.version) == (bucket, key, version)
    assert (place, given, described) == (["things", "two"], Given(), False)
    assert answer.headers.get("x-amz-copy-source-version-id") == (version or None)


def test_a_copy_is_told_in_xml(copier: Desk) -> None:
    answer = copier("PUT", "things/two", x_amz_copy_source="things/one")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text("ETag") == '"abc"'
    assert answer.text("LastModified") == "2023-11-14T22:13:20.250Z"
    assert (answer.text("ChecksumCRC32"), answer.text("ChecksumType")) == ("AAAA", "FULL_OBJECT")


@pytest.mark.parametrize(
    "header", ["", "things", "things/", "/", "/things", "things/one?versionId=", "things/%ff", "things/a/../b"]
)
def test_no_source(copier: Desk, header: Any) -> None:
    with pytest.raises((S3Fault, BadName)) as error:
        copier("PUT", "things/two", x_amz_copy_source=header)
    assert getattr(error.value, "code", "InvalidArgument") == "InvalidArgument"
    assert copier.instead.asked == []


def test_conditions_are_handed_on(copier: Desk) -> None:
    copier(
        "PUT", "things/two",
        x_amz_copy_source="things/one",
        x_amz_copy_source_if_match='"a"', x_amz_copy_source_if_none_match="b",
        x_amz_copy_source_if_modified_since="Sat, 29 Oct 1994 19:43:31 GMT",
        x_amz_copy_source_if_unmodified_since="never",
        if_none_match="*",
    )  # fmt: skip
    source, _, _, given, _ = asked(copier)
    assert source == Source("things", "one", "", ("a",), ("b",), 783459811.0, None)
    assert given.conditions.if_none_match == ("*",)


@pytest.mark.parametrize(
    ("headers", "described", "tags"),
    [
        ({}, False, None),
        ({"x_amz_metadata_directive": "COPY", "x_amz_tagging": "a=1"}, False, None),
        ({"x_amz_metadata_directive": "REPLACE", "x_amz_meta_a": "b"}, True, None),
        ({"x_amz_tagging_directive": "REPLACE", "x_amz_tagging": "a=1"}, False, {"a": "1"}),
        ({"x_amz_tagging_directive": "REPLACE"}, False, {}),
    ],
)
def test_directives(copier: Desk, headers: Any, described: Any, tags: Any) -> None:
    copier("PUT", "things/two", x_amz_copy_source="things/one", **headers)
    _, _, _, given, said = asked(copier)
    assert (said, given.tags) == (described, tags)
    assert given.attributes.meta == ({"a": "b"} if described else {})


@pytest.mark.parametrize("name", ["x_amz_metadata_directive", "x_amz_tagging_directive"])
def test_no_directive(copier: Desk, name: Any) -> None:
    with pytest.raises(S3Fault) as error:
        copier("PUT", "things/two", x_amz_copy_source="things/one", **{name: "MOVE"})
    assert error.value.code == "InvalidArgument"


def test_the_source_is_whose_it_is_taken_for(copier: Desk) -> None:
    for name in ("x_amz_expected_bucket_owner", "x_amz_source_expected_bucket_owner"):
        with pytest.raises(Refused):
            copier("PUT", "things/two", x_amz_copy_source="things/one", **{name: "otto"})
    assert copier.instead.asked == []
