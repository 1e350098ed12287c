"""The form that both sides sign: the same for all spellings of an address, and for nothing else."""

import re
import time
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.gateways.s3.signing.canonical import canonical_path, canonical_query, signed_headers, split
from damgate.gateways.s3.signing.moments import moment_of, stamp_of

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100)
PIECES = st.lists(
    st.one_of(
        st.integers(0, 255).map("%{:02X}".format),
        st.integers(0, 255).map("%{:02x}".format),
        st.sampled_from(["a", "/", "//", "..", "~", "+", " ", "%", "%2", "%G0", "=", "\xe4", "*", "é"]),
    ),
    max_size=12,
).map("".join)


@PATIENT
@given(PIECES)
def test_a_path_is_decoded_once_and_encoded_again(path: str) -> None:
    assert canonical_path(path) == quote(unquote_to_bytes(path.encode("latin-1")), safe="-_.~/")


@PATIENT
@given(PIECES)
def test_a_query_is_decoded_once_and_encoded_again(text: str) -> None:
    value = text.replace("&", "")
    expected = quote(unquote_to_bytes(value.replace("+", " ").encode("latin-1")), safe="-_.~")
    assert dict(split(f"/a?x={value}").pairs) == {"x": expected}


@pytest.mark.parametrize(("raw", "path", "query"), [
    ("/a?b=2&a=1&a=0&c", "/a", "a=0&a=1&b=2&c="),
    ("//a/../b", "//a/../b", ""),
    ("http://host:9000/a%2fb?x", "/a/b", "x="),
    ("http://host", "/", ""),
    ("/?", "/", ""),
    ("/a?&&b=&=", "/a", "b="),
])  # fmt: skip
def test_targets(raw: str, path: str, query: str) -> None:
    target = split(raw)
    assert (canonical_path(target.path), canonical_query(target.pairs)) == (path, query)


def test_no_address_takes_long() -> None:
    start = time.perf_counter()
    canonical_path("/" + "a" * 30_000 + "%")
    split("/?" + "a" * 30_000 + "%")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("written", ["", "host;", "Host", "host;;range", "host range", "hösst", "host\n"])
def test_what_names_no_headers(written: str) -> None:
    assert signed_headers(written) is None


def test_spaces_within_values_count_once() -> None:
    headers = signed_headers("content-type;host;x-amz-meta-a")
    assert headers
    environ = {"CONTENT_TYPE": " text/plain;  a=b ", "HTTP_HOST": "h", "HTTP_X_AMZ_META_A": "a\t\t b\xa0\xa0c"}
    expected = "content-type:text/plain; a=b\nhost:h\nx-amz-meta-a:a b\xa0\xa0c\n"
    assert headers.canonical(environ, {}) == expected


@PATIENT
@given(st.one_of(st.text(max_size=30), st.from_regex(re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII), fullmatch=True)))
def test_whatever_is_sent_as_a_date_is_one_or_none(text: str) -> None:
    moment_of(text)
    assert stamp_of(text) == "" or len(stamp_of(text)) >= 13


def test_dates() -> None:
    assert moment_of("20130524T000000Z") == 1369353600
    assert moment_of("20130230T000000Z") is None
    assert moment_of("20130524T000000Z\n") is None
    assert stamp_of("Fri, 24 May 2013 02:00:00 +0200") == "20130524T000000Z"
    assert stamp_of("Fri, 24 May 2013 00:00:00 -0000") == "20130524T000000Z"
    assert stamp_of("yesterday") == ""
