"""The policies of forms: what they let others send, and what is no policy."""

import base64
import json
from typing import Any

import pytest

from damgate.core.errors import Refused
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.forms.policy import Policy, parse_policy

UNTIL = "2026-11-23T21:40:00Z"
AT = 1795470000.0  # the same instant
BEFORE = AT - 1
CONDITIONS: list[Any] = [
    {"bucket": "shop"},
    ["starts-with", "$key", "foo"],
    ["eq", "$acl", "private"],
    ["Starts-With", "$Content-Type", "image/"],
    ["content-length-range", 1, 1024],
]
FIELDS = {"bucket": "shop", "key": "foo.jpg", "acl": "private", "content-type": "image/jpeg"}


def encoded(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def policy(*more: Any, until: Any = UNTIL) -> Policy:
    return parse_policy(encoded({"expiration": until, "conditions": [*CONDITIONS, *more]}))


def test_what_fits_may_be_sent() -> None:
    found = policy()
    found.check(FIELDS, BEFORE)
    assert (found.least, found.most) == (1, 1024)


@pytest.mark.parametrize("until", [UNTIL, "2026-11-23T21:40:00.000Z"])
def test_a_policy_ends(until: str) -> None:
    with pytest.raises(Refused, match="expired"):
        policy(until=until).check(FIELDS, AT)


def test_the_signature_the_file_and_ignored_fields_need_no_condition() -> None:
    signed = {"policy": "p", "x-amz-signature": "s", "awsaccesskeyid": "a", "signature": "s", "x-ignore-me": "1"}
    policy().check(FIELDS | signed | {"x-amz-checksum-sha256": "c"}, BEFORE)


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "bar.jpg"},
        {"key": ""},
        {"bucket": "else"},
        {"acl": "private "},
        {"content-type": "text/html"},
        {"content-type": "image/png,text/html"},
        {"x-amz-meta-author": "me"},
        {"success_action_redirect": "http://evil.example"},
        {"tagging": "<Tagging/>"},
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Refused):
        policy().check(FIELDS | changed, BEFORE)


@pytest.mark.parametrize("missing", list(FIELDS))
def test_what_a_condition_names_must_be_sent(missing: str) -> None:
    with pytest.raises(Refused):
        policy().check({name: value for name, value in FIELDS.items() if name != missing}, BEFORE)


def test_the_narrowest_of_several_ranges_counts() -> None:
    found = policy(["content-length-range", "10", "2000"])
    assert (found.least, found.most) == (10, 1024)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "text",
        {"expiration": UNTIL},
        {"expiration": UNTIL, "CONDITIONS": CONDITIONS},
        {"EXPIRATION": UNTIL, "conditions": CONDITIONS},
        {"conditions": CONDITIONS},
        {"expiration": "2026-11-23 21:40:00+00:00", "conditions": CONDITIONS},
        {"expiration": "2026-13-23T21:40:00Z", "conditions": CONDITIONS},
        {"expiration": 5, "conditions": CONDITIONS},
        *(
            {"expiration": UNTIL, "conditions": [condition]}
            for condition in (
                {},
                [],
                5,
                "text",
                {"key": 5},
                ["eq", "key", "foo"],
                ["ends-with", "$key", "foo"],
                ["eq", "$key"],
                ["eq", "$key", 5],
                ["content-length-range", 0],
                ["content-length-range", -1, 0],
                ["content-length-range", "x", 0],
                ["content-length-range", True, 5],
                ["content-length-range", 1.5, 5],
                ["content-length-range", 0, 1, 2],
            )
        ),
    ],
)
def test_what_is_no_policy_is_said_so(document: Any) -> None:
    with pytest.raises(S3Fault) as caught:
        parse_policy(encoded(document))
    assert caught.value.code == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    "value", ["", "no base64!", base64.b64encode(b"{").decode(), base64.b64encode(b"[" * 9999).decode()]
)
def test_what_is_no_json_is_no_policy(value: str) -> None:
    with pytest.raises(S3Fault) as caught:
        parse_policy(value)
    assert caught.value.code == "InvalidPolicyDocument"
