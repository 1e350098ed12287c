"""LOCK and UNLOCK: one truth in the catalogue, for all programs and processes."""

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from damgate.config import Config
from damgate.core.assets import Kind
from damgate.core.conditions import Conditions
from damgate.core.errors import Locked, LockMismatch, NotFound, PreconditionFailed, Refused, TooManyLocks
from damgate.core.events import Happening
from damgate.core.locks import Lock
from damgate.drive.entries import LockRequest, LockView, PropertyChange
from damgate.drive.housekeeping import keep_house
from damgate.drive.locking import LONGEST, SHORTEST
from damgate.ports.catalogue import ROOT
from tests.drive.house import House, build, names, picture, token


def take(
    house: House, who: str, path: str, *, deep: bool = False, exclusive: bool = True, timeout: int = 600
) -> tuple[LockView, bool]:
    request = LockRequest(deep=deep, exclusive=exclusive, owner="<me/>", timeout=timeout)
    return house.drive.lock(house.who(who), names(path), request)


def write(house: House, who: str, path: str, data: str, held: Conditions | None = None) -> None:
    body = io.BytesIO(picture(data))
    house.drive.write(house.who(who), names(path), body, conditions=held or Conditions())


def locks(house: House, path: str, who: str = "mia") -> list[Lock]:
    """The locks that PROPFIND would show for the thing at `path`."""
    entry = house.stat(who, path)
    views = house.drive.locks_on(house.who(who), names(path), [entry])
    return [view.lock for view in views[entry.id]]


def rows(house: House) -> int:
    """How many locks and reservations the catalogue still keeps."""
    with house.context.catalogue.read() as tx:
        return len(tx.locks.expired(house.clock.now() + 1e9))


