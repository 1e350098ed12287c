"""Buckets themselves: made, told of, set up, removed; and the polite answers to what damgate does not have."""

from contextlib import suppress

import pytest

from damgate.core.errors import BucketNotEmpty, BucketTaken, NoSuchBucket, Refused
from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from tests.gateways.s3.desk import ANNA, MOE, Desk

CORS = """<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><ID>one</ID>
<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*.get</AllowedOrigin>
<AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>x-amz-version-id</ExposeHeader><MaxAgeSeconds>30</MaxAgeSeconds>
</CORSRule></CORSConfiguration>"""
TAGS = "<Tagging><TagSet><Tag><Key>Hello</Key><Value>World &amp; all</Value></Tag></TagSet></Tagging>"


def code(desk: Desk, method: str, path: str, body: str = "", /, **headers: str) -> str:
    with pytest.raises(S3Fault) as caught:
        desk(method, path, body.encode(), **headers)
    return caught.value.code


def test_a_bucket_is_made_once_and_for_its_maker_again(desk: Desk) -> None:
    assert desk("PUT", "things").status == 200
    desk("PUT", "things/a", b"a")
    again = desk(
        "PUT",
        "things",
        b"<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint></CreateBucketConfiguration>",
    )
    assert (again.status, again.headers["location"]) == (200, "/things")
    assert desk("GET", "things").texts("Contents/Key") == ["a"]
    with pytest.raises(BucketTaken):
        desk.as_(MOE)("PUT", "things")


def test_what_a_bucket_cannot_be_is_refused(desk: Desk) -> None:
    assert code(desk, "PUT", "things", x_amz_acl="public-read") == "InvalidBucketAclWithObjectOwnership"
    assert code(desk, "PUT", "things", x_amz_grant_read="id=moe") == "InvalidBucketAclWithObjectOwnership"
    assert code(desk, "PUT", "things", x_amz_bucket_object_lock_enabled="true") == "NotImplemented"
    assert code(desk, "PUT", "things", x_amz_object_ownership="ObjectWriter") == "NotImplemented"
    assert code(desk, "PUT", "things", "<Other/>") == "MalformedXML"
    with pytest.raises(NoSuchBucket):
        desk("HEAD", "things")


def test_a_bucket_is_removed_when_it_is_empty(desk: Desk) -> None:
    desk.make("things", "a")
    with pytest.raises(BucketNotEmpty):
        desk("DELETE", "things")
    desk("DELETE", "things/a")
    assert desk("DELETE", "things").status == 204
    with pytest.raises(NoSuchBucket):
        desk("DELETE", "things")


def test_people_are_told_of_their_buckets(desk: Desk) -> None:
    for name in ("one", "two", "three"):
        desk.make(name)
    said = desk("GET", "?prefix=t")
    assert said.kind == "ListAllMyBucketsResult"
    assert said.texts("Buckets/Bucket/Name") == ["three", "two"]
    assert said.texts("Owner/ID") == said.texts("Owner/DisplayName") == ["anna"]
    assert set(said.texts("Buckets/Bucket/BucketRegion")) == {"damgate"}
    assert desk("GET", "?bucket-region=eu-west-1").texts("Buckets/Bucket/Name") == []
    with pytest.raises(Refused):
        desk.as_(ANONYMOUS)("GET", "")


def test_buckets_are_paged(desk: Desk) -> None:
    for name in ("t1", "t2", "t3"):
        desk.make(name + "-bucket")
    found, token = [], ""
    while True:
        said = desk("GET", f"?prefix=t&max-buckets=2&continuation-token={token}")
        found += said.texts("Buckets/Bucket/Name")
        token = said.text("ContinuationToken") or ""
        if not token:
            break
    assert found == ["t1-bucket", "t2-bucket", "t3-bucket"]
    assert desk("GET", "?prefix=t&max-buckets=3").text("ContinuationToken") is None
    for wrong in ("0", "10001", "x"):
        assert code(desk, "GET", f"?max-buckets={wrong}") == "InvalidArgument"


def test_where_a_bucket_is(desk: Desk) -> None:
    desk.make("things")
    assert desk("HEAD", "things").headers["x-amz-bucket-region"] == "damgate"
    assert desk("GET", "things?location").root.text == "damgate"
    for query in ("location", "versioning", "acl", "policy", "cors", "logging"):
        with pytest.raises(Refused):
            desk.as_(MOE)("GET", f"things?{query}")
        with pytest.raises(NoSuchBucket):
            desk("GET", f"nothing?{query}")


