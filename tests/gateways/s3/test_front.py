"""The front of the S3 port: everybody gets an answer that S3 clients can read, and only who signed gets in."""

import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from damgate import app, config
from damgate.core import errors
from damgate.core.objects import CorsRule
from damgate.core.rights import Actor, Scope
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.front import S3Front
from tests.gateways.s3.signed import HOST, S3
from tests.gateways.s3.signing.kit import environ_of


class Raising:
    """A door that always raises the same."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def said_to_pages(self, asked: Any) -> list[Any]:
        return []

    def answer(self, asked: Any, raw: str) -> Any:
        raise self.error


def failing(error: Exception) -> S3:
    door: Any = Raising(error)
    return S3(S3Front(door, config.Server(), "", Metrics(Figures(), 0, Situation)))


def test_who_signed_is_let_in_and_a_bucket_is_made_filled_and_read(anna: S3) -> None:
    assert anna("PUT", "/things").status == 200
    put = anna("PUT", "/things/a/%C3%BC%20%2B.txt", b"hello")
    assert put.status == 200, put.body
    for host, target in ((HOST, "/things/a/%C3%BC%20%2B.txt"), (f"things.{HOST}", "/a/%C3%BC%20%2B.txt")):
        got = anna("GET", target, host=host)
        assert (got.status, got.body) == (200, b"hello")
    assert anna("GET", "/things/a/%C3%BC%20%2B.txt", presigned=True).body == b"hello"
    assert anna.connection.welcomed


def test_a_name_of_metadata_keeps_its_underscores(anna: S3) -> None:
    anna("PUT", "/things")
    sent = {"x-amz-meta-my_key": "one", "x-amz-meta-my-key": "two", "x-amz-meta-plain": "three"}
    signed = AWSRequest("PUT", f"http://{HOST}/things/a", sent)
    S3SigV4Auth(Credentials(anna.access, anna.secret), "s3", "x").add_auth(signed)
    assert anna.send("PUT", "/things/a", b"", HOST, dict(signed.headers.items())).status == 200
    got = anna("HEAD", "/things/a").headers
    assert {name: got[name] for name in sent} == sent


def test_every_answer_has_an_id_of_its_own(anna: S3) -> None:
    found = [anna("GET", target) for target in ("/", "/nothing", "/nothing/key", "//", "/x?uploads=%FF")]
    found.append(anna("HEAD", "/nothing/key"))
    ids = [one.headers["x-amz-request-id"] for one in found]
    assert len(set(ids)) == len(ids)
    assert all(one.headers["x-amz-id-2"] for one in found)
    assert found[1].error["RequestId"] == ids[1]


def test_a_wrong_signature_is_refused_counted_and_not_welcome(anna: S3, s3_site: app.Site, metrics: Metrics) -> None:
    liar = S3(anna.front, anna.access, "another secret")
    told = liar("GET", "/")
    assert (told.status, told.error["Code"]) == (403, "SignatureDoesNotMatch")
    nobody = S3(anna.front, "DAMGAAAAAAAAAAAAAAAA", "secret")("GET", "/")
    assert (nobody.status, nobody.error["Code"]) == (403, "InvalidAccessKeyId")
    assert b"damgate_logins_refused_total 2.0" in b"".join(metrics.answer().body)
    assert liar.connection.welcomed == 0
    s3_site.keys.disable(anna.access)
    assert anna("GET", "/").error["Code"] == "InvalidAccessKeyId"


def test_strangers_are_refused_with_403_and_no_login_is_asked_for(s3_front: S3Front, anna: S3) -> None:
    anna("PUT", "/things")
    stranger = S3(s3_front)
    for method, target in (("GET", "/things"), ("GET", "/things/a"), ("PUT", "/things/a"), ("DELETE", "/things/a")):
        told = stranger(method, target)
        assert (told.status, told.error["Code"]) == (403, "AccessDenied"), (method, target)
        assert "www-authenticate" not in told.headers
    assert stranger.connection.welcomed == 0


class Unread(io.BytesIO):
    """A body of which nothing may be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError(f"{size} bytes of a stranger's were read")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/inbox?delete"),
        ("POST", "/inbox/a?uploads"),
        ("POST", "/inbox/a?uploadId=1"),
        ("PUT", "/inbox"),
        ("PUT", "/inbox?cors"),
        ("PUT", "/inbox?tagging"),
        ("PUT", "/inbox?versioning"),
        ("PUT", "/inbox?acl"),
        ("PUT", "/inbox?ownershipControls"),
        ("PUT", "/inbox/a"),
        ("PUT", "/inbox/a?tagging"),
        ("PUT", "/inbox/a?acl"),
        ("PUT", "/inbox/a?uploadId=1&partNumber=1"),
    ],
)
def test_what_strangers_send_is_not_read(s3_front: S3Front, method: str, target: str) -> None:
    """Whoever sends it slowly holds a thread."""
    environ = environ_of(method, target, [("Host", HOST)])
    environ |= {"CONTENT_LENGTH": "9", "REMOTE_ADDR": "192.0.2.1", "wsgi.input": Unread()}
    told: list[str] = []
    list(s3_front(environ, lambda status, _headers, _exc_info=None: told.append(status)))
    assert told[0][:3] in {"403", "404"}


