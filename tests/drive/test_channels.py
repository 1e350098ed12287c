"""Channels: names given once, listings that never lie, rights by the clock (promises 1, 2, 8, 9)."""

from pathlib import Path

import msgspec
import pytest

from damgate.config import Config
from damgate.core.errors import Gone, MovedElsewhere, NotFound, Refused, Unrenderable
from damgate.core.events import Happening
from damgate.core.rights import ANONYMOUS, Actor, Rights
from damgate.drive import Link
from damgate.drive.entries import Entry
from damgate.drive.inspecting import channel_report
from tests.drive.house import House, build, names, picture

SHOP = "channels/webshop"


def publish(house: House, path: str, data: bytes | str = "one", who: str = "mia") -> Entry:
    """Put a picture straight into Approved and let it be rendered."""
    made = house.put(who, f"Approved/{path}", data)
    house.work()
    return made


def bytes_of(data: str, recipe: str = "1", credit: str = "") -> bytes:
    return b"\xff\xd8\xff\xe0 rendered " + recipe.encode() + credit.encode() + picture(data)


def row(house: House, path: str, who: str = "vera") -> Entry:
    """What a listing says of one file."""
    folder, _, name = path.rpartition("/")
    found = [one for page in house.drive.list(house.who(who), names(folder)) for one in page if one.name == name]
    assert len(found) == 1, f"{path} is not listed once"
    return found[0]


def where(house: House, path: str) -> str:
    """Where a former channel path leads."""
    with pytest.raises(MovedElsewhere) as moved:
        house.read("vera", path)
    return "/".join(moved.value.location)


def replaced(house: House, path: str, data: str) -> None:
    """Revise an approved picture: a new file of its name goes through the workflow."""
    house.put("mia", f"Inbox/{path}", data)
    house.move("mia", f"Inbox/{path}", f"Review/{path}")
    house.move("mia", f"Review/{path}", f"Approved/{path}")


def set_rights(house: House, path: str, **rights: float | str) -> None:
    house.drive.set_rights(house.who("mia"), names(path), Rights(**rights))  # type: ignore[arg-type]


# ── names ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "shown"),
    [("shoe.tif", "shoe.jpg"), ("shoe.jpg", "shoe.jpg"), ("shoe", "shoe.jpg"), ("Shoe.JPG", "Shoe.JPG"),
     ("a.b.psd", "a.b.jpg"), (".hid", ".hid.jpg"), ("Schuhgröße.tif", "Schuhgröße.jpg")],
)  # fmt: skip
def test_a_placement_carries_the_extension_of_what_it_is(house: House, source: str, shown: str) -> None:
    publish(house, source)
    assert house.names_in("vera", SHOP) == [shown]
    assert house.read("vera", f"{SHOP}/{shown}") == bytes_of("one")


def test_first_come_keeps_the_name_and_newcomers_get_another(house: House) -> None:
    publish(house, "shoe.tif", "first")
    publish(house, "shoe.png", "second")
    publish(house, "shoe.psd.tif", "third")
    fourth = publish(house, "shoe.psd", "fourth")
    publish(house, "shoe.jpg", "fifth")
    wanted = {
        "shoe.jpg": "first",
        "shoe.png.jpg": "second",
        "shoe.psd.jpg": "third",
        f"shoe-{fourth.id[:8]}.jpg": "fourth",
        "shoe.jpg.jpg": "fifth",
    }
    assert sorted(house.names_in("vera", SHOP)) == sorted(wanted)
    for name, data in wanted.items():
        assert house.read("vera", f"{SHOP}/{name}") == bytes_of(data)


def test_a_name_once_given_stays_when_the_one_before_it_leaves(house: House) -> None:
    publish(house, "shoe.tif", "first")
    publish(house, "shoe.png", "second")
    house.delete("mia", "Approved/shoe.tif")
    house.work()
    assert house.names_in("vera", SHOP) == ["shoe.png.jpg"]
    with pytest.raises(Gone):
        house.read("vera", f"{SHOP}/shoe.jpg")  # it never starts to show another picture


