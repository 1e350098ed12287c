"""States and channels as buckets at the S3 door: what they are stands in the drive's configuration."""

import pytest

from damgate.core.errors import Refused
from damgate.core.rights import ANONYMOUS, Actor
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import MOE, Desk

NILS = Actor("nils", ())
VERSIONING = "<VersioningConfiguration><Status>{}</Status></VersioningConfiguration>"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
RULE = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"
CORS = f"<CORSConfiguration>{RULE}</CORSConfiguration>".encode()


def code(desk: Desk, method: str, path: str, body: bytes = b"") -> str:
    with pytest.raises(S3Fault) as caught:
        desk(method, path, body)
    return caught.value.code


def test_a_person_is_told_of_what_they_may_look_into(desk: Desk) -> None:
    desk.make("things")
    assert desk("GET", "").texts("Buckets/Bucket/Name") == [
        "approved", "archive", "inbox", "print", "rejected", "review", "things", "webshop",
    ]  # fmt: skip
    assert "things" not in desk.as_(MOE)("GET", "").texts("Buckets/Bucket/Name")
    assert desk.as_(NILS)("GET", "").texts("Buckets/Bucket/Name") == []


def test_states_keep_versions_and_nobody_changes_that(desk: Desk) -> None:
    assert desk("GET", "inbox?versioning").text("Status") == "Enabled"
    assert desk("PUT", "inbox?versioning", VERSIONING.format("Enabled").encode()).status == 200
    assert code(desk, "PUT", "inbox?versioning", VERSIONING.format("Suspended").encode()) == "InvalidBucketState"
    assert desk("GET", "webshop?versioning").text("Status") is None
    assert code(desk, "PUT", "webshop?versioning", VERSIONING.format("Enabled").encode()) == "InvalidBucketState"


@pytest.mark.parametrize("bucket", ["inbox", "webshop"])
def test_what_a_bucket_of_the_drive_is_nobody_changes_here(desk: Desk, bucket: str) -> None:
    assert code(desk, "GET", f"{bucket}?tagging") == "NoSuchTagSet"
    for method, path, body in (
        ("PUT", f"{bucket}?tagging", TAGS),
        ("DELETE", f"{bucket}?tagging", b""),
        ("PUT", f"{bucket}?cors", CORS),
        ("DELETE", f"{bucket}?cors", b""),
        ("DELETE", bucket, b""),
    ):
        with pytest.raises(Refused):
            desk(method, path, body)
    assert desk("PUT", bucket).status == 200  # clients make it before they write
    assert desk("GET", f"{bucket}?acl").texts("Owner/ID") == ["damgate"]


def test_a_public_channel_is_for_all_pages_and_nobody_lists_it(desk: Desk) -> None:
    for bucket in ("webshop", "print", "inbox"):
        assert code(desk, "GET", f"{bucket}?policyStatus") == "NoSuchBucketPolicy"
        assert code(desk, "GET", f"{bucket}?publicAccessBlock") == "NoSuchPublicAccessBlockConfiguration"
        with pytest.raises(Refused):
            desk.as_(ANONYMOUS)("GET", bucket)
    assert desk("GET", "webshop?list-type=2").text("KeyCount") == "0"
    assert desk("GET", "webshop?cors").texts("CORSRule/AllowedOrigin") == ["*"]
    assert code(desk, "GET", "print?cors") == "NoSuchCORSConfiguration"


def test_the_tree_is_listed_with_its_owners_versions_and_uploads(desk: Desk) -> None:
    first = desk("PUT", "inbox/summer/shoe.txt", b"one").headers["x-amz-version-id"]
    second = desk("PUT", "inbox/summer/shoe.txt", b"three").headers["x-amz-version-id"]
    desk("PUT", "inbox/winter/", b"")
    upload = desk("POST", "inbox/summer/film.mp4?uploads").text("UploadId")
    said = desk("GET", "inbox?list-type=2&fetch-owner=true")
    assert said.texts("Contents/Key") == ["summer/shoe.txt", "winter/"]
    assert said.texts("Contents/Owner/ID")[0] == "anna"
    assert desk("GET", "inbox?delimiter=/").texts("CommonPrefixes/Prefix") == ["summer/", "winter/"]
    assert desk("GET", "inbox?versions&prefix=summer/").texts("Version/VersionId") == [second, first]
    assert desk("GET", "inbox?uploads").texts("Upload/UploadId") == [upload]
    page = desk("GET", "inbox?versions&max-keys=1&prefix=summer/")
    key, version = page.text("NextKeyMarker"), page.text("NextVersionIdMarker")
    rest = desk("GET", f"inbox?versions&prefix=summer/&key-marker={key}&version-id-marker={version}")
    assert rest.texts("Version/VersionId") == [first]
    desk("DELETE", f"inbox/summer/film.mp4?uploadId={upload}")
    desk("DELETE", "inbox/summer/shoe.txt")
    desk("DELETE", "inbox/winter/")
    assert desk("GET", "inbox").texts("Contents/Key") == []