def test_versioning_is_told_as_it_was_set(desk: Desk) -> None:
    desk.make("things")
    assert desk("GET", "things?versioning").text("Status") is None
    for status in ("Enabled", "Suspended"):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode()
        assert desk("PUT", "things?versioning", body).status == 200
        assert desk("GET", "things?versioning").text("Status") == status
    for wrong in ("<Status>Off</Status>", "<Status/>", ""):
        said = f"<VersioningConfiguration>{wrong}</VersioningConfiguration>"
        assert code(desk, "PUT", "things?versioning", said) == "MalformedXML"
    mfa = "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
    assert code(desk, "PUT", "things?versioning", mfa) == "NotImplemented"


def test_tags_are_told_as_they_were_set(desk: Desk) -> None:
    desk.make("things")
    assert code(desk, "GET", "things?tagging") == "NoSuchTagSet"
    assert desk("PUT", "things?tagging", TAGS.encode()).status == 204
    assert desk("GET", "things?tagging").texts("TagSet/Tag/Value") == ["World & all"]
    assert desk("DELETE", "things?tagging").status == 204
    assert code(desk, "GET", "things?tagging") == "NoSuchTagSet"


def test_cors_rules_are_told_as_they_were_set(desk: Desk) -> None:
    desk.make("things")
    assert code(desk, "GET", "things?cors") == "NoSuchCORSConfiguration"
    assert desk("PUT", "things?cors", CORS.encode()).status == 200
    said = desk("GET", "things?cors")
    assert said.texts("CORSRule/AllowedMethod") == ["GET", "PUT"]
    assert said.texts("CORSRule/AllowedOrigin") == ["*.get"]
    assert said.texts("CORSRule/AllowedHeader") == ["x-amz-*"]
    assert said.texts("CORSRule/ExposeHeader") == ["x-amz-version-id"]
    assert (said.text("CORSRule/MaxAgeSeconds"), said.text("CORSRule/ID")) == ("30", "one")
    assert desk("DELETE", "things?cors").status == 204
    assert code(desk, "GET", "things?cors") == "NoSuchCORSConfiguration"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<AllowedMethod>GET</AllowedMethod>", "<AllowedMethod>PATCH</AllowedMethod>", "InvalidRequest"),
        ("*.get", "*.g*t", "InvalidRequest"),
        ("*.get", "a b", "InvalidRequest"),
        ("x-amz-version-id", "x-amz-*", "InvalidRequest"),
        ("x-amz-version-id", "x\r\nSet-Cookie: a", "InvalidRequest"),
        ("<AllowedOrigin>*.get</AllowedOrigin>", "", "MalformedXML"),
        ("30", "-1", "MalformedXML"),
        ("one", "o" * 256, "MalformedXML"),
        ("CORSRule>", "Other>", "MalformedXML"),
    ],
)
def test_rules_that_are_none_are_refused(desk: Desk, old: str, new: str, expected: str) -> None:
    desk.make("things")
    assert code(desk, "PUT", "things?cors", CORS.replace(old, new)) == expected


def test_too_many_rules_are_refused(desk: Desk) -> None:
    desk.make("things")
    rule = CORS[CORS.index("<CORSRule>") : CORS.index("</CORSConfiguration>")]
    assert code(desk, "PUT", "things?cors", CORS.replace(rule, rule * 101)) == "MalformedXML"


@pytest.mark.parametrize("path", ["things", "things/a"])
def test_everything_is_its_owners_and_can_be_no_others(desk: Desk, path: str) -> None:
    desk.make("things", "a")
    said = desk("GET", f"{path}?acl")
    assert said.texts("Owner/ID") == said.texts("AccessControlList/Grant/Grantee/DisplayName") == ["anna"]
    assert said.texts("AccessControlList/Grant/Permission") == ["FULL_CONTROL"]
    assert b'xsi:type="CanonicalUser"' in said.body
    assert desk("PUT", f"{path}?acl", said.body).status == 200
    assert desk("PUT", f"{path}?acl", x_amz_acl="private").status == 200
    assert desk("PUT", f"{path}?acl", x_amz_acl="bucket-owner-full-control").status == 200
    foreign = said.body.decode().replace("<AccessControlList>", "<AccessControlList>" + grant("moe", "READ"))
    for body, headers in (
        (foreign, {}),
        ("", {"x_amz_acl": "public-read"}),
        ("", {"x_amz_grant_read": 'id="moe"'}),
        (said.body.decode().replace("FULL_CONTROL", "WRITE"), {}),
    ):
        assert code(desk, "PUT", f"{path}?acl", body, **headers) == "AccessControlListNotSupported"
    assert code(desk, "PUT", f"{path}?acl", "<AccessControlPolicy/>") == "MalformedACLError"
    with pytest.raises(Refused):
        desk.as_(MOE)("PUT", f"{path}?acl", x_amz_acl="private")


