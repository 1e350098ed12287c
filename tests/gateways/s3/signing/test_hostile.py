"""What is sent in place of a signature is refused by the door's own words; secrets are compared in constant time."""

import ast
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from damgate.core.errors import DamgateError
from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.payloads import payload_for
from damgate.gateways.s3.signing import Signatures, forms
from tests.gateways.s3.signing.kit import ACCESS, Ring, Wound, environ_of

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIGNING = Path(__file__).parents[4] / "damgate" / "gateways" / "s3"
TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
CREDENTIAL = f"{ACCESS}/20261125/r/s3/aws4_request"
WRITTEN = st.one_of(
    TEXT,
    TEXT.map("AWS4-HMAC-SHA256 {}".format),
    st.builds("AWS4-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}".format, TEXT, TEXT, TEXT),
    TEXT.map((f"AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders=host;" + "{},Signature=0").format),
)
V4 = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={}&X-Amz-Credential={}&X-Amz-Signature={}".format
V2 = "AWSAccessKeyId={}&Signature={}&Expires={}&{}".format
QUERY = st.one_of(
    TEXT,
    st.builds(V4, TEXT, TEXT, TEXT),
    st.builds(V2, st.sampled_from([ACCESS, "x"]), TEXT, st.one_of(TEXT, st.integers().map(str)), TEXT),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Date", "x-amz-date", "x-amz-content-sha256", "x-amz-trailer", "Content-MD5", "x-amz-checksum-crc32",
         "x-amz-decoded-content-length", "x-amz-checksum-ü", "x-amz-sdk-checksum-algorithm", "Accept-Encoding"]
    ),
    st.one_of(TEXT, st.sampled_from(["20261125T000000Z", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])),
)  # fmt: skip


@PATIENT
@given(WRITTEN, QUERY, HEADERS)
@example("AWS4-HMAC-SHA256 Credential=ü/20261125/ü/s3/aws4_request,SignedHeaders=host,Signature=ü", "", {})
@example("", f"AWSAccessKeyId={ACCESS}&Signature=%ff&Expires=99999999999", {})
@example("", f"X-Amz-Algorithm=x&X-Amz-Credential={CREDENTIAL}&X-Amz-Expires=" + "9" * 5000, {})
def test_no_signature_breaks_the_door(authorization: str, query: str, headers: dict[str, str]) -> None:
    raw = f"/inbox/a?{query}"
    environ = environ_of("PUT", raw, [("Authorization", authorization), *headers.items()])
    asked = Asked("PUT", (), slash=False, environ=environ, id="1", bucket="inbox", key="a")
    with suppress(DamgateError):
        signed = Signatures(Ring(), Wound()).verify(asked, raw)
        assert signed.actor == ANONYMOUS
        payload_for(asked, signed)


FIELDS = [
    "policy",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-algorithm",
    "x-amz-signature",
    "AWSAccessKeyId",
    "signature",
]


@PATIENT
@given(st.dictionaries(st.sampled_from(FIELDS), st.one_of(TEXT, st.sampled_from([CREDENTIAL, ACCESS, "\ud800", "№"]))))
def test_no_form_breaks_the_door(fields: dict[str, str]) -> None:
    with suppress(DamgateError):
        assert forms.verify(fields, Ring(), Wound()) == ANONYMOUS


def test_no_signature_is_compared_by_its_letters() -> None:
    """A comparison that ends at the first wrong letter tells how many were right."""
    secret = {"signature", "made", "secret", "key"}
    for file in (*SIGNING.glob("signing/*.py"), SIGNING / "payloads" / "seals.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                named = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                named |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                asked = {"bucket", "path"}  # `asked.key` is the name of an object
                assert asked & named or not secret & named, f"{file.name}:{node.lineno}"