def test_cookies_and_passwords_open_nothing(s3_front: S3Front, anna: S3) -> None:
    anna("PUT", "/things")
    stranger = S3(s3_front)
    assert stranger("GET", "/things", Cookie="session=1").error["Code"] == "AccessDenied"
    told = stranger("GET", "/things", Authorization="Basic YW5uYTpvcGVuIHNlc2FtZQ==")
    assert told.status in {400, 403}
    assert stranger.connection.welcomed == 0


def test_the_log_has_no_signature_of_an_address(
    anna: S3, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[Any] = []
    monkeypatch.setattr(
        anna.front._visits, "_log", type("Log", (), {"info": lambda _self, _what, **f: lines.append(f)})()
    )
    anna("GET", "/things/a%20b", presigned=True)
    anna("GET", "/%FF", presigned=True)
    assert [line["path"] for line in lines] == ["/things/a%20b", "/%FF"]
    assert [line["actor"] for line in lines] == ["anna", "anonymous"]
    assert [line["code"] for line in lines] == ["NoSuchBucket", "InvalidArgument"]
    anna("GET", "/")
    assert "code" not in lines[-1]
    assert "Signature" not in repr(lines)


def test_a_trusted_proxy_may_say_by_which_name_it_was_asked(s3_site: app.Site, anna: S3, metrics: Metrics) -> None:
    anna("PUT", "/things")
    anna("PUT", "/things/a", b"hello")
    near = S3Front(anna.front._door, config.Server(trusted_proxies=("192.0.2.0/24",)), "s3.example.com", metrics)
    client = S3(near, anna.access, anna.secret)
    request = AWSRequest("GET", "https://things.s3.example.com/a")
    S3SigV4Auth(Credentials(anna.access, anna.secret), "s3", "x").add_auth(request)
    headers = dict(request.headers.items()) | {
        "X-Forwarded-Host": "things.s3.example.com",
        "X-Forwarded-For": "203.0.113.9",
    }
    assert client.send("GET", "/a", b"", "127.0.0.1:9000", headers).body == b"hello"
    lying = S3(anna.front, anna.access, anna.secret).send("GET", "/a", b"", "127.0.0.1:9000", headers)
    assert lying.status == 403


def test_pages_of_other_sites_are_told_what_they_may_even_when_refused(
    anna: S3, s3_site: app.Site, s3_front: S3Front
) -> None:
    anna("PUT", "/things")
    rule = CorsRule(origins=("https://shop.example",), methods=("GET", "PUT"))
    s3_site.drive.buckets(Actor("anna", ("manager",))).set_cors("things", [rule])
    asking: dict[str, Any] = {"Origin": "https://shop.example"}
    for answer in (anna("GET", "/things/none", **asking), S3(s3_front)("GET", "/things/none", **asking)):
        assert answer.status in {403, 404}
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    ask = S3(s3_front)("OPTIONS", "/things/a", Access_Control_Request_Method="PUT", **asking)
    assert ask.status == 200
    assert ask.headers["access-control-allow-origin"] == "https://shop.example"
    assert S3(s3_front)("OPTIONS", "/things/a", Access_Control_Request_Method="DELETE", **asking).status == 403
    assert "access-control-allow-origin" not in anna("GET", "/things/none", Origin="https://evil.example").headers


def test_a_key_for_one_place_is_refused_everything_else_with_a_sentence(anna: S3, s3_site: app.Site) -> None:
    for name in ("things", "others"):
        anna("PUT", f"/{name}")
        anna("PUT", f"/{name}/agency/a.jpg", b"a")
        anna("PUT", f"/{name}/secret.jpg", b"s")
    key, secret = s3_site.keys.add("anna", scope=Scope(places=(("things", "agency"),)))
    agency = S3(anna.front, key.access, secret)
    assert agency("PUT", "/things/agency/b.jpg", b"b").status == 200
    assert agency("GET", "/things/agency/a.jpg").body == b"a"
    assert b"<Key>agency/a.jpg</Key>" in agency("GET", "/things?prefix=agency%2F").body
    way = agency("GET", "/things?delimiter=%2F").body
    assert b"<Prefix>agency/</Prefix>" in way
    assert b"secret" not in way
    assert b"<Name>things</Name>" in agency("GET", "/").body
    assert b"others" not in agency("GET", "/").body
    assert agency("PUT", "/things").status in {200, 409}  # which clients take for: it is there
    for method, target in (
        ("GET", "/things/secret.jpg"),
        ("HEAD", "/things/secret.jpg"),
        ("PUT", "/things/secret.jpg"),
        ("DELETE", "/things/secret.jpg"),
        ("GET", "/things/secret.jpg?tagging"),
        ("GET", "/things/secret.jpg?attributes"),
        ("GET", "/things?prefix=s"),
        ("GET", "/others"),
        ("GET", "/others/agency/a.jpg"),
        ("DELETE", "/others"),
        ("DELETE", "/things"),
        ("PUT", "/new"),
    ):
        wanted: dict[str, Any] = {"x_amz_object_attributes": "ETag"} if "attributes" in target else {}
        told = agency(method, target, **wanted)
        assert told.status == 403, (method, target, told.body)
        said = told.headers.get("x-damgate-reason") or told.error["Message"]
        assert said == "This access key is only for things/agency.", (method, target)
    copied = agency("PUT", "/things/agency/c.jpg", x_amz_copy_source="/things/secret.jpg")
    assert copied.status == 403
    assert anna("GET", "/things/secret.jpg").body == b"s"


def test_a_key_for_reading_changes_nothing(anna: S3, s3_site: app.Site) -> None:
    anna("PUT", "/things")
    anna("PUT", "/things/a", b"a")
    key, secret = s3_site.keys.add("anna", scope=Scope(reading=True))
    reader = S3(anna.front, key.access, secret)
    assert reader("GET", "/things/a").body == b"a"
    for method, target in (
        ("PUT", "/things/a"),
        ("DELETE", "/things/a"),
        ("PUT", "/things/b"),
        ("POST", "/things/b?uploads"),
        ("PUT", "/more"),
        ("DELETE", "/things"),
    ):
        told = reader(method, target)
        assert (told.status, told.error["Code"]) == (403, "AccessDenied"), (method, target)
        assert told.error["Message"] == "This access key is only for reading."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (S3Fault("InvalidDigest", "No."), 400, "InvalidDigest"),
        (errors.BadLink("No."), 403, "AccessDenied"),
        (errors.NotAuthenticated("No."), 403, "AccessDenied"),
        (errors.NotFound("No."), 404, "NoSuchKey"),
        (errors.NoSuchBucket("No."), 404, "NoSuchBucket"),
        (errors.DeleteMarker("No.", version="trash.1"), 404, "NoSuchKey"),
        (errors.DeleteMarker("No.", version="trash.1", asked=True), 405, "MethodNotAllowed"),
        (errors.Busy("No.", retry_after=7), 503, "SlowDown"),
        (errors.StillExamined("No."), 503, "SlowDown"),
        (errors.TooManyAttempts("No.", retry_after=9), 503, "SlowDown"),
        (errors.RangeUnsatisfiable("No.", size=10), 416, "InvalidRange"),
        (errors.IncompleteUpload("No."), 400, "IncompleteBody"),
        (errors.NoSpace("No."), 403, "QuotaExceeded"),
        (errors.NotSupported("No."), 501, "NotImplemented"),
    ],
)
def test_an_error_is_said_in_xml_and_to_head_in_a_header(error: Exception, status: int, code: str) -> None:
    client = failing(error)
    got, head = client("GET", "/inbox/a%20%26b"), client("HEAD", "/inbox/a%20%26b")
    assert (got.status, head.status) == (status, status)
    assert got.error["Code"] == code
    assert got.error["Message"] == "No."
    assert got.error["Resource"] == "/inbox/a &b"
    assert head.headers["x-damgate-reason"] == "No."
    assert "x-damgate-reason" not in got.headers
    assert (got.headers.get("retry-after") is not None) == (code == "SlowDown")
    if isinstance(error, errors.DeleteMarker):
        assert (got.headers["x-amz-delete-marker"], got.headers["x-amz-version-id"]) == ("true", "trash.1")