def test_folders_are_mirrored_and_the_state_comes_first_where_there_are_several(tmp_path: Path) -> None:
    config = {"channels": {"webshop": {"gate": "public"}, "proofs": {"states": ["Review", "Approved"]}}}
    house = build(tmp_path / "drive", config=msgspec.convert(config, Config))
    for state in ("Review", "Approved"):
        house.mkcol("mia", f"{state}/summer")
        house.put("mia", f"{state}/summer/shoe.tif", state)
    house.work()
    assert house.names_in("rita", "channels/proofs") == ["Approved", "Review"]
    for state in ("Review", "Approved"):
        assert house.read("rita", f"channels/proofs/{state}/summer/shoe.jpg") == bytes_of(state)
    assert house.names_in("vera", "channels/proofs") == ["Approved"]  # what may not be listed is not even named
    with pytest.raises(NotFound):
        house.names_in("vera", "channels/proofs/Review")
    with pytest.raises(NotFound):
        house.stat("vera", "channels/proofs/Review")
    assert house.read("vera", f"{SHOP}/summer/shoe.jpg") == bytes_of("Approved")
    house.move("rita", "Review/summer/shoe.tif", "Approved/boot.tif")
    assert where(house, "channels/proofs/Review/summer/shoe.jpg") == "channels/proofs/Approved/boot.jpg"
    house.context.catalogue.close()


def test_a_rename_leads_readers_of_the_former_name_on(house: House) -> None:
    made = publish(house, "shoe.tif")
    house.move("mia", "Approved/shoe.tif", "Approved/boot.tif")
    assert row(house, f"{SHOP}/boot.jpg").etag  # listed at once, with its rendition
    assert where(house, f"{SHOP}/shoe.jpg") == f"{SHOP}/boot.jpg"
    house.mkcol("mia", "Approved/summer")
    house.move("mia", "Approved/boot.tif", "Approved/summer/boot.tif")
    for former in ("shoe.jpg", "boot.jpg", "SHOE.jpg"):
        assert where(house, f"{SHOP}/{former}") == f"{SHOP}/summer/boot.jpg"
    opened = house.drive.open_link(house.who("vera"), Link("webshop", made.id, "jpg"))
    opened.close()
    assert opened.entry.name == "boot.jpg"


def test_a_folder_rename_keeps_the_names_and_leads_on(house: House) -> None:
    house.mkcol("mia", "Approved/summer")
    house.mkcol("mia", "Approved/summer/inner")
    publish(house, "summer/inner/shoe.tif", "first")
    publish(house, "summer/inner/shoe.png", "second")
    house.move("mia", "Approved/summer", "Approved/autumn")
    assert house.names_in("vera", f"{SHOP}/autumn/inner") == ["shoe.jpg", "shoe.png.jpg"]
    assert house.read("vera", f"{SHOP}/autumn/inner/shoe.jpg") == bytes_of("first")
    assert where(house, f"{SHOP}/summer/inner/shoe.png.jpg") == f"{SHOP}/autumn/inner/shoe.png.jpg"


def test_what_was_withdrawn_is_gone_until_it_or_another_takes_the_name(house: House) -> None:
    made = publish(house, "shoe.tif")
    house.move("rita", "Approved/shoe.tif", "Review/shoe.tif")
    assert house.names_in("vera", SHOP) == []
    with pytest.raises(Gone):
        house.read("vera", f"{SHOP}/shoe.jpg")
    with pytest.raises(Gone):
        house.stat("vera", f"{SHOP}/shoe.jpg")
    with pytest.raises(Gone):
        house.drive.open_link(house.who("vera"), Link("webshop", made.id, "jpg"))
    publish(house, "shoe.png", "another")
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("another")
    house.move("mia", "Review/shoe.tif", "Approved/shoe.tif")
    house.work()
    assert house.read("vera", f"{SHOP}/shoe.tif.jpg") == bytes_of("one")


def test_what_never_was_there_is_not_found(house: House) -> None:
    publish(house, "shoe.tif")
    for path in (f"{SHOP}/boot.jpg", f"{SHOP}/shoe.tif", f"{SHOP}/none/shoe.jpg", "channels/print/shoe.jpg"):
        with pytest.raises(NotFound):
            house.read("vera", path)


