"""Which buckets there are, for whom; making and removing plain ones, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from damgate.core.errors import (
    BadBucketName,
    BadRequest,
    BucketNotEmpty,
    BucketStands,
    BucketTaken,
    NoSuchBucket,
    Refused,
)
from damgate.core.objects import NULL, CorsRule, Versioning, Wanted
from damgate.core.rights import ANONYMOUS, Scope
from damgate.drive.buckets import Bucket
from tests.drive.buckets.rooms import Bytes, given, of, plain, put, read
from tests.drive.house import House

BAD_NAMES = (
    "", "ab", "a" * 64, "Capital", "under_score", "-begins", "ends-", ".begins", "ends.", "a..b", "a.-b", "a-.b",
    "192.168.5.123", "1.1.1.1", "spa ce", "sl/ash", "ä-bucket", "new\nline", "x" * 300,
)  # fmt: skip
GOOD_NAMES = ("abc", "a" * 63, "a.b", "a-b", "0ab", "1.2.3", "1.2.3.4.5", "my-things.2026", "3a.1.1.1")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_bucket_can_be_called_so(rooms: House, name: str) -> None:
    with pytest.raises(BadBucketName):
        of(rooms, "mia").make(name)


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_bucket_can_be_called_so(rooms: House, name: str) -> None:
    made = of(rooms, "mia").make(name)
    assert (made.name, made.owner, made.versioning, made.cors) == (name, "mia", Versioning.NEVER, ())
    assert made.created == pytest.approx(rooms.clock.now(), abs=0.001)
    assert of(rooms, "mia").find(name).created == made.created


def test_without_the_setting_nobody_makes_buckets_and_learns_where_it_stands(house: House) -> None:
    with pytest.raises(Refused, match=r"plain-buckets = true below \[s3\]"):
        of(house, "mia").make("things")


def test_only_who_may_makes_buckets(rooms: House) -> None:
    for who in ("carl", "rita", "vera", ANONYMOUS):
        with pytest.raises(Refused, match="may not make buckets"):
            of(rooms, who).make("things")
    of(rooms, "ada").make("things")


def test_a_name_is_taken_once(rooms: House) -> None:
    of(rooms, "mia").make("things")
    with pytest.raises(BucketStands):
        of(rooms, "mia").make("things")
    with pytest.raises(BucketTaken):
        of(rooms, "moe").make("things")
    assert of(rooms, "mia").find("things").owner == "mia"


def everything(bucket: Bucket) -> list[Callable[[], object]]:
    """All that can be asked of a bucket."""
    return [
        bucket.ask_to_list,
        lambda: bucket.list(Wanted()),
        lambda: bucket.list_versions(Wanted()),
        lambda: bucket.stat("a"),
        lambda: bucket.stat("nothing"),
        lambda: bucket.stat("a", NULL),
        lambda: bucket.open("a"),
        lambda: bucket.content("a"),
        lambda: bucket.ask_to_write("a", given()),
        lambda: bucket.ask_to_write("new", given()),
        lambda: bucket.put("a", Bytes(b"other"), given()),
        lambda: bucket.put("new", Bytes(b"other"), given()),
        lambda: bucket.describe("a", given()),
        lambda: bucket.delete("a", given()),
        lambda: bucket.delete("a", given(), NULL),
        lambda: bucket.delete("nothing", given()),
        lambda: bucket.tags("a"),
        lambda: bucket.set_tags("a", {"x": "y"}),
    ]


@pytest.mark.parametrize("who", ["moe", "carl", "rita", "vera", ANONYMOUS])
def test_what_belongs_to_somebody_else_is_refused_whatever_is_asked(rooms: House, who: str) -> None:
    put(plain(rooms), "a", "mine")
    buckets = of(rooms, who)
    theirs = buckets.find("things")
    content = of(rooms, "mia").find("things").content("a")
    assert content is not None
    asked: list[Callable[[], object]] = [
        *everything(theirs),
        lambda: theirs.keep("b", content, given()),
        lambda: buckets.remove("things"),
        lambda: buckets.set_cors("things", [CorsRule(("*",), ("GET",))]),
        lambda: buckets.set_versioning("things", Versioning.ENABLED),
        lambda: buckets.tags("things"),
        lambda: buckets.set_tags("things", {"x": "y"}),
    ]
    for ask in asked:
        with pytest.raises(Refused):
            ask()
    assert "things" not in {one.name for one in buckets.all()}
    mine = of(rooms, "mia").find("things")
    assert [(one.key, read(mine, one.key)) for one in mine.list_versions(Wanted()).objects] == [("a", b"mine")]
    assert (mine.versioning, mine.cors) == (Versioning.NEVER, ())


def test_an_admin_looks_into_every_bucket_and_its_owner_stays(rooms: House) -> None:
    plain(rooms)
    theirs = of(rooms, "ada").find("things")
    put(theirs, "a", "x")
    assert of(rooms, "mia").find("things").stat("a").owner == "mia"
    assert "things" in {one.name for one in of(rooms, "ada").all()}


def test_what_nobody_has_is_no_bucket(rooms: House) -> None:
    buckets = of(rooms, "mia")
    asked: list[Callable[[], object]] = [
        lambda: buckets.find("nothing"),
        lambda: buckets.remove("nothing"),
        lambda: buckets.cors("nothing"),
        lambda: buckets.tags("nothing"),
        lambda: buckets.set_versioning("nothing", Versioning.ENABLED),
    ]
    for ask in asked:
        with pytest.raises(NoSuchBucket, match="no bucket called “nothing”"):
            ask()


def test_only_an_empty_bucket_is_removed(rooms: House) -> None:
    buckets = of(rooms, "mia")
    bucket = plain(rooms, versioning=Versioning.ENABLED)
    put(bucket, "a", "x")
    with pytest.raises(BucketNotEmpty):
        buckets.remove("things")
    marker = bucket.delete("a", given())
    with pytest.raises(BucketNotEmpty):
        buckets.remove("things")
    for one in bucket.list_versions(Wanted()).objects:
        bucket.delete("a", given(), one.version)
    assert marker.marker
    buckets.remove("things")
    with pytest.raises(NoSuchBucket):
        buckets.find("things")


def test_into_a_removed_bucket_nothing_is_written(rooms: House) -> None:
    bucket = plain(rooms)
    of(rooms, "mia").remove("things")
    with pytest.raises(NoSuchBucket):
        put(bucket, "a", "x")
    of(rooms, "moe").make("things")
    with pytest.raises(Refused):
        put(bucket, "a", "x")
    assert of(rooms, "moe").find("things").list(Wanted()).objects == ()


def test_settings_of_a_bucket_are_kept_and_each_alone(rooms: House) -> None:
    buckets = of(rooms, "mia")
    buckets.make("things")
    rule = CorsRule(("https://*.example.com",), ("GET", "PUT"), ("*",), ("ETag",), 60, "shop")
    buckets.set_cors("things", [rule])
    buckets.set_versioning("things", Versioning.ENABLED)
    buckets.set_tags("things", {"cost": "42"})
    assert buckets.cors("things") == (rule,)
    assert buckets.tags("things") == {"cost": "42"}
    found = buckets.find("things")
    assert (found.versioning, found.cors) == (Versioning.ENABLED, (rule,))
    buckets.set_cors("things", [])
    assert buckets.find("things").versioning is Versioning.ENABLED
    assert of(rooms, ANONYMOUS).cors("things") == ()


def test_a_bucket_that_kept_versions_can_stop_to_and_never_forgets_them(rooms: House) -> None:
    buckets = of(rooms, "mia")
    plain(rooms, versioning=Versioning.ENABLED)
    with pytest.raises(BadRequest):
        buckets.set_versioning("things", Versioning.NEVER)
    buckets.set_versioning("things", Versioning.SUSPENDED)
    buckets.set_versioning("things", Versioning.ENABLED)


def test_buckets_are_told_by_name(rooms: House) -> None:
    for name in ("zebra", "abacus", "my.things"):
        of(rooms, "mia").make(name)
    of(rooms, "moe").make("other")
    names = [one.name for one in of(rooms, "mia").all()]
    assert names == sorted(names)
    assert {"zebra", "abacus", "my.things"} <= set(names)
    assert "other" not in names


def test_states_are_buckets_of_who_may_look_into_them(rooms: House) -> None:
    states = {"inbox", "review", "approved", "rejected", "archive"}
    assert {one.name for one in of(rooms, "mia").all()} >= states
    assert {one.name for one in of(rooms, "carl").all()} & states == {"inbox", "review", "rejected"}
    assert {one.name for one in of(rooms, ANONYMOUS).all()} & states == set()
    inbox = of(rooms, "carl").find("inbox")
    assert (inbox.name, inbox.owner, inbox.versioning) == ("inbox", "", Versioning.ENABLED)
    put(inbox, "summer/shoe.jpg", "shoe")
    assert rooms.read("carl", "/Inbox/summer/shoe.jpg") == b"shoe"


def test_names_of_the_drive_are_taken(rooms: House) -> None:
    """Clients that make the bucket before they write into it are told that it stands, where they may look into it."""
    for name, who in (("inbox", "mia"), ("inbox", "carl"), ("approved", "vera")):
        with pytest.raises(BucketStands):
            of(rooms, who).make(name)
    with pytest.raises(BucketTaken):
        of(rooms, "carl").make("approved")
    with pytest.raises(BucketTaken):
        of(rooms, ANONYMOUS).make("inbox")
    limited = replace(rooms.who("mia"), scope=Scope(places=(("inbox", "agency-x"),)))
    with pytest.raises(BucketStands):
        of(rooms, limited).make("inbox")
    with pytest.raises(BucketTaken):
        of(rooms, limited).make("review")
    with pytest.raises(Refused, match="only for inbox/agency-x"):
        of(rooms, limited).make("things")


def test_what_the_configuration_makes_is_managed_there(rooms: House) -> None:
    buckets = of(rooms, "mia")
    asked: list[Callable[[], object]] = [
        lambda: buckets.remove("inbox"),
        lambda: buckets.set_cors("inbox", []),
        lambda: buckets.set_versioning("inbox", Versioning.SUSPENDED),
        lambda: buckets.set_tags("inbox", {}),
    ]
    for ask in asked:
        with pytest.raises(Refused, match=r"damgate\.toml"):
            ask()
    assert buckets.tags("inbox") == {}


def test_an_access_key_that_is_limited_finds_nothing_else(rooms: House) -> None:
    plain(rooms)
    plain(rooms, "others")
    limited = replace(rooms.who("mia"), scope=Scope(reading=True, places=(("things", ""),)))
    buckets = of(rooms, limited)
    assert [one.name for one in buckets.all()] == ["things"]
    for other in ("others", "inbox"):
        with pytest.raises(Refused, match="only for things"):
            buckets.find(other)
        with pytest.raises(Refused, match="only for things"):
            buckets.tags(other)
    asked: list[Callable[[], object]] = [
        lambda: put(buckets.find("things"), "a", "x"),
        lambda: buckets.remove("things"),
        lambda: buckets.set_versioning("things", Versioning.ENABLED),
        lambda: buckets.make("more"),
    ]
    for ask in asked:
        with pytest.raises(Refused):
            ask()


def test_policy_can_let_others_in(rooms: House, tmp_path: Path) -> None:
    """As policies/README.md says."""
    plain(rooms)
    with (tmp_path / "drive/policies/policy.csv").open("a") as rules:
        rules.write("p, reviewer, buckets, *, *, *, list, allow\np, reviewer, buckets, *, *, *, download, allow\n")
    rooms.context.policy.reload()  # type: ignore[attr-defined]
    put(of(rooms, "mia").find("things"), "a", "shown")
    theirs = of(rooms, "rita").find("things")
    assert read(theirs, "a") == b"shown"
    with pytest.raises(Refused, match="change what is in"):
        put(theirs, "a", "changed")
    with pytest.raises(Refused, match="add to"):
        put(theirs, "b", "new")
