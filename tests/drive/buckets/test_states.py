"""Workflow states as buckets: one tree, whichever door it is looked at through."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from damgate.adapters.sql.trash import SqlTrash
from damgate.core import errors
from damgate.core.assets import EMPTY_MD5, Kind
from damgate.core.conditions import Conditions
from damgate.core.errors import (
    AlreadyExists,
    BadName,
    BadRequest,
    DamgateError,
    IncompleteUpload,
    Locked,
    NoSuchVersion,
    NotAFolder,
    NotFound,
    PreconditionFailed,
    Refused,
)
from damgate.core.events import Happening
from damgate.core.objects import Attributes, Checksum, Given, Object, Source, Versioning, Wanted
from damgate.core.rights import Rights
from damgate.core.workflow import Refusal
from damgate.drive.buckets import Bucket
from damgate.drive.buckets.walking import FIRST
from damgate.ports.catalogue import Trashed
from tests.drive.buckets.rooms import Bytes, Meanwhile, given, of, put, read
from tests.drive.house import House, picture


def inbox(house: House, who: str = "mia", state: str = "inbox") -> Bucket:
    return of(house, who).find(state)


def keys(bucket: Bucket, **wanted: object) -> list[str]:
    """All keys and common prefixes of a listing, asked for in pages of two, in byte order."""
    found: list[str] = []
    after = ""
    while True:
        page = bucket.list(Wanted(after=after, limit=2, **wanted))  # type: ignore[arg-type]
        found += sorted([*(one.key for one in page.objects), *page.prefixes], key=str.encode)
        if not page.truncated:
            return found
        after = page.next


def versions(bucket: Bucket, **wanted: object) -> list[Object]:
    found: list[Object] = []
    after = version = ""
    while True:
        page = bucket.list_versions(Wanted(after=after, version=version, limit=2, **wanted))  # type: ignore[arg-type]
        found += page.objects
        if not page.truncated:
            return found
        after, version = page.next, page.next_version


def kind(house: House, path: str) -> Kind | None:
    node = house.node(path)
    return node.kind if node else None


def test_what_is_put_at_one_door_stands_at_the_other_with_the_same_size_etag_and_date(house: House) -> None:
    """Promise 1."""
    bucket = inbox(house)
    put(bucket, "summer/shoe.jpg", picture("one"))
    seen, told = house.stat("mia", "Inbox/summer/shoe.jpg"), bucket.stat("summer/shoe.jpg")
    assert (seen.size, seen.etag, seen.modified) == (told.size, told.etag, told.modified)
    assert told.etag == hashlib.md5(read(bucket, "summer/shoe.jpg")).hexdigest()
    house.clock.pass_(5)
    house.put("mia", "Inbox/summer/shoe.jpg", "two")
    (listed,) = bucket.list(Wanted()).objects
    seen, again = house.stat("mia", "Inbox/summer/shoe.jpg"), bucket.stat("summer/shoe.jpg")
    assert (listed.size, listed.etag, listed.modified) == (seen.size, seen.etag, seen.modified)
    assert (again.etag, again.modified) == (listed.etag, listed.modified)
    assert again.modified > told.modified
    assert read(bucket, "summer/shoe.jpg") == picture("two")


def test_the_date_rises_with_each_change_of_content(house: House) -> None:
    """Promise 1."""
    bucket = inbox(house)
    dates = [put(bucket, "shoe.jpg", picture(str(number))).modified for number in range(3)]
    assert dates == [dates[0], dates[0] + 1, dates[0] + 2]


def test_a_cut_upload_changes_nothing(house: House) -> None:
    """Promise 3."""

    class Cut(Bytes):
        def read(self, size: int, /) -> bytes:
            raise IncompleteUpload("cut")

    bucket = inbox(house)
    put(bucket, "a/shoe.jpg", picture("one"))
    for key in ("a/shoe.jpg", "b/new.jpg"):
        with pytest.raises(IncompleteUpload):
            bucket.put(key, Cut(b""), given(meta={"x": "y"}))
    assert keys(bucket) == ["a/shoe.jpg"]
    assert bucket.stat("a/shoe.jpg").attributes == Attributes()
    assert kind(house, "Inbox/b") is None


def test_an_asset_keeps_its_identity_when_it_is_written_again(house: House) -> None:
    """Promise 6."""
    bucket = inbox(house)
    first = put(bucket, "shoe.jpg", picture("one")).version
    second = put(bucket, "shoe.jpg", picture("two")).version
    assert first.partition(".")[0] == second.partition(".")[0]
    assert (first.partition(".")[2], second.partition(".")[2]) == ("1", "2")
    assert read(bucket, "shoe.jpg", first) == picture("one")
    assert put(bucket, "shoe.jpg", picture("two")).version == second, "equal bytes make no version"


def test_rights_act_when_an_original_is_read(house: House) -> None:
    """Promise 8."""
    bucket = inbox(house, "rita", "approved")
    house.put("mia", "Approved/shoe.jpg", "one")
    house.drive.set_rights(
        house.who("mia"),
        ("Approved", "shoe.jpg"),
        Rights(usable_until=house.clock.now() + 10),
    )
    assert read(bucket, "shoe.jpg") == picture("one")
    house.clock.pass_(11)
    for version in ("", bucket.stat("shoe.jpg").version):
        with pytest.raises(Refused, match="its rights ended"):
            bucket.open("shoe.jpg", version)
        with pytest.raises(Refused, match="its rights ended"):
            bucket.content("shoe.jpg", version)


# ── folders ──────────────────────────────────────────────────────────────────────────────────


def test_a_key_brings_its_folders_which_are_no_objects(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/b/shoe.jpg", picture("one"))
    assert house.names_in("mia", "Inbox/a") == ["b"]
    assert keys(bucket) == ["a/b/shoe.jpg"]
    assert keys(bucket, delimiter="/") == ["a/"]
    assert keys(bucket, delimiter="/", prefix="a/") == ["a/b/"]
    with pytest.raises(NotFound):
        bucket.stat("a/b/")
    made = [one.path for one in house.events(Happening.FOLDER_MADE)]
    assert made == ["/Inbox/a", "/Inbox/a/b"]


def test_a_folder_that_somebody_made_is_an_empty_object_before_what_is_in_it(house: House) -> None:
    house.mkcol("mia", "Inbox/a")
    house.put("mia", "Inbox/a/shoe.jpg", "one")
    house.put("mia", "Inbox/a!.jpg", "one")
    bucket = inbox(house)
    assert keys(bucket) == ["a!.jpg", "a/", "a/shoe.jpg"]
    assert keys(bucket, prefix="a/", delimiter="/") == ["a/", "a/shoe.jpg"]
    told = bucket.stat("a/")
    assert (told.size, told.etag, told.version) == (0, EMPTY_MD5, "null")
    assert read(bucket, "a/") == b""
    with pytest.raises(NotFound):
        bucket.stat("a")


def test_putting_a_folder_makes_it_or_lets_one_be_meant(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/shoe.jpg", picture("one"))
    put(bucket, "a/")
    put(bucket, "b/c/")
    assert keys(bucket) == ["a/", "a/shoe.jpg", "b/c/"]
    put(bucket, "b/c/", meta={"mode": "16877"})
    assert bucket.stat("b/c/").attributes.meta == {"mode": "16877"}
    with pytest.raises(BadRequest):
        put(bucket, "d/", b"bytes")
    assert keys(bucket) == ["a/", "a/shoe.jpg", "b/c/"]


def test_implied_folders_go_with_their_last_object(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/b/one.jpg", picture("one"))
    put(bucket, "a/b/two.jpg", picture("two"))
    bucket.delete("a/b/one.jpg", given())
    assert kind(house, "Inbox/a/b") is Kind.FOLDER
    house.put("mia", "Inbox/a/b/.DS_Store", b"where the windows stood")
    bucket.delete("a/b/two.jpg", given())
    assert kind(house, "Inbox/a") is None
    put(bucket, "c/", b"")
    put(bucket, "c/d/one.jpg", picture("one"))
    bucket.delete("c/d/one.jpg", given())
    assert keys(bucket) == ["c/"]
    assert house.names_in("mia", "Inbox/c") == []


def test_a_folder_from_which_something_is_deleted_at_another_door_stays_and_shows_no_key(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/b/one.jpg", picture("one"))
    house.delete("mia", "Inbox/a/b/one.jpg")
    assert house.names_in("mia", "Inbox/a") == ["b"]
    assert keys(bucket) == keys(bucket, delimiter="/") == []


def test_deleting_a_folder_that_something_stands_in_only_makes_it_implied(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/")
    put(bucket, "a/shoe.jpg", picture("one"))
    bucket.delete("a/", given())
    assert keys(bucket) == ["a/shoe.jpg"]
    put(bucket, "a/")
    bucket.delete("a/shoe.jpg", given())
    assert keys(bucket) == ["a/"]
    bucket.delete("a/", given())
    assert keys(bucket) == []
    assert kind(house, "Inbox/a") is None


def test_files_and_folders_are_in_each_others_way(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a", picture("one"))
    put(bucket, "b/c", picture("one"))
    for key in ("a/b", "a/b/c", "a/", "b", "b/c/d"):
        with pytest.raises(NotAFolder):
            put(bucket, key, b"" if key.endswith("/") else picture("two"))
    assert keys(bucket) == ["a", "b/c"]


def test_other_capitals_are_another_key_which_the_tree_refuses(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "Summer/Shoe.jpg", picture("one"))
    for key in ("Summer/shoe.jpg", "summer/other.jpg", "SUMMER/"):
        with pytest.raises(Refused, match="It exists as S"):
            put(bucket, key, b"" if key.endswith("/") else picture("two"))
        with pytest.raises(NotFound):
            bucket.stat(key)
        bucket.delete(key, given())
    assert keys(bucket) == ["Summer/Shoe.jpg"]
    put(bucket, "u\u0308.jpg", picture("one"))
    put(bucket, "\u00fc.jpg", picture("two"))
    assert keys(bucket) == ["Summer/Shoe.jpg", "u\u0308.jpg"]
    assert read(bucket, "\u00fc.jpg") == picture("two")


@pytest.mark.parametrize(
    "key", ["a//b", "/a", "//", "con.jpg", "a?b", "a/ends. ", "a/../b", "x" * 256, "d/" * 70 + "a"]
)
def test_a_key_that_no_drive_can_store_is_refused_and_nothing_is_made(house: House, key: str) -> None:
    bucket = inbox(house)
    with pytest.raises(BadName):
        put(bucket, key, picture("one"))
    with pytest.raises(NotFound):
        bucket.stat(key)
    bucket.delete(key, given())
    assert keys(bucket) == []
    assert house.names_in("mia", "Inbox") == []


def test_no_part_of_a_key_becomes_a_path_on_disk(house: House) -> None:
    """Promise 12."""
    bucket = inbox(house)
    for key in ("telling/name.jpg", "telling folder/", "tëlling.jpg"):
        put(bucket, key, b"" if key.endswith("/") else picture(key), meta={"telling": "telling"}, tags={"telling": "x"})
    bucket.delete("telling/name.jpg", given())
    house.work()
    stored = [path.name for path in (house.context.catalogue._reading.folder).rglob("*")]  # type: ignore[attr-defined]
    assert len(stored) > 3
    assert not [name for name in stored if "lling" in name]


# ── what clients say ─────────────────────────────────────────────────────────────────────────


def test_what_a_client_said_goes_with_the_version_and_tags_with_the_asset(house: House) -> None:
    bucket = inbox(house)
    said = Given(
        Attributes({"Content-Type": "image/x"}, {"mtime": "1"}, Checksum("CRC32", "AAAAAA==")), {"season": "ss26"}
    )
    first = bucket.put("shoe.jpg", Bytes(picture("one")), said)
    assert (first.attributes, first.tags) == (said.attributes, 1)
    house.put("mia", "Inbox/shoe.jpg", "two")
    second = bucket.stat("shoe.jpg")
    assert (second.attributes, second.tags) == (Attributes(), 1)
    assert bucket.stat("shoe.jpg", first.version).attributes == said.attributes
    assert bucket.tags("shoe.jpg") == {"season": "ss26"}
    house.move("mia", "Inbox/shoe.jpg", "Inbox/boot.jpg")
    assert bucket.stat("boot.jpg", first.version).attributes == said.attributes


def test_a_file_that_was_put_empty_and_then_saved_at_another_door_is_no_longer_what_was_said(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "shoe.jpg", b"", meta={"empty": "yes"})
    house.put("mia", "Inbox/shoe.jpg", "one")
    assert bucket.stat("shoe.jpg").attributes == Attributes()


def test_describing_leaves_bytes_date_and_checksum(house: House) -> None:
    bucket = inbox(house)
    checksum = Checksum("CRC32", "AAAAAA==")
    before = bucket.put("shoe.jpg", Bytes(picture("one"), checksum), given(meta={"a": "1"}))
    house.clock.pass_(10)
    after = bucket.describe("shoe.jpg", given(meta={"b": "2"}, tags={"t": "u"}))
    assert after.attributes == Attributes(meta={"b": "2"}, checksum=checksum)
    assert (after.version, after.modified, after.tags) == (before.version, before.modified, 1)
    with pytest.raises(PreconditionFailed):
        bucket.describe("shoe.jpg", given(conditions=Conditions(if_match=("0" * 32,))))
    house.put("mia", "Approved/done.jpg", "one")
    with pytest.raises(Refused, match="Approved files are closed"):
        inbox(house, "mia", "approved").describe("done.jpg", given(meta={"b": "2"}))


def test_conditions_are_demanded_of_what_stands(house: House) -> None:
    bucket = inbox(house)
    free, same = Conditions(if_none_match=("*",)), Conditions(if_match=(hashlib.md5(picture("one")).hexdigest(),))
    with pytest.raises(NotFound):
        put(bucket, "a/shoe.jpg", picture("one"), conditions=same)
    assert kind(house, "Inbox/a") is None
    put(bucket, "a/shoe.jpg", picture("one"), conditions=free)
    with pytest.raises(PreconditionFailed):
        put(bucket, "a/shoe.jpg", picture("two"), conditions=free)
    put(bucket, "a/shoe.jpg", picture("two"), conditions=same)
    for conditions, error in ((same, PreconditionFailed), (Conditions(if_match=("*",)), None)):
        if error:
            with pytest.raises(error):
                bucket.delete("a/shoe.jpg", given(conditions=conditions))
        else:
            bucket.delete("a/shoe.jpg", given(conditions=conditions))
    assert keys(bucket) == []


def test_locks_of_other_doors_hold(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/shoe.jpg", picture("one"))
    house.lock("mia", "Inbox/a", deep=True)
    for act in (
        lambda: put(bucket, "a/shoe.jpg", picture("two")),
        lambda: put(bucket, "a/new/boot.jpg", picture("two")),
        lambda: bucket.delete("a/shoe.jpg", given()),
        lambda: bucket.describe("a/shoe.jpg", given(meta={"a": "b"})),
        lambda: bucket.set_tags("a/shoe.jpg", {"a": "b"}),
        lambda: bucket.set_tags("a/shoe.jpg", {"damgate:state": "Review"}),
        lambda: of(house, "mia").copy(Source("inbox", "a/shoe.jpg"), "inbox", "a/boot.jpg", given(), described=False),
    ):
        with pytest.raises(Locked):
            act()
    assert bucket.tags("a/shoe.jpg") == {}
    house.lock("carl", "Inbox/reserved.jpg")
    with pytest.raises(NotFound):
        inbox(house, "carl").stat("reserved.jpg")
    assert keys(inbox(house, "carl")) == ["a/shoe.jpg"]


# ── versions ─────────────────────────────────────────────────────────────────────────────────


def test_versions_are_those_of_assets_and_delete_markers_the_trash(house: House) -> None:
    bucket = inbox(house)
    assert bucket.versioning is Versioning.ENABLED
    for text in ("one", "two", "three"):
        put(bucket, "shoe.jpg", picture(text))
    put(bucket, "boot.jpg", picture("boot"))
    put(bucket, "a/x.jpg", picture("x"))
    gone = bucket.delete("shoe.jpg", given())
    assert gone.marker
    asset = gone.version.removeprefix("trash.")
    house.clock.pass_(120)
    put(bucket, "shoe.jpg", picture("anew"))
    listed = [(one.key, one.version.replace(asset, "OLD"), one.latest, one.marker) for one in versions(bucket)]
    assert [one[0] for one in listed] == ["a/x.jpg", "boot.jpg", *["shoe.jpg"] * 5]
    assert listed[2][2:] == (True, False)
    assert listed[3:] == [
        ("shoe.jpg", "trash.OLD", False, True),
        ("shoe.jpg", "OLD.3", False, False),
        ("shoe.jpg", "OLD.2", False, False),
        ("shoe.jpg", "OLD.1", False, False),
    ]
    assert read(bucket, "shoe.jpg", f"{asset}.2") == picture("two")
    for version, error in (
        (gone.version, errors.DeleteMarker),
        ("nonsense", NoSuchVersion),
        (f"{asset}.9", NoSuchVersion),
    ):
        with pytest.raises(error):
            bucket.stat("shoe.jpg", version)


def test_listed_versions_are_rolled_up_like_keys(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/x.jpg", picture("x"))
    put(bucket, "b/y.jpg", picture("y"))
    put(bucket, "c.jpg", picture("c"))
    bucket.delete("b/y.jpg", given())
    put(bucket, "a/z.jpg", picture("z"))
    bucket.delete("a/z.jpg", given())
    page = bucket.list_versions(Wanted(delimiter="/"))
    assert ([one.key for one in page.objects], page.prefixes) == (["c.jpg"], ("a/", "b/"))
    assert [one.key for one in versions(bucket, prefix="b")] == ["b/y.jpg", "b/y.jpg"]


def test_rolling_up_what_was_deleted_reads_little_of_what_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each prefix begins the walk anew: with whole pages, a thousand of them took seconds."""
    bucket = inbox(house)
    for number in range(3 * FIRST):
        put(bucket, f"a/{number:03}.jpg")
        bucket.delete(f"a/{number:03}.jpg", given())
    files, rows = SqlTrash.files, 0

    def counted(trash: SqlTrash, start: str, stop: str, limit: int) -> list[Trashed]:
        nonlocal rows
        found = files(trash, start, stop, limit)
        rows += len(found)
        return found

    monkeypatch.setattr(SqlTrash, "files", counted)
    page = bucket.list_versions(Wanted(prefix="a/", delimiter=".jpg", limit=10))
    assert page.prefixes == tuple(f"a/{number:03}.jpg" for number in range(10))
    assert rows <= 11 * FIRST