def test_a_trashed_asset_is_gone_and_comes_back(house: House) -> None:
    made = publish(house, "shoe.tif")
    house.delete("mia", "Approved/shoe.tif")
    for attempt in (
        lambda: house.drive.open_asset(house.who("mia"), made.id),
        lambda: house.drive.open_link(house.who("vera"), Link("webshop", made.id, "jpg")),
        lambda: house.read("vera", f"{SHOP}/shoe.jpg"),
    ):
        with pytest.raises(Gone):
            attempt()
    house.drive.restore(house.who("mia"), "/Approved/shoe.tif")
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one")
    assert house.id_behind("mia", made.id) == made.id


def test_an_id_that_became_a_version_of_another_leads_to_that_one(house: House) -> None:
    made = publish(house, "shoe.tif", "one")
    draft = house.put("mia", "Inbox/shoe.tif", "two")
    house.move("mia", "Inbox/shoe.tif", "Review/shoe.tif")
    house.move("mia", "Review/shoe.tif", "Approved/shoe.tif")
    house.work()
    assert draft.id != made.id
    assert house.id_behind("mia", draft.id) == made.id
    with house.drive.open_link(house.who("vera"), Link("webshop", draft.id, "jpg")).file as file:
        assert file.read() == bytes_of("two")


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "empty"), (b"just words", "text/plain"), (b"\x00\x01\x02\x03", "not published here")]
)
def test_what_does_not_fit_has_no_placement_and_check_says_why(house: House, data: bytes, why: str) -> None:
    publish(house, "thing.jpg", data)
    house.clock.pass_(700)
    assert house.names_in("vera", SHOP) == []
    with pytest.raises(NotFound):
        house.read("vera", f"{SHOP}/thing.jpg")
    [found] = channel_report(house.context, "webshop", names("Approved/thing.jpg"))
    assert (found.name, found.size) == ("", 0)
    assert why in found.why
    assert house.context.renditions.made == 0


# ── promise 1: a listing never lies ──────────────────────────────────────────────────────────


def test_promise_1_a_rendition_is_not_listed_before_its_size_is_known_and_made_for_who_asks(house: House) -> None:
    house.put("mia", "Approved/shoe.tif", "one")
    assert house.names_in("vera", SHOP) == []
    made = house.stat("vera", f"{SHOP}/shoe.jpg")  # PROPFIND depth 0 and HEAD
    assert made.size == len(bytes_of("one"))
    assert row(house, f"{SHOP}/shoe.jpg") == made
    house.put("mia", "Approved/boot.tif", "two")
    assert house.read("vera", f"{SHOP}/boot.jpg") == bytes_of("two")
    assert house.context.renditions.made == 2
    house.work()
    assert house.context.renditions.made == 2


def test_promise_1_listing_stat_and_read_agree_through_every_change(house: House) -> None:
    publish(house, "shoe.tif")

    def agree(path: str) -> None:
        listed = row(house, path)
        opened = house.drive.open(house.who("vera"), names(path))
        body = b"".join(opened.pieces())
        assert listed == house.stat("vera", path) == opened.entry
        assert len(body) == listed.size

    agree(f"{SHOP}/shoe.jpg")
    replaced(house, "shoe.tif", "a longer one")
    agree(f"{SHOP}/shoe.jpg")
    house.work()
    agree(f"{SHOP}/shoe.jpg")
    set_rights(house, "Approved/shoe.tif", credit="Ann")
    agree(f"{SHOP}/shoe.jpg")
    house.work()
    agree(f"{SHOP}/shoe.jpg")
    house.move("mia", "Approved/shoe.tif", "Approved/boot.tif")
    agree(f"{SHOP}/boot.jpg")


def test_promise_1_the_date_stays_through_moves_and_rises_a_second_at_each_change(house: House) -> None:
    publish(house, "shoe.tif")
    first = row(house, f"{SHOP}/shoe.jpg").modified
    house.clock.pass_(500)
    house.mkcol("mia", "Approved/summer")
    house.move("mia", "Approved/shoe.tif", "Approved/summer/shoe.tif")
    assert row(house, f"{SHOP}/summer/shoe.jpg").modified == first
    house.clock.at -= 1000  # a clock set back
    for number in range(3):
        before = row(house, f"{SHOP}/summer/shoe.jpg").modified
        set_rights(house, "Approved/summer/shoe.tif", credit=f"credit {number}")
        house.work()
        assert row(house, f"{SHOP}/summer/shoe.jpg").modified == before + 1


