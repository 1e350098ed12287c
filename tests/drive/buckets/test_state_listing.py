"""A state's bucket is listed as the naive way would: all keys of the tree that its actor sees, sorted and rolled up."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from damgate.config import Config
from damgate.core.assets import Kind
from damgate.core.errors import DamgateError
from damgate.core.objects import Object, Wanted
from tests.drive.buckets.rooms import given as said
from tests.drive.buckets.rooms import of, put
from tests.drive.house import House, build, names, picture

NAMES = st.sampled_from(["a", "a!", "a.", "ab", "b", "é", "z", "~$z", "a-b", "\U0001f45f", "x.jpg"])
PARTS = st.lists(NAMES, min_size=1, max_size=4)
MADE = st.tuples(
    st.sampled_from(["put", "put", "put", "folder", "key", "delete", "empty"]),
    st.sampled_from(["carl", "cora", "mia", "rita"]),
    PARTS,
)
WANTED = st.tuples(
    st.sampled_from(["", "a", "a/", "a!/", "ab/", "b/a/", "é", "\U0001f45f/", "zz"]),
    st.sampled_from(["", "/", "/", "a", ".", "b/", "a/b"]),
    st.sampled_from(["", "a", "a/", "a!", "a/a", "a/b/", "b", "é/", "é\U0001f45f", "z/z/z", "~"]),
    st.integers(1, 5),
)
AREAS = msgspec.convert({"areas": {"agency": "Inbox/a/b", "press": "Inbox/b"}}, Config)
ONLY_AREAS = """
p, member, drive, agency, Inbox, *, list, allow
p, member, drive, agency, Inbox, *, upload, allow
p, blind, drive, -, Inbox, *, list, allow
"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory() as folder:
        made = build(Path(folder) / "drive", config=AREAS)
        policy = Path(folder) / "drive" / "policies" / "policy.csv"
        policy.write_text(policy.read_text("utf-8") + ONLY_AREAS, "utf-8")
        for name, role in (("ann", "member"), ("bob", "blind")):
            made.people.add(name, (role,), "correct horse")
            made.actors[name] = made.people.actor(name)
        made.context.policy.refresh()  # type: ignore[attr-defined]
        yield made
        made.context.catalogue.close()


def grow(house: House, made: list[tuple[str, str, list[str]]]) -> None:
    """Empty the state and act at random in it, at both doors."""
    house.clock.pass_(100)
    with house.context.catalogue.write() as tx:
        root = next(one for one in tx.nodes.children("root", "") if one.name == "Inbox")
        for node in reversed(list(tx.nodes.below(root.id))):
            tx.nodes.remove(node.id)
    for act, who, parts in made:
        path, bucket = "/".join(parts), of(house, who).find("inbox")
        with contextlib.suppress(DamgateError):
            if act == "put":
                put(bucket, path, picture(path))
            elif act == "empty":
                put(bucket, path, b"")
            elif act == "key":
                put(bucket, path + "/")
            elif act == "folder":
                house.mkcol(who, f"Inbox/{path}")
            else:
                bucket.delete(path, said())


def seen(house: House, who: str, path: str = "Inbox", key: str = "") -> Iterator[str]:
    """Yield the keys of what `Drive.list` shows, found by walking all of it."""
    for page in house.drive.list(house.who(who), names(path)):
        for one in page:
            if not one.folder:
                yield key + one.name
                continue
            with house.context.catalogue.read() as tx:
                implied = tx.implied.holds(one.id)
            if not implied:
                yield f"{key}{one.name}/"
            yield from seen(house, who, f"{path}/{one.name}", f"{key}{one.name}/")


def model(every: list[str], wanted: Wanted) -> list[str]:
    """Roll keys up by the book; what is beyond `after` is told, common prefixes that `after` lies in were told."""
    found: list[str] = []
    for key in sorted(every, key=str.encode):
        if not key.startswith(wanted.prefix):
            continue
        end = key.find(wanted.delimiter, len(wanted.prefix)) if wanted.delimiter else -1
        told = key if end < 0 else key[: end + len(wanted.delimiter)]
        behind = told.encode() > wanted.after.encode() and not (end >= 0 and wanted.after.startswith(told))
        if behind and told not in found:
            found.append(told)
    return found


@example(made=[("put", "carl", ["a", "a"]), ("put", "carl", ["a", "b"])], asked=[("", "a", "a/a", 1)])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(MADE, max_size=14), asked=st.lists(WANTED, min_size=1, max_size=4))
def test_a_listing_is_what_a_walk_finds(
    house: House, made: list[tuple[str, str, list[str]]], asked: list[tuple[str, str, str, int]]
) -> None:
    grow(house, made)
    for who in ("carl", "mia", "ann", "bob"):
        bucket = of(house, who).find("inbox")
        every = list(seen(house, who))
        for prefix, delimiter, after, limit in asked:
            wanted = Wanted(prefix, delimiter, after, limit=limit)
            expected = model(every, wanted)
            page = bucket.list(wanted)
            first = sorted((*(one.key for one in page.objects), *page.prefixes), key=str.encode)
            assert first == expected[:limit], (who, wanted, sorted(every))
            assert page.truncated == (len(expected) > limit)
            assert page.next == (first[-1] if page.truncated else "")
        for one in bucket.list(Wanted()).objects:
            if house.context.areas.get(("inbox", *one.key.split("/"))):
                continue  # a file in the place of an area's folder is in the area
            assert bucket.stat(one.key).etag == one.etag
            node = house.node(f"Inbox/{one.key}", who)
            assert node is not None
            assert node.kind is not Kind.RESERVED


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(MADE, max_size=14), asked=WANTED)
def test_pages_of_versions_join_to_the_whole(
    house: House, made: list[tuple[str, str, list[str]]], asked: tuple[str, str, str, int]
) -> None:
    grow(house, made)
    prefix, delimiter, _, limit = asked
    bucket = of(house, "mia").find("inbox")
    whole = bucket.list_versions(Wanted(prefix, delimiter))
    assert not whole.truncated
    objects: list[Object] = []
    prefixes: list[str] = []
    wanted = Wanted(prefix, delimiter, limit=limit)
    while True:
        page = bucket.list_versions(wanted)
        objects += page.objects
        prefixes += page.prefixes
        if not page.truncated:
            break
        wanted = Wanted(prefix, delimiter, page.next, page.next_version, limit)
    assert (tuple(objects), tuple(prefixes)) == (whole.objects, whole.prefixes)
    current = [one.key for one in whole.objects if one.latest and not one.marker]
    assert current == [one.key for one in bucket.list(Wanted(prefix, delimiter)).objects]
    assert len({(one.key, one.version) for one in objects if one.version != "null"}) == len(
        [one for one in objects if one.version != "null"]
    )
    for one in objects:
        if not one.marker:
            assert bucket.stat(one.key, one.version).etag == one.etag
