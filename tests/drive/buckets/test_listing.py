"""Listing a bucket, compared with a model that walks through everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as draws
from hypothesis import strategies as st

from damgate.adapters.sql import SqlCatalogue
from damgate.core.assets import EMPTY
from damgate.core.objects import Listing, Versioning, Wanted
from damgate.drive.buckets import rolling
from damgate.drive.buckets.plain.listing import PlainKeys, PlainVersions
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Settings, Stored
from tests.drive.buckets.rooms import given, plain, put
from tests.drive.house import House

LETTERS = st.text("ab/-é\u0301\U0001f45f\x7f\xff", max_size=6)
KEYS = st.lists(LETTERS.filter(bool), unique=True, max_size=25)
DELIMITERS = st.one_of(st.just(""), st.just("/"), st.text("ab/-é", min_size=1, max_size=3))
MARKERS = st.one_of(st.just(""), LETTERS)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlCatalogue]:
    made = SqlCatalogue.create(Path(tmp_path_factory.mktemp("keys")))
    yield made
    made.close()


def entries(keys: Sequence[str], wanted: Wanted) -> list[str]:
    """All keys and common prefixes that a listing tells, without an end."""
    found: dict[str, None] = {}
    for key in keys:
        if key.startswith(wanted.prefix):
            rest = key[len(wanted.prefix) :]
            head, met, _ = rest.partition(wanted.delimiter) if wanted.delimiter else (rest, "", "")
            found[wanted.prefix + head + met] = None
    return sorted((one for one in found if one.encode() > wanted.after.encode()), key=str.encode)


def told(listing: Listing) -> list[str]:
    both = [*(one.key for one in listing.objects), *listing.prefixes]
    return sorted(both, key=str.encode)


def check_pages(tx: Transaction, room: Room, keys: Sequence[str], wanted: Wanted) -> None:
    """Each page is what the model says, and goes on where the one before it ended."""
    expected = entries(keys, wanted)
    while True:
        page = rolling.page(PlainKeys(tx, room, wanted), wanted)
        assert told(page) == expected[: wanted.limit]
        assert page.truncated is (len(expected) > wanted.limit)
        assert list(page.prefixes) == sorted(page.prefixes, key=str.encode)
        if not page.truncated:
            return
        assert page.next == expected[wanted.limit - 1]
        expected = expected[wanted.limit :]
        wanted = replace(wanted, after=page.next)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@draws(KEYS, MARKERS, DELIMITERS, MARKERS, st.integers(1, 8))
@example(["a/b", "a/c", "a-b", "a"], "", "/", "a/b", 1)
@example(["asdf", "boo/bar", "boo/baz/xyzzy", "cquux/thud", "cquux/bla"], "boo/", "/", "", 1)
@example(["\x7f", "\x80", "\xff/", "\U0001f45f"], "", "\xff", "", 1)
def test_every_page_is_what_a_walk_through_all_keys_finds(
    catalogue: SqlCatalogue, keys: list[str], prefix: str, delimiter: str, after: str, limit: int
) -> None:
    room = Room("b", "ann", 0.0)
    with catalogue.write() as tx:
        stored = [Stored("b", key, 1, "null", "ann", 1.0, EMPTY) for key in keys]
        for one in stored:
            tx.objects.put(one)
        tx.objects.put(Stored("a", "other", 1, "null", "ann", 1.0, EMPTY))
        tx.objects.put(Stored("c", "other", 1, "null", "ann", 1.0, EMPTY))
        check_pages(tx, room, keys, Wanted(prefix, delimiter, after, limit=limit))
        for one in stored:
            tx.objects.remove(one)


VERSIONS = st.lists(st.tuples(st.sampled_from(["a", "a/x", "a/y", "b", "é", "é/z"]), st.booleans()), max_size=25)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@draws(
    VERSIONS, st.sampled_from(["", "a", "a/", "é"]), st.sampled_from(["", "/", "x"]), st.integers(1, 5), st.booleans()
)
def test_every_page_of_versions_goes_on_where_the_one_before_it_ended(
    catalogue: SqlCatalogue, written: list[tuple[str, bool]], prefix: str, delimiter: str, limit: int, vanish: bool
) -> None:
    """Also where what a page told is deleted before the next one is asked for, as clients do that empty a bucket."""
    room = Room("b", "ann", 0.0, Settings(Versioning.ENABLED))
    with catalogue.write() as tx:
        rows: dict[str, list[Stored]] = {}
        for key, marker in written:
            number = len(rows.setdefault(key, [])) + 1
            version = f"{number:08x}{'0' * 24}"
            one = Stored("b", key, number, version, "ann", 1.0, None if marker else EMPTY)
            rows[key].append(one)
            tx.objects.put(one)
        expected: list[tuple[str, str]] = []
        for key in sorted(rows, key=str.encode):
            head, met, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if key.startswith(prefix) and met:
                if (prefix + head + met, "") not in expected:
                    expected.append((prefix + head + met, ""))
            elif key.startswith(prefix):
                expected += [(key, one.version) for one in reversed(rows[key])]
        found: list[tuple[str, str]] = []
        wanted = Wanted(prefix, delimiter, limit=limit)
        for _ in range(60):
            page = rolling.page(PlainVersions(tx, room, wanted), wanted)
            part = [*((one.key, one.version) for one in page.objects), *((one, "") for one in page.prefixes)]
            assert len(part) <= limit
            found += sorted(part, key=lambda one: (one[0].encode(), -int(one[1] or "0", 16)))
            assert all(one.latest is (one.version == rows[one.key][-1].version) for one in page.objects) or vanish
            if vanish:
                for shown in page.objects:
                    stored = tx.objects.version("b", shown.key, shown.version)
                    assert stored is not None
                    tx.objects.remove(stored)
            if not page.truncated:
                break
            wanted = replace(wanted, after=page.next, version=page.next_version)
        assert found == expected
        for one in itertools.chain.from_iterable(rows.values()):
            tx.objects.remove(one)


def test_a_limit_of_nothing_tells_nothing_and_no_more(rooms: House) -> None:
    bucket = plain(rooms)
    put(bucket, "a", "x")
    assert bucket.list(Wanted(limit=0)) == Listing()
    assert bucket.list_versions(Wanted(limit=0)) == Listing()


def test_a_bucket_of_more_keys_than_one_page_of_the_database_is_told_whole(catalogue: SqlCatalogue) -> None:
    keys = [f"{number:05}" for number in range(2500)]
    room = Room("long", "ann", 0.0)
    with catalogue.write() as tx:
        for key in keys:
            tx.objects.put(Stored("long", key, 1, "null", "ann", 1.0, EMPTY))
        check_pages(tx, room, keys, Wanted(limit=1000))
        check_pages(tx, room, keys, Wanted(limit=2500))
        check_pages(tx, room, keys, Wanted(delimiter="99", limit=1000))
        listing = rolling.page(PlainKeys(tx, room, wanted := Wanted(delimiter="7")), wanted)
    assert "00007" in listing.prefixes


def test_deleted_objects_are_in_no_listing(rooms: House) -> None:
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    for key in ("a", "b", "c"):
        put(bucket, key, "x")
    bucket.delete("b", given())
    assert told(bucket.list(Wanted())) == ["a", "c"]