# ── promise 2: a pending change never unlists a name ─────────────────────────────────────────


def test_promise_2_a_replaced_original_keeps_its_name_listed_with_the_old_bytes_until_both_flip(house: House) -> None:
    publish(house, "shoe.tif", "one")
    before = row(house, f"{SHOP}/shoe.jpg")
    replaced(house, "shoe.tif", "two, and longer")
    assert row(house, f"{SHOP}/shoe.jpg") == before
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one")
    house.work()
    after = row(house, f"{SHOP}/shoe.jpg")
    assert (after.id, after.size) == (before.id, len(bytes_of("two, and longer")))
    assert after.modified >= before.modified + 1
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("two, and longer")


def test_promise_2_a_failed_replacement_unlists_and_the_next_good_one_lists_again(house: House) -> None:
    publish(house, "shoe.tif", "one")
    replaced(house, "shoe.tif", "BROKEN")
    assert house.names_in("vera", SHOP) == ["shoe.jpg"]  # pending
    house.work()
    assert house.names_in("vera", SHOP) == []  # permanent failure
    replaced(house, "shoe.tif", "three")
    house.work()
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("three")
    assert row(house, f"{SHOP}/shoe.jpg")


def test_a_rendition_shared_by_two_assets_is_made_once(house: House) -> None:
    publish(house, "a.tif", "same")
    publish(house, "b.tif", "same")
    assert house.names_in("vera", SHOP) == ["a.jpg", "b.jpg"]
    assert house.context.renditions.made == 1


# ── promise 8: rights act at read time ───────────────────────────────────────────────────────


def reads(house: House, made: Entry) -> dict[str, object]:
    """Every way to read an approved picture and its rendition, for somebody who may."""
    vera = house.who("vera")
    return {
        "original": lambda: house.read("vera", "Approved/shoe.tif"),
        "rendition": lambda: house.read("vera", f"{SHOP}/shoe.jpg"),
        "HEAD": lambda: house.stat("vera", f"{SHOP}/shoe.jpg"),
        "/a/": lambda: house.drive.open_asset(vera, made.id).close(),
        "/c/": lambda: house.drive.open_link(vera, Link("webshop", made.id, "jpg")).close(),
        "public": lambda: house.drive.open(ANONYMOUS, names(f"{SHOP}/shoe.jpg")).close(),
    }


def test_promise_8_every_way_is_shut_from_the_instant_that_rights_end_without_any_job(house: House) -> None:
    made = publish(house, "shoe.tif")
    start, end = house.clock.now() + 100, house.clock.now() + 200
    set_rights(house, "Approved/shoe.tif", usable_from=start, usable_until=end)
    for at, usable in ((start - 1, False), (start, True), (end - 1, True), (end, False), (end + 1e6, False)):
        house.clock.at = at
        assert (house.names_in("vera", SHOP) == ["shoe.jpg"]) is usable
        for way, read in reads(house, made).items():
            if usable:
                read()  # type: ignore[operator]
            else:
                with pytest.raises((Refused, NotFound, Gone)) as refused:
                    read()  # type: ignore[operator]
                assert way in ("/a/", "/c/", "public") or "rights" in str(refused.value)


def test_promise_8_who_manages_the_drive_still_sees_what_others_may_not_use(house: House) -> None:
    made = publish(house, "shoe.tif")
    set_rights(house, "Approved/shoe.tif", usable_until=house.clock.now() + 10)
    house.clock.pass_(10)
    assert house.names_in("mia", SHOP) == ["shoe.jpg"]
    assert house.read("mia", f"{SHOP}/shoe.jpg") == bytes_of("one")
    assert house.read("mia", "Approved/shoe.tif") == picture("one")
    assert house.id_behind("mia", made.id) == made.id
    [found] = channel_report(house.context, "webshop", names("Approved/shoe.tif"))
    assert "its rights ended on" in found.why


