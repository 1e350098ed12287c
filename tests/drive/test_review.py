"""What a reviewer tried in order to break the rules of the tree and the promises."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from damgate.config import Config
from damgate.core.assets import Kind
from damgate.core.conditions import Conditions, Demand, DemandList
from damgate.core.errors import (
    DamgateError,
    Gone,
    MovedElsewhere,
    NotFound,
    PreconditionFailed,
    Refused,
    StillExamined,
    TransitionRefused,
)
from damgate.core.events import Happening
from damgate.core.rights import ANONYMOUS, Rights
from damgate.core.workflow import Refusal
from damgate.drive import housekeeping
from tests.drive.house import House, build, names, picture
from tests.drive.test_moving import approve

Made = Callable[..., House]


@pytest.fixture
def made(show_house: Path, tmp_path: Path) -> Iterator[Made]:
    """Open a drive with other settings and more policy lines."""
    opened: list[House] = []

    def make(settings: dict[str, object], *rules: str) -> House:
        folder = shutil.copytree(show_house, tmp_path / f"drive{len(opened)}")
        with (folder / "policies" / "policy.csv").open("a") as policy:
            policy.write("\n" + "\n".join(rules) + "\n")
        opened.append(build(folder, config=msgspec.convert(settings, Config), new=False))
        return opened[-1]

    yield make
    for one in opened:
        one.context.catalogue.close()


def copy(house: House, who: str, source: str, target: str, **options: object) -> str:
    return house.drive.copy(house.who(who), names(source), names(target), **options).entry.id  # type: ignore[arg-type]


# ── scratch ──────────────────────────────────────────────────────────────────────────────────


def test_scratch_moved_onto_a_shared_folder_does_not_purge_it(house: House) -> None:
    house.mkcol("mia", "Inbox/pictures~")
    house.put("mia", "Inbox/pictures~/shoe.jpg", "hers")
    house.put("carl", "Inbox/x~", b"scratch")
    with pytest.raises(DamgateError):
        house.move("carl", "Inbox/x~", "Inbox/pictures~")
    assert house.read("mia", "Inbox/pictures~/shoe.jpg").endswith(b"hers")


def test_scratch_moved_onto_an_asset_of_a_scratch_name_does_not_purge_it(house: House) -> None:
    house.put("mia", "Inbox/thumbs.db", "hers")
    house.move("mia", "Inbox/thumbs.db", "Inbox/THUMBS.db")
    house.put("carl", "Inbox/x~", b"scratch")
    with pytest.raises(DamgateError):
        house.move("mia", "Inbox/THUMBS.db", "Inbox/Thumbs.db")
        house.move("carl", "Inbox/x~", "Inbox/Thumbs.db")
    assert house.read("mia", "Inbox/thumbs.db").endswith(b"hers")


def test_a_folder_is_not_copied_into_scratch(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    house.mkcol("carl", "Inbox/.TemporaryItems")
    with pytest.raises(Refused):
        copy(house, "carl", "Inbox/summer", "Inbox/.TemporaryItems/summer")
    with pytest.raises(Refused):
        copy(house, "carl", "Inbox/summer", "Inbox/doc.sb-1a2b3c4d-XyZ123")


def test_an_asset_that_moves_onto_ones_own_scratch_stays_an_asset(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.move("rita", "Review/shoe.jpg", "Review/shoe.jpg.bak")
    house.put("rita", "Review/shoe.jpg", "two")
    backup = house.node("Review/shoe.jpg.bak", "rita")
    assert backup is not None
    assert backup.kind is Kind.SCRATCH
    other = house.put("carl", "Inbox/shoe.jpg.bak", "three")
    house.move("rita", "Inbox/shoe.jpg.bak", "Review/shoe.jpg.bak")
    moved = house.node("Review/shoe.jpg.bak", "mia")
    assert moved is not None
    assert (moved.id, moved.kind) == (other.id, Kind.ASSET)


def test_scratch_under_a_plain_name_is_no_way_round_upload(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.move("rita", "Review/shoe.jpg", "Review/shoe.jpg.bak")
    house.put("rita", "Review/shoe.jpg", "two")
    with pytest.raises(Refused):
        house.put("rita", "Review/new.jpg", "x")
    with pytest.raises(Refused):
        house.put("rita", "Review/shoe.jpg.bak", "x")
    assert house.names_in("mia", "Review") == ["shoe.jpg"]


def test_somebody_elses_locked_scratch_blocks_nobody(house: House) -> None:
    house.mkcol("mia", "Inbox/summer")
    house.put("mia", "Inbox/summer/shoe.jpg", "one")
    house.put("carl", "Inbox/summer/~$shoe.jpg", b"carl")
    house.lock("carl", "Inbox/summer/~$shoe.jpg")
    house.move("mia", "Inbox/summer", "Inbox/winter")
    assert house.names_in("mia", "Inbox") == ["winter"]
    house.delete("mia", "Inbox/winter")
    assert house.names_in("mia", "Inbox") == []


def test_folders_of_scratch_do_not_stop_a_union(house: House) -> None:
    for state in ("Inbox", "Review"):
        house.mkcol("mia", f"{state}/summer")
        house.mkcol("mia", f"{state}/summer/.TemporaryItems")
        house.put("mia", f"{state}/summer/.TemporaryItems/x", b"x")
    house.put("mia", "Inbox/summer/shoe.jpg", "one")
    house.move("mia", "Inbox/summer", "Review/summer")
    assert "shoe.jpg" in house.names_in("mia", "Review/summer")


# ── saves ────────────────────────────────────────────────────────────────────────────────────


def test_promise_6_word_saves_in_review_for_who_may_edit_but_not_upload(house: House) -> None:
    first = house.put("carl", "Inbox/shoe.doc", "old")
    house.move("carl", "Inbox/shoe.doc", "Review/shoe.doc")
    house.put("rita", "Review/~WRD0001.tmp", "new")
    house.move("rita", "Review/shoe.doc", "Review/~WRL0002.tmp")
    house.move("rita", "Review/~WRD0001.tmp", "Review/shoe.doc")
    assert house.stat("rita", "Review/shoe.doc").id == first.id
    assert house.versions("Review/shoe.doc") == 2


def test_a_closed_file_is_not_edited_by_way_of_temporary_files(house: House) -> None:
    approve(house, data="one")
    house.put("mia", "Approved/~WRD0001.tmp", "two")
    with pytest.raises(Refused, match="closed"):
        house.move("mia", "Approved/shoe.jpg", "Approved/~WRL0002.tmp")
    house.delete("mia", "Approved/shoe.jpg")
    with pytest.raises(Refused, match="closed"):
        house.move("mia", "Approved/~WRD0001.tmp", "Approved/shoe.jpg")


def test_a_photographer_who_renames_a_picture_and_uploads_another_has_two(house: House) -> None:
    for before, after in (("1.jpg", "11.jpg"), ("shoe.jpg", "old shoe.jpg")):
        old = house.put("carl", f"Inbox/{before}", f"{before} old")
        house.clock.pass_(3600)
        house.move("carl", f"Inbox/{before}", f"Inbox/{after}")
        house.put("carl", f"Inbox/{before}", f"{before} new")
        assert house.stat("cora", f"Inbox/{after}").id == old.id
        assert house.read("cora", f"Inbox/{before}").endswith(b"new")


def test_what_another_person_deleted_elsewhere_does_not_come_back_to_a_name_it_once_had(house: House) -> None:
    asset = house.put("carl", "Inbox/a.jpg", "one").id
    house.move("carl", "Inbox/a.jpg", "Inbox/b.jpg")
    house.move("carl", "Inbox/b.jpg", "Review/b.jpg")
    house.move("rita", "Review/b.jpg", "Approved/b.jpg")
    house.delete("mia", "Approved/b.jpg")
    assert house.put("carl", "Inbox/a.jpg", "two").id != asset
    assert house.drive.restore(house.who("mia"), "/Approved/b.jpg")


def test_a_name_vacated_a_moment_ago_is_no_way_to_take_what_may_not_be_edited(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "his")
    hers = house.put("cora", "Inbox/hers.jpg", "hers")
    house.delete("carl", "Inbox/shoe.jpg")
    with pytest.raises(Refused):
        house.move("carl", "Inbox/hers.jpg", "Inbox/shoe.jpg")
    assert house.stat("cora", "Inbox/hers.jpg").id == hers.id


# ── copies ───────────────────────────────────────────────────────────────────────────────────


def test_a_copy_with_a_credit_line_gets_its_rendition(house: House) -> None:
    approve(house)
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.jpg"), Rights(credit="Ann"))
    copy(house, "mia", "Approved/shoe.jpg", "Approved/copy.jpg")
    house.work()
    assert b"Ann" in house.read("vera", "channels/webshop/copy.jpg")
    assert house.names_in("vera", "channels/webshop") == ["copy.jpg", "shoe.jpg"]


def test_promise_8_what_may_not_be_used_is_not_copied(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    rights = Rights(usable_until=house.clock.now() - 1)
    house.drive.set_rights(house.who("mia"), names("Inbox/shoe.jpg"), rights)
    with pytest.raises(Refused):
        house.read("cora", "Inbox/shoe.jpg")
    with pytest.raises(Refused):
        copy(house, "cora", "Inbox/shoe.jpg", "Inbox/mine.jpg")
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/x.jpg", "one")
    house.drive.set_rights(house.who("mia"), names("Inbox/summer/x.jpg"), rights)
    with pytest.raises(Refused):
        copy(house, "cora", "Inbox/summer", "Inbox/winter")


def test_somebody_elses_fresh_empty_file_is_not_copied(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/secret name.jpg")
    house.put("carl", "Inbox/summer/x.jpg", "x")
    copy(house, "cora", "Inbox/summer", "Inbox/winter")
    assert house.names_in("cora", "Inbox/winter") == ["x.jpg"]


def test_a_rendition_copied_onto_a_file_makes_a_new_asset_and_heeds_conditions(house: House) -> None:
    approve(house)
    house.work()
    standing = house.put("carl", "Inbox/copy.jpg", "old").id
    stale = Conditions(if_match=("0" * 32,))
    with pytest.raises(PreconditionFailed):
        copy(house, "carl", "channels/webshop/shoe.jpg", "Inbox/copy.jpg", conditions=stale)
    with pytest.raises(PreconditionFailed):
        copy(house, "carl", "channels/webshop/shoe.jpg", "Inbox/copy.jpg", overwrite=False)
    held = house.lock("carl", "Inbox/copy.jpg")
    tagged = Conditions(lists=(DemandList(names("Inbox/copy.jpg"), (Demand(token=next(iter(held.tokens))),)),))
    assert copy(house, "carl", "channels/webshop/shoe.jpg", "Inbox/copy.jpg", conditions=tagged) != standing
    assert b"rendered" in house.read("carl", "Inbox/copy.jpg")


# ── names that differ in capitals, dates ─────────────────────────────────────────────────────


def test_a_move_or_copy_to_a_name_in_other_capitals_is_refused(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "old")
    house.put("carl", "Inbox/hat.jpg", "new")
    with pytest.raises(Refused, match=r"exists as shoe\.jpg"):
        house.move("carl", "Inbox/hat.jpg", "Inbox/SHOE.jpg")
    with pytest.raises(Refused, match=r"exists as shoe\.jpg"):
        copy(house, "carl", "Inbox/hat.jpg", "Inbox/SHOE.jpg")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(Refused, match=r"exists as shoe\.jpg"):
        house.move("carl", "Inbox/hat.jpg", "Review/SHOE.jpg")


def test_promise_1_the_date_of_a_name_rises_when_something_else_takes_it(house: House) -> None:
    house.put("carl", "Inbox/hat.jpg", "older")
    house.clock.pass_(3600)
    before = house.put("carl", "Inbox/shoe.jpg", "newer").modified
    assert house.move("carl", "Inbox/hat.jpg", "Inbox/shoe.jpg").modified > before
    before = house.stat("carl", "Inbox/shoe.jpg").modified
    house.put("carl", "Inbox/cap.jpg", "cap")
    copy(house, "carl", "Inbox/cap.jpg", "Inbox/shoe.jpg")
    assert house.stat("carl", "Inbox/shoe.jpg").modified > before


# ── transitions ──────────────────────────────────────────────────────────────────────────────


def test_an_undo_ends_when_the_bytes_change(house: House) -> None:
    approve(house)
    house.move("rolf", "Approved/shoe.jpg", "Review/shoe.jpg")
    house.put("rolf", "Review/shoe.jpg", "unreviewed")
    house.refuse["shoe.jpg"] = Refusal("Too dark.")
    with pytest.raises(TransitionRefused):
        house.move("rolf", "Review/shoe.jpg", "Approved/shoe.jpg")


def test_an_undo_is_no_way_to_overwrite_another_asset(house: House) -> None:
    approve(house)
    approve(house, "hat.jpg", "hat")
    house.move("rolf", "Approved/shoe.jpg", "Review/shoe.jpg")
    house.refuse["shoe.jpg"] = Refusal("Too dark.")
    with pytest.raises(TransitionRefused):
        house.move("rolf", "Review/shoe.jpg", "Approved/hat.jpg")
    assert house.read("vera", "Approved/hat.jpg").endswith(b"hat")
    house.move("rolf", "Review/shoe.jpg", "Approved/shoe.jpg")
    assert len(house.events(Happening.UNDONE)) == 1


def test_handing_in_a_revision_of_anothers_file_is_no_way_to_take_that_file_out(house: House) -> None:
    hers = house.put("cora", "Inbox/shoe.jpg", "hers").id
    house.move("cora", "Inbox/shoe.jpg", "Review/shoe.jpg")
    house.put("carl", "Inbox/shoe.jpg", "his")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(TransitionRefused):
        house.move("carl", "Review/shoe.jpg", "Inbox/shoe.jpg")
    assert house.stat("rita", "Review/shoe.jpg").id == hers


def test_promise_5_a_transition_is_asked_again_inside_its_transaction(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    checks = house.context.checks

    def slow(moves: object) -> object:
        house.people.set_roles("rita", ["contributor"])
        house.context.policy.refresh()  # type: ignore[attr-defined]
        return checks(moves)  # type: ignore[arg-type]

    object.__setattr__(house.context, "checks", slow)
    with pytest.raises(StillExamined):  # 423: Finder would take a 503 for a file that is gone
        house.move("rita", "Review/shoe.jpg", "Approved/shoe.jpg")
    assert house.names_in("mia", "Approved") == []


def test_a_folder_that_leaves_and_is_renamed_at_once_leaves_a_410(house: House) -> None:
    for who, state in (("carl", "Inbox"), ("rita", "Review"), ("rita", "Approved")):
        house.mkcol(who, f"{state}/summer")
    approve(house, folder="summer/")
    house.work()
    house.move("mia", "Approved/summer", "Archive/winter")
    with pytest.raises(Gone):
        house.read("vera", "channels/webshop/summer/shoe.jpg")
    with pytest.raises(NotFound):
        house.read("vera", "channels/webshop/winter/shoe.jpg")


def test_a_folder_that_changes_its_state_leaves_a_301_in_a_channel_of_both(made: Made) -> None:
    house = made({"channels": {"preview": {"states": ["Review", "Approved"], "gate": "public"}}})
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    house.move("carl", "Inbox/summer", "Review/summer")
    house.work()
    house.move("rita", "Review/summer", "Approved/summer")
    assert house.names_in("mia", "channels/preview/Approved/summer") == ["shoe.jpg"], "promise 2"
    with pytest.raises(MovedElsewhere) as moved:
        house.read("mia", "channels/preview/Review/summer/shoe.jpg")
    assert moved.value.location == ("channels", "preview", "Approved", "summer", "shoe.jpg")


def test_what_stands_inside_a_folder_cannot_take_that_folders_place(house: House) -> None:
    house.mkcol("mia", "Approved/a")
    house.mkcol("mia", "Approved/a/b")
    house.put("mia", "Approved/a/b/shoe.jpg", "one")
    house.work()
    with pytest.raises(Refused):
        house.move("mia", "Approved/a/b", "Approved/a")
    assert house.names_in("vera", "channels/webshop/a/b") == ["shoe.jpg"]


# ── channels ─────────────────────────────────────────────────────────────────────────────────


def test_a_folder_and_a_picture_do_not_share_a_name_in_a_channel(house: House) -> None:
    house.mkcol("mia", "Approved/shoe.jpg")
    house.put("mia", "Approved/shoe.jpg/x.jpg", "x")
    house.put("mia", "Approved/shoe.tif", "tif")
    house.work()
    assert sorted(house.names_in("vera", "channels/webshop")) == ["shoe.jpg", "shoe.tif.jpg"]
    assert house.names_in("vera", "channels/webshop/shoe.jpg") == ["x.jpg"]
    house.put("mia", "Approved/hat.tif", "hat")
    house.work()
    house.mkcol("mia", "Approved/hat.jpg")
    assert house.read("vera", "channels/webshop/hat.jpg").endswith(b"hat"), "first come keeps the name"
    assert house.names_in("vera", "channels/webshop").count("hat.jpg") == 1


def test_a_former_channel_path_asks_for_rights_before_it_tells_anything(made: Made) -> None:
    house = made({"channels": {"webshop": {"states": ["Approved"]}}})
    approve(house)
    approve(house, "hat.jpg", "hat")
    house.work()
    house.move("mia", "Approved/shoe.jpg", "Approved/secret project.jpg")
    house.move("mia", "Approved/hat.jpg", "Archive/hat.jpg")
    said = set()
    for name in ("secret project.jpg", "shoe.jpg", "hat.jpg", "nothing.jpg"):
        for ask in (house.drive.open, house.drive.stat):
            with pytest.raises(DamgateError) as refused:
                ask(ANONYMOUS, ("channels", "webshop", name))
            said.add(type(refused.value))
    assert len(said) == 1


def test_promise_8_what_only_managers_may_see_is_no_business_of_shared_caches(house: House) -> None:
    public = {}
    for name in ("shoe.jpg", "hat.jpg"):
        house.put("mia", f"Approved/{name}", name)
    rights = Rights(usable_from=house.clock.now() + 1000)
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.jpg"), rights)
    for name in ("shoe.jpg", "hat.jpg"):
        opened = house.drive.open(house.who("mia"), names(f"channels/webshop/{name}"))
        opened.close()
        public[name] = opened.public
    assert public == {"shoe.jpg": False, "hat.jpg": True}


# ── areas ────────────────────────────────────────────────────────────────────────────────────

AREAS = {"areas": {"agency-x": "Inbox/clients/agency-x"}}
HIDDEN = "p, contributor, drive, agency-x, *, *, *, deny"


def fill(house: House) -> None:
    house.mkcol("mia", "Inbox/clients")
    house.mkcol("mia", "Inbox/clients/agency-x")
    house.put("mia", "Inbox/clients/agency-x/shoe.jpg", "secret")


def test_an_area_below_a_folder_is_not_taken_along_without_being_asked(made: Made) -> None:
    house = made(AREAS, HIDDEN, "p, contributor, drive, -, Inbox, *, *, allow")
    fill(house)
    with pytest.raises(Refused):
        copy(house, "carl", "Inbox/clients", "Inbox/loot")
    with pytest.raises(Refused):
        house.move("carl", "Inbox/clients", "Inbox/loot")
    with pytest.raises(Refused):
        house.delete("carl", "Inbox/clients")
    assert house.read("mia", "Inbox/clients/agency-x/shoe.jpg").endswith(b"secret")


def test_a_refused_folder_does_not_name_what_may_not_be_listed(made: Made) -> None:
    house = made(AREAS, HIDDEN, "p, contributor, drive, -, Inbox>Review, *, move, allow")
    fill(house)
    with pytest.raises(TransitionRefused) as refused:
        house.move("carl", "Inbox/clients", "Review/clients")
    told = house.read("carl", "Refusals.txt").decode("utf-8-sig")
    assert "agency-x" not in refused.value.message + told


def test_an_area_is_not_listed_for_those_who_may_not_list_it(made: Made) -> None:
    house = made(AREAS, HIDDEN)
    fill(house)
    assert house.names_in("carl", "Inbox/clients") == []
    for hidden in ("Inbox", "Inbox/clients"):
        with pytest.raises((Refused, NotFound)):
            house.names_in("vera", hidden)


def test_an_area_is_not_listed_in_channels_for_those_who_may_not_list_it(made: Made) -> None:
    house = made(
        {"areas": {"secret": "Approved/secret"}},
        "p, viewer, webshop, secret, *, *, list, deny",
        "p, viewer, webshop, secret, *, *, preview, deny",
    )
    house.mkcol("mia", "Approved/secret")
    house.mkcol("mia", "Approved/open")
    assert house.names_in("vera", "channels/webshop") == ["open"]


def test_a_transition_into_another_area_asks_there_too(made: Made) -> None:
    house = made(
        {"areas": {"agency-x": "Approved/agency-x", "agency-y": "Review/agency-y"}},
        "p, reviewer, drive, agency-x, *, *, move, deny",
    )
    house.mkcol("mia", "Approved/agency-x")
    house.put("mia", "Approved/agency-x/shoe.jpg", "theirs")
    house.put("carl", "Inbox/shoe.jpg", "his")
    house.move("carl", "Inbox/shoe.jpg", "Review/shoe.jpg")
    with pytest.raises(TransitionRefused):
        house.move("rita", "Review/shoe.jpg", "Approved/agency-x/shoe.jpg")


def test_who_may_list_an_area_only_gets_there_from_the_top(made: Made) -> None:
    house = made(AREAS, "p, agency, drive, agency-x, Inbox, *, *, allow")
    fill(house)
    house.mkcol("mia", "Inbox/clients/other")
    house.people.set_roles("carl", ["agency"])
    house.context.policy.refresh()  # type: ignore[attr-defined]
    house.actors["carl"] = house.people.actor("carl")
    assert house.names_in("carl", "/") == ["Inbox", "channels"]
    assert house.names_in("carl", "Inbox") == ["clients"]
    assert house.names_in("carl", "Inbox/clients") == ["agency-x"]
    assert house.stat("carl", "Inbox/clients").folder
    with pytest.raises(NotFound):
        house.stat("carl", "Inbox/clients/other")


# ── locks ────────────────────────────────────────────────────────────────────────────────────


def test_a_deep_lock_asks_for_everything_that_it_shuts(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("cora", "Inbox/summer/hers.jpg", "hers")
    with pytest.raises(Refused):
        house.lock("carl", "Inbox/summer", deep=True)
    house.lock("mia", "Inbox/summer", deep=True)


def test_davfs2_writes_onto_what_its_lock_made(house: House) -> None:
    held = house.lock("carl", "Inbox/new.jpg")
    opened = house.drive.open(house.who("carl"), names("Inbox/new.jpg"))
    opened.close()
    asked = Conditions(lists=held.lists, if_match=(opened.entry.etag,))
    written = house.drive.write(house.who("carl"), names("Inbox/new.jpg"), io.BytesIO(picture("new")), conditions=asked)
    assert written.entry.size > 0


# ── what may not be listed is not told of ────────────────────────────────────────────────────


def test_nothing_tells_what_stands_in_a_state_that_may_not_be_listed(house: House) -> None:
    house.mkcol("mia", "Approved/secret")
    house.put("mia", "Approved/secret/shoe.jpg", "one")
    house.lock("mia", "Approved/secret")
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/shoe.jpg", "mine")
    paths = {
        "Approved/secret/shoe.jpg", "Approved/secret/SHOE.jpg", "Approved/secret/free.jpg",
        "Approved/nowhere/x.jpg", "Approved/secret", "Approved/free", "Approved/secret/shoe.jpg/x",
    }  # fmt: skip
    gestures: dict[str, Callable[[str], object]] = {
        "put": lambda path: house.put("carl", path, "x"),
        "mkcol": lambda path: house.mkcol("carl", path),
        "lock": lambda path: house.lock("carl", path),
        "copy": lambda path: copy(house, "carl", "Inbox/shoe.jpg", path),
        "copy F": lambda path: copy(house, "carl", "Inbox/shoe.jpg", path, overwrite=False),
        "move": lambda path: house.move("carl", "Inbox/shoe.jpg", path),
        "move F": lambda path: house.move("carl", "Inbox/shoe.jpg", path, overwrite=False),
        "move folder": lambda path: house.move("carl", "Inbox/summer", path),
        "delete": lambda path: house.delete("carl", path),
        "proppatch": lambda path: house.drive.change_properties(house.who("carl"), names(path), []),
        "stat": lambda path: house.stat("carl", path),
        "list": lambda path: house.names_in("carl", path),
        "versions": lambda path: house.drive.versions(house.who("carl"), names(path)),
        "rights": lambda path: house.drive.rights(house.who("carl"), names(path)),
        "restore version": lambda path: house.drive.restore_version(house.who("carl"), names(path), 1),
        "refresh": lambda path: house.drive.refresh_lock(house.who("carl"), names(path), 9, conditions=Conditions()),
        "unlock": lambda path: house.drive.unlock(house.who("carl"), names(path), "urn:uuid:0"),
    }
    for gesture, act in gestures.items():
        said = set()
        for path in sorted(paths):
            with pytest.raises(DamgateError) as refused:
                act(path)
            said.add((type(refused.value).__name__, str(refused.value).replace(path, "PATH")))
        assert len(said) == 1, (gesture, said)


def test_the_if_header_does_not_tell_of_what_may_not_be_listed(house: House) -> None:
    etag = house.put("mia", "Approved/shoe.jpg", "one").etag

    def guess(text: str) -> Conditions:
        return Conditions(lists=(DemandList(names("Approved/shoe.jpg"), (Demand(etag=text),)),))

    for text in (etag, "0" * 32):
        with pytest.raises(PreconditionFailed):
            house.drive.write(house.who("carl"), names("Inbox/x.jpg"), io.BytesIO(picture("x")), conditions=guess(text))


def test_a_stable_link_to_something_deleted_tells_only_those_who_might_have_read_it(house: House) -> None:
    asset = approve(house)
    house.delete("mia", "Approved/shoe.jpg")
    with pytest.raises(Gone):
        house.drive.open_asset(house.who("vera"), asset)
    with pytest.raises(NotFound):
        house.drive.open_asset(house.who("carl"), asset)
    with pytest.raises(NotFound):
        house.drive.open_asset(ANONYMOUS, asset)


# ── the trash, keeping house ─────────────────────────────────────────────────────────────────


def test_a_restore_heeds_the_lock_of_the_folder(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    house.delete("carl", "Inbox/summer/shoe.jpg")
    house.lock("mia", "Inbox/summer", deep=True)
    with pytest.raises(DamgateError, match="locked"):
        house.drive.restore(house.who("carl"), "/Inbox/summer/shoe.jpg")


def test_what_is_purged_takes_the_versions_of_its_aliases_along(house: House) -> None:
    house.put("carl", "Inbox/shoe.psd", "old")
    house.put("carl", "Inbox/5C7E1A00", "new")
    house.move("carl", "Inbox/5C7E1A00", "Inbox/shoe.psd")
    house.delete("carl", "Inbox/shoe.psd")
    house.drive.empty_trash(house.who("mia"))
    with house.context.catalogue.read() as tx:
        assert list(tx.versions.all()) == []


def test_a_restock_that_failed_is_asked_for_at_the_next_start(
    house: House, again: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(house)
    house.work()
    closed = msgspec.convert({"channels": {"webshop": {"names": ["*.png"]}}}, Config)

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is away")

    with monkeypatch.context() as patched:
        patched.setattr("damgate.drive.publishing.settle", broken)
        renewed = again("1", closed)
        for _ in range(8):
            renewed.clock.pass_(100)
            renewed.work()
        assert renewed.names_in("mia", "channels/webshop") == ["shoe.jpg"]
    assert again("1", closed).names_in("mia", "channels/webshop") == []


def test_housekeeping_goes_on_after_a_bad_day(house: House) -> None:
    def broken(_: float) -> int:
        raise OSError("the disk is away")

    house.clock.pass_(61)
    object.__setattr__(house.context.blobs, "sweep_stage", broken)
    for _ in range(8):
        house.work()
        house.clock.pass_(100)
    house.context.blobs.__dict__.pop("sweep_stage")
    house.clock.pass_(2 * housekeeping.EVERY)
    house.work()
    with house.context.catalogue.read() as tx:
        jobs = [job for job in tx.jobs.all() if job.kind == housekeeping.HOUSEKEEPING]
    assert [job.state.value for job in jobs] == ["waiting"]


def test_housekeeping_clears_what_a_crash_left_on_the_shelf(house: House) -> None:
    import os

    shard = house.context.renditions._shelf._folder / "ab"
    shard.mkdir(parents=True)
    partial = shard / ".partial-0-0"
    partial.write_bytes(b"half")
    os.utime(partial, (0, 0))
    housekeeping.keep_house(house.context)
    assert not partial.exists()
