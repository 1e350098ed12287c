"""What botocore and awscrt sign is verified; what they sign for others is not."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import awscrt.auth
import awscrt.http
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing import Signatures
from tests.gateways.s3.signing.kit import ACCESS, CARL, HOST, SECRET, URL, Ring, Wound, asked_of, boto, verified

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
NAMES = KEYS.filter(lambda name: name not in {"AWSAccessKeyId", "Signature"})  # these would be another signature
QUERIES = st.lists(st.tuples(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=10)), max_size=4)


def url_of(key: str, query: list[tuple[str, str]]) -> str:
    written = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    return f"{URL}/inbox/{quote(key, safe='-_.~/')}" + (f"?{written}" if written else "")


@PATIENT
@given(key=KEYS, query=QUERIES)
def test_botocore_signs_every_key_and_query_in_headers(key: str, query: list[tuple[str, str]]) -> None:
    request = boto("S3SigV4Auth", AWSRequest("GET", url_of(key, query), headers={"x-amz-meta-a": "  b   c "}))
    signed = verified(request)
    assert signed.actor == CARL
    assert not signed.presigned
    assert signed.payload == hashlib.sha256().hexdigest()


@PATIENT
@given(key=KEYS, query=QUERIES)
def test_botocore_signs_every_key_and_query_in_addresses(key: str, query: list[tuple[str, str]]) -> None:
    request = boto("S3SigV4QueryAuth", AWSRequest("PUT", url_of(key, query)), expires=60)
    signed = verified(request)
    assert (signed.actor, signed.presigned, signed.payload) == (CARL, True, "UNSIGNED-PAYLOAD")


@PATIENT
@given(key=KEYS)
def test_botocore_signs_every_key_by_version_2(key: str) -> None:
    url = url_of(key, [("versionId", "a b"), ("response-content-type", "text/plain; a=ü"), ("x-id", "GetObject")])
    request = boto("HmacV1QueryAuth", AWSRequest("GET", url), expires=60)
    assert verified(request).actor == CARL
    assert verified(request).presigned


@PATIENT
@given(key=KEYS, query=QUERIES, presigned=st.booleans())
def test_awscrt_signs_every_key_and_query(key: str, query: list[tuple[str, str]], presigned: bool) -> None:
    path = url_of(key, query).removeprefix(URL)
    headers = awscrt.http.HttpHeaders(
        [("host", HOST), ("x-amz-meta-name", "Łódź  two"), ("content-type", "image/jpeg")]
    )
    request = awscrt.http.HttpRequest("GET", path, headers)
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4,
        signature_type=awscrt.auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS
        if presigned
        else awscrt.auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(ACCESS, SECRET),
        region="damgate",
        service="s3",
        date=datetime.now(UTC),
        use_double_uri_encode=False,
        should_normalize_uri_path=False,
        signed_body_header_type=awscrt.auth.AwsSignedBodyHeaderType.NONE
        if presigned
        else awscrt.auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256,
        signed_body_value="UNSIGNED-PAYLOAD",
        expiration_in_seconds=60 if presigned else None,
    )
    made: Any = awscrt.auth.aws_sign_request(request, config).result(10)
    asked, raw = asked_of("GET", URL + made.path, dict(made.headers))
    assert Signatures(Ring(), Wound()).verify(asked, raw).actor == CARL


@pytest.mark.parametrize("region", ["us-east-1", "damgate", "eu_central"])
def test_any_region_is_taken(region: str) -> None:
    assert verified(boto("S3SigV4Auth", AWSRequest("GET", f"{URL}/inbox/a"), region)).actor == CARL


def test_a_date_header_does_in_place_of_x_amz_date() -> None:
    request = AWSRequest("GET", f"{URL}/inbox/a", headers={"Date": "Tue, 25 Nov 2025 10:00:00 GMT"})
    boto("S3SigV4Auth", request)
    assert "X-Amz-Date" not in request.headers
    assert verified(request).actor == CARL


@pytest.mark.parametrize("expect", [200, ""])
def test_other_expectations_are_signed_as_they_are(expect: Any) -> None:
    request = boto("S3SigV4Auth", AWSRequest("PUT", f"{URL}/inbox/a", headers={"Expect": str(expect)}))
    assert verified(request).actor == CARL


@pytest.mark.parametrize("received", ["identity", "gzip", None])
def test_what_proxies_make_of_accept_encoding_is_forgiven(received: str | None) -> None:
    for sent in {"identity", "gzip"} - {received}:
        request = boto("S3SigV4Auth", AWSRequest("GET", f"{URL}/inbox/a", headers={"Accept-Encoding": sent}))
        assert "accept-encoding" in request.headers["Authorization"]
        del request.headers["Accept-Encoding"]
        if received:
            request.headers["Accept-Encoding"] = received
        assert verified(request).actor == CARL


def test_an_expectation_that_a_proxy_kept_to_itself_is_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.SIGNED_HEADERS_BLACKLIST", [])
    request = boto("S3SigV4Auth", AWSRequest("PUT", f"{URL}/inbox/a", headers={"Expect": "100-continue"}))
    assert "expect;host" in request.headers["Authorization"]
    assert verified(request).actor == CARL
    del request.headers["Expect"]
    assert verified(request).actor == CARL


def test_a_header_in_two_lines_is_signed_as_one() -> None:
    request = AWSRequest("GET", f"{URL}/inbox/a", headers={"x-amz-meta-a": "one"})
    request.headers.add_header("x-amz-meta-a", "two")
    boto("S3SigV4Auth", request)
    asked, raw = asked_of("GET", request.url, {**dict(request.headers.items()), "x-amz-meta-a": "one,two"})
    assert Signatures(Ring(), Wound()).verify(asked, raw).actor == CARL


def test_an_absolute_target_is_signed_by_its_path() -> None:
    request = boto("S3SigV4Auth", AWSRequest("GET", f"{URL}/inbox//a/../b"))
    asked, raw = asked_of("GET", request.url, dict(request.headers.items()))
    assert Signatures(Ring(), Wound()).verify(asked, f"{URL}{raw}").actor == CARL


def test_slashes_of_a_query_may_come_unescaped() -> None:
    request = boto("S3SigV4Auth", AWSRequest("GET", f"{URL}/inbox?delimiter=%2F&prefix=a%2Fb%20c&uploads="))
    request.url = f"{URL}/inbox?uploads&prefix=a/b+c&delimiter=/"
    assert verified(request).actor == CARL


@pytest.mark.parametrize("key", ["a/b", "a", "photos/a", "a b/ü", "/a"])
def test_version_2_signs_the_bucket_of_a_host(key: str) -> None:
    domain = "s3.example.com"
    request = AWSRequest("GET", f"http://photos.{domain}/{quote(key)}", auth_path=f"/photos/{quote(key)}")
    assert verified(boto("HmacV1QueryAuth", request), domain=domain).actor == CARL


def test_an_address_of_version_2_for_a_path_opens_no_host() -> None:
    domain = "s3.example.com"
    request = boto("HmacV1QueryAuth", AWSRequest("GET", f"http://{domain}/photos/a"))
    assert verified(request, domain=domain).actor == CARL
    request.url = request.url.replace(f"//{domain}", f"//photos.{domain}")  # now the key is photos/a
    with pytest.raises(S3Fault) as fault:
        verified(request, domain=domain)
    assert fault.value.code == "SignatureDoesNotMatch"


def test_version_2_signs_headers() -> None:
    headers = {"x-amz-meta-b": "1", "x-amz-acl": "private", "Content-Type": "image/png", "Content-MD5": "q"}
    request = boto("HmacV1QueryAuth", AWSRequest("PUT", f"{URL}/inbox/a", headers=headers))
    assert verified(request).actor == CARL
    request.headers["x-amz-copy-source"] = "approved/secret.jpg"
    with pytest.raises(S3Fault) as fault:
        verified(request)
    assert fault.value.code == "SignatureDoesNotMatch"


def test_what_is_not_signed_is_from_nobody() -> None:
    for headers in ({}, {"Authorization": ""}, {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}):
        asked, raw = asked_of("GET", f"{URL}/inbox/a?x-amz-checksum-crc32=AAAAAA==", headers)
        signed = Signatures(Ring(), Wound()).verify(asked, raw)
        assert (signed.actor, signed.presigned, signed.proof) == (ANONYMOUS, False, None)
        assert signed.payload == headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")


@pytest.mark.parametrize(("kind", "minutes", "code"), [
    ("S3SigV4Auth", 14, ""), ("S3SigV4Auth", 16, "RequestTimeTooSkewed"), ("S3SigV4Auth", -14, ""),
    ("S3SigV4Auth", -16, "RequestTimeTooSkewed"),
    ("S3SigV4QueryAuth", 59, ""), ("S3SigV4QueryAuth", 61, "AccessDenied"),
    ("S3SigV4QueryAuth", -14, ""), ("S3SigV4QueryAuth", -16, "AccessDenied"), ("HmacV1QueryAuth", 59, ""),
    ("HmacV1QueryAuth", 61, "AccessDenied"), ("HmacV1QueryAuth", -7 * 24 * 60, "AccessDenied"),
])  # fmt: skip
def test_signatures_are_for_their_time(kind: str, minutes: int, code: str) -> None:
    options: dict[str, Any] = {} if kind == "S3SigV4Auth" else {"expires": 3600}
    request = boto(kind, AWSRequest("GET", f"{URL}/inbox/a"), **options)
    clock = Wound(time.time() + 60 * minutes)
    if not code:
        assert verified(request, clock).actor == CARL
        return
    with pytest.raises(S3Fault) as fault:
        verified(request, clock)
    assert fault.value.code == code
    if kind.endswith("QueryAuth") and minutes > 0:
        assert str(fault.value) == "Request has expired."
