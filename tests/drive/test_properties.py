"""Dead properties: what clients keep on files and folders, and where it goes with them."""

import io
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from damgate.core.conditions import Conditions
from damgate.core.errors import Locked, NotFound, PropertiesTooLarge, Refused
from damgate.core.events import Happening
from damgate.core.properties import ALL_TOGETHER, LARGEST, MOST, WINDOWS, WINDOWS_STAMPS
from damgate.drive.entries import PropertyChange
from tests.drive.house import House, names, picture

COLOUR = ("urn:x", "colour")
Values = dict[tuple[str, str], str]


def element(name: tuple[str, str], value: str) -> str:
    return f'<a:{name[1]} xmlns:a="{name[0]}">{value}</a:{name[1]}>'


def paint(
    house: House,
    who: str,
    path: str,
    value: str | None = "red",
    others: Mapping[str, str] = MappingProxyType({}),
    *,
    held: Conditions | None = None,
) -> None:
    """Set the colour (None removes it), and others by local name."""
    named = {COLOUR: value, **{("urn:x", local): other for local, other in others.items()}}
    changes = [PropertyChange(name, None if one is None else element(name, one)) for name, one in named.items()]
    house.drive.change_properties(house.who(who), names(path), changes, conditions=held or Conditions())


def stamp(house: House, who: str, path: str, value: str, held: Conditions | None = None) -> None:
    changes = [PropertyChange(name, element(name, value)) for name in sorted(WINDOWS_STAMPS)]
    house.drive.change_properties(house.who(who), names(path), changes, conditions=held or Conditions())


def kept(house: House, path: str, who: str = "mia") -> Values:
    entry = house.stat(who, path)
    return dict(house.drive.properties_of([entry])[entry.id])


RED = {COLOUR: element(COLOUR, "red")}


