"""Lists of objects and versions, as clients page through them."""

from hashlib import md5
from urllib.parse import quote

import pytest

from damgate.core.errors import NoSuchBucket, Refused
from damgate.core.objects import Versioning
from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import MOE, Answer, Desk

KEYS = ("asdf+b", "foo+1/bar", "foo/bar/xyzzy", "foo/baz", "quux ab/thud", "zoë")


def keys(answer: Answer) -> list[str]:
    return answer.texts("Contents/Key")


def prefixes(answer: Answer) -> list[str]:
    return answer.texts("CommonPrefixes/Prefix")


def test_the_first_version_tells_everything_of_each_object(desk: Desk) -> None:
    desk.make("things", *KEYS)
    said = desk("GET", "things")
    assert said.kind == "ListBucketResult"
    assert keys(said) == sorted(KEYS)
    md5s = [md5(key.encode(), usedforsecurity=False).hexdigest() for key in sorted(KEYS)]
    assert said.texts("Contents/ETag") == [f'"{one}"' for one in md5s]
    assert said.texts("Contents/Size") == [str(len(key.encode())) for key in sorted(KEYS)]
    assert set(said.texts("Contents/Owner/ID")) == set(said.texts("Contents/Owner/DisplayName")) == {"anna"}
    assert all(at.endswith("Z") and at[-5] == "." for at in said.texts("Contents/LastModified"))
    assert (said.text("Name"), said.text("Prefix"), said.text("Marker")) == ("things", "", "")
    assert (said.text("MaxKeys"), said.text("IsTruncated")) == ("1000", "false")
    assert said.text("Delimiter") is None
    assert said.text("EncodingType") is None
    assert said.text("NextMarker") is None


def test_what_a_delimiter_rolls_up_is_told_once(desk: Desk) -> None:
    desk.make("things", *KEYS)
    said = desk("GET", "things?delimiter=/")
    assert keys(said) == ["asdf+b", "zoë"]
    assert prefixes(said) == ["foo+1/", "foo/", "quux ab/"]
    assert prefixes(desk("GET", "things?delimiter=/&prefix=foo/")) == ["foo/bar/"]


def test_keys_are_encoded_where_clients_ask_for_it(desk: Desk) -> None:
    desk.make("things", *KEYS)
    said = desk("GET", "things?delimiter=/&encoding-type=url&marker=a%2Bb")
    assert keys(said) == ["asdf%2Bb", "zo%C3%AB"]
    assert prefixes(said) == ["foo%2B1/", "foo/", "quux%20ab/"]
    assert (said.text("EncodingType"), said.text("Delimiter"), said.text("Marker")) == ("url", "/", "a%2Bb")
    second = desk("GET", "things?list-type=2&encoding-type=url&start-after=a%20b&prefix=foo%2B")
    assert (second.text("StartAfter"), second.text("Prefix")) == ("a%20b", "foo%2B")


def test_control_characters_in_keys_are_written_by_their_number(desk: Desk) -> None:
    desk.make("things", "a\x01b")
    assert b"<Key>a&#x1;b</Key>" in desk("GET", "things").body
    assert keys(desk("GET", "things?encoding-type=url")) == ["a%01b"]


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_the_first_version_is_paged_by_markers(desk: Desk, most: int) -> None:
    desk.make("things", *KEYS)
    found, marker = [], ""
    while True:
        said = desk("GET", f"things?delimiter=/&max-keys={most}&marker={quote(marker)}")
        page = [*keys(said), *prefixes(said)]
        assert len(page) <= most
        found += page
        if said.text("IsTruncated") == "false":
            assert said.text("NextMarker") is None
            break
        marker = said.text("NextMarker") or ""
        assert marker == max(page)
    assert sorted(found) == ["asdf+b", "foo+1/", "foo/", "quux ab/", "zoë"]


def test_without_a_delimiter_the_last_key_is_the_next_marker(desk: Desk) -> None:
    desk.make("things", *KEYS)
    said = desk("GET", "things?max-keys=2")
    assert (said.text("IsTruncated"), said.text("NextMarker")) == ("true", None)


@pytest.mark.parametrize("more", ["", "&delimiter=/"])
@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_second_version_is_paged_by_tokens(desk: Desk, most: int, more: str) -> None:
    desk.make("things", *KEYS)
    found, token = [], ""
    while True:
        said = desk("GET", f"things?list-type=2&max-keys={most}&continuation-token={token}{more}")
        page = [*keys(said), *prefixes(said)]
        assert said.text("KeyCount") == str(len(page))
        assert said.text("ContinuationToken") == token
        found += page
        token = said.text("NextContinuationToken") or ""
        if not token:
            break
    expected = ["asdf+b", "foo+1/", "foo/", "quux ab/", "zoë"] if more else sorted(KEYS)
    assert sorted(found) == expected


def test_a_token_counts_more_than_a_start(desk: Desk) -> None:
    desk.make("things", "bar", "baz", "foo", "quxx")
    first = desk("GET", "things?list-type=2&start-after=bar&max-keys=1")
    token = first.text("NextContinuationToken")
    second = desk("GET", f"things?list-type=2&start-after=bar&continuation-token={token}")
    assert (keys(first), keys(second)) == (["baz"], ["foo", "quxx"])
    assert (second.text("StartAfter"), second.text("ContinuationToken")) == ("bar", token)


def test_the_second_version_tells_owners_to_who_asks_for_them(desk: Desk) -> None:
    desk.make("things", "bar")
    assert desk("GET", "things?list-type=2").texts("Contents/Owner") == []
    assert desk("GET", "things?list-type=2&fetch-owner=false").texts("Contents/Owner") == []
    assert desk("GET", "things?list-type=2&fetch-owner=true").texts("Contents/Owner/ID") == ["anna"]