def test_what_nobody_expected_is_500_and_tells_nothing() -> None:
    told = failing(ZeroDivisionError("secret"))("GET", "/inbox/a")
    assert (told.status, told.error["Code"]) == (500, "InternalError")
    assert b"secret" not in told.body
    assert told.error["RequestId"] in told.error["Message"]


def test_details_of_a_fault_stand_in_its_document() -> None:
    told = failing(S3Fault("AuthorizationHeaderMalformed", "No <region>.", Region="damgate"))("GET", "/")
    assert told.error["Region"] == "damgate"
    assert told.error["Message"] == "No <region>."
    assert told.error["Resource"] == "/"


def test_each_refused_item_of_a_transition_is_said() -> None:
    items = errors.RefusedItem("/Review/a", "No credit.", "Set one."), errors.RefusedItem("/Review/b", "Too small.", "")
    told = failing(errors.TransitionRefused("a: No credit. (1 more)", items=items))("PUT", "/approved/a")
    assert told.error["Message"] == "/Review/a: No credit. Set one. /Review/b: Too small."


def test_a_stranger_is_told_that_nothing_was_signed(s3_front: S3Front, anna: S3) -> None:
    anna("PUT", "/things")
    assert S3(s3_front)("GET", "/things/a").error["Message"].endswith(" This request is not signed.")
    assert "not signed" not in anna("PUT", "/things/..").error["Message"]


