"""No operation of the door gets around what an access key is limited to: each one of the routing table is tried."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from damgate import app
from damgate.core.rights import Scope
from damgate.gateways.s3.routes import ROUTES
from tests.gateways.s3.signed import S3, Answer

SECRET = "/things/secret.jpg"
INSIDE = "/things/agency/a.jpg"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
BODIES = {
    ("PUT", ""): b"new",
    ("PUT", "tagging"): TAGS,
    ("PUT", "versioning"): b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    ("PUT", "cors"): b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>"
    b"<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
    ("PUT", "ownershipControls"): b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"
    b"</Rule></OwnershipControls>",
    ("POST", "delete"): b"<Delete><Object><Key>secret.jpg</Key></Object></Delete>",
    ("PUT", "uploadId"): b"part",
}
# What says that damgate does not have the thing, or that a bucket has none of it, says nothing of what is in it.
EMPTY_HANDED = {"NotImplemented", "MethodNotAllowed", "InvalidBucketState"}
LOCKS = [(method, name) for method in ("GET", "PUT") for name in ("retention", "legal-hold")]  # which no bucket has


class Things:
    """Two buckets of anna's with a folder for an agency and a file that is none of its business."""

    def __init__(self, anna: S3) -> None:
        self.anna = anna
        for bucket in ("things", "others"):
            anna("PUT", f"/{bucket}")
        for target in (SECRET, INSIDE, "/others/secret.jpg"):
            assert anna("PUT", target, target.encode()).status == 200
        begun = anna("POST", f"{SECRET}?uploads")
        self.upload = begun.body.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
        part = anna("PUT", f"{SECRET}?uploadId={self.upload}&partNumber=1", b"part")
        self.etag = part.headers["etag"].strip('"')

    def told(self) -> list[object]:
        """All that anna sees."""
        seen: list[object] = []
        for bucket in ("things", "others"):
            for query in ("versions", "uploads", "versioning", "cors", "tagging"):
                answer = self.anna("GET", f"/{bucket}?{query}")
                body = answer.body.replace(answer.headers["x-amz-request-id"].encode(), b"")
                seen.append((bucket, query, answer.status, body))
        seen.append(self.anna("GET", f"{SECRET}?tagging").body)
        seen.append(self.anna("GET", f"{SECRET}?uploadId={self.upload}").body)
        seen.append(self.anna("GET", "/").body)
        return seen

    def request(self, client: S3, target: str, method: str, subresource: str) -> Answer:
        """One operation, with what it needs to be well formed."""
        query = f"?{subresource}"
        if subresource == "uploadId":
            query = f"?uploadId={self.upload}" + ("&partNumber=1" if method == "PUT" else "")
        elif subresource == "partNumber":
            query = "?partNumber=1"
        body = b"" if target.count("/") == 1 and not subresource else BODIES.get((method, subresource), b"")
        headers: Any = {}
        if (method, subresource) == ("POST", "uploadId"):
            etag = f"<PartNumber>1</PartNumber><ETag>{self.etag}</ETag>"
            body = f"<CompleteMultipartUpload><Part>{etag}</Part></CompleteMultipartUpload>".encode()
        if subresource == "attributes":
            headers["x_amz_object_attributes"] = "ETag"
        if subresource == "acl" and method == "PUT":
            headers["x_amz_acl"] = "private"
        if body:
            headers["Content_MD5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        return client(method, target + (query if subresource else ""), body, **headers)


@pytest.fixture
def things(anna: S3) -> Things:
    return Things(anna)


def limited(anna: S3, site: app.Site, scope: Scope) -> S3:
    key, secret = site.keys.add("anna", scope=scope)
    return S3(anna.front, key.access, secret)


def check_refused(answer: Answer, sentence: str, what: object) -> None:
    if answer.status == 200 and what == ("POST", "delete"):
        assert b"<Code>AccessDenied</Code>" in answer.body
        assert b"<Deleted>" not in answer.body
        return
    assert answer.status >= 400, (what, answer)
    code = answer.error["Code"] if answer.body else ""
    if answer.status == 403:
        said = answer.error["Message"] if answer.body else answer.headers["x-damgate-reason"]
        assert said == sentence, what
    else:
        assert code in EMPTY_HANDED or what in LOCKS, (what, answer)


def test_no_operation_reaches_an_object_outside(things: Things, anna: S3, s3_site: app.Site) -> None:
    agency = limited(anna, s3_site, Scope(places=(("things", "agency"),)))
    before = things.told()
    for method, subresource in ROUTES.object:
        answer = things.request(agency, SECRET, method, subresource)
        check_refused(answer, "This access key is only for things/agency.", (method, subresource))
    for source, target in ((SECRET, INSIDE), (INSIDE, SECRET), ("/others/secret.jpg", INSIDE)):
        for query in ("", f"?uploadId={things.upload}&partNumber=1"):
            copied = agency("PUT", target + query, x_amz_copy_source=source)
            assert copied.status in ({403} if not query or target == SECRET else {403, 404}), (source, target, query)
    assert things.told() == before


def test_no_operation_reaches_a_bucket_outside(things: Things, anna: S3, s3_site: app.Site) -> None:
    agency = limited(anna, s3_site, Scope(places=(("things", "agency"),)))
    before = things.told()
    for method, subresource in ROUTES.bucket:
        if (method, subresource) == ("POST", ""):
            continue  # the fields of a form are signed, by whichever key; what it puts is asked as every put
        answer = things.request(agency, "/others", method, subresource)
        if (method, subresource) == ("PUT", ""):
            assert answer.error["Code"] in {"BucketAlreadyExists", "AccessDenied"}
            continue
        check_refused(answer, "This access key is only for things/agency.", (method, subresource))
    assert things.told() == before


def test_within_its_bucket_it_sees_the_way_and_changes_nothing_of_the_bucket(
    things: Things, anna: S3, s3_site: app.Site
) -> None:
    agency = limited(anna, s3_site, Scope(places=(("things", "agency"),)))
    before = things.told()
    for method, subresource in ROUTES.bucket:
        if (method, subresource) == ("POST", ""):
            continue
        answer = things.request(agency, "/things", method, subresource)
        assert b"secret" not in answer.body.replace(b"<Key>secret.jpg</Key><Code>AccessDenied</Code>", b"")
    assert things.told() == before
    for query in ("", "?list-type=2", "?versions", "?list-type=2&delimiter=%2F", "?prefix=agency"):
        assert agency("GET", f"/things{query}").status == 200, query
    assert b"agency/a.jpg" in agency("GET", "/things?list-type=2").body
    assert agency("GET", "/things?prefix=sec").status == 403


def test_a_key_for_reading_changes_nothing_by_any_operation(things: Things, anna: S3, s3_site: app.Site) -> None:
    reader = limited(anna, s3_site, Scope(reading=True))
    before = things.told()
    for target, table in ((SECRET, ROUTES.object), ("/things", ROUTES.bucket)):
        for method, subresource in table:
            if method in {"GET", "HEAD"} or (method, subresource) == ("POST", ""):
                continue
            answer = things.request(reader, target, method, subresource)
            if answer.status not in {200, 204}:
                check_refused(answer, "This access key is only for reading.", (method, subresource))
    assert reader("PUT", INSIDE, x_amz_copy_source=SECRET).status == 403
    assert reader("PUT", "/new").status == 403
    assert things.told() == before
    assert reader("GET", SECRET).body == SECRET.encode()
