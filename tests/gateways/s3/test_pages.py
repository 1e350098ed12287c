"""Pages of other sites at the front of the S3 port: their forms as botocore signs them, and what CORS says to them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from damgate import app
from damgate.core.objects import CorsRule
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from tests.gateways.s3.desk import Desk
from tests.gateways.s3.signed import HOST, S3, Answer
from tests.gateways.s3.test_forms import TYPE, form

SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def anna(plain_site: app.Site) -> S3:
    """Signs with the manager's key."""
    door = S3Door(plain_site.drive, plain_site.policy, plain_site.keys, plain_site.context.clock, plain_site.config.s3)
    front = S3Front(door, plain_site.config.server, "", Metrics(Figures(), 0, Situation))
    key, secret = plain_site.keys.add("anna")
    return S3(front, key.access, secret)


@pytest.fixture
def things(desk: Desk, anna: S3) -> S3:
    desk.make("things")
    return anna


def signed(client: S3, *, starts: str = "foo", minutes: int = 10) -> dict[str, str]:
    """Return the fields of a form as `generate_presigned_post` makes them."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    fields: dict[str, str] = {}
    policy = {
        "expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": [{"bucket": "things"}, ["starts-with", "$key", starts], ["content-length-range", 0, 100]],
    }
    request = AWSRequest("POST", f"http://{HOST}/things")
    request.context["s3-presign-post-fields"] = fields
    request.context["s3-presign-post-policy"] = policy
    S3SigV4PostAuth(Credentials(client.access, client.secret), "s3", "x").add_auth(request)
    return fields


def post(client: S3, fields: Mapping[str, str], key: str = "foo.txt", file: bytes = b"bytes") -> Answer:
    return client.send("POST", "/things", form(("key", key), *fields.items(), file=file), HOST, {"Content-Type": TYPE})


def test_a_form_that_was_signed_uploads(things: S3) -> None:
    before = things.connection.welcomed
    said = post(things, signed(things))
    assert (said.status, said.body) == (204, b"")
    assert things.connection.welcomed == before + 1
    assert things("GET", "/things/foo.txt").body == b"bytes"


@pytest.mark.parametrize("field", ["x-amz-signature", "policy", "x-amz-credential", "x-amz-date", "x-amz-algorithm"])
def test_a_form_that_was_changed_does_not(things: S3, field: str) -> None:
    fields = signed(things)
    changed = fields[field][:-1] + ("A" if fields[field][-1] != "A" else "B")
    for wrong in (fields | {field: changed}, {name: value for name, value in fields.items() if name != field}):
        assert post(things, wrong).status in {400, 403}
    assert things("GET", "/things/foo.txt").status == 404


def test_a_form_does_what_its_policy_says_and_no_more(things: S3) -> None:
    fields = signed(things)
    for said, status, code in (
        (post(things, fields, key="bar.txt"), 403, "AccessDenied"),
        (post(things, fields | {"x-amz-meta-a": "b"}), 403, "AccessDenied"),
        (post(things, fields, file=b"x" * 101), 400, "EntityTooLarge"),
        (post(things, signed(things, minutes=-1)), 403, "AccessDenied"),
        (post(things, {}), 403, "AccessDenied"),
    ):
        assert (said.status, said.error["Code"]) == (status, code)
    assert things("GET", "/things/foo.txt").status == 404


def test_a_form_that_is_cut_changes_nothing(things: S3) -> None:
    body = form(("key", "foo.txt"), *signed(things).items(), file=b"x" * 90)
    for end in (len(body) // 2, len(body) - 60, len(body) - 40):
        assert things.send("POST", "/things", body[:end], HOST, {"Content-Type": TYPE}).status == 400
    assert things("GET", "/things/foo.txt").status == 404


def test_a_browser_asks_without_a_signature_and_every_answer_says_what_its_page_may_see(things: S3, desk: Desk) -> None:
    question = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    assert things.send("OPTIONS", "/things/a", b"", HOST, question).error["Code"] == "AccessForbidden"
    desk.buckets.set_cors("things", [CorsRule((SHOP,), ("GET", "PUT"), ("*",))])
    said = things.send("OPTIONS", "/things/a", b"", HOST, question)
    assert (said.status, said.body, said.headers["access-control-allow-origin"]) == (200, b"", SHOP)
    assert things.send("OPTIONS", "/things/a", b"", HOST, {}).status == 400
    for answer in (things("PUT", "/things/a", b"a", Origin=SHOP), things("GET", "/things/b", Origin=SHOP)):
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in things("GET", "/things/a", Origin="https://else.example").headers