def test_an_exclusive_lock_keeps_everybody_else_from_every_change(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    take(house, "carl", "Inbox/summer/shoe.jpg")
    change = PropertyChange(("urn:x", "colour"), "<colour xmlns='urn:x'>red</colour>")
    for attempt in (
        lambda: write(house, "mia", "Inbox/summer/shoe.jpg", "two"),
        lambda: house.delete("mia", "Inbox/summer/shoe.jpg"),
        lambda: house.move("mia", "Inbox/summer/shoe.jpg", "Inbox/summer/boot.jpg"),
        lambda: house.move("mia", "Inbox/summer/shoe.jpg", "Review/shoe.jpg"),
        lambda: house.move("mia", "Inbox/summer", "Review/summer"),
        lambda: house.delete("mia", "Inbox/summer"),
        lambda: house.drive.change_properties(house.who("mia"), names("Inbox/summer/shoe.jpg"), [change]),
        lambda: take(house, "mia", "Inbox/summer/shoe.jpg"),
        lambda: take(house, "mia", "Inbox/summer/shoe.jpg", exclusive=False),
        lambda: house.drive.restore_version(house.who("mia"), names("Inbox/summer/shoe.jpg"), 1),
    ):
        with pytest.raises(Locked) as locked:
            attempt()
        assert locked.value.place == "/Inbox/summer/shoe.jpg"
    assert house.read("mia", "Inbox/summer/shoe.jpg") == picture("one")
    assert house.stat("mia", "Inbox/summer/shoe.jpg").name == "shoe.jpg"


def test_the_token_opens_the_lock_to_its_holder_and_to_nobody_else(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    view, created = take(house, "carl", "Inbox/shoe.jpg")
    held = token(view.lock.token)
    assert not created
    assert view.lock.token.startswith("urn:uuid:")
    with pytest.raises(Locked):
        write(house, "carl", "Inbox/shoe.jpg", "two")  # another program of the same person
    with pytest.raises(Locked):
        write(house, "mia", "Inbox/shoe.jpg", "two", held)  # a stolen token
    write(house, "carl", "Inbox/shoe.jpg", "two", held)
    assert house.read("carl", "Inbox/shoe.jpg") == picture("two")
    assert [one.token for one in locks(house, "Inbox/shoe.jpg")] == [view.lock.token]


def test_shared_locks_stand_beside_each_other_and_each_opens_for_its_holder(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    first = token(take(house, "carl", "Inbox/shoe.jpg", exclusive=False)[0].lock.token)
    second = token(take(house, "mia", "Inbox/shoe.jpg", exclusive=False)[0].lock.token)
    with pytest.raises(Locked):
        take(house, "mia", "Inbox/shoe.jpg")
    with pytest.raises(Locked):
        write(house, "mia", "Inbox/shoe.jpg", "two")
    write(house, "carl", "Inbox/shoe.jpg", "two", first)
    write(house, "mia", "Inbox/shoe.jpg", "three", second)
    assert house.versions("Inbox/shoe.jpg") == 3
    assert len(locks(house, "Inbox/shoe.jpg")) == 2


def test_a_deep_lock_guards_all_below_and_a_shallow_one_the_list_of_names(house: House) -> None:
    house.mkcol("carl", "Inbox/deep")
    house.mkcol("carl", "Inbox/deep/inner")
    house.mkcol("carl", "Inbox/flat")
    for path in ("Inbox/deep/inner/a.jpg", "Inbox/flat/a.jpg"):
        house.put("carl", path, "one")
    deep, flat = house.lock("carl", "Inbox/deep", deep=True), house.lock("carl", "Inbox/flat")
    for path in ("Inbox/deep/inner/a.jpg", "Inbox/deep/inner/new.jpg", "Inbox/deep/new.jpg", "Inbox/flat/new.jpg"):
        with pytest.raises(Locked):
            write(house, "mia", path, "two")
    with pytest.raises(Locked):
        house.mkcol("mia", "Inbox/flat/new")
    write(house, "mia", "Inbox/flat/a.jpg", "two")  # its own bytes are not the folder's
    write(house, "carl", "Inbox/deep/inner/new.jpg", "two", deep)
    of_the_folder = Conditions(lists=tuple(replace(one, path=names("Inbox/flat")) for one in flat.lists))
    write(house, "carl", "Inbox/flat/new.jpg", "two", of_the_folder)
    assert locks(house, "Inbox/deep/inner/a.jpg")[0].deep
    assert locks(house, "Inbox/flat/a.jpg") == []


def test_a_deep_lock_is_not_given_over_a_lock_below_nor_a_lock_below_a_deep_one(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/a.jpg", "one")
    held = take(house, "carl", "Inbox/summer/a.jpg")[0].lock.token
    with pytest.raises(Locked) as locked:
        take(house, "mia", "Inbox/summer", deep=True)
    assert locked.value.place == "/Inbox/summer/a.jpg"
    house.drive.unlock(house.who("carl"), names("Inbox/summer/a.jpg"), held)
    take(house, "mia", "Inbox/summer", deep=True)
    with pytest.raises(Locked) as locked:
        take(house, "carl", "Inbox/summer/a.jpg")
    assert locked.value.place == "/Inbox/summer"


def test_a_locked_free_name_is_hidden_from_others_and_kept_from_them(house: House) -> None:
    view, created = take(house, "carl", "Inbox/new.psd")
    assert created
    assert house.names_in("carl", "Inbox") == ["new.psd"]
    assert house.names_in("mia", "Inbox") == []
    with pytest.raises(NotFound):
        house.stat("mia", "Inbox/new.psd")
    house.put("mia", "Inbox/other.jpg", "one")
    for attempt in (
        lambda: write(house, "mia", "Inbox/new.psd", "two"),
        lambda: take(house, "mia", "Inbox/new.psd"),
        lambda: house.move("mia", "Inbox/other.jpg", "Inbox/new.psd"),
        lambda: house.drive.copy(house.who("mia"), names("Inbox/other.jpg"), names("Inbox/new.psd")),
    ):
        with pytest.raises(Locked):
            attempt()
    house.drive.write(house.who("carl"), names("Inbox/new.psd"), io.BytesIO(b"data"), conditions=token(view.lock.token))
    assert house.names_in("mia", "Inbox") == ["new.psd", "other.jpg"]
    assert [one.token for one in locks(house, "Inbox/new.psd")] == [view.lock.token]


def test_a_reserved_name_vanishes_with_its_unlock(house: House) -> None:
    view, _ = take(house, "carl", "Inbox/new.psd")
    house.drive.unlock(house.who("carl"), names("Inbox/new.psd"), view.lock.token)
    assert house.names_in("carl", "Inbox") == []
    assert house.assets() == 0
    assert rows(house) == 0


def test_a_reserved_name_vanishes_with_the_end_of_its_lock_before_anybody_swept(house: House) -> None:
    take(house, "carl", "Inbox/new.psd")
    house.clock.pass_(601)
    assert house.names_in("carl", "Inbox") == []
    with pytest.raises(NotFound):
        house.stat("carl", "Inbox/new.psd")


@pytest.mark.parametrize("who", ["carl", "mia"])
def test_the_name_of_a_reservation_that_ran_out_is_free_for_everything(house: House, who: str) -> None:
    house.put(who, "Inbox/other.jpg", "one")
    attempts: tuple[Callable[[str], object], ...] = (
        lambda path: house.put(who, path, "one"),
        lambda path: house.mkcol(who, path),
        lambda path: house.move(who, "Inbox/other.jpg", path),
        lambda path: house.drive.copy(house.who(who), names("Inbox/0"), names(path)),
        lambda path: take(house, who, path),
    )
    for number, attempt in enumerate(attempts):
        path = f"Inbox/{number}"
        take(house, "carl", path)
        house.clock.pass_(601)
        attempt(path)
        assert house.names_in(who, "Inbox").count(str(number)) == 1
        node = house.node(path, who)
        assert node is not None
        assert (node.kind is Kind.RESERVED) is (number == 4)


def test_housekeeping_clears_reservations_that_ran_out_and_never_written_ones_that_did_not(house: House) -> None:
    take(house, "carl", "Inbox/old.psd")
    view, _ = take(house, "carl", "Inbox/kept.psd", timeout=3600)
    house.clock.pass_(601)
    keep_house(house.context)
    assert house.names_in("carl", "Inbox") == ["kept.psd"]
    write(house, "carl", "Inbox/kept.psd", "one", token(view.lock.token))
    assert house.names_in("mia", "Inbox") == ["kept.psd"]


def test_a_lock_lives_three_minutes_at_least_and_an_hour_at_most(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    for asked, granted in ((1, SHORTEST), (600, 600), (10**9, LONGEST), (0, LONGEST)):
        view, _ = take(house, "carl", "Inbox/shoe.jpg", timeout=asked)
        assert view.lock.timeout == granted
        house.clock.pass_(granted - 1)
        assert locks(house, "Inbox/shoe.jpg")
        house.clock.pass_(1)
        assert locks(house, "Inbox/shoe.jpg") == []


def test_a_refreshed_lock_keeps_its_token_and_lives_on(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    view, _ = take(house, "carl", "Inbox/shoe.jpg", timeout=300)
    held = token(view.lock.token)
    house.clock.pass_(290)
    again = house.drive.refresh_lock(house.who("carl"), names("Inbox/shoe.jpg"), 600, conditions=held)
    assert (again.lock.token, again.lock.timeout) == (view.lock.token, 600)
    house.clock.pass_(590)
    with pytest.raises(Locked):
        write(house, "mia", "Inbox/shoe.jpg", "two")
    house.clock.pass_(11)
    write(house, "mia", "Inbox/shoe.jpg", "two")
    with pytest.raises(PreconditionFailed):
        house.drive.refresh_lock(house.who("carl"), names("Inbox/shoe.jpg"), 600, conditions=held)


def test_nobody_refreshes_or_ends_the_lock_of_somebody_else(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    view, _ = take(house, "carl", "Inbox/shoe.jpg")
    held = token(view.lock.token)
    with pytest.raises(PreconditionFailed):
        house.drive.refresh_lock(house.who("mia"), names("Inbox/shoe.jpg"), 600, conditions=held)
    with pytest.raises(Refused):
        house.drive.unlock(house.who("mia"), names("Inbox/shoe.jpg"), view.lock.token)
    with pytest.raises(LockMismatch):
        house.drive.unlock(house.who("carl"), names("Inbox/shoe.jpg"), "urn:uuid:nothing")
    house.put("carl", "Inbox/boot.jpg", "one")
    with pytest.raises(LockMismatch):
        house.drive.unlock(house.who("carl"), names("Inbox/boot.jpg"), view.lock.token)
    assert locks(house, "Inbox/shoe.jpg")


def test_a_person_holds_so_many_locks_and_no_more(tmp_path: Path) -> None:
    config = msgspec.convert({"server": {"locks-per-person": 3}}, Config)
    house = build(tmp_path / "drive", config=config)
    held = [take(house, "carl", f"Inbox/{number}")[0] for number in range(3)]
    with pytest.raises(TooManyLocks):
        take(house, "carl", "Inbox/4")
    assert house.names_in("carl", "Inbox") == ["0", "1", "2"]
    take(house, "cora", "Inbox/hers")
    house.drive.unlock(house.who("carl"), names("Inbox/0"), held[0].lock.token)
    take(house, "carl", "Inbox/4")
    house.clock.pass_(601)
    for number in range(5, 8):
        take(house, "carl", f"Inbox/{number}")
    house.context.catalogue.close()


def test_locks_survive_a_restart(house: House, again: Callable[[str], House]) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/shoe.jpg")
    take(house, "carl", "Inbox/new.psd")
    restarted = again("1")
    with pytest.raises(Locked):
        write(restarted, "mia", "Inbox/shoe.jpg", "two")
    with pytest.raises(Locked):
        write(restarted, "mia", "Inbox/new.psd", "two")
    write(restarted, "carl", "Inbox/shoe.jpg", "two", held)


@pytest.mark.parametrize("target", ["Inbox/boot.jpg", "Review/shoe.jpg", "Inbox/~$x.tmp"])
def test_a_lock_ends_with_a_move(house: House, target: str) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/shoe.jpg")
    house.move("carl", "Inbox/shoe.jpg", target, conditions=held)
    assert rows(house) == 0


def test_a_folders_locks_end_with_its_move_and_its_deletion(house: House) -> None:
    for target in ("Inbox/autumn", "Review/winter", None):
        house.mkcol("carl", "Inbox/summer")
        house.put("carl", "Inbox/summer/a.jpg", "one")
        held = house.lock("carl", "Inbox/summer", deep=True)
        if target is None:
            house.drive.remove(house.who("carl"), names("Inbox/summer"), conditions=held)
        else:
            house.move("carl", "Inbox/summer", target, conditions=held)
        assert rows(house) == 0


def test_a_lock_ends_with_its_files_deletion_and_does_not_come_back_with_it(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/shoe.jpg")
    house.drive.remove(house.who("carl"), names("Inbox/shoe.jpg"), conditions=held)
    assert rows(house) == 0
    house.drive.restore(house.who("carl"), "/Inbox/shoe.jpg")
    write(house, "carl", "Inbox/shoe.jpg", "two")


@pytest.mark.parametrize("state", ["Approved", "Archive"])
def test_a_closed_file_refuses_its_lock_for_everybody_and_says_where_to_save(house: House, state: str) -> None:
    house.put("mia", f"{state}/shoe.jpg", "one")
    with pytest.raises(Refused) as refused:
        take(house, "mia", f"{state}/shoe.jpg")
    assert refused.value.message == (
        f"{state} files are closed; save to Inbox/shoe.jpg, on approval it becomes version 2"
    )
    assert rows(house) == 0


def test_who_may_not_edit_may_not_lock(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    for who in ("cora", "rita", "vera"):
        with pytest.raises((Refused, NotFound)):
            take(house, who, "Inbox/shoe.jpg")
        with pytest.raises((Refused, NotFound, Locked)):
            take(house, who, "Review/new.jpg")
    assert rows(house) == 0


def test_neither_states_nor_channels_can_be_locked(house: House) -> None:
    for path in ("", "Inbox", "channels", "channels/webshop", "channels/webshop/x.jpg", "nowhere", "Refusals.txt"):
        with pytest.raises(Refused):
            take(house, "mia", path)


def test_a_file_has_so_many_shared_locks_and_no_more(tmp_path: Path) -> None:
    house = build(tmp_path / "drive", config=msgspec.convert({"server": {"locks-per-file": 2}}, Config))
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.put("carl", "Inbox/boot.jpg", "one")
    first = take(house, "carl", "Inbox/shoe.jpg", exclusive=False)[0].lock.token
    take(house, "mia", "Inbox/shoe.jpg", exclusive=False)
    for who in ("carl", "mia"):
        with pytest.raises(TooManyLocks) as refused:
            take(house, who, "Inbox/shoe.jpg", exclusive=False)
        assert refused.value.place == "/Inbox/shoe.jpg"
    assert len(locks(house, "Inbox/shoe.jpg")) == 2
    take(house, "carl", "Inbox/boot.jpg", exclusive=False)
    house.drive.unlock(house.who("carl"), names("Inbox/shoe.jpg"), first)
    take(house, "carl", "Inbox/shoe.jpg", exclusive=False)
    house.clock.pass_(601)
    take(house, "mia", "Inbox/shoe.jpg")
    house.context.catalogue.close()


def test_ten_shared_locks_are_the_most_unless_the_operator_says_otherwise(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    for _ in range(10):
        take(house, "carl", "Inbox/shoe.jpg", exclusive=False)
    with pytest.raises(TooManyLocks):
        take(house, "carl", "Inbox/shoe.jpg", exclusive=False)


@pytest.mark.parametrize("path", ["Inbox/shoe.jpg", "Inbox/free.psd"])
def test_of_many_who_ask_at_once_through_two_catalogues_one_gets_the_exclusive_lock(
    house: House, again: Callable[[str], House], path: str
) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    houses = (house, again("1"))
    start, got = threading.Barrier(8), list[str]()

    def ask(number: int) -> None:
        start.wait()
        try:
            got.append(take(houses[number % 2], "carl" if number < 4 else "mia", path)[0].lock.token)
        except Locked:
            return

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(got) == 1
    assert [view.lock.token for view in house.drive.locks(house.who("mia"))] == got


def test_a_reserved_name_is_nobodys_asset(house: House) -> None:
    view, _ = take(house, "carl", "Inbox/new.psd")
    house.put("mia", "Approved/shoe.jpg", "one")
    take(house, "mia", "Approved/new.jpg")
    house.work()
    assert house.assets() == 1
    assert house.names_in("mia", "channels/webshop") == ["shoe.jpg"]
    assert house.names_in("rita", "Approved") == ["shoe.jpg"]
    with pytest.raises(Refused):
        house.drive.versions(house.who("carl"), names("Inbox/new.psd"))
    assert not house.events(Happening.ADDED)
    house.drive.unlock(house.who("carl"), names("Inbox/new.psd"), view.lock.token)
    assert house.node("Inbox/new.psd", "carl") is None


@pytest.mark.parametrize("end", ["rename", "transition", "delete", "delete and purge"])
def test_a_reservation_does_not_outlive_what_happens_to_its_folder(house: House, end: str) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/a.jpg", "one")
    held = token(take(house, "carl", "Inbox/summer/new.psd")[0].lock.token)
    if end == "rename":
        house.move("carl", "Inbox/summer", "Inbox/autumn", conditions=submitted(held, "Inbox/summer/new.psd"))
    elif end == "transition":
        house.move("carl", "Inbox/summer", "Review/summer", conditions=submitted(held, "Inbox/summer/new.psd"))
    else:
        house.drive.remove(house.who("carl"), names("Inbox/summer"), conditions=submitted(held, "Inbox/summer/new.psd"))
        if end == "delete":
            house.drive.restore(house.who("carl"), "/Inbox/summer")
        else:
            house.drive.empty_trash(house.who("mia"))
    assert rows(house) == 0
    house.clock.pass_(4000)
    keep_house(house.context)
    with house.context.catalogue.read() as tx:
        standing = [tx.nodes.child(ROOT, state, "") for state in ("Inbox", "Review")]
        kinds = [node.kind for state in standing if state for node in tx.nodes.below(state.id)]
    assert Kind.RESERVED not in kinds


def submitted(held: Conditions, path: str) -> Conditions:
    """The same tokens, said of what stands at `path`."""
    return Conditions(lists=tuple(replace(one, path=names(path)) for one in held.lists))


# ── a write refused under a lock ─────────────────────────────────────────────────────────────


def refuse(house: House, who: str, path: str, held: Conditions, why: str = "The file is too large.") -> None:
    house.drive.note_refused_write(house.who(who), names(path), held, why)


def unlock(house: House, who: str, path: str, held: Conditions) -> None:
    (value,) = held.tokens
    house.drive.unlock(house.who(who), names(path), value)


@pytest.mark.parametrize("path", ["Inbox/shoe.jpg", "Inbox/free.psd", "Inbox/~$shoe.docx"])
def test_the_unlock_after_a_refused_write_says_so_and_ends_the_lock_all_the_same(house: House, path: str) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", path)
    refuse(house, "carl", path, held, "The file is cut.")
    refuse(house, "carl", path, held)
    with pytest.raises(Refused) as refused:
        unlock(house, "carl", path, held)
    assert (refused.value.message, refused.value.place) == ("The file is too large.", f"/{path}")
    assert rows(house) == 0
    assert (house.node(path, "carl") is None) is (path != "Inbox/shoe.jpg")
    with pytest.raises((LockMismatch, NotFound)):
        unlock(house, "carl", path, held)


@pytest.mark.parametrize("path", ["Inbox/shoe.jpg", "Inbox/free.psd", "Inbox/~$shoe.docx"])
def test_a_later_write_under_the_same_token_makes_good_what_was_refused(house: House, path: str) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", path)
    refuse(house, "carl", path, held)
    write(house, "carl", path, "two", held)
    unlock(house, "carl", path, held)
    assert house.read("carl", path) == picture("two")


def test_a_write_elsewhere_makes_nothing_good(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/shoe.jpg")
    refuse(house, "carl", "Inbox/shoe.jpg", held)
    write(house, "carl", "Inbox/boot.jpg", "two", submitted(held, "Inbox/shoe.jpg"))
    with pytest.raises(Refused):
        unlock(house, "carl", "Inbox/shoe.jpg", held)


def test_a_refreshed_lock_still_knows_what_was_refused_also_after_a_restart(
    house: House, again: Callable[[str], House]
) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/shoe.jpg")
    refuse(house, "carl", "Inbox/shoe.jpg", held)
    house.drive.refresh_lock(house.who("carl"), names("Inbox/shoe.jpg"), 600, conditions=held)
    with pytest.raises(Refused, match="too large"):
        unlock(again("1"), "carl", "Inbox/shoe.jpg", held)


def test_what_was_refused_is_kept_for_nobody_elses_lock(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.put("carl", "Inbox/boot.jpg", "one")
    held, other = house.lock("carl", "Inbox/shoe.jpg"), house.lock("carl", "Inbox/boot.jpg")
    refuse(house, "mia", "Inbox/shoe.jpg", held)
    refuse(house, "carl", "Inbox/boot.jpg", held)
    refuse(house, "carl", "Inbox/nothing.jpg", held)
    refuse(house, "carl", "Inbox", held)
    refuse(house, "carl", "channels/webshop/shoe.jpg", held)
    refuse(house, "carl", "Inbox/shoe.jpg", token("urn:uuid:nothing"))
    unlock(house, "carl", "Inbox/shoe.jpg", held)
    unlock(house, "carl", "Inbox/boot.jpg", other)


# ── the locks of everybody ───────────────────────────────────────────────────────────────────


def test_who_manages_sees_all_locks_and_others_their_own(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    take(house, "carl", "Inbox/shoe.jpg", timeout=900)
    take(house, "cora", "Inbox/new.psd", timeout=300)

    def seen(who: str) -> list[str]:
        return ["/".join(view.root) for view in house.drive.locks(house.who(who))]

    assert seen("mia") == ["Inbox/new.psd", "Inbox/shoe.jpg"]
    assert seen("carl") == ["Inbox/shoe.jpg"]
    assert seen("vera") == []
    house.clock.pass_(301)
    assert seen("mia") == ["Inbox/shoe.jpg"]


def test_who_manages_breaks_a_lock_by_path_or_token_and_the_audit_log_says_so(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    shoe = take(house, "carl", "Inbox/shoe.jpg")[0].lock
    new = take(house, "cora", "Inbox/new.psd")[0].lock
    (broken,) = house.drive.break_lock(house.who("mia"), "/inbox/SHOE.jpg")
    assert broken.lock == shoe
    write(house, "mia", "Inbox/shoe.jpg", "two")
    with pytest.raises(PreconditionFailed):
        write(house, "carl", "Inbox/shoe.jpg", "three", token(shoe.token))
    house.drive.break_lock(house.who("mia"), new.token)
    assert house.node("Inbox/new.psd", "cora") is None
    assert rows(house) == 0
    assert [(one.by, one.path, one.detail) for one in house.events(Happening.LOCK_BROKEN)] == [
        ("mia", "/Inbox/shoe.jpg", {"person": "carl", "token": shoe.token}),
        ("mia", "/Inbox/new.psd", {"person": "cora", "token": new.token}),
    ]


def test_nobody_else_breaks_a_lock_nor_is_one_broken_that_is_none(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    held = take(house, "carl", "Inbox/shoe.jpg")[0].lock.token
    for who in ("carl", "cora", "rita", "vera"):
        for which in ("/Inbox/shoe.jpg", held):
            with pytest.raises(Refused):
                house.drive.break_lock(house.who(who), which)
    for which in ("/Inbox/boot.jpg", "urn:uuid:nothing", "", "/", "Inbox"):
        with pytest.raises(NotFound):
            house.drive.break_lock(house.who("mia"), which)
    assert locks(house, "Inbox/shoe.jpg")
    assert house.events(Happening.LOCK_BROKEN) == []


def test_all_shared_locks_of_a_path_are_broken_together(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    for who in ("carl", "mia"):
        take(house, who, "Inbox/shoe.jpg", exclusive=False)
    assert len(house.drive.break_lock(house.who("mia"), "Inbox/shoe.jpg")) == 2
    assert rows(house) == 0