def test_what_was_deleted_says_so_to_who_could_bring_it_back(house: House) -> None:
    put(inbox(house, "carl"), "a/shoe.jpg", picture("one"))
    gone = inbox(house, "carl").delete("a/shoe.jpg", given())
    for who, error in (("carl", errors.DeleteMarker), ("mia", errors.DeleteMarker), ("cora", NotFound)):
        with pytest.raises(NotFound) as raised:
            inbox(house, who).stat("a/shoe.jpg")
        assert type(raised.value) is error
    assert versions(inbox(house, "cora")) == []
    with pytest.raises(NoSuchVersion):
        inbox(house, "cora").stat("a/shoe.jpg", gone.version)
    assert inbox(house, "cora").delete("a/shoe.jpg", given(), gone.version).marker is False
    assert inbox(house, "carl").delete("a/shoe.jpg", given(), gone.version).marker is True
    assert read(inbox(house, "cora"), "a/shoe.jpg") == picture("one")
    assert keys(inbox(house, "cora")) == ["a/shoe.jpg"], "its folder is implied as before"


def test_what_took_its_folders_with_it_is_brought_back_with_them_at_any_door(house: House) -> None:
    """Promise 7."""
    bucket = inbox(house)
    put(bucket, "a/b/shoe.jpg", picture("one"))
    bucket.delete("a/b/shoe.jpg", given())
    assert kind(house, "Inbox/a") is None
    house.drive.restore(house.who("mia"), "/Inbox/a/b/shoe.jpg")
    assert keys(bucket) == ["a/b/shoe.jpg"]