def test_they_follow_the_asset_wherever_it_goes(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/shoe.jpg", "one")
    paint(house, "carl", "Inbox/shoe.jpg")
    house.put("carl", "Inbox/shoe.jpg", "two")
    assert kept(house, "Inbox/shoe.jpg") == RED
    for source, target in (
        ("Inbox/shoe.jpg", "Inbox/boot.jpg"),
        ("Inbox/boot.jpg", "Inbox/summer/boot.jpg"),
        ("Inbox/summer", "Inbox/autumn"),
        ("Inbox/autumn", "Review/autumn"),
    ):
        house.move("carl", source, target)
    assert kept(house, "Review/autumn/boot.jpg") == RED
    house.move("rita", "Review/autumn/boot.jpg", "Approved/boot.jpg")
    assert kept(house, "Approved/boot.jpg") == RED


def test_a_save_by_temporary_file_keeps_those_of_the_saved_asset(house: House) -> None:
    house.put("carl", "Inbox/book.xlsx", "one")
    paint(house, "carl", "Inbox/book.xlsx")
    house.put("carl", "Inbox/1A2B3C4D.tmp", "two")
    stamp(house, "carl", "Inbox/1A2B3C4D.tmp", "today")
    house.move("carl", "Inbox/1A2B3C4D.tmp", "Inbox/book.xlsx")
    assert kept(house, "Inbox/book.xlsx") == RED
    house.move("carl", "Inbox/book.xlsx", "Inbox/~WRL0001.tmp")
    house.put("carl", "Inbox/book.xlsx", "three")
    assert kept(house, "Inbox/book.xlsx") == RED
    house.delete("carl", "Inbox/book.xlsx")
    house.put("carl", "Inbox/book.xlsx", "four")
    assert kept(house, "Inbox/book.xlsx") == RED
    assert house.versions("Inbox/book.xlsx") == 4


def test_a_revision_gives_the_standing_asset_its_bytes_and_leaves_it_its_properties(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.put("carl", "Inbox/shoe.jpg", "two")
    paint(house, "carl", "Inbox/shoe.jpg", "green")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    assert house.read("mia", "Approved/shoe.jpg") == picture("two")
    assert kept(house, "Approved/shoe.jpg") == {}


def test_a_copy_has_its_own(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    paint(house, "carl", "Inbox/summer", "blue")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    paint(house, "carl", "Inbox/summer/shoe.jpg")
    house.drive.copy(house.who("carl"), names("Inbox/summer"), names("Inbox/autumn"))
    paint(house, "carl", "Inbox/summer/shoe.jpg", None)
    assert kept(house, "Inbox/autumn") == {COLOUR: element(COLOUR, "blue")}
    assert kept(house, "Inbox/autumn/shoe.jpg") == RED
    assert kept(house, "Inbox/summer/shoe.jpg") == {}


def test_those_set_on_a_reserved_name_are_there_when_it_is_written(house: House) -> None:
    held = house.lock("carl", "Inbox/new.psd")
    paint(house, "carl", "Inbox/new.psd", held=held)
    house.drive.write(house.who("carl"), names("Inbox/new.psd"), io.BytesIO(b"data"), conditions=held)
    assert kept(house, "Inbox/new.psd") == RED


# ── limits ───────────────────────────────────────────────────────────────────────────────────


def test_one_too_long_is_refused_by_name_and_nothing_is_changed(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    paint(house, "carl", "Inbox/shoe.jpg")
    with pytest.raises(PropertiesTooLarge) as refused:
        paint(house, "carl", "Inbox/shoe.jpg", "green", {"size": "x" * LARGEST})
    assert refused.value.names == (("urn:x", "size"),)
    assert kept(house, "Inbox/shoe.jpg") == RED
    paint(house, "carl", "Inbox/shoe.jpg", "x" * (LARGEST - 100))


def test_a_hundred_are_the_most(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    paint(house, "carl", "Inbox/shoe.jpg", "red", {f"p{number}": "x" for number in range(MOST - 1)})
    with pytest.raises(PropertiesTooLarge) as refused:
        paint(house, "carl", "Inbox/shoe.jpg", "red", {"more": "x"})
    assert refused.value.names == (("urn:x", "more"),)
    assert len(kept(house, "Inbox/shoe.jpg")) == MOST
    paint(house, "carl", "Inbox/shoe.jpg", None, {"more": "x"})  # one goes, one comes
    assert len(kept(house, "Inbox/shoe.jpg")) == MOST


def test_all_together_have_a_limit_and_what_was_over_it_before_may_shrink(house: House) -> None:
    entry = house.put("carl", "Inbox/shoe.jpg", "one")
    large = "x" * (LARGEST - 100)
    for number in range(4):
        paint(house, "carl", "Inbox/shoe.jpg", "red", {f"p{number}": large})
    with pytest.raises(PropertiesTooLarge):
        paint(house, "carl", "Inbox/shoe.jpg", "red", {"p4": large})
    assert sum(map(len, kept(house, "Inbox/shoe.jpg").values())) <= ALL_TOGETHER
    with house.context.catalogue.write() as tx:
        tx.properties.put(entry.id, ("urn:x", "old"), "x" * ALL_TOGETHER)
    house.drive.change_properties(house.who("carl"), names("Inbox/shoe.jpg"), [PropertyChange(COLOUR, None)])
    assert COLOUR not in kept(house, "Inbox/shoe.jpg")


# ── who may ──────────────────────────────────────────────────────────────────────────────────


def test_who_may_not_edit_may_not_describe(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    house.put("mia", "Approved/shoe.jpg", "one")
    for who in ("cora", "vera"):
        with pytest.raises((Refused, NotFound)):
            paint(house, who, "Inbox/summer/shoe.jpg")
    for path in ("Approved/shoe.jpg", "Inbox", "channels/webshop/shoe.jpg", "channels"):
        with pytest.raises(Refused):
            paint(house, "mia", path)
    with pytest.raises(NotFound):
        paint(house, "carl", "Inbox/nothing.jpg")
    paint(house, "carl", "Inbox/summer")
    assert kept(house, "Inbox/summer") == RED


def test_explorers_stamps_need_the_token_of_nobody_but_of_other_peoples_locks(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.lock("carl", "Inbox/shoe.jpg")
    stamp(house, "carl", "Inbox/shoe.jpg", "today")
    assert set(kept(house, "Inbox/shoe.jpg")) == WINDOWS_STAMPS
    with pytest.raises(Locked):
        stamp(house, "mia", "Inbox/shoe.jpg", "tomorrow")
    with pytest.raises(Locked):
        paint(house, "carl", "Inbox/shoe.jpg")
    both = [PropertyChange((WINDOWS, "Win32FileAttributes"), "<x/>"), PropertyChange(COLOUR, "<x/>")]
    with pytest.raises(Locked):
        house.drive.change_properties(house.who("carl"), names("Inbox/shoe.jpg"), both)
    assert set(kept(house, "Inbox/shoe.jpg")) == WINDOWS_STAMPS


def test_the_audit_log_hears_of_real_changes_only(house: House) -> None:
    entry = house.put("carl", "Inbox/shoe.jpg", "one")
    house.put("carl", "Inbox/~$shoe.docx", "one")
    stamp(house, "carl", "Inbox/shoe.jpg", "today")
    paint(house, "carl", "Inbox/~$shoe.docx")
    paint(house, "carl", "Inbox/shoe.jpg", None)
    assert house.events(Happening.PROPERTIES_SET) == []
    paint(house, "carl", "Inbox/shoe.jpg", "red", {"size": "5"})
    paint(house, "carl", "Inbox/shoe.jpg", "red", {"size": "5"})
    (event,) = house.events(Happening.PROPERTIES_SET)
    assert (event.by, event.path, event.asset) == ("carl", "/Inbox/shoe.jpg", entry.id)
    assert event.detail == {"properties": "colour, size"}
