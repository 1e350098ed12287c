"""Rubbish of the right shape, at every operation that reads something: an S3 error, never a failure of the server."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.core.errors import DamgateError
from damgate.core.objects import Given
from damgate.core.rights import Actor
from damgate.gateways.answers import UNEXPECTED, answer_for
from damgate.gateways.s3.faults import STATUS, S3Fault
from tests.gateways.s3.desk import ANNA, Desk
from tests.gateways.s3.test_forms import TYPE, form

READ = {
    "PUT things": "CreateBucketConfiguration",
    "PUT things?versioning": "VersioningConfiguration",
    "PUT things?tagging": "Tagging",
    "PUT things?cors": "CORSConfiguration",
    "PUT things?acl": "AccessControlPolicy",
    "PUT things?ownershipControls": "OwnershipControls",
    "PUT things/a?acl": "AccessControlPolicy",
    "PUT things/a?tagging": "Tagging",
    "POST things?delete": "Delete",
    "POST things/a?uploadId={upload}": "CompleteMultipartUpload",
}
NAMES = [
    "Status", "MfaDelete", "TagSet", "Tag", "Key", "Value", "CORSRule", "AllowedOrigin", "AllowedMethod",
    "AllowedHeader", "ExposeHeader", "MaxAgeSeconds", "ID", "Owner", "AccessControlList", "Grant", "Grantee",
    "Permission", "Rule", "ObjectOwnership", "Object", "VersionId", "Quiet", "ETag", "Part", "PartNumber",
    "ChecksumCRC32", "Other",
]  # fmt: skip
WORDS = [
    "", " ", "a", "1", "0", "-1", "99999", "1e9", "٣", "*", "a*b*c", "GET", "Enabled", "null", "true", "anna",
    "FULL_CONTROL", '"d41d8cd98f00b204e9800998ecf8427e"', "AAAAAA==", "../..", "a/b", "BucketOwnerEnforced", "url",
    "\x00", "\n", "é", "a" * 1100, "bytes=0-1", "things/a", "http://a", "%", "=", "e30=", "\ud7ff", "\U0001f600",
]  # fmt: skip
PARAMETERS = [
    "list-type", "prefix", "delimiter", "marker", "max-keys", "encoding-type", "continuation-token", "start-after",
    "fetch-owner", "key-marker", "version-id-marker", "versions", "uploads", "upload-id-marker", "max-uploads",
    "max-buckets", "bucket-region", "part-number-marker", "max-parts", "uploadId", "partNumber", "versionId",
]  # fmt: skip
HEADERS = [
    "x_amz_checksum_algorithm", "x_amz_checksum_type", "x_amz_checksum_crc32", "x_amz_mp_object_size",
    "x_amz_copy_source", "x_amz_copy_source_range", "x_amz_copy_source_if_match", "x_amz_copy_source_if_modified_since",
    "if_match", "if_none_match", "x_amz_tagging", "x_amz_acl", "x_amz_meta_a", "x_amz_storage_class", "content_type",
    "x_amz_object_ownership", "x_amz_expected_bucket_owner", "x_amz_metadata_directive",
]  # fmt: skip
FIELDS = [
    "key",
    "acl",
    "policy",
    "bucket",
    "tagging",
    "success_action_status",
    "redirect",
    "x-amz-checksum-crc32",
    "x-amz-meta-a",
]

EMPTY = Given()

words = st.sampled_from(WORDS) | st.text(max_size=8)
trees = st.recursive(
    st.tuples(st.sampled_from(NAMES), words),
    lambda inner: st.tuples(st.sampled_from(NAMES), st.lists(inner, max_size=4)),
    max_leaves=12,
)
rare = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(tree: tuple[str, Any]) -> str:
    name, inside = tree
    return f"<{name}>{escape(inside) if isinstance(inside, str) else ''.join(map(written, inside))}</{name}>"


def ask(desk: Desk, method: str, path: str, body: bytes = b"", **headers: str) -> None:
    """Whatever the answer is, it is one that S3 has."""
    said = None
    try:
        assert desk(method, path, body, **headers).status < 400
    except DamgateError as error:
        said = error
    assert not isinstance(said, S3Fault) or said.code in STATUS
    assert said is None or isinstance(said, S3Fault) or answer_for(said) is not UNEXPECTED


def believing(_fields: Mapping[str, str]) -> Actor:
    return ANNA


def spoken(value: str) -> str:
    """A header as the server hands it over: no control characters, each byte a letter of latin-1."""
    return "".join(letter for letter in value if letter.isprintable()).encode().decode("latin-1")


def query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in parameters.items())


@pytest.fixture
def things(desk: Desk) -> Desk:
    desk.make("things", "a", "b/c")
    return desk


@pytest.mark.parametrize("operation", READ)
@rare
@given(trees=st.lists(trees, max_size=4), rubbish=st.booleans() | st.binary(max_size=20))
def test_documents(things: Desk, operation: str, trees: list[tuple[str, Any]], rubbish: bool | bytes) -> None:
    method, _, path = operation.partition(" ")
    if "{upload}" in path:
        path = path.format(upload=things.buckets.begin("things", "a", EMPTY).id)
    root = READ[operation]
    body = (
        rubbish
        if isinstance(rubbish, bytes)
        else f"<{root}>{''.join(map(written, trees))}</{root}>".encode("utf-8", "replace")
    )
    ask(things, method, path, body)


@pytest.mark.parametrize("path", ["", "things", "things/a"])
@rare
@given(parameters=st.dictionaries(st.sampled_from(PARAMETERS), words, max_size=5))
def test_parameters(things: Desk, path: str, parameters: dict[str, str]) -> None:
    ask(things, "GET", f"{path}?{query(parameters)}")


@pytest.mark.parametrize(
    "operation",
    [
        "POST things/a?uploads",
        "PUT things/a?uploadId={upload}&partNumber=1",
        "POST things/a?uploadId={upload}",
        "PUT other",
    ],
)
@rare
@given(headers=st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(WORDS[:-2]), max_size=4))
def test_headers(things: Desk, operation: str, headers: dict[str, str]) -> None:
    method, _, path = operation.partition(" ")
    upload = things.buckets.begin("things", "a", EMPTY).id
    ask(things, method, path.format(upload=upload), b"", **{name: spoken(value) for name, value in headers.items()})


@rare
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), words, max_size=6),
    document=st.recursive(
        words | st.integers() | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["expiration", "conditions", "$key"]), inner)
        ),
        max_leaves=6,
    ),
)
def test_forms(things: Desk, fields: dict[str, str], document: Any) -> None:
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    sent = {"key": "a", "policy": policy} | fields
    page = Desk(things.site, things.actor, believing)
    said = {name: value.encode("utf-8", "replace").decode() for name, value in sent.items()}
    ask(page, "POST", "things", form(*said.items()), content_type=TYPE)