def test_old_versions_are_purged_by_who_manages_and_the_current_one_by_nobody(house: House) -> None:
    carl, mia = inbox(house, "carl"), inbox(house)
    first = put(carl, "shoe.jpg", picture("one"), meta={"a": "b"}).version
    second = put(carl, "shoe.jpg", picture("two")).version
    with pytest.raises(Refused, match="manages"):
        carl.delete("shoe.jpg", given(), first)
    with pytest.raises(Refused, match="current version"):
        mia.delete("shoe.jpg", given(), second)
    assert mia.delete("shoe.jpg", given(), first).version == first
    assert [one.version for one in versions(mia)] == [second]
    with pytest.raises(NoSuchVersion):
        mia.open("shoe.jpg", first)
    assert mia.delete("shoe.jpg", given(), first).version == first, "what is purged already is no error"


def test_a_name_taken_again_is_not_overwritten_by_its_marker(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "shoe.jpg", picture("one"))
    gone = bucket.delete("shoe.jpg", given())
    house.clock.pass_(120)
    put(bucket, "shoe.jpg", picture("two"))
    with pytest.raises(AlreadyExists):
        bucket.delete("shoe.jpg", given(), gone.version)
    assert read(bucket, "shoe.jpg") == picture("two")


def test_the_tags_of_what_was_deleted_are_not_those_of_what_came_in_its_place(house: House) -> None:
    bucket = inbox(house)
    first = put(bucket, "shoe.jpg", picture("one"), tags={"a": "1"}).version
    bucket.delete("shoe.jpg", given())
    house.clock.pass_(120)
    put(bucket, "shoe.jpg", picture("two"))
    with pytest.raises(NoSuchVersion):
        bucket.set_tags("shoe.jpg", {"a": "2"}, first)
    assert bucket.tags("shoe.jpg") == {}
    assert bucket.tags("shoe.jpg", first) == {"a": "1"}