def test_a_key_that_xml_cannot_hold_still_gets_a_document() -> None:
    told = failing(errors.NotFound("No."))("GET", "/inbox/%01%EF%BF%BE")
    assert told.error["Resource"] == "/inbox/\ufffd\ufffd"


def test_files_that_came_whole_are_counted_and_nothing_else(anna: S3, metrics: Metrics) -> None:
    anna("PUT", "/things")
    assert anna("PUT", "/things/a", b"hello").status == 200
    assert anna("PUT", "/things/b", x_amz_copy_source="things/a").status == 200
    assert anna("PUT", "/elsewhere/a", b"hello").status == 404
    tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    assert anna("PUT", "/things/a?tagging", tags).status == 200
    begun = ET.fromstring(anna("POST", "/things/film?uploads").body)
    upload = begun.findtext("{*}UploadId") or ""
    part = anna("PUT", f"/things/film?partNumber=1&uploadId={upload}", b"part").headers["etag"]
    claim = f"<Part><ETag>{part}</ETag><PartNumber>1</PartNumber></Part>".encode()
    whole = b"<CompleteMultipartUpload>" + claim + b"</CompleteMultipartUpload>"
    assert anna("POST", f"/things/film?uploadId={upload}", whole).status == 200
    assert b"damgate_uploads_total 2.0" in b"".join(metrics.answer().body)
