"""Copies between buckets: rows, renditions, and transitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate.core.conditions import Conditions
from damgate.core.errors import BadRequest, Locked, NoSpace, NotFound, PreconditionFailed, Refused, TransitionRefused
from damgate.core.events import Happening
from damgate.core.objects import Given, Object, Source, Wanted
from damgate.core.rights import Rights, Scope
from damgate.core.workflow import Refusal
from damgate.drive.buckets import Bucket
from tests.drive.buckets.rooms import given, of, plain, put, read
from tests.drive.house import House, another_house, names, picture

CONFIG = {
    "s3": {
        "plain-buckets": True,
        "copies": {"Inbox>Review": "transition", "Review>Approved": "transition", "Approved>Inbox": "duplicate"},
        "metadata": {"credit": "credit", "photographer": "creator"},
    }
}


@pytest.fixture
def house(show_house: Path, tmp_path: Path) -> Iterator[House]:
    with another_house(show_house, tmp_path, CONFIG) as made:
        yield made


def bucket(house: House, name: str, who: str = "mia") -> Bucket:
    return of(house, who).find(name)


def copy(
    house: House,
    source: str,
    target: str,
    who: str = "mia",
    said: Given | None = None,
    **about: object,
) -> Object:
    (origin, _, key), (into, _, new) = source.partition("/"), target.partition("/")
    wanted = Source(origin, key, **about)  # type: ignore[arg-type]
    return of(house, who).copy(wanted, into, new, said or given(), described=said is not None)


def test_between_states_a_copy_is_refused_unless_the_drive_says_what_it_is(house: House) -> None:
    put(bucket(house, "inbox"), "shoe.jpg", picture("one"))
    with pytest.raises(Refused, match=r'"Inbox>Approved" = "transition" below \[s3.copies\] in damgate.toml'):
        copy(house, "inbox/shoe.jpg", "approved/shoe.jpg")


def test_a_copy_can_be_the_transition_and_the_deletion_after_it_nothing(house: House) -> None:
    """Promises 2, 6 and 7."""
    inbox = bucket(house, "inbox")
    before = put(inbox, "a/b/shoe.jpg", picture("one"), meta={"mtime": "1"}, tags={"t": "u"})
    moved = copy(house, "inbox/a/b/shoe.jpg", "review/a/b/shoe.jpg")
    assert (moved.etag, moved.version, moved.modified) == (before.etag, before.version, before.modified)
    assert (moved.attributes, moved.tags) == (before.attributes, 1)
    inbox.delete("a/b/shoe.jpg", given())
    assert house.names_in("mia", "Inbox") == [], "its folders went with it"
    assert read(bucket(house, "review"), "a/b/shoe.jpg") == picture("one")
    assert [event.detail["edge"] for event in house.events(Happening.MOVED)] == ["Inbox>Review"]
    copy(house, "review/a/b/shoe.jpg", "approved/a/b/shoe.jpg")
    house.work()
    shown = bucket(house, "webshop").stat("a/b/shoe.jpg")
    assert house.stat("mia", "channels/webshop/a/b/shoe.jpg").etag == shown.etag
    with pytest.raises(NotFound):
        copy(house, "review/a/b/shoe.jpg", "approved/a/b/shoe.jpg")


def test_a_copy_in_parts_is_no_way_around_what_a_copy_is(house: House) -> None:
    put(bucket(house, "inbox"), "shoe.jpg", picture("one"))
    buckets = of(house, "mia")
    for target, sentence in (("review", "keeps the key"), ("approved", "are refused here"), ("inbox", "")):
        upload = buckets.begin(target, "new.jpg", given())
        part = (target, "new.jpg", upload.id, 1, Source("inbox", "shoe.jpg"), None)
        if sentence:
            with pytest.raises(Refused, match=sentence):
                buckets.copy_part(*part)
        else:
            assert buckets.copy_part(*part).content.size == len(picture("one"))


def test_a_transition_by_copy_asks_what_a_move_asks(house: House) -> None:
    """Promise 7."""
    put(bucket(house, "inbox", "carl"), "shoe.jpg", picture("one"))
    with pytest.raises(Refused):
        copy(house, "inbox/shoe.jpg", "review/shoe.jpg", "cora")
    copy(house, "inbox/shoe.jpg", "review/shoe.jpg", "carl")
    house.refuse["shoe.jpg"] = Refusal("Too dark.")
    with pytest.raises(TransitionRefused, match="Too dark"):
        copy(house, "review/shoe.jpg", "approved/shoe.jpg", "rita")
    del house.refuse["shoe.jpg"]
    put(bucket(house, "review"), "own.jpg", picture("two"))
    house.lock("mia", "Review/own.jpg")
    with pytest.raises(Locked):
        copy(house, "review/own.jpg", "approved/own.jpg", "rita")
    with pytest.raises(Refused, match="keeps the key"):
        copy(house, "review/shoe.jpg", "approved/boot.jpg", "rita")
    copy(house, "review/shoe.jpg", "approved/shoe.jpg", "rita")
    assert [one.key for one in bucket(house, "review").list(Wanted()).objects if "why" not in one.key] == ["own.jpg"]


def test_a_transition_onto_what_stands_is_its_next_version_with_what_was_said_of_it(house: House) -> None:
    """Promise 6."""
    house.put("mia", "Approved/shoe.jpg", "one")
    standing = house.stat("mia", "Approved/shoe.jpg").id
    put(bucket(house, "review"), "shoe.jpg", picture("two"), meta={"mtime": "2"})
    with pytest.raises(PreconditionFailed):
        copy(house, "review/shoe.jpg", "approved/shoe.jpg", said=given(conditions=Conditions(if_none_match=("*",))))
    assert read(bucket(house, "review"), "shoe.jpg") == picture("two")
    made = copy(house, "review/shoe.jpg", "approved/shoe.jpg")
    assert made.version == f"{standing}.2"
    assert made.attributes.meta == {"mtime": "2"}
    assert house.read("mia", "Approved/shoe.jpg") == picture("two")


def test_a_transition_can_say_something_else_where_its_mover_may_edit(house: House) -> None:
    put(bucket(house, "inbox", "carl"), "shoe.jpg", picture("one"), meta={"a": "1"})
    made = copy(house, "inbox/shoe.jpg", "review/shoe.jpg", "carl", given(meta={"a": "2"}, tags={"t": "u"}))
    assert made.attributes.meta == {"a": "2"}
    assert bucket(house, "review").tags("shoe.jpg") == {"t": "u"}


def test_a_folder_is_copied_as_the_object_that_it_is(house: House) -> None:
    inbox, review = bucket(house, "inbox"), bucket(house, "review")
    put(inbox, "a/")
    put(inbox, "a/shoe.jpg", picture("one"))
    copy(house, "inbox/a/", "review/a/")
    assert [one.key for one in review.list(Wanted()).objects] == ["a/"]
    assert [one.key for one in inbox.list(Wanted()).objects] == ["a/", "a/shoe.jpg"]
    plain(house)
    copy(house, "inbox/a/", "things/a/")
    assert read(bucket(house, "things"), "a/") == b""


def test_a_duplicate_is_another_asset_with_the_same_bytes_and_rights(house: House) -> None:
    """Promise 8."""
    house.put("mia", "Approved/shoe.jpg", "one")
    ends = house.clock.now() + 10
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.jpg"), Rights(usable_until=ends, credit="Anna"))
    made = copy(house, "approved/shoe.jpg", "inbox/a/shoe.jpg")
    assert made.version.partition(".")[0] != house.stat("mia", "Approved/shoe.jpg").id
    assert house.drive.rights(house.who("mia"), names("Inbox/a/shoe.jpg")) == Rights(usable_until=ends, credit="Anna")
    assert made.attributes.meta == {"credit": "Anna"}
    house.clock.pass_(11)
    with pytest.raises(Refused, match="rights ended"):
        read(bucket(house, "inbox", "rita"), "a/shoe.jpg")
    with pytest.raises(Refused):
        copy(house, "approved/shoe.jpg", "inbox/b.jpg", "rita")


def test_within_a_bucket_a_copy_carries_what_was_said_unless_something_else_is(house: House) -> None:
    inbox = bucket(house, "inbox")
    put(inbox, "shoe.jpg", picture("one"), meta={"a": "1"}, tags={"t": "u"})
    same = copy(house, "inbox/shoe.jpg", "inbox/b/boot.jpg")
    assert (same.attributes.meta, inbox.tags("b/boot.jpg")) == ({"a": "1"}, {"t": "u"})
    other = copy(house, "inbox/shoe.jpg", "inbox/b/boot.jpg", said=given(meta={"a": "2"}, tags={}))
    assert (other.attributes.meta, inbox.tags("b/boot.jpg")) == ({"a": "2"}, {})
    assert other.etag == same.etag


def test_a_copy_onto_itself_describes_or_restores(house: House) -> None:
    inbox = bucket(house, "inbox")
    first = put(inbox, "shoe.jpg", picture("one"), meta={"a": "1"})
    second = put(inbox, "shoe.jpg", picture("two"))
    with pytest.raises(BadRequest, match="illegal because it is trying to copy an object to itself"):
        copy(house, "inbox/shoe.jpg", "inbox/shoe.jpg")
    told = copy(house, "inbox/shoe.jpg", "inbox/shoe.jpg", said=given(meta={"mode": "33188"}))
    assert (told.version, told.attributes.meta) == (second.version, {"mode": "33188"})
    back = copy(house, "inbox/shoe.jpg", "inbox/shoe.jpg", version=first.version)
    assert (back.etag, back.attributes.meta) == (first.etag, {"a": "1"})
    assert read(inbox, "shoe.jpg") == picture("one")
    assert house.versions("Inbox/shoe.jpg") == 3


def test_what_is_copied_must_be_what_the_client_says(house: House) -> None:
    one = put(bucket(house, "inbox"), "shoe.jpg", picture("one"))
    fine: list[dict[str, object]] = [
        {"if_match": (one.etag,)},
        {"if_match": ("*",)},
        {"if_none_match": ("0" * 32,)},
        {"unmodified_since": one.modified},
        {"modified_since": one.modified - 1},
        {"if_match": (one.etag,), "unmodified_since": one.modified - 1},
    ]
    wrong: list[dict[str, object]] = [
        {"if_match": ("0" * 32,)},
        {"if_none_match": (one.etag,)},
        {"unmodified_since": one.modified - 1},
        {"modified_since": one.modified},
    ]
    for about in wrong:
        with pytest.raises(PreconditionFailed):
            copy(house, "inbox/shoe.jpg", "inbox/boot.jpg", **about)  # type: ignore[arg-type]
    for about in fine:
        copy(house, "inbox/shoe.jpg", "inbox/boot.jpg", **about)  # type: ignore[arg-type]


def test_promise_5_who_may_list_and_not_download_gets_no_bytes_by_any_way(house: House, tmp_path: Path) -> None:
    with (tmp_path / "drive/policies/policy.csv").open("a") as rules:
        rules.write("p, viewer, drive, *, Inbox, *, list, allow\np, viewer, drive, *, Inbox, *, upload, allow\n")
    house.context.policy.reload()  # type: ignore[attr-defined]
    first = put(bucket(house, "inbox"), "shoe.jpg", picture("one")).version
    put(bucket(house, "inbox"), "shoe.jpg", picture("two"))
    seen = bucket(house, "inbox", "vera")
    assert [one.key for one in seen.list(Wanted()).objects] == ["shoe.jpg"]
    mine = of(house, "vera").begin("inbox", "other.jpg", given())
    for act in (
        lambda: seen.open("shoe.jpg"),
        lambda: seen.open("shoe.jpg", first),
        lambda: seen.content("shoe.jpg"),
        lambda: of(house, "vera").parts_of("inbox", "shoe.jpg"),
        lambda: copy(house, "inbox/shoe.jpg", "inbox/other.jpg", "vera"),
        lambda: of(house, "vera").copy_part("inbox", "other.jpg", mine.id, 1, Source("inbox", "shoe.jpg"), None),
    ):
        with pytest.raises(Refused):
            act()
    assert house.node("Inbox/other.jpg") is None


def test_no_door_copies_a_rendition_onto_a_disk_that_is_nearly_full(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    bucket(house, "webshop").stat("shoe.jpg")
    monkeypatch.setattr(house.context.blobs, "free_bytes", lambda: 1000)
    with pytest.raises(NoSpace, match="nearly full"):
        copy(house, "webshop/shoe.jpg", "inbox/shoe.jpg")
    with pytest.raises(NoSpace, match="nearly full"):
        house.drive.copy(house.who("mia"), names("channels/webshop/shoe.jpg"), names("Inbox/shoe.jpg"))
    assert house.node("Inbox/shoe.jpg") is None


def test_renditions_are_copied_as_bytes_and_nothing_is_copied_into_a_channel(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    plain(house)
    shown = copy(house, "webshop/shoe.jpg", "things/shoe.jpg")
    assert shown.etag == bucket(house, "webshop").stat("shoe.jpg").etag
    assert read(bucket(house, "things"), "shoe.jpg") == house.read("mia", "channels/webshop/shoe.jpg")
    copy(house, "webshop/shoe.jpg", "inbox/a/shoe.jpg")
    assert house.read("mia", "Inbox/a/shoe.jpg") == house.read("mia", "channels/webshop/shoe.jpg")
    copy(house, "things/shoe.jpg", "inbox/b/shoe.jpg")
    copy(house, "approved/shoe.jpg", "things/original.jpg")
    assert read(bucket(house, "things"), "original.jpg") == picture("one")
    for source in ("things/shoe.jpg", "approved/shoe.jpg", "webshop/shoe.jpg"):
        with pytest.raises(Refused, match="Channels are read only"):
            copy(house, source, "webshop/other.jpg")


def test_who_may_not_open_a_file_may_not_copy_it(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    copy(house, "webshop/shoe.jpg", "inbox/rendition.jpg", "carl")
    with pytest.raises(Refused):
        copy(house, "approved/shoe.jpg", "inbox/original.jpg", "carl")
    with pytest.raises(Refused):
        copy(house, "approved/shoe.jpg", "inbox/original.jpg", "vera")


@pytest.mark.parametrize("places", [(("inbox", ""),), (("review", ""),), (("inbox", "other"), ("review", ""))])
def test_a_limited_key_moves_nothing_out_of_its_places(house: House, places: tuple[tuple[str, str], ...]) -> None:
    put(bucket(house, "inbox"), "shoe.jpg", picture("one"))
    mia = house.who("mia")
    house.actors["limited"] = mia.__class__(mia.name, mia.roles, Scope(places=places))
    with pytest.raises(Refused, match="access key"):
        copy(house, "inbox/shoe.jpg", "review/shoe.jpg", "limited")
    if places[0] == ("inbox", ""):
        with pytest.raises(Refused, match="access key"):
            bucket(house, "inbox", "limited").set_tags("shoe.jpg", {"damgate:state": "Review"})
    assert read(bucket(house, "inbox"), "shoe.jpg") == picture("one")


def test_a_reading_key_moves_nothing(house: House) -> None:
    put(bucket(house, "inbox"), "shoe.jpg", picture("one"))
    mia = house.who("mia")
    house.actors["limited"] = mia.__class__(mia.name, mia.roles, Scope(reading=True))
    with pytest.raises(Refused, match="only for reading"):
        copy(house, "inbox/shoe.jpg", "review/shoe.jpg", "limited")


def test_meta_names_of_the_drive_set_and_show_rights(house: House) -> None:
    inbox = bucket(house, "inbox")
    put(inbox, "shoe.jpg", picture("one"), meta={"photographer": "Anna", "mtime": "1"})
    assert house.drive.rights(house.who("mia"), names("Inbox/shoe.jpg")).creator == "Anna"
    house.drive.set_rights(house.who("mia"), names("Inbox/shoe.jpg"), Rights(creator="Bea", credit="Agency"))
    meta = inbox.stat("shoe.jpg").attributes.meta
    assert meta == {"photographer": "Bea", "credit": "Agency", "mtime": "1"}
    copy(house, "inbox/shoe.jpg", "inbox/shoe.jpg", said=given(meta={"credit": "Nobody"}))
    assert inbox.stat("shoe.jpg").attributes.meta == {"photographer": "Bea", "credit": "Nobody"}
    with pytest.raises(Refused):
        copy(house, "inbox/shoe.jpg", "inbox/shoe.jpg", "carl", given(meta={"credit": "Carl"}))


def test_rights_are_texts_whichever_way_a_header_spells_them(house: House) -> None:
    inbox = bucket(house, "inbox")
    for spelt in ("Müller", "Müller".encode().decode("latin-1"), "=?UTF-8?B?TcO8bGxlcg==?="):
        put(inbox, "shoe.jpg", picture("one"), meta={"credit": spelt})
        assert house.drive.rights(house.who("mia"), names("Inbox/shoe.jpg")).credit == "Müller"
        assert inbox.stat("shoe.jpg").attributes.meta == {"credit": "Müller".encode().decode("latin-1")}
