"""What a target and a host mean: bucket, key and parameters, decoded once and left as they are."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as some

from damgate.core.errors import BadName, BadRequest
from damgate.gateways.s3.address import read_address
from damgate.gateways.s3.faults import S3Fault

HOST = "s3.example.com:9000"
DOMAIN = "s3.example.com"


@pytest.mark.parametrize(
    ("raw", "bucket", "key"),
    [
        ("/", "", ""),
        ("/inbox", "inbox", ""),
        ("/inbox/", "inbox", ""),
        ("/inbox/a/b.jpg", "inbox", "a/b.jpg"),
        ("/inbox/a/", "inbox", "a/"),
        ("/inbox//a", "inbox", "/a"),
        ("/inbox///", "inbox", "//"),
        ("/inbox/a//b", "inbox", "a//b"),
        ("/inbox/a+b%2Bc%20d", "inbox", "a+b+c d"),
        ("/inbox/a%2Fb", "inbox", "a/b"),
        ("/inbox/100%25%20s%C3%BC%C3%9F", "inbox", "100% süß"),
        ("/inbox/%252e%252e/x", "inbox", "%2e%2e/x"),
        ("/inbox/s\xc3\xbc\xc3\x9f", "inbox", "süß"),
        ("/inbox/a?uploads", "inbox", "a"),
        ("/inbox/...", "inbox", "..."),
        ("/in%62ox/a", "inbox", "a"),
    ],
)
def test_a_path_names_bucket_and_key(raw: str, bucket: str, key: str) -> None:
    for host, domain in ((HOST, ""), (HOST, DOMAIN), ("127.0.0.1:9000", DOMAIN), ("", DOMAIN), ("[::1]:9000", "")):
        found = read_address(raw, host, domain)
        assert (found.bucket, found.key) == (bucket, key)


@pytest.mark.parametrize(
    ("host", "raw", "bucket", "key"),
    [
        ("inbox.s3.example.com", "/", "inbox", ""),
        ("inbox.s3.example.com:9000", "/a/b", "inbox", "a/b"),
        ("INBOX.S3.Example.Com.", "/a", "inbox", "a"),
        ("my.own.bucket.s3.example.com", "/a", "my.own.bucket", "a"),
        ("inbox.s3.example.com", "//a", "inbox", "/a"),
        ("s3.example.com", "/inbox/a", "inbox", "a"),
        ("evils3.example.com", "/inbox/a", "inbox", "a"),
        ("inbox.example.com", "/review/a", "review", "a"),
        (".s3.example.com", "/inbox/a", "inbox", "a"),
    ],
)
def test_a_host_below_the_domain_names_the_bucket(host: str, raw: str, bucket: str, key: str) -> None:
    for domain in (DOMAIN, "S3.example.com"):
        found = read_address(raw, host, domain)
        assert (found.bucket, found.key) == (bucket, key)


@pytest.mark.parametrize(
    "raw",
    [
        "/inbox/%",
        "/inbox/%z1",
        "/inbox/a%2",
        "/inbox/%FF",
        "/inbox/%C0%AF",
        "/inbox/%ED%A0%80",
        "/inbox/\xff",
        "/inbox/a/../b",
        "/inbox/./b",
        "/inbox/%2e%2e",
        "/inbox/a/%2E",
        "/inbox/a%00b",
        "/inbox?prefix=%FF",
        "/inbox?prefix=%",
        "/inbox/a#b",
        "inbox/a",
        "*",
    ],
)
def test_what_could_mean_two_things_is_refused(raw: str) -> None:
    with pytest.raises((BadName, BadRequest)):
        read_address(raw, HOST, "")


def test_a_key_can_be_1024_bytes_long() -> None:
    assert len(read_address("/inbox/" + "%C3%BC" * 512, HOST, "").key) == 512
    with pytest.raises(S3Fault) as told:
        read_address("/inbox/a" + "%C3%BC" * 512, HOST, "")
    assert (told.value.code, told.value.status) == ("KeyTooLongError", 400)


def test_a_key_needs_a_bucket() -> None:
    for raw in ("//a", "//"):
        with pytest.raises(S3Fault) as told:
            read_address(raw, HOST, "")
        assert told.value.code == "InvalidBucketName"


def test_parameters_are_decoded_and_the_first_of_each_counts() -> None:
    found = read_address("/inbox?list-type=2&prefix=a%2Fb+c%2B&prefix=other&uploads&empty=&&x=a=b", HOST, "")
    assert found.parameters == {"list-type": "2", "prefix": "a/b c+", "uploads": "", "empty": "", "x": "a=b"}
    assert found.query == "list-type=2&prefix=a%2Fb+c%2B&prefix=other&uploads&empty=&&x=a=b"


NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)


@given(key=some.lists(some.one_of(NAMES, some.just("")), min_size=1).map("/".join).filter(bool), safe=some.booleans())
def test_every_key_comes_back_as_it_was_written(key: str, safe: bool) -> None:
    written = quote(key, safe="/-_.~+!*'()" if safe else "")
    for host, raw in ((HOST, f"/inbox/{written}"), ("inbox.s3.example.com", f"/{written}")):
        found = read_address(f"{raw}?prefix={quote_plus(key)}", host, DOMAIN)
        assert (found.bucket, found.key) == ("inbox", key)
        assert found.parameters == {"prefix": key}
