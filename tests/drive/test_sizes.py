"""Renditions in several sizes and forms: made together, ahead, or while somebody waits; long ones in their lane."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from damgate.config import Config
from damgate.core.channels import MAIN, Focal, Produced, Source, Variant
from damgate.core.errors import Busy, NotFound
from damgate.core.events import Happening
from damgate.core.jobs import JobState
from damgate.core.places import InChannel
from damgate.core.rights import Rights
from damgate.drive import channels, housekeeping, rendering
from damgate.drive.channels import Placed
from damgate.media.renditions import Room
from tests.drive.house import House, Upper, build, names

SIZES = {"channels": {"webshop": {"gate": "public", "sizes": [320, 640, 2400]}}}


@dataclass(frozen=True)
class Sized(Upper):
    """Makes also narrower ones, and a poster."""

    width: int = 1200
    form: str = ""
    lasting: bool = False

    @property
    def fingerprint(self) -> str:
        return f"{self.recipe} {self.width} {self.form}".strip()

    def produces(self, media_type: str) -> Produced | None:
        return Produced("image/png", "poster.png") if self.form else super().produces(media_type)

    def variant(self, _: str, wanted: Variant) -> Sized | None:
        if wanted.form not in {"", "poster.png"} or wanted.width > self.width:
            return None
        return replace(self, width=wanted.width or self.width, form=wanted.form)

    def forms(self, _: str) -> tuple[str, ...]:
        return ("poster.png",)

    def slow(self, _: str) -> bool:
        return self.lasting and not self.form

    def render(self, source: Source, into: Path) -> None:
        super().render(source, into)
        head = b"\x89PNG\r\n\x1a\n" if self.form else b"\xff\xd8\xff\xe0"
        into.write_bytes(head + f" {self.width} ".encode() + into.read_bytes())


def shop(folder: Path, *, lasting: bool = False, recipe: str = "1", new: bool = True, **table: object) -> House:
    config = msgspec.convert({"channels": {"webshop": {**SIZES["channels"]["webshop"], **table}}}, Config)
    return build(
        folder, config=config, recipe=recipe, new=new, channel=lambda name, one: Sized(name, one, lasting=lasting)
    )


def approve(house: House, name: str = "shoe.jpg") -> Placed:
    house.put("mia", f"/Approved/{name}", name)
    return placed(house, name)


def placed(house: House, name: str = "shoe.jpg") -> Placed:
    with house.context.catalogue.read() as tx:
        return channels.find_placed(house.context, tx, InChannel("webshop", (name,)))


def read(house: House, wanted: Variant, name: str = "shoe.jpg") -> bytes:
    return b"".join(rendering.open_variant(house.context, placed(house, name), wanted).pieces())


def test_an_approval_makes_all_sizes_with_one_decode(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    assert house.decoders.asked == [["1 1200", "1 320", "1 640", "1 1200 poster.png"]]  # 2400 is not offered
    for width in (320, 640):
        assert f" {width} ".encode() in read(house, Variant(width))
    assert read(house, Variant(form="poster.png")).startswith(b"\x89PNG")
    assert len(house.decoders.asked) == 1


def test_a_reader_of_a_size_waits_for_one_decode_which_makes_the_name_ready_too(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    assert b" 640 " in read(house, Variant(640))
    assert house.decoders.asked == [["1 1200", "1 640"]]
    assert house.names_in("vera", "/channels/webshop") == ["shoe.jpg"]


def test_a_size_that_is_not_offered_is_not_found(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    for wanted in (Variant(5000), Variant(form="gif")):
        with pytest.raises(NotFound, match="does not offer"):
            read(house, wanted)


def test_promise_2_while_a_recipe_waits_to_be_published_sizes_are_those_of_what_is_shown(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    old = read(house, Variant(320))
    house.context.catalogue.close()
    later = shop(tmp_path, recipe="2", new=False)
    assert read(later, Variant(320)) == old  # still stored
    assert read(later, Variant(500)) == read(later, MAIN)  # never made by the old recipe: the picture itself
    assert b" 1200 " in read(later, MAIN)


def test_what_takes_long_is_left_to_the_slow_lane_and_its_reader_told_when_to_come_again(tmp_path: Path) -> None:
    house = shop(tmp_path, lasting=True)
    house = replace_wait(house)
    approve(house)
    with pytest.raises(Busy) as told:
        house.read("vera", "/channels/webshop/shoe.jpg")
    job = house.drive.job(house.who("vera"), told.value.job)
    assert (job.slow, job.state, told.value.retry_after) == (True, JobState.WAITING, rendering.LONG)
    assert read(house, Variant(form="poster.png")).startswith(b"\x89PNG")  # the poster is quick
    assert house.names_in("vera", "/channels/webshop") == []
    house.work()
    assert b" 1200 " in house.read("vera", "/channels/webshop/shoe.jpg")
    with pytest.raises(NotFound):
        house.drive.job(house.who("vera"), told.value.job)


def replace_wait(house: House) -> House:
    """Let readers of the drive wait for as long as a test can."""
    server = msgspec.structs.replace(house.context.config.server, render_wait=1)
    context = replace(house.context, config=msgspec.structs.replace(house.context.config, server=server))
    house.drive._context = context
    return house


def test_a_job_is_nobodys_business_who_may_not_see_what_it_makes(tmp_path: Path) -> None:
    house = shop(tmp_path, lasting=True, gate="roles", states=["Inbox"])
    entry = house.put("carl", "/Inbox/shoe.jpg", "shoe")
    with house.context.catalogue.read() as tx:
        job = tx.jobs.find("render", f"webshop/{entry.id}")
    assert job is not None
    assert house.drive.job(house.who("mia"), job.id) == job
    with pytest.raises(NotFound):
        house.drive.job(house.who("vera"), job.id)


def test_withdrawing_ends_the_work_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = shop(tmp_path, lasting=True)
    approve(house)
    asked: list[bool] = []
    original = house.decoders.render_all

    def while_it_is_made(*given: object, **how: object) -> object:
        asked.append(how["cancelled"]())  # type: ignore[operator]
        if asked == [False, False]:  # the poster is made; the film is being made
            house.move("mia", "/Approved/shoe.jpg", "/Review/shoe.jpg")
            asked.append(how["cancelled"]())  # type: ignore[operator]
        return original(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(house.decoders, "render_all", while_it_is_made)
    house.work()
    assert asked == [False, False, True]
    assert house.names_in("vera", "/channels/webshop") == []


def test_a_channel_that_is_not_made_ahead_waits_for_its_first_reader(tmp_path: Path) -> None:
    house = shop(tmp_path, ahead=False)
    approve(house)
    house.work()
    assert house.decoders.asked == []
    assert b" 1200 " in house.read("vera", "/channels/webshop/shoe.jpg")
    house.move("mia", "/Approved/shoe.jpg", "/Review/shoe.jpg")
    house.put("mia", "/Review/shoe.jpg", "a new shoe")
    house.move("mia", "/Review/shoe.jpg", "/Approved/shoe.jpg")
    house.work()
    assert b"a new shoe" in house.read("vera", "/channels/webshop/shoe.jpg")


def test_promise_1_evicted_bytes_are_made_anew_and_the_listing_told_their_size_all_the_while(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    before = house.stat("vera", "/channels/webshop/shoe.jpg")
    assert house.context.renditions._shelf.evict(0) == 4
    assert house.stat("vera", "/channels/webshop/shoe.jpg") == before
    assert len(house.read("vera", "/channels/webshop/shoe.jpg")) == before.size
    assert house.stat("vera", "/channels/webshop/shoe.jpg") == before


def test_eviction_takes_what_was_not_read_for_the_longest_time(tmp_path: Path) -> None:
    house = shop(tmp_path, sizes=[])
    for name in ("old.jpg", "used.jpg", "new.jpg"):
        approve(house, name)
    house.work()
    shelf = house.context.renditions._shelf
    sizes = sorted(size for _, size, _ in shelf._standing())
    for number, name in enumerate(("old.jpg", "used.jpg", "new.jpg")):
        shown = placed(house, name).placement
        assert shown is not None
        os.utime(shelf._path(shown.shown), (1000.0 + number, 1000.0 + number))
    house.read("vera", "/channels/webshop/used.jpg")
    shelf.evict(sizes[-1] * 2)
    kept = {name: shelf.holds(_shown(house, name), _size(house, name)) for name in ("old.jpg", "used.jpg", "new.jpg")}
    assert kept["used.jpg"]
    assert not kept["old.jpg"]


def _shown(house: House, name: str) -> str:
    found = placed(house, name).placement
    assert found is not None
    return found.shown


def _size(house: House, name: str) -> int:
    found = placed(house, name).placement
    assert found is not None
    return found.size


def test_promise_2_made_anew_with_other_bytes_it_gets_a_new_etag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    before = house.stat("vera", "/channels/webshop/shoe.jpg")
    house.context.renditions._shelf.evict(0)
    plain = Sized.render

    def longer(self: Sized, source: Source, into: Path) -> None:
        plain(self, source, into)
        into.write_bytes(into.read_bytes() + b"!")

    monkeypatch.setattr(Sized, "render", longer)
    opened = house.drive.open(house.who("vera"), names("/channels/webshop/shoe.jpg"))
    after = house.stat("vera", "/channels/webshop/shoe.jpg")
    assert (opened.entry.size, opened.entry.etag) == (after.size, after.etag)
    assert after.size == before.size + 1
    assert len(b"".join(opened.pieces())) == after.size


def test_renditions_that_no_name_shows_are_forgotten_after_a_week(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    house.move("mia", "/Approved/shoe.jpg", "/Review/shoe.jpg")
    housekeeping.keep_house(house.context)
    with house.context.catalogue.read() as tx:
        assert len(list(tx.renditions.all())) == 4  # an undo finds them
    house.clock.pass_(housekeeping.UNUSED + 1)
    housekeeping.keep_house(house.context)
    with house.context.catalogue.read() as tx:
        assert list(tx.renditions.all()) == []
    assert list(house.context.renditions._shelf._standing()) == []


def test_a_focal_point_renders_anew_what_depends_on_it_and_nothing_else(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    before = _shown(house, "shoe.jpg")
    house.drive.set_focal(house.who("mia"), names("/Approved/shoe.jpg"), Focal(0.2, 0.7))
    house.work()
    assert _shown(house, "shoe.jpg") != before
    assert house.drive.focal(house.who("mia"), names("/Approved/shoe.jpg")) == Focal(0.2, 0.7)
    assert [event.detail for event in house.events(Happening.FOCAL_SET)] == [{"x": 0.2, "y": 0.7}]
    house.drive.set_focal(house.who("mia"), names("/Approved/shoe.jpg"), None)
    house.work()
    assert _shown(house, "shoe.jpg") == before


def test_rights_render_all_sizes_anew(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    house.work()
    house.drive.set_rights(house.who("mia"), names("/Approved/shoe.jpg"), Rights(credit="Carl"))
    house.work()
    assert b"Carl" in read(house, Variant(320))


def test_who_may_see_it_hears_how_far_a_job_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = shop(tmp_path, lasting=True)
    approve(house)
    seen: list[float] = []
    original = house.decoders.render_all

    def half(*given: object, **how: object) -> object:
        how["tell"](0.5)  # type: ignore[operator]
        with house.context.catalogue.read() as tx:
            seen.extend(job.progress for job in tx.jobs.all() if job.kind == "render")
        return original(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(house.decoders, "render_all", half)
    house.work()
    assert seen[-1] == 0.5


def test_work_for_later_is_begun_when_nothing_else_is_due(tmp_path: Path) -> None:
    house = shop(tmp_path)
    house.work()
    with house.context.catalogue.write() as tx:
        tx.jobs.enqueue("render", "webshop/x", later=True)
        tx.jobs.enqueue("render", "webshop/y", run_at=1.0)
    with house.context.catalogue.write() as tx:
        first = tx.jobs.claim("me", house.clock.now(), 60)
        assert first is not None
        assert first.key == "webshop/y"
        tx.jobs.enqueue("render", "webshop/x")  # now somebody asks for it
        second = tx.jobs.claim("me", house.clock.now(), 60)
    assert second is not None
    assert not second.later


def test_given_up_work_can_be_seen_and_begun_anew(tmp_path: Path) -> None:
    house = shop(tmp_path)
    with house.context.catalogue.write() as tx:
        tx.jobs.enqueue("render", "webshop/none")
        job = tx.jobs.claim("me", house.clock.now(), 60)
        assert job is not None
        tx.jobs.bury(job, "the process died while doing it")
    (found,) = house.drive.jobs(house.who("mia"), dead=True)
    assert (found[0].error, found[1]) == ("the process died while doing it", "webshop/none")
    with pytest.raises(NotFound):
        house.drive.jobs(house.who("vera"))
    assert house.drive.retry(house.who("mia")) == 1
    assert house.drive.jobs(house.who("mia"), dead=True) == []


def test_fifty_readers_of_a_size_decode_once(tmp_path: Path) -> None:
    house = shop(tmp_path)
    approve(house)
    found: list[bytes] = []
    readers = [threading.Thread(target=lambda: found.append(read(house, Variant(640)))) for _ in range(50)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    assert len(set(found)) == 1
    assert len(found) == 50
    assert len(house.decoders.asked) == 1


def test_what_fills_the_room_makes_room(tmp_path: Path) -> None:
    house = shop(tmp_path)
    house.context.renditions._room = Room(renditions=1500, mezzanines=0)
    for number in range(40):
        approve(house, f"{number}.jpg")
        house.work()
    left = sum(size for _, size, _ in house.context.renditions._shelf._standing())
    assert 0 < left <= 1500 + 500
    assert len(house.names_in("vera", "/channels/webshop")) == 40
