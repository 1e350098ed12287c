"""Texts in headers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core.meta import text_of, value_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("Größe".encode().decode("latin-1"), "Größe"),
        ("Gr\xf6\xdfe", "Größe"),
        ("=?UTF-8?B?R3LDtsOfZQ==?=", "Größe"),
        ("=?utf-8?q?Gr=C3=B6=C3=9Fe?= AG", "Größe AG"),
        ("=?nonsense?q?x?=", "=?nonsense?q?x?="),
        ("1 =? 2", "1 =? 2"),
        ("日本", "日本"),
    ],
)
def test_what_a_header_says(value: Any, text: Any) -> None:
    assert text_of(value) == text


@given(st.text().filter(lambda text: "=?" not in text))
def test_a_text_comes_back(text: str) -> None:
    assert text_of(value_of(text)) == text
    assert len(value_of(text).encode("latin-1")) == len(text.encode())
