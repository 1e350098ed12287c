"""The policies of forms, as botocore and as older programs sign them."""

import base64
import hashlib
import hmac
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config

from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing import forms
from tests.gateways.s3.signing.kit import ACCESS, CARL, SECRET, URL, Ring, Wound


def made(version: str) -> dict[str, str]:
    """The fields of a form that lets upload everything below a folder."""
    client = boto3.client(
        "s3", region_name="damgate", endpoint_url=URL, aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
        config=Config(signature_version=version),
    )  # fmt: skip
    fields: dict[str, str] = client.generate_presigned_post("inbox", "summer/${filename}")["fields"]
    return fields


def older() -> dict[str, str]:
    policy = base64.b64encode(b'{"expiration": "2030-01-01T00:00:00Z", "conditions": []}').decode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), policy.encode(), hashlib.sha1).digest()).decode()
    return {"kEy": "a", "AWSAccessKeyId": ACCESS, "pOLICy": policy, "signature": signature}


FORMS = {"version 4": lambda: made("s3v4"), "version 2": lambda: made("s3"), "by hand": older}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_its_signers(name: str) -> None:
    assert forms.verify(FORMS[name](), Ring(), Wound()) == CARL


def test_a_form_without_a_policy_is_nobodys() -> None:
    assert forms.verify({"key": "a", "acl": "private"}, Ring(), Wound()) == ANONYMOUS


@pytest.mark.parametrize(("name", "change", "code"), [
    ("version 4", {"policy": "e30="}, "SignatureDoesNotMatch"),
    ("version 4", {"policy": ""}, "InvalidArgument"),
    ("version 4", {"x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
    ("version 4", {"x-amz-signature": ""}, "InvalidArgument"),
    ("version 4", {"x-amz-algorithm": "AWS4-HMAC-SHA1"}, "InvalidArgument"),
    ("version 4", {"x-amz-credential": "AKIAUNKNOWN/20130524/x/s3/aws4_request"}, "InvalidArgument"),
    ("version 4", {"x-amz-credential": "x"}, "InvalidArgument"),
    ("version 4", {"x-amz-credential": "ü/ü/ü/s3/aws4_request"}, "InvalidArgument"),
    ("version 4", {"x-amz-date": "now"}, "InvalidArgument"),
    ("version 4", {"x-amz-security-token": "t"}, "InvalidToken"),
    ("version 4", {"signature": "x"}, "InvalidArgument"),
    ("version 2", {"policy": "e30="}, "SignatureDoesNotMatch"),
    ("version 2", {"policy": "\ud800"}, "SignatureDoesNotMatch"),
    ("version 2", {"signature": "ü\ud800"}, "SignatureDoesNotMatch"),
    ("version 2", {"signature": ""}, "InvalidArgument"),
    ("version 2", {"AWSAccessKeyId": "AKIAUNKNOWN"}, "InvalidAccessKeyId"),
    ("version 2", {"AWSAccessKeyId": ""}, "InvalidArgument"),
])  # fmt: skip
def test_a_changed_form_is_refused(name: str, change: dict[str, Any], code: str) -> None:
    with pytest.raises(S3Fault) as fault:
        forms.verify({**FORMS[name](), **change}, Ring(), Wound())
    assert fault.value.code == code


@pytest.mark.parametrize(("days", "good"), [(6.9, True), (7.1, False), (-0.005, True), (-0.02, False)])
def test_forms_are_for_a_week(days: float, good: bool) -> None:
    fields, clock = made("s3v4"), Wound(time.time() + days * 24 * 3600)
    if good:
        assert forms.verify(fields, Ring(), clock) == CARL
    else:
        with pytest.raises(S3Fault, match=r"valid|expired"):
            forms.verify(fields, Ring(), clock)
