"""GetObject and HeadObject."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from damgate.core.assets import Content
from damgate.core.errors import Busy, DeleteMarker, NotFound, PreconditionFailed, RangeUnsatisfiable, Refused
from damgate.core.objects import Attributes, Checksum, Object, Part, Versioning
from damgate.core.rights import ANONYMOUS, Actor, Rights
from damgate.drive import Opened
from damgate.drive.entries import Entry
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.showing import spoken
from damgate.gateways.s3.said import failure
from tests.gateways.s3.desk import Answer, Desk, Sent

TEXT = b"0123456789"
ETAG = hashlib.md5(TEXT).hexdigest()


@pytest.fixture
def written(door: Desk) -> Answer:
    return door("PUT", "things/a b/ü.txt", TEXT, content_type="text/plain; charset=utf-8")


def code(error: Any) -> Any:
    return error.value.code


@pytest.mark.usefixtures("written")
def test_get_gives_what_put_was_given(door: Desk) -> None:
    answer = door("GET", "things/a b/ü.txt")
    assert (answer.status, answer.body) == (200, TEXT)
    assert answer.headers["etag"] == f'"{ETAG}"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["last-modified"].endswith(" GMT")
    assert "x-amz-version-id" not in answer.headers
    assert "x-amz-tagging-count" not in answer.headers


@pytest.mark.usefixtures("written")
def test_head_says_what_get_says(door: Desk) -> None:
    got, head = door("GET", "things/a b/ü.txt"), door("HEAD", "things/a b/ü.txt")
    assert head.status == 200
    assert {**head.headers, "cache-control": got.headers["cache-control"]} == got.headers


@pytest.mark.usefixtures("written")
def test_a_file_is_no_page_of_this_origin(door: Desk) -> None:
    door("PUT", "things/page", b"<script>", content_type="text/html")
    headers = door("GET", "things/page").headers
    assert headers["content-type"] == "text/html"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-cache"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("asked", "status", "body", "said"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, TEXT, "bytes 0-9/10"),
        ("bytes=4-99", 206, b"456789", "bytes 4-9/10"),
        ("bytes=5-2", 200, TEXT, None),
        ("bytes=0-1,3-4", 200, TEXT, None),
        ("lines=1-2", 200, TEXT, None),
    ],
)
def test_ranges(door: Desk, asked: Any, status: Any, body: Any, said: Any) -> None:
    answer = door("GET", "things/a b/ü.txt", range=asked, x_amz_checksum_mode="ENABLED")
    assert (answer.status, answer.body, answer.headers.get("content-range")) == (status, body, said)
    assert ("x-amz-checksum-crc32" in answer.headers) == (said is None), "only whole answers can be compared"
    assert door("HEAD", "things/a b/ü.txt", range=asked).headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("body", "asked"), [(TEXT, "bytes=10-"), (TEXT, "bytes=-0"), (b"", "bytes=0-"), (b"", "bytes=-5")]
)
def test_ranges_beyond_the_end(door: Desk, body: Any, asked: Any) -> None:
    door("PUT", "things/one", body)
    with pytest.raises(RangeUnsatisfiable):
        door("GET", "things/one", range=asked)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(door: Desk, method: Any) -> None:
    path, since = "things/a b/ü.txt", "Sat, 29 Oct 1994 19:43:31 GMT"
    later = "Sat, 29 Oct 2094 19:43:31 GMT"
    unchanged = door(method, path, if_none_match=f'"{ETAG}"')
    assert (unchanged.status, unchanged.headers["etag"]) == (304, f'"{ETAG}"')
    assert door(method, path, if_modified_since=later).status == 304
    assert door(method, path, if_modified_since=since).status == 200
    assert door(method, path, if_none_match="ABC", if_modified_since=later).status == 200
    assert door(method, path, if_match=ETAG).status == 200
    assert door(method, path, if_match=f'"{ETAG}"', if_unmodified_since=since).status == 200
    for headers in ({"if_match": '"ABC"'}, {"if_unmodified_since": since}):
        with pytest.raises(PreconditionFailed):
            door(method, path, **headers)


def test_what_was_said_is_said_again(door: Desk) -> None:
    said = {
        "Cache-Control": "public, max-age=14400",
        "Content-Disposition": 'attachment; filename="x.txt"',
        "Content-Language": "de",
        "Content-Encoding": "gzip",
        "Expires": "Wed, 01 Jan 2031 00:00:00 GMT",
    }
    meta = {
        "x-amz-meta-mtime": "1700000000.5",
        "x-amz-meta-wort": "Gr\xf6\xdfe",
        "x-amz-meta-raw": "日本".encode().decode("latin-1"),
        "x-amz-meta-coded": "=?UTF-8?B?w7Y=?=",
    }
    headers = {name.replace("-", "_"): value for name, value in (said | meta).items()}
    door("PUT", "things/one", TEXT, x_amz_tagging="b=2&a", **headers)
    for method in ("GET", "HEAD"):
        answer = door(method, "things/one")
        assert answer.headers.items() >= {name.lower(): value for name, value in (said | meta).items()}.items()
        assert answer.headers["x-amz-tagging-count"] == "2"
    door("PUT", "things/one", TEXT, x_amz_meta_wort="Größe".encode().decode("latin-1"))
    assert door("HEAD", "things/one").headers["x-amz-meta-wort"] == "Größe", "which is latin-1 on the wire"
    door("PUT", "things/one", TEXT)
    assert not [name for name in door("HEAD", "things/one").headers if name.startswith("x-amz-meta")]


@pytest.mark.parametrize(
    ("value", "carried"),
    [
        ("plain", "plain"),
        ("\xe9", "\xe9"),
        ("a\r\nX: b", "a  X: b"),
        ("日", "日".encode().decode("latin-1")),
        ("\ud800", "?"),
    ],
)
def test_no_value_breaks_out_of_its_header(value: Any, carried: Any) -> None:
    assert spoken(value) == carried


def test_checksums_are_told_to_who_asks(door: Desk) -> None:
    value = Sent(TEXT).checksum.value
    put = door("PUT", "things/one", TEXT)
    assert put.headers.items() >= {"x-amz-checksum-crc32": value, "x-amz-checksum-type": "FULL_OBJECT"}.items()
    assert "x-amz-checksum-crc32" not in door("HEAD", "things/one").headers
    assert door("HEAD", "things/one", x_amz_checksum_mode="ENABLED").headers["x-amz-checksum-crc32"] == value
    assert door("GET", "things/one", x_amz_checksum_mode="enabled").headers["x-amz-checksum-crc32"] == value


def test_an_address_can_say_headers_if_it_is_signed(door: Desk) -> None:
    door("PUT", "things/one", TEXT, content_type="text/plain", cache_control="no-store")
    query = "response-content-type=image/x&response-cache-control=max-age=1&response-content-disposition=a%0d%0ab"
    for method in ("GET", "HEAD"):
        headers = door(method, f"things/one?{query}").headers
        assert headers["content-type"] == "image/x"
        assert headers["cache-control"] == "max-age=1"
        assert headers["content-disposition"] == "a  b"
        with pytest.raises(S3Fault) as error:
            door.as_(ANONYMOUS)(method, f"things/one?{query}")
        assert code(error) == "InvalidRequest"


def test_versions_and_delete_markers(door: Desk) -> None:
    door.buckets.set_versioning("things", Versioning.ENABLED)
    first = door("PUT", "things/one", b"1").headers["x-amz-version-id"]
    second = door("PUT", "things/one", b"2").headers["x-amz-version-id"]
    assert door("GET", "things/one").headers["x-amz-version-id"] == second
    assert door("GET", f"things/one?versionId={first}").body == b"1"
    marker = door("DELETE", "things/one").headers
    assert marker["x-amz-delete-marker"] == "true"
    with pytest.raises(DeleteMarker) as gone:
        door("GET", "things/one")
    assert (gone.value.version, gone.value.asked) == (marker["x-amz-version-id"], False)
    with pytest.raises(DeleteMarker) as gone:
        door("HEAD", f"things/one?versionId={marker['x-amz-version-id']}")
    assert gone.value.asked
    for error, said in ((gone.value, "true"), (NotFound("There is nothing."), "false")):
        told = failure(error, Asked("HEAD", (), slash=False, environ={}, id="0123", bucket="things", key="one"))
        assert dict(told.headers)["x-amz-delete-marker"] == said
    with pytest.raises(S3Fault) as unnamed:
        door("GET", "things/one?versionId=")
    assert code(unnamed) == "InvalidArgument"


@pytest.mark.usefixtures("written")
def test_nothing_for_strangers_and_wrong_owners(door: Desk) -> None:
    with pytest.raises(NotFound):
        door("GET", "things/nothing")
    with pytest.raises(Refused):
        door.as_(ANONYMOUS)("GET", "things/a b/ü.txt")
    with pytest.raises(Refused):
        door("GET", "things/a b/ü.txt", x_amz_expected_bucket_owner="otto")
    assert door("GET", "things/a b/ü.txt", x_amz_expected_bucket_owner="anna").status == 200


# ── parts ────────────────────────────────────────────────────────────────────────────────────


class InParts:
    """One bucket with one object, which came in three parts."""

    owner = "anna"
    name = "things"
    object = Object(
        "one",
        10,
        "0" * 32 + "-3",
        1_700_000_000.5,
        attributes=Attributes(checksum=Checksum("SHA256", "YWJj-3", whole=False)),
    )
    parts = tuple(
        Part(number, Content("", "", size, ""), 0.0, Checksum("SHA256", f"part{number}"))
        for number, size in enumerate((4, 5, 1), start=1)
    )

    def find(self, name: str) -> "InParts":
        return self

    def stat(self, key: str, version: str) -> Object:
        return self.object

    def open(self, key: str, version: str) -> tuple[Object, Opened]:
        entry = Entry("one", folder=False, id="", created=0, modified=1_700_000_000, size=10, etag=self.object.etag)
        return self.object, Opened(entry, Sent(TEXT))

    def content(self, key: str, version: str) -> Content:
        return Content("", self.object.etag, 10, "")

    def parts_of(self, bucket: str, key: str, version: str) -> tuple[Part, ...]:
        return self.parts


@pytest.fixture
def in_parts(plain_site: Any) -> Desk:
    return Desk(plain_site, instead=InParts())


def test_parts_are_read_by_number(in_parts: Desk) -> None:
    for number, body, said in ((1, b"0123", "0-3"), (2, b"45678", "4-8"), (3, b"9", "9-9")):
        answer = in_parts("GET", f"things/one?partNumber={number}", x_amz_checksum_mode="ENABLED")
        assert (answer.status, answer.body) == (206, body)
        assert answer.headers["content-range"] == f"bytes {said}/10"
        assert answer.headers["x-amz-mp-parts-count"] == "3"
        assert answer.headers["x-amz-checksum-sha256"] == f"part{number}"
        assert answer.headers["x-amz-checksum-type"] == "COMPOSITE"
        head = in_parts("HEAD", f"things/one?partNumber={number}")
        assert (head.status, head.headers["content-length"]) == (206, str(len(body)))
        assert "x-amz-checksum-sha256" not in head.headers
    whole = in_parts("HEAD", "things/one", x_amz_checksum_mode="ENABLED")
    assert whole.headers["x-amz-checksum-sha256"] == "YWJj-3"


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("partNumber=4", {}, "InvalidPartNumber"),
        ("partNumber=0", {}, "InvalidArgument"),
        ("partNumber=10001", {}, "InvalidArgument"),
        ("partNumber=²", {}, "InvalidArgument"),
        ("partNumber=", {}, "InvalidArgument"),
        ("partNumber=1", {"range": "bytes=0-1"}, "InvalidRequest"),
    ],
)
def test_no_such_part(in_parts: Desk, query: Any, headers: Any, expected: Any) -> None:
    with pytest.raises(S3Fault) as error:
        in_parts("GET", f"things/one?{query}", **headers)
    assert code(error) == expected


def test_what_came_whole_has_one_part(door: Desk) -> None:
    door("PUT", "things/one", TEXT)
    door("PUT", "things/none", b"")
    answer = door("GET", "things/one?partNumber=1", x_amz_checksum_mode="ENABLED")
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, TEXT, "bytes 0-9/10")
    assert "x-amz-mp-parts-count" not in answer.headers
    assert "x-amz-checksum-crc32" in answer.headers
    assert door("GET", "things/none?partNumber=1").status == 200
    with pytest.raises(S3Fault) as error:
        door("GET", "things/one?partNumber=2")
    assert code(error) == "InvalidPartNumber"


def test_parts_of_other_bytes_are_not_told(in_parts: Desk) -> None:
    in_parts.instead.parts = in_parts.instead.parts[:2]
    with pytest.raises(Busy):
        in_parts("GET", "things/one?partNumber=1")


def test_a_file_is_closed_when_its_answer_fails(in_parts: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Sent(TEXT)
    found, opened = InParts().open("one", "")
    monkeypatch.setattr(in_parts.instead, "open", lambda *_: (found, replace(opened, file=file)))
    with pytest.raises(PreconditionFailed):
        in_parts("GET", "things/one", if_match='"other"')
    assert file.closed


def test_a_public_rendition_is_kept_by_caches(in_parts: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found, opened = InParts().open("one", "")
    whole = replace(opened.entry, etag=ETAG)
    public = replace(opened, entry=whole, public=True, max_age=600, channel="shop", rendition=True)
    monkeypatch.setattr(in_parts.instead, "open", lambda *_: (found, replace(public, file=Sent(TEXT))))
    for method in ("GET", "HEAD"):
        answer = in_parts.as_(ANONYMOUS)(method, "things/one")
        assert answer.headers["cache-control"] == "public, max-age=600"
        assert answer.headers["cache-tag"] == "asset-, channel-shop"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "inbox/ended.txt", {}),
        ("HEAD", "inbox/ended.txt", {}),
        ("HEAD", "inbox/ended.txt?partNumber=1", {}),
        ("HEAD", "inbox/ended.txt", {"if_none_match": "*"}),
        ("HEAD", "inbox/ended.txt?versionId={version}", {}),
        ("GET", "inbox/ended.txt?attributes", {"x_amz_object_attributes": "Checksum"}),
    ],
)
def test_nothing_tells_of_bytes_whose_rights_have_ended(desk: Desk, method: Any, path: Any, headers: Any) -> None:
    """Promise 8."""
    version = desk("PUT", "inbox/ended.txt", b"what was").headers["x-amz-version-id"]
    path, reader = path.format(version=version), desk.as_(Actor("carl", ("contributor",)))
    desk.site.drive.set_rights(
        desk.actor, ("Inbox", "ended.txt"), Rights()
    )  # deleted a moment ago, it is the same file
    reader(method, path, **headers)
    desk.site.drive.set_rights(desk.actor, ("Inbox", "ended.txt"), Rights(usable_until=1.0))
    with pytest.raises(Refused, match="its rights ended"):
        reader(method, path, **headers)
    desk("DELETE", "inbox/ended.txt")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("public, max-age=60, s-maxage=90", "private, max-age=60"),
        ("Public,S-MaxAge = 9", "private"),
        ("no-store", "private, no-store"),
        ("private, max-age=5", "private, max-age=5"),
    ],
)
def test_who_uploads_does_not_publish_by_what_they_say_of_caches(door: Desk, given: Any, told: Any) -> None:
    """A cache in front that many share would give an original to whoever asks next."""
    tag = door("PUT", "inbox/cached.txt", given.encode(), cache_control=given).headers["etag"]
    for method, more, status in (("GET", {}, 200), ("HEAD", {}, 200), ("GET", {"if_none_match": tag}, 304)):
        answer = door(method, "inbox/cached.txt", **more)
        assert (answer.status, answer.headers["cache-control"]) == (status, told)
    door("PUT", "things/cached.txt", b"x", cache_control=given)
    assert door("GET", "things/cached.txt").headers["cache-control"] == given, "a plain bucket is its owner's"
    door("DELETE", "inbox/cached.txt")