def test_promise_8_caches_keep_a_public_rendition_no_longer_than_its_rights(house: House) -> None:
    publish(house, "shoe.tif")
    path = names(f"{SHOP}/shoe.jpg")

    def max_age() -> int:
        opened = house.drive.open(ANONYMOUS, path)
        opened.close()
        assert opened.public
        return opened.max_age

    assert max_age() == 60
    end = house.clock.now() + 30.5
    set_rights(house, "Approved/shoe.tif", usable_until=end)
    assert max_age() == 30
    house.clock.at = end - 0.5
    assert max_age() == 0


def test_promise_8_a_copy_of_a_rendition_needs_the_rights_too(house: House) -> None:
    publish(house, "shoe.tif")
    set_rights(house, "Approved/shoe.tif", usable_until=house.clock.now() + 10)
    house.drive.copy(house.who("carl"), names(f"{SHOP}/shoe.jpg"), names("Inbox/copy.jpg"))
    house.clock.pass_(10)
    with pytest.raises(Refused):
        house.drive.copy(house.who("carl"), names(f"{SHOP}/shoe.jpg"), names("Inbox/again.jpg"))


def test_promise_8_a_copy_of_an_original_needs_the_rights_too(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.drive.set_rights(house.who("carl"), names("Inbox/shoe.jpg"), Rights(usable_until=house.clock.now() + 10))
    house.clock.pass_(10)
    with pytest.raises(Refused):
        house.read("carl", "Inbox/shoe.jpg")
    try:
        house.drive.copy(house.who("carl"), names("Inbox/shoe.jpg"), names("Inbox/copy.jpg"))
    except Refused:
        return
    with pytest.raises(Refused):  # a copy carries the window with it, so nothing leaks
        house.read("carl", "Inbox/copy.jpg")


# ── promise 9: nothing old is served as new ──────────────────────────────────────────────────


def test_promise_9_old_bytes_are_shown_only_under_their_old_etag(house: House) -> None:
    publish(house, "shoe.tif", "one")
    seen: dict[str, bytes] = {}

    def look() -> None:
        opened = house.drive.open(house.who("vera"), names(f"{SHOP}/shoe.jpg"))
        body = b"".join(opened.pieces())
        assert seen.setdefault(opened.entry.etag, body) == body

    look()
    for number in range(3):
        replaced(house, "shoe.tif", f"version {number}")
        look()
        set_rights(house, "Approved/shoe.tif", credit=f"Ann {number}")
        look()
        house.work()
        look()
    assert len(seen) == 4


def test_promise_9_a_change_of_the_credit_line_is_rendered_and_one_of_the_window_is_not(house: House) -> None:
    publish(house, "shoe.tif")
    set_rights(house, "Approved/shoe.tif", usable_until=house.clock.now() + 1000)
    house.work()
    assert house.context.renditions.made == 1
    set_rights(house, "Approved/shoe.tif", credit="Ann")
    house.work()
    assert house.context.renditions.made == 2
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one", credit="Ann")
    set_rights(house, "Approved/shoe.tif")  # back to what was rendered before
    house.work()
    assert house.context.renditions.made == 2
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one")


# ── faults ───────────────────────────────────────────────────────────────────────────────────


def test_a_picture_that_cannot_be_rendered_is_not_listed_and_says_why(house: House) -> None:
    publish(house, "bad.tif", "BROKEN")
    publish(house, "good.tif")
    assert house.names_in("vera", SHOP) == ["good.jpg"]
    for _ in range(3):
        with pytest.raises(Unrenderable, match="the picture is broken"):
            house.read("vera", f"{SHOP}/bad.jpg")
        with pytest.raises(Unrenderable):
            house.stat("vera", f"{SHOP}/bad.jpg")
    assert house.context.renditions.made == 2  # it costs one try
    [found] = channel_report(house.context, "webshop", names("Approved/bad.tif"))
    assert found.why == "the picture is broken"
    assert len(house.events(Happening.RENDER_FAILED)) == 1


def test_a_damaged_picture_asked_for_before_its_job_ran_costs_one_answer(house: House) -> None:
    house.put("mia", "Approved/bad.tif", "BROKEN")
    with pytest.raises(Unrenderable):
        house.read("vera", f"{SHOP}/bad.jpg")
    house.work()
    assert house.context.renditions.made == 1
    assert house.names_in("vera", SHOP) == []


def test_a_lost_rendition_is_made_anew_with_its_old_date(house: House) -> None:
    publish(house, "shoe.tif")
    before = row(house, f"{SHOP}/shoe.jpg")
    with house.context.catalogue.read() as tx:
        [placement] = tx.placements.of(before.id)
    house.context.renditions.discard(placement.shown)
    house.clock.pass_(100)
    assert house.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one")
    assert row(house, f"{SHOP}/shoe.jpg") == before


def test_a_lost_rendition_is_made_anew_by_its_job(house: House) -> None:
    made = publish(house, "shoe.tif")
    with house.context.catalogue.write() as tx:
        [placement] = tx.placements.of(made.id)
        tx.jobs.enqueue("render", f"webshop/{made.id}")
    house.context.renditions.discard(placement.shown)
    house.work()
    assert house.context.renditions.made == 2
    assert house.context.renditions.stored(placement.shown) is not None


# ── who ──────────────────────────────────────────────────────────────────────────────────────


def test_people_without_a_login_read_public_channels_by_name_and_nothing_else(tmp_path: Path) -> None:
    config = {"channels": {"webshop": {"gate": "public"}, "print": {}}}
    house = build(tmp_path / "drive", config=msgspec.convert(config, Config))
    made = publish(house, "shoe.tif")
    house.drive.open(ANONYMOUS, names(f"{SHOP}/shoe.jpg")).close()
    house.drive.open_link(ANONYMOUS, Link("webshop", made.id, "jpg")).close()
    for attempt in (
        lambda: house.drive.open(ANONYMOUS, names("channels/print/shoe.jpg")),
        lambda: house.drive.open_link(ANONYMOUS, Link("print", made.id, "jpg")),
        lambda: house.drive.open(ANONYMOUS, names("Approved/shoe.tif")),
        lambda: house.drive.open_asset(ANONYMOUS, made.id),
        lambda: list(house.drive.list(ANONYMOUS, names(SHOP))),
        lambda: list(house.drive.list(ANONYMOUS, names("Approved"))),
        lambda: house.drive.stat(ANONYMOUS, names("Approved/shoe.tif")),
    ):
        with pytest.raises((Refused, NotFound)):
            attempt()
    assert [one.name for page in house.drive.list(ANONYMOUS, names("channels")) for one in page] == []
    opened = house.drive.open(house.who("vera"), names("channels/print/shoe.jpg"))
    opened.close()
    assert not opened.public
    house.context.catalogue.close()


def test_somebody_who_lost_their_account_reads_nothing_at_the_next_request(house: House) -> None:
    publish(house, "shoe.tif")
    house.people.disable("vera")
    house.context.policy.refresh()  # type: ignore[attr-defined]
    for path in ("Approved/shoe.tif", f"{SHOP}/shoe.jpg"):
        with pytest.raises((Refused, NotFound)):
            house.drive.open(Actor("vera", ("viewer",)), names(path))


def test_channels_take_no_writes(house: House) -> None:
    publish(house, "shoe.tif")
    for attempt in (
        lambda: house.put("mia", f"{SHOP}/new.jpg"),
        lambda: house.put("mia", f"{SHOP}/shoe.jpg"),
        lambda: house.mkcol("mia", f"{SHOP}/folder"),
        lambda: house.delete("mia", f"{SHOP}/shoe.jpg"),
        lambda: house.move("mia", f"{SHOP}/shoe.jpg", "Inbox/shoe.jpg"),
        lambda: house.move("mia", "Approved/shoe.tif", f"{SHOP}/shoe.jpg"),
        lambda: house.drive.copy(house.who("mia"), names("Approved/shoe.tif"), names(f"{SHOP}/copy.jpg")),
    ):
        with pytest.raises(Refused, match="read only"):
            attempt()
    assert house.names_in("mia", SHOP) == ["shoe.jpg"]
