"""What browsers are told of pages of other sites."""

from collections.abc import Mapping
from typing import cast

import pytest

from damgate.core.errors import NoSuchBucket
from damgate.core.objects import CorsRule
from damgate.drive import Buckets
from damgate.gateways.s3 import cors
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault

RULES = (
    CorsRule(("*suffix", "start*end"), ("GET",), max_age=60),
    CorsRule(("https://shop.example",), ("PUT", "POST"), ("x-amz-*", "content-type"), ("x-amz-version-id",)),
)


class OneBucket:
    def __init__(self, *rules: CorsRule) -> None:
        self.rules = rules

    def cors(self, name: str) -> tuple[CorsRule, ...]:
        if name != "shop":
            raise NoSuchBucket("There is no such bucket.")
        return self.rules


def buckets(*rules: CorsRule) -> Buckets:
    return cast("Buckets", OneBucket(*(rules or RULES)))


def asked(method: str, headers: Mapping[str, str], bucket: str = "shop") -> Asked:
    environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    return Asked(method, (), slash=False, environ=environ, id="1", bucket=bucket)


def question(origin: str, method: str, headers: str = "") -> Asked:
    said = {"Origin": origin, "Access-Control-Request-Method": method}
    return asked("OPTIONS", said | ({"Access-Control-Request-Headers": headers} if headers else {}))


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("foo.suffix", "GET", ""),
        ("startend", "GET", ""),
        ("start1end", "GET", ""),
        ("https://shop.example", "PUT", "Content-Type, X-Amz-Meta-Author"),
        ("https://shop.example", "POST", ""),
    ],
)
def test_what_a_rule_allows_is_answered_with_it(origin: str, method: str, headers: str) -> None:
    reply = cors.preflight(question(origin, method, headers), buckets())
    said = dict(reply.headers)
    assert reply.status == 200
    assert said["Access-Control-Allow-Origin"] == origin
    assert method in said["Access-Control-Allow-Methods"]
    assert said.get("Access-Control-Allow-Headers", "") == headers.lower()
    assert "ETag" in said["Access-Control-Expose-Headers"]
    assert "Origin" in said["Vary"]


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("foo.suffix.get", "GET", ""),
        ("0start1end", "GET", ""),
        ("staend", "GET", ""),
        ("foo.suffix", "PUT", ""),
        ("foo.suffix", "GET", "x-amz-meta-author"),
        ("https://shop.example", "PUT", "content-type, authorization"),
        ("https://shop.example.evil", "PUT", ""),
    ],
)
def test_what_no_rule_allows_is_refused(origin: str, method: str, headers: str) -> None:
    with pytest.raises(S3Fault) as caught:
        cors.preflight(question(origin, method, headers), buckets())
    assert caught.value.code == "AccessForbidden"
    assert caught.value.status == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "a"}, {"Access-Control-Request-Method": "GET"}])
def test_a_question_that_is_none_is_a_bad_request(headers: dict[str, str]) -> None:
    with pytest.raises(S3Fault) as caught:
        cors.preflight(asked("OPTIONS", headers), buckets())
    assert caught.value.status == 400


def test_a_rule_for_everybody_says_so_and_takes_no_credentials() -> None:
    said = dict(cors.preflight(question("https://a.example", "GET"), buckets(CorsRule(("*",), ("GET",)))).headers)
    assert said["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in said


def test_the_answer_to_a_page_of_another_site_says_who_may_read_it() -> None:
    said = dict(cors.headers(asked("GET", {"Origin": "foo.suffix"}), buckets()))
    assert said["Access-Control-Allow-Origin"] == "foo.suffix"
    assert said["Access-Control-Max-Age"] == "60"


@pytest.mark.parametrize(
    ("method", "headers", "bucket"),
    [
        ("GET", {}, "shop"),
        ("GET", {"Origin": "foo"}, "shop"),
        ("PUT", {"Origin": "foo.suffix"}, "shop"),
        ("GET", {"Origin": "foo.suffix"}, "else"),
        ("GET", {"Origin": "foo.suffix"}, ""),
    ],
)
def test_every_other_answer_says_nothing(method: str, headers: dict[str, str], bucket: str) -> None:
    assert cors.headers(asked(method, headers, bucket), buckets()) == []