def test_a_page_of_nothing_is_not_truncated(desk: Desk) -> None:
    desk.make("things", "bar")
    for path in ("things?max-keys=0", "things?list-type=2&max-keys=0", "things?versions&max-keys=0"):
        said = desk("GET", path)
        assert (said.text("IsTruncated"), said.text("MaxKeys")) == ("false", "0")
        assert b"bar" not in said.body


def test_a_page_holds_a_thousand_at_most(desk: Desk) -> None:
    desk.make("things")
    assert desk("GET", "things?max-keys=100000").text("MaxKeys") == "1000"
    assert desk("GET", "things?max-keys=").text("MaxKeys") == "1000"


@pytest.mark.parametrize("operation", ["", "list-type=2&", "versions&"])
@pytest.mark.parametrize(
    "wrong",
    [
        "max-keys=-1",
        "max-keys=blah",
        "max-keys=1.5",
        "max-keys=٣",
        "max-keys=99999999999",
        "encoding-type=xml",
        "allow-unordered=true",
    ],
)
def test_what_cannot_be_understood_is_an_invalid_argument(desk: Desk, operation: str, wrong: str) -> None:
    desk.make("things")
    with pytest.raises(S3Fault) as caught:
        desk("GET", f"things?{operation}{wrong}")
    assert caught.value.code == "InvalidArgument"


@pytest.mark.parametrize("token", ["!", "a", "____", "Zm9v==", "Zm9v%20"])
def test_a_token_that_nobody_gave_out_is_refused(desk: Desk, token: str) -> None:
    desk.make("things")
    with pytest.raises(S3Fault) as caught:
        desk("GET", f"things?list-type=2&continuation-token={token}")
    assert caught.value.code == "InvalidArgument"


def test_versions_are_told_newest_first_with_their_markers(desk: Desk) -> None:
    desk.make("things", "a")
    desk.buckets.set_versioning("things", Versioning.ENABLED)
    first = desk("PUT", "things/a", b"one").headers["x-amz-version-id"]
    second = desk("PUT", "things/a", b"three").headers["x-amz-version-id"]
    marker = desk("DELETE", "things/a").headers["x-amz-version-id"]
    said = desk("GET", "things?versions")
    assert said.kind == "ListVersionsResult"
    assert said.texts("Version/VersionId") == [second, first, "null"]
    assert said.texts("Version/Size") == ["5", "3", "1"]
    assert said.texts("Version/IsLatest") == ["false", "false", "false"]
    assert said.texts("DeleteMarker/VersionId") == [marker]
    assert said.texts("DeleteMarker/IsLatest") == ["true"]
    assert said.texts("DeleteMarker/Owner/ID") == ["anna"]
    assert keys(desk("GET", "things")) == []


def test_versions_are_paged_within_a_key(desk: Desk) -> None:
    desk.make("things")
    desk.buckets.set_versioning("things", Versioning.ENABLED)
    written = [
        desk("PUT", f"things/{key}", bytes(number)).headers["x-amz-version-id"] for key in "ab" for number in range(3)
    ]
    found: list[str] = []
    key, version = "", ""
    while True:
        said = desk("GET", f"things?versions&max-keys=2&key-marker={key}&version-id-marker={version}")
        assert (said.text("KeyMarker"), said.text("VersionIdMarker")) == (key, version)
        found += said.texts("Version/VersionId")
        key, version = said.text("NextKeyMarker") or "", said.text("NextVersionIdMarker") or ""
        if said.text("IsTruncated") == "false":
            break
    assert found == [*reversed(written[:3]), *reversed(written[3:])]


def test_where_no_versions_are_kept_each_object_is_its_null_version(desk: Desk) -> None:
    desk.make("things", "a", "b/c")
    said = desk("GET", "things?versions&delimiter=/")
    assert said.texts("Version/VersionId") == ["null"]
    assert prefixes(said) == ["b/"]
    first = desk("GET", "things?versions&max-keys=1")
    key, version = first.text("NextKeyMarker"), first.text("NextVersionIdMarker")
    assert (key, version) == ("a", "null")
    assert desk("GET", f"things?versions&key-marker={key}&version-id-marker={version}").texts("Version/Key") == ["b/c"]


def test_a_page_of_versions_that_ends_with_a_prefix_names_no_version(desk: Desk) -> None:
    desk.make("things", "a/b", "c")
    said = desk("GET", "things?versions&delimiter=/&max-keys=1")
    assert (said.text("NextKeyMarker"), said.text("NextVersionIdMarker")) == ("a/", None)


def test_the_first_version_tells_a_prefix_as_it_came(desk: Desk) -> None:
    desk.make("things", "a b/c")
    said = desk("GET", "things?encoding-type=url&prefix=a+b/")
    assert (said.text("Prefix"), keys(said)) == ("a b/", ["a%20b/c"])


def test_a_version_marker_needs_its_key(desk: Desk) -> None:
    desk.make("things")
    with pytest.raises(S3Fault) as caught:
        desk("GET", "things?versions&version-id-marker=1")
    assert caught.value.code == "InvalidArgument"


@pytest.mark.parametrize("query", ["", "?list-type=2", "?versions", "?list-type=2&max-keys=0"])
def test_others_are_told_nothing(desk: Desk, query: str) -> None:
    desk.make("things", "a")
    for other in (desk.as_(MOE), desk.as_(ANONYMOUS)):
        with pytest.raises(Refused):
            other("GET", f"things{query}")
    with pytest.raises(NoSuchBucket):
        desk("GET", f"nothing{query}")