# ── the state as a tag ───────────────────────────────────────────────────────────────────────


def test_a_tag_hands_an_object_on_with_all_that_a_move_asks(house: House) -> None:
    """Promise 7."""
    bucket = inbox(house, "rita", "review")
    house.mkcol("mia", "Review/a")
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/a/shoe.jpg")
    put(inbox(house, "mia", "review"), "b/bad.jpg", picture("two"))
    house.refuse["bad.jpg"] = Refusal("Too dark.")
    with pytest.raises(Refused, match="Too dark"):
        bucket.set_tags("b/bad.jpg", {"damgate:state": "Approved", "a": "b"})
    assert bucket.tags("b/bad.jpg") == {}
    bucket.set_tags("a/shoe.jpg", {"damgate:state": "approved", "a": "b"})
    approved = inbox(house, "rita", "approved")
    assert keys(approved) == ["a/shoe.jpg"]
    assert approved.tags("a/shoe.jpg") == {"a": "b"}
    assert keys(bucket) == ["a/", "b/! Not moved - why.txt", "b/bad.jpg"], "the note is the mover's own"
    with pytest.raises(BadRequest, match="no state"):
        approved.set_tags("a/shoe.jpg", {"damgate:state": "Nowhere"})
    with pytest.raises(BadRequest):
        approved.set_tags("a/shoe.jpg", {"damgate:else": "x"})
    with pytest.raises(BadRequest):
        put(bucket, "new.jpg", picture("new"), tags={"damgate:state": "Approved"})
    with pytest.raises(BadRequest):
        bucket.describe("b/bad.jpg", given(tags={"damgate:state": "Inbox"}))
    self_copy = Source("inbox", "one.jpg")
    put(inbox(house), "one.jpg", picture("one"))
    with pytest.raises(BadRequest):
        of(house, "mia").copy(self_copy, "inbox", "one.jpg", given(tags={"damgate:x": "1"}), described=True)
    assert inbox(house).tags("one.jpg") == {}