def grant(who: str, what: str) -> str:
    return f"<Grant><Grantee><ID>{who}</ID></Grantee><Permission>{what}</Permission></Grant>"


def test_a_copy_may_be_given_the_acl_of_its_source(desk: Desk) -> None:
    desk.make("things", "a")
    granted = f"<AccessControlList>{grant('carl', 'FULL_CONTROL')}</AccessControlList>"
    body = f"<AccessControlPolicy><Owner><ID>carl</ID></Owner>{granted}</AccessControlPolicy>"
    assert desk("PUT", "things/a?acl", body.encode()).status == 200
    assert code(desk, "PUT", "things?acl", body) == "AccessControlListNotSupported"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("policy", "NoSuchBucketPolicy"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("website", "NoSuchWebsiteConfiguration"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("inventory", "NotImplemented"),
        ("analytics&id=1", "NotImplemented"),
        ("metrics", "NotImplemented"),
        ("intelligent-tiering", "NotImplemented"),
    ],
)
def test_what_is_not_there_is_said_so(desk: Desk, query: str, expected: str) -> None:
    desk.make("things")
    assert code(desk, "GET", f"things?{query}") == expected
    assert code(desk, "PUT", f"things?{query}", "<Any/>") == "NotImplemented"
    with suppress(S3Fault):
        assert desk("DELETE", f"things?{query}").status == 204
    assert desk("HEAD", "things").status == 200  # the bucket is not what was deleted


def test_what_every_bucket_is_told_of(desk: Desk) -> None:
    desk.make("things")
    assert desk("GET", "things?ownershipControls").texts("Rule/ObjectOwnership") == ["BucketOwnerEnforced"]
    assert desk("GET", "things?requestPayment").text("Payer") == "BucketOwner"
    assert desk("GET", "things?policyStatus").text("IsPublic") == "false"
    for query, kind in (
        ("accelerate", "AccelerateConfiguration"),
        ("logging", "BucketLoggingStatus"),
        ("notification", "NotificationConfiguration"),
    ):
        said = desk("GET", f"things?{query}")
        assert (said.kind, list(said.root)) == (kind, [])
    owned = "<OwnershipControls><Rule><ObjectOwnership>{}</ObjectOwnership></Rule></OwnershipControls>"
    assert desk("PUT", "things?ownershipControls", owned.format("BucketOwnerEnforced").encode()).status == 200
    assert code(desk, "PUT", "things?ownershipControls", owned.format("ObjectWriter")) == "NotImplemented"


@pytest.mark.parametrize("query", ["retention", "legal-hold"])
def test_objects_are_not_locked(desk: Desk, query: str) -> None:
    desk.make("things", "a")
    assert code(desk, "GET", f"things/a?{query}") == "InvalidRequest"
    assert code(desk, "PUT", f"things/a?{query}", "<Any/>") == "InvalidRequest"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", "things/a?partNumber=1", "MethodNotAllowed"),
        ("DELETE", "things?acl", "MethodNotAllowed"),
        ("DELETE", "things/a?acl", "MethodNotAllowed"),
        ("DELETE", "things?location", "MethodNotAllowed"),
        ("POST", "things/a", "MethodNotAllowed"),
        ("PATCH", "things", "MethodNotAllowed"),
        ("DELETE", "", "MethodNotAllowed"),
        ("POST", "things/a?restore", "NotImplemented"),
        ("POST", "things/a?select&select-type=2", "NotImplemented"),
        ("PUT", "things/a?renameObject", "NotImplemented"),
        ("GET", "things/a?torrent", "NotImplemented"),
    ],
)
def test_what_has_no_operation_is_never_taken_for_another(desk: Desk, method: str, path: str, expected: str) -> None:
    desk.make("things", "a")
    assert code(desk, method, path, "b") == expected
    assert desk("GET", "things/a").body == b"a"


@pytest.mark.parametrize("query", ["", "?versions", "?uploads", "?location", "?cors", "?acl"])
def test_a_bucket_of_somebody_else_is_not_taken_for_the_expected_one(desk: Desk, query: str) -> None:
    desk.make("things")
    with pytest.raises(Refused):
        desk("GET", f"things{query}", x_amz_expected_bucket_owner="moe")
    assert desk.actor == ANNA


def test_nobody_finds_out_whose_a_bucket_is_by_expecting_owners(desk: Desk) -> None:
    desk.make("things", "a")
    for stranger in (desk.as_(MOE), desk.as_(ANONYMOUS)):
        said = set()
        for owner in ("anna", "moe", "nobody"):
            with pytest.raises(Refused) as refused:
                stranger("GET", "things/a", x_amz_expected_bucket_owner=owner)
            said.add(str(refused.value))
        assert len(said) == 1
