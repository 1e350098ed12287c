"""Moving onto what stands there, and moving between states (promise 7)."""

import pytest

from damgate.core.errors import Locked, NotFound, PreconditionFailed, Refused, TransitionRefused
from damgate.core.events import Happening
from damgate.core.workflow import Refusal
from tests.drive.house import House


def approve(house: House, name: str = "shoe.jpg", data: str = "one", folder: str = "") -> str:
    """Bring a picture of carl's all the way; returns its id."""
    made = house.put("carl", f"Inbox/{folder}{name}", data)
    house.move("carl", f"Inbox/{folder}{name}", f"Review/{folder}{name}")
    house.move("rita", f"Review/{folder}{name}", f"Approved/{folder}{name}")
    return made.id


def test_a_transition_keeps_the_id_and_the_date(house: House) -> None:
    made = house.put("carl", "Inbox/shoe.jpg", "one")
    house.clock.pass_(100)
    moved = house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    assert (moved.id, moved.modified, moved.etag) == (made.id, made.modified, made.etag)
    assert house.names_in("carl", "Inbox") == []
    assert [event.detail["edge"] for event in house.events(Happening.MOVED)] == ["Inbox>Review"]


def test_promise_7_a_refused_transition_leaves_everything_and_says_why(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(TransitionRefused) as refused:
        house.move("carl", "Review/shoe.jpg", "Approved/shoe.jpg")
    assert "Review to Approved" in refused.value.message
    assert house.names_in("rita", "Review") == ["shoe.jpg"]
    assert house.names_in("rita", "Approved") == []
    assert house.names_in("carl", "Review") == ["! Not moved - why.txt", "shoe.jpg"]
    told = house.read("carl", "Refusals.txt").decode("utf-8-sig")
    assert "/Review/shoe.jpg" in told
    assert "Your roles do not include moving files from Review to Approved." in told
    assert house.read("carl", "Review/! Not moved - why.txt").decode("utf-8-sig") == told
    assert len(house.events(Happening.REFUSED)) == 1
    with pytest.raises(NotFound):
        house.read("rita", "Refusals.txt")


def test_promise_7_a_folder_with_one_forbidden_file_does_not_move_at_all(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/mine.jpg", "1")
    house.put("cora", "Inbox/summer/hers.jpg", "2")
    with pytest.raises(TransitionRefused) as refused:
        house.move("carl", "Inbox/summer", "Review/summer")
    assert [item.path for item in refused.value.items] == ["/Inbox/summer/hers.jpg"]
    assert house.names_in("mia", "Inbox/summer") == ["hers.jpg", "mine.jpg"]
    assert house.names_in("mia", "Review") == []


def test_promise_7_every_file_that_a_check_refuses_is_named_in_one_entry(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        house.put("carl", f"Inbox/summer/{name}", name)
    house.move("carl", "Inbox/summer", "Review/summer")
    house.refuse["a.jpg"] = Refusal("The picture is too small.", "Export it larger.")
    house.refuse["c.jpg"] = Refusal("The picture is too dark.")
    with pytest.raises(TransitionRefused):
        house.move("rita", "Review/summer", "Approved/summer")
    told = house.read("rita", "Refusals.txt").decode("utf-8-sig")
    assert told.count("were not moved") == 1
    assert "/Review/summer/a.jpg" in told
    assert "Export it larger." in told
    assert "/Review/summer/c.jpg" in told
    assert "b.jpg" not in told
    assert house.names_in("mia", "Review/summer") == ["a.jpg", "b.jpg", "c.jpg"]


def test_promise_7_a_file_that_may_move_leaves_the_note_about_those_that_may_not(house: House) -> None:
    note = "! Not moved - why.txt"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        house.put("carl", f"Inbox/{name}", name)
        house.move("carl", f"Inbox/{name}", f"Review/{name}")
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/d.jpg", "d")
    house.move("carl", "Inbox/summer", "Review/summer")
    for name in ("a.jpg", "d.jpg"):
        house.refuse[name] = Refusal("The picture is too small.", "Export it larger.")
    for name in ("a.jpg", "summer"):
        with pytest.raises(TransitionRefused):
            house.move("rita", f"Review/{name}", f"Approved/{name}")
    house.move("rita", "Review/b.jpg", "Approved/b.jpg")
    told = house.read("rita", f"Review/{note}").decode("utf-8-sig")
    assert "/Review/a.jpg" in told
    assert "/Review/summer/d.jpg" in told
    house.refuse.clear()
    house.move("rita", "Review/a.jpg", "Approved/a.jpg")
    assert house.names_in("rita", "Review") == [note, "c.jpg", "summer"]
    house.move("rita", "Review/summer", "Approved/summer")
    assert house.names_in("rita", "Review") == ["c.jpg"]


def test_refusals_of_one_gesture_join_and_deleting_the_file_empties_it(house: House) -> None:
    for name in ("a.jpg", "b.jpg"):
        house.put("carl", f"Inbox/{name}", name)
        with pytest.raises(TransitionRefused):
            house.move("carl", f"Inbox/{name}", f"Approved/{name}")
        house.clock.pass_(10)
    told = house.read("carl", "Refusals.txt").decode("utf-8-sig")
    assert told.count("were not moved from /Inbox to /Approved") == 1
    house.clock.pass_(120)
    with pytest.raises(TransitionRefused):
        house.move("carl", "Inbox/a.jpg", "Approved/a.jpg")
    assert house.read("carl", "Refusals.txt").decode("utf-8-sig").count("not moved from") == 2
    house.delete("carl", "Refusals.txt")
    assert "Refusals.txt" not in house.names_in("carl", "/")


def test_the_shipped_rule_forbids_approving_ones_own_work(house: House) -> None:
    house.people.set_roles("rita", ["reviewer", "contributor"])
    house.context.policy.refresh()  # type: ignore[attr-defined]
    house.put("rita", "Inbox/shoe.jpg", "one")
    house.move("rita", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(TransitionRefused, match="uploaded this yourself"):
        house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    house.move("rolf", "Review/shoe.jpg", "Approved/shoe.jpg")


def test_a_revision_becomes_the_next_version_of_the_standing_asset(house: House) -> None:
    first = approve(house, data="one")
    house.clock.pass_(3600)
    second = house.put("carl", "Inbox/shoe.jpg", "two")
    assert second.id != first
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    moved = house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    assert moved.id == first
    assert moved.etag == second.etag
    assert house.versions("Approved/shoe.jpg") == 2
    assert house.id_behind("rita", second.id) == first
    assert house.names_in("mia", "Review") == []


def test_a_folder_onto_a_standing_folder_is_united_with_it(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.mkcol("rita", "Review/summer")
    house.mkcol("rita", "Approved/summer")
    old = approve(house, "old.jpg", "old", "summer/")
    both = approve(house, "both.jpg", "one", "summer/")
    house.put("carl", "Inbox/summer/both.jpg", "two")
    new = house.put("carl", "Inbox/summer/new.jpg", "new")
    house.mkcol("carl", "Inbox/summer/deep")
    house.put("carl", "Inbox/summer/deep/x.jpg", "x")
    house.move("carl", "Inbox/summer", "Review/summer")
    assert house.names_in("mia", "Inbox") == []
    house.move("rita", "Review/summer", "Approved/summer")
    assert house.names_in("mia", "Review") == []
    assert house.names_in("mia", "Approved/summer") == ["both.jpg", "deep", "new.jpg", "old.jpg"]
    assert house.names_in("mia", "Approved/summer/deep") == ["x.jpg"]
    assert house.stat("mia", "Approved/summer/both.jpg").id == both
    assert house.versions("Approved/summer/both.jpg") == 2
    assert house.stat("mia", "Approved/summer/old.jpg").id == old
    assert house.stat("mia", "Approved/summer/new.jpg").id == new.id
    assert house.events(Happening.TRASHED) == []


def test_a_file_in_the_way_of_a_folder_refuses_the_whole_union(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.mkcol("carl", "Inbox/summer/thing")
    house.put("carl", "Inbox/summer/thing/x.jpg", "x")
    house.put("carl", "Inbox/summer/a.jpg", "a")
    house.mkcol("rita", "Review/summer")
    house.put("mia", "Review/summer/thing", "a file")
    with pytest.raises(TransitionRefused, match="A file of this name stands"):
        house.move("carl", "Inbox/summer", "Review/summer")
    assert house.names_in("mia", "Inbox/summer") == ["a.jpg", "thing"]
    assert house.names_in("mia", "Review/summer") == ["thing"]


def test_overwrite_f_is_412_and_changes_nothing(house: House) -> None:
    approve(house, data="one")
    house.put("carl", "Inbox/shoe.jpg", "two")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(PreconditionFailed):
        house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg", overwrite=False)
    assert house.versions("Approved/shoe.jpg") == 1


def test_inside_a_state_the_standing_one_goes_to_the_trash(house: House) -> None:
    old = house.put("carl", "Inbox/shoe.jpg", "old")
    new = house.put("carl", "Inbox/hat.jpg", "new")
    house.clock.pass_(3600)
    assert house.move("carl", "Inbox/hat.jpg", "Inbox/shoe.jpg").id == new.id
    assert [one.node for one in house.drive.trash(house.who("carl"))] == [old.id]
    house.clock.pass_(3600)
    house.move("carl", "Inbox/shoe.jpg", "Inbox/hat.jpg")
    assert house.drive.restore(house.who("carl"), "/Inbox/shoe.jpg") == ("Inbox", "shoe.jpg")
    assert house.stat("carl", "Inbox/shoe.jpg").id == old.id


def test_moving_onto_what_the_standing_owner_keeps_asks_delete(house: House) -> None:
    house.put("cora", "Inbox/shoe.jpg", "hers")
    house.put("carl", "Inbox/hat.jpg", "his")
    with pytest.raises(Refused):
        house.move("carl", "Inbox/hat.jpg", "Inbox/shoe.jpg")
    assert house.read("cora", "Inbox/shoe.jpg").endswith(b"hers")


def test_a_name_deleted_a_moment_ago_and_moved_to_is_the_same_asset(house: House) -> None:
    first = house.put("carl", "Inbox/shoe.jpg", "old")
    house.clock.pass_(3600)
    second = house.put("carl", "Inbox/elsewhere.jpg", "new")
    house.delete("carl", "Inbox/shoe.jpg")
    assert house.move("carl", "Inbox/elsewhere.jpg", "Inbox/shoe.jpg").id == first.id
    assert house.versions("Inbox/shoe.jpg") == 2
    assert house.id_behind("carl", second.id) == first.id


def test_a_rename_that_changes_capitals_only_is_a_rename(house: House) -> None:
    made = house.put("carl", "Inbox/shoe.jpg", "one")
    assert house.move("carl", "Inbox/shoe.jpg", "Inbox/Shoe.jpg").name == "Shoe.jpg"
    assert house.stat("carl", "Inbox/SHOE.jpg").id == made.id
    with pytest.raises(Refused, match=r"exists as Shoe\.jpg"):
        house.put("carl", "Inbox/shoe.jpg", "two")


def test_closed_files_take_no_edit_from_anybody_and_say_where_to_save(house: House) -> None:
    approve(house, data="one")
    for data in ("two", b""):
        with pytest.raises(Refused, match=r"save to Inbox/shoe\.jpg, on approval it becomes version 2"):
            house.put("mia", "Approved/shoe.jpg", data)
    with pytest.raises(Refused, match="closed"):
        house.lock("mia", "Approved/shoe.jpg")
    house.put("mia", "Approved/~WRD0001.tmp", "two")
    with pytest.raises(Refused, match="closed"):
        house.move("mia", "Approved/~WRD0001.tmp", "Approved/shoe.jpg")


def test_only_a_manager_puts_straight_into_approved_and_it_is_audited(house: House) -> None:
    with pytest.raises(Refused):
        house.put("rita", "Approved/hat.jpg", "one")
    house.put("mia", "Approved/hat.jpg", "one")
    assert [event.path for event in house.events(Happening.PUBLISHED_UNREVIEWED)] == ["/Approved/hat.jpg"]


def test_promise_7_an_undo_asks_neither_policy_nor_checks_for_a_day(house: House) -> None:
    approve(house)
    house.move("mia", "Approved/shoe.jpg", "Archive/shoe.jpg")
    with pytest.raises(TransitionRefused):
        house.move("rita", "Archive/shoe.jpg", "Approved/shoe.jpg")
    house.refuse["shoe.jpg"] = Refusal("No.")
    house.clock.pass_(23 * 3600)
    house.move("mia", "Archive/shoe.jpg", "Approved/shoe.jpg")
    assert len(house.events(Happening.UNDONE)) == 1
    house.refuse.clear()
    house.move("mia", "Approved/shoe.jpg", "Archive/shoe.jpg")
    house.clock.pass_(24 * 3600 + 1)
    with pytest.raises(TransitionRefused, match="no step from Archive to Approved"):
        house.move("mia", "Archive/shoe.jpg", "Approved/shoe.jpg")


def test_locks_guard_the_source_what_is_below_and_the_target(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    held = house.lock("carl", "Inbox/summer/shoe.jpg")
    with pytest.raises(Locked):
        house.move("carl", "Inbox/summer", "Review/summer")
    with pytest.raises(Locked):
        house.delete("mia", "Inbox/summer")
    house.move("carl", "Inbox/summer", "Review/summer", conditions=held)
    house.delete("mia", "Review/summer")


def test_a_folder_cannot_be_moved_into_itself_nor_a_file_onto_itself(house: House) -> None:
    house.mkcol("carl", "Inbox/a")
    with pytest.raises(Refused, match="into itself"):
        house.move("carl", "Inbox/a", "Inbox/a/b")
    house.put("carl", "Inbox/x.jpg", "x")
    with pytest.raises(Refused, match="there already"):
        house.move("carl", "Inbox/x.jpg", "Inbox/x.jpg")


def test_states_and_channels_cannot_be_moved_made_or_deleted(house: House) -> None:
    for forbidden in (
        lambda: house.move("mia", "Inbox", "Inbox2"),
        lambda: house.delete("mia", "Approved"),
        lambda: house.mkcol("mia", "Somewhere"),
        lambda: house.put("mia", "file.jpg", "x"),
        lambda: house.put("mia", "channels/webshop/x.jpg", "x"),
        lambda: house.delete("mia", "channels/webshop"),
    ):
        with pytest.raises(Refused):
            forbidden()


def test_an_empty_new_file_is_its_makers_alone_for_ten_minutes(house: House) -> None:
    made = house.put("carl", "Inbox/shoe.jpg")
    assert house.names_in("carl", "Inbox") == ["shoe.jpg"]
    assert house.names_in("mia", "Inbox") == []
    house.clock.pass_(601)
    assert house.names_in("mia", "Inbox") == ["shoe.jpg"]
    full = house.put("carl", "Inbox/shoe.jpg", "now")
    assert full.id == made.id
    assert house.versions("Inbox/shoe.jpg") == 1
