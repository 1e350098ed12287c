"""Tags of objects."""

from typing import Any
from xml.sax.saxutils import escape

import pytest

from damgate.core.errors import NotFound
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import Desk


def tagging(*pairs: tuple[str, str]) -> bytes:
    tags = "".join(f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>" for key, value in pairs)
    return f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()


def tags(door: Desk) -> list[tuple[str, str]]:
    answer = door("GET", "things/one?tagging")
    return list(zip(answer.texts("TagSet/Tag/Key"), answer.texts("TagSet/Tag/Value"), strict=True))


@pytest.fixture(autouse=True)
def written(door: Desk) -> None:
    door("PUT", "things/one", b"bar", x_amz_tagging="foo=bar&b%C3%BC+x")


def test_tags_come_in_the_order_of_their_keys(door: Desk) -> None:
    assert tags(door) == [("bü x", ""), ("foo", "bar")]


def test_tags_take_the_place_of_tags(door: Desk) -> None:
    pairs = [("k" * 128, "v" * 256), *((f"{n} & <ö>", "") for n in range(9))]
    assert door("PUT", "things/one?tagging", tagging(*pairs)).status == 200
    assert sorted(tags(door)) == sorted(pairs)
    assert door("HEAD", "things/one").headers["x-amz-tagging-count"] == "10"
    assert door("DELETE", "things/one?tagging").status == 204
    assert tags(door) == []
    assert door("GET", "things/one").body == b"bar"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (tagging(*((f"{n}", "") for n in range(11))), "InvalidTag"),
        (tagging(("a", "1"), ("a", "2")), "InvalidTag"),
        (tagging(("k" * 129, "")), "InvalidTag"),
        (tagging(("k", "v" * 257)), "InvalidTag"),
        (tagging(("", "v")), "InvalidTag"),
        (b"<Tagging/>", "MalformedXML"),
        (b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"),
        (b"", "MalformedXML"),
    ],
)
def test_what_is_no_tag_changes_nothing(door: Desk, body: Any, code: Any) -> None:
    with pytest.raises(S3Fault) as error:
        door("PUT", "things/one?tagging", body)
    assert error.value.code == code
    assert tags(door) == [("bü x", ""), ("foo", "bar")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nothing_has_no_tags(door: Desk, method: Any) -> None:
    with pytest.raises(NotFound):
        door(method, "things/never?tagging", tagging(("a", "b")))