def test_the_state_alone_leaves_the_keywords_as_they_are(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    bucket = inbox(house, "carl")
    bucket.set_tags("shoe.jpg", {"season": "summer"})
    bucket.set_tags("shoe.jpg", {"damgate:state": "Inbox"})
    assert bucket.tags("shoe.jpg") == {"season": "summer"}
    bucket.set_tags("shoe.jpg", {"damgate:state": "Review"})
    inbox(house, "rita", "review").set_tags("shoe.jpg", {"damgate:state": "Approved"})
    assert inbox(house, "rita", "approved").tags("shoe.jpg") == {"season": "summer"}


# ── who may what ─────────────────────────────────────────────────────────────────────────────


def test_who_may_not_look_into_a_state_is_refused_whether_anything_stands_there_or_not(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    bucket = inbox(house, "carl", "approved")
    for key in ("shoe.jpg", "nothing.jpg", "a/b.jpg"):
        for act in (bucket.stat, bucket.open, bucket.content, bucket.tags):
            with pytest.raises(Refused):
                act(key)
        with pytest.raises(Refused):
            bucket.delete(key, given())
        with pytest.raises(Refused):
            put(bucket, key, picture("two"))
    for ask in (bucket.list, bucket.list_versions):
        with pytest.raises(Refused, match="You may not see what is in Approved"):
            ask(Wanted())
    assert [one.name for one in of(house, "carl").all()] == ["inbox", "rejected", "review", "webshop"]


def test_no_condition_tells_what_stands_where_one_may_only_add(house: House, tmp_path: Path) -> None:
    with (tmp_path / "drive/policies/policy.csv").open("a") as rules:
        rules.write("p, viewer, drive, *, Inbox, *, upload, allow\n")
    house.context.policy.reload()  # type: ignore[attr-defined]
    theirs, mine = inbox(house), inbox(house, "vera")
    etag = put(theirs, "shoe.jpg", picture("one")).etag
    put(mine, "boot.jpg", picture("new"), conditions=Conditions(if_none_match=("*",)))
    for conditions in (Conditions(if_match=(etag,)), Conditions(if_match=("0",)), Conditions(if_none_match=("*",))):
        with pytest.raises(Refused, match="may not change"):
            put(mine, "shoe.jpg", picture("two"), conditions=conditions)
    with pytest.raises(PreconditionFailed):
        put(inbox(house, "carl"), "shoe.jpg", picture("two"), conditions=Conditions(if_none_match=("*",)))


def test_everything_is_asked_again_when_the_bytes_are_there(house: House) -> None:
    bucket = inbox(house)
    etag = put(bucket, "shoe.jpg", picture("one")).etag
    for conditions, key in ((Conditions(if_match=(etag,)), "shoe.jpg"), (Conditions(if_none_match=("*",)), "boot.jpg")):
        late = Meanwhile(picture("late"), lambda key=key: put(bucket, key, picture("early")))  # type: ignore[misc]
        with pytest.raises(PreconditionFailed):
            bucket.put(key, late, given(conditions=conditions))
        assert read(bucket, key) == picture("early")
    moved = Meanwhile(picture("late"), lambda: house.move("mia", "Inbox/shoe.jpg", "Review/shoe.jpg"))
    made = bucket.put("shoe.jpg", moved, given())
    assert house.read("mia", "Review/shoe.jpg") == picture("early")
    assert made.version.endswith(".1")


def test_what_is_refused_at_one_door_is_refused_at_the_other(house: House) -> None:
    """Promise 5."""
    house.put("carl", "Inbox/shoe.jpg", "one")
    cora = inbox(house, "cora")
    for act in (
        lambda: put(cora, "shoe.jpg", picture("two")),
        lambda: cora.delete("shoe.jpg", given()),
        lambda: cora.describe("shoe.jpg", given(meta={"a": "b"})),
        lambda: cora.set_tags("shoe.jpg", {"a": "b"}),
        lambda: cora.set_tags("shoe.jpg", {"damgate:state": "Review"}),
    ):
        with pytest.raises(Refused):
            act()
    assert read(cora, "shoe.jpg") == picture("one")
    with pytest.raises(Refused):
        put(inbox(house, "vera"), "x.jpg", picture("one"))


def test_scratch_is_its_makers_alone_and_litter_is_not_listed(house: House) -> None:
    carl, cora = inbox(house, "carl"), inbox(house, "cora")
    put(carl, "~$shoe.docx", b"lock file")
    put(carl, ".DS_Store", b"litter")
    assert (keys(carl), keys(cora)) == (["~$shoe.docx"], [])
    assert read(carl, ".DS_Store") == b"litter"
    with pytest.raises(NotFound):
        cora.stat("~$shoe.docx")
    assert carl.delete("~$shoe.docx", given()).marker is False
    assert keys(carl) == []


def test_a_fresh_empty_file_is_its_makers_alone(house: House) -> None:
    put(inbox(house, "carl"), "a/shoe.jpg", b"")
    assert keys(inbox(house, "cora"), delimiter="/") == []
    assert keys(inbox(house, "carl"), delimiter="/") == ["a/"]
    house.clock.pass_(700)
    assert keys(inbox(house, "cora")) == ["a/shoe.jpg"]


def test_nothing_but_errors_for_people_comes_of_odd_requests(house: House) -> None:
    bucket = inbox(house)
    put(bucket, "a/shoe.jpg", picture("one"))
    for key in ("", "/", "a", "a/", "a/shoe.jpg/", "a/shoe.jpg/x", "\x00", "a/\x01"):
        for version in ("", "null", "trash.", "trash.x", ".1", "x.1", "x.99999999999", "\u0663.\u0663"):
            for act in (bucket.stat, bucket.open, bucket.tags):
                with pytest.raises(DamgateError):
                    act(key, version)
