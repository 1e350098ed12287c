"""Publishing on purpose: a changed recipe changes nothing by itself, and a channel takes what its settings say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from damgate import check
from damgate.config import Config
from damgate.core.assets import Facts
from damgate.core.channels import Channel, Produced, Variant
from damgate.core.errors import Busy, Gone, NotFound, Unrenderable
from damgate.core.jobs import JobState
from damgate.core.rights import Rights
from damgate.drive import chores, publishing, stocking
from damgate.drive.inspecting import ChannelFinding, Standing, channel_report, stock
from tests.drive.house import House, Upper, build, names
from tests.drive.test_channels import SHOP, bytes_of, publish, replaced, row, set_rights

Again = Callable[..., House]


def shop(**table: object) -> Config:
    return msgspec.convert({"channels": {"webshop": {"gate": "public", **table}}}, Config)


def finding(house: House, path: str) -> ChannelFinding:
    [found] = channel_report(house.context, "webshop", names(path))
    return found


def carry_out(house: House, path: str = "") -> list[str]:
    """Publish; what was not done, and why."""
    return [f"{one.path}: {one.why}" for one in stocking.publish(house.context, "webshop", names(path)) if one.why]


def waiting(house: House) -> int:
    with house.context.catalogue.read() as tx:
        return tx.jobs.counts().get((publishing.RENDER, JobState.WAITING.value), 0)


# ── promise 2: a changed recipe is published on purpose ──────────────────────────────────────


def test_promise_2_a_new_recipe_changes_nothing_that_stands_before_it_is_published(house: House, again: Again) -> None:
    for name in ("a.tif", "b.tif"):
        publish(house, name, name)
    before = {one: row(house, f"{SHOP}/{one}") for one in ("a.jpg", "b.jpg")}
    other = again("2")
    other.clock.pass_(3600)
    other.work()
    assert other.context.renditions.made == 0
    for name, entry in before.items():
        assert row(other, f"{SHOP}/{name}") == entry
    publish(other, "new.tif")
    assert other.read("vera", f"{SHOP}/new.jpg") == bytes_of("one", "2")
    replaced(other, "a.tif", "revised")
    other.work()
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("revised", "2")
    assert other.read("vera", f"{SHOP}/b.jpg") == bytes_of("b.tif", "1")
    assert "the recipe has changed since 20" in finding(other, "Approved/b.tif").anew
    assert finding(other, "Approved/a.tif").anew == ""
    assert carry_out(other) == []
    after = row(other, f"{SHOP}/b.jpg")
    assert other.read("vera", f"{SHOP}/b.jpg") == bytes_of("b.tif", "2")
    assert (after.id, after.size) == (before["b.jpg"].id, len(bytes_of("b.tif", "2")))
    assert after.etag != before["b.jpg"].etag
    assert after.modified >= before["b.jpg"].modified + 1
    assert finding(other, "Approved/b.tif").anew == ""
    assert len(stocking.publish(other.context, "webshop", ())) == 0


def test_promise_2_names_stay_listed_while_a_recipe_is_published_and_each_flips_as_it_is_ready(
    house: House, again: Again
) -> None:
    for number in range(12):
        publish(house, f"{number:02}.tif", str(number))
    listed = house.names_in("vera", SHOP)
    other = again("2")
    work = stocking.publish(other.context, "webshop", ())
    assert len(work) == 12
    for done, outcome in enumerate(work, 1):
        assert outcome.why == ""
        assert other.names_in("vera", SHOP) == listed
        fresh = [name for name in listed if b"rendered 2" in other.read("vera", f"{SHOP}/{name}")]
        assert len(fresh) >= done
        assert waiting(other) == 0


def test_publishing_can_be_stopped_and_run_again(house: House, again: Again) -> None:
    for number in range(12):
        publish(house, f"{number:02}.tif", str(number))
    other = again("2")
    work = iter(stocking.publish(other.context, "webshop", ()))
    next(work)
    work.close()  # type: ignore[attr-defined]
    left = len(stocking.publish(other.context, "webshop", ()))
    assert 0 < left < 12
    assert check_finds(other) == []
    assert carry_out(other) == []
    assert all(b"rendered 2" in other.read("vera", f"{SHOP}/{one}") for one in other.names_in("vera", SHOP))


def check_finds(house: House) -> list[str]:
    return check.verify(house.context, lambda sequence, description: sequence).faults


def test_a_part_of_a_channel_can_be_published(house: House, again: Again) -> None:
    house.mkcol("mia", "Approved/summer")
    for path in ("summer/a.tif", "b.tif", "c.tif"):
        publish(house, path, path)
    other = again("2")
    assert carry_out(other, "Approved/summer") == []
    assert carry_out(other, "Approved/c.tif") == []
    assert other.read("vera", f"{SHOP}/summer/a.jpg") == bytes_of("summer/a.tif", "2")
    assert other.read("vera", f"{SHOP}/b.jpg") == bytes_of("b.tif", "1")
    assert other.read("vera", f"{SHOP}/c.jpg") == bytes_of("c.tif", "2")
    for path in ("Approved/none", "nowhere"):
        with pytest.raises(NotFound):
            stocking.publish(other.context, "webshop", names(path))


@dataclass(frozen=True)
class Choosy(Upper):
    """A recipe that fails for some pictures."""

    def render(self, source: object, into: Path) -> None:
        if b"DIFFICULT" in source.path.read_bytes():  # type: ignore[attr-defined]
            raise ValueError("it is too difficult")
        super().render(source, into)  # type: ignore[arg-type]


def test_promise_2_what_the_new_recipe_cannot_make_keeps_what_it_has(house: House, again: Again) -> None:
    publish(house, "a.tif", "DIFFICULT")
    before = row(house, f"{SHOP}/a.jpg")
    other = with_channel(again("2"), Choosy("webshop", "2"))
    assert carry_out(other) == ["/Approved/a.tif: it keeps its present rendition: it is too difficult"]
    assert row(other, f"{SHOP}/a.jpg") == before
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("DIFFICULT", "1")
    assert "the new one fails: it is too difficult" in finding(other, "Approved/a.tif").anew


def with_channel(house: House, channel: Channel) -> House:
    from damgate.core.channels import Outlet

    outlet = house.context.outlets["webshop"]
    house.context.outlets["webshop"] = Outlet(channel, outlet.delivery)  # type: ignore[index]
    return house


def test_what_failed_before_is_tried_by_the_new_recipe_at_the_next_start(house: House, again: Again) -> None:
    with_channel(house, Choosy("webshop", "1"))
    publish(house, "a.tif", "DIFFICULT")
    assert finding(house, "Approved/a.tif").standing is Standing.FAILED
    other = again("2")  # nothing is shown, so nothing can be unlisted by it
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("DIFFICULT", "2")


def test_a_rendition_wanted_before_a_restart_is_made_by_the_recipe_after_it(house: House, again: Again) -> None:
    house.put("mia", "Approved/a.tif", "one")  # its job waits
    publish(house, "b.tif", "old")
    other = again("2")
    assert other.read("vera", f"{SHOP}/a.jpg") in (bytes_of("one", "1"), bytes_of("one", "2"))
    other.context.catalogue.close()


def test_a_pending_rendition_of_another_recipe_is_no_dead_end(house: House, again: Again) -> None:
    publish(house, "a.tif", "one")
    replaced(house, "a.tif", "two")  # wanted by the old recipe, not made
    other = again("2")
    other.work()
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("two", "2")
    assert check_finds(other) == []


def test_promise_9_lost_bytes_of_an_old_recipe_are_made_by_the_new_one_under_a_new_etag(
    house: House, again: Again
) -> None:
    publish(house, "a.tif", "one")
    before = row(house, f"{SHOP}/a.jpg")
    other = again("2")
    with other.context.catalogue.read() as tx:
        [placement] = tx.placements.of(before.id)
    other.context.renditions.discard(placement.shown)
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "2")
    assert row(other, f"{SHOP}/a.jpg").etag != before.etag


def test_lost_bytes_of_an_old_recipe_are_mended_by_a_check(house: House, again: Again) -> None:
    made = publish(house, "a.tif", "one")
    other = again("2")
    with other.context.catalogue.read() as tx:
        [placement] = tx.placements.of(made.id)
    other.context.renditions.discard(placement.shown)
    check.verify(other.context, lambda sequence, description: sequence, repair=True)
    other.work()
    assert check_finds(other) == []
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "2")


def test_a_server_with_the_old_recipe_serves_what_a_command_published(house: House, again: Again) -> None:
    publish(house, "a.tif", "one")
    command = again("2")
    assert carry_out(command) == []
    house.work()
    assert house.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "2")
    set_rights(house, "Approved/a.tif", credit="Ann")  # what changes there is made by its own recipe …
    house.work()
    assert house.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "1", "Ann")
    assert "the recipe has changed" in finding(command, "Approved/a.tif").anew  # … and is told, and can be published
    assert carry_out(command) == []
    house.work()
    assert house.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "2", "Ann")


def test_what_is_revised_while_it_is_published_is_not_shown_old(house: House, again: Again) -> None:
    publish(house, "a.tif", "one")
    other = again("2")

    @dataclass(frozen=True)
    class Slow(Upper):
        def render(self, source: object, into: Path) -> None:
            super().render(source, into)  # type: ignore[arg-type]
            if b"two" not in source.path.read_bytes():  # type: ignore[attr-defined]
                replaced(other, "a.tif", "two")

    with_channel(other, Slow("webshop", "2"))
    assert carry_out(other) == ["/Approved/a.tif: it was changed meanwhile; run it again"]
    other.work()
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("two", "2")


def test_a_licence_window_does_not_publish_a_recipe(house: House, again: Again) -> None:
    publish(house, "a.tif", "one")
    other = again("2")
    set_rights(other, "Approved/a.tif", usable_until=other.clock.now() + 1000)
    other.work()
    assert other.read("vera", f"{SHOP}/a.jpg") == bytes_of("one", "1")


# ── many ─────────────────────────────────────────────────────────────────────────────────────


def test_a_new_channel_of_many_assets_fills_without_a_stampede(house: House, again: Again) -> None:
    for number in range(chores.QUEUE + 50):
        house.put("mia", f"Inbox/{number:03}.tif", str(number))
    house.mkcol("mia", "Review/all")
    opened = again("1", shop(states=["Inbox"]))  # `build` runs what is due until the queue is full
    counts = [waiting(opened)]
    for _ in range(6):
        opened.clock.pass_(chores.PAUSE)
        opened.work()
        counts.append(waiting(opened))
    assert max(counts) <= chores.QUEUE
    assert stock(opened.context, "webshop").ready == chores.QUEUE + 50
    assert check_finds(opened) == []


# ── who is taken ─────────────────────────────────────────────────────────────────────────────


def test_folders_and_names_decide_and_a_changed_setting_is_heeded_at_the_next_start(house: House, again: Again) -> None:
    for folder in ("summer", "winter"):
        house.mkcol("mia", f"Approved/{folder}")
        publish(house, f"{folder}/shoe_front.tif")
        publish(house, f"{folder}/shoe_back.tif")
    before = row(house, f"{SHOP}/summer/shoe_front.jpg")
    other = again("2", shop(folders=["summer"], names=["*_front.*"]))
    assert other.names_in("vera", f"{SHOP}/summer") == ["shoe_front.jpg"]
    assert other.names_in("vera", f"{SHOP}/winter") == []
    assert row(other, f"{SHOP}/summer/shoe_front.jpg") == before  # what stands is not made anew by it
    with pytest.raises(Gone):
        other.read("vera", f"{SHOP}/winter/shoe_front.jpg")
    assert "its folder is not published" in finding(other, "Approved/winter/shoe_front.tif").why
    other.move("mia", "Approved/winter", "Approved/summer/late")  # a folder that moves in takes its files along
    other.work()
    assert other.names_in("vera", f"{SHOP}/summer/late") == ["shoe_front.jpg"]
    other.move("mia", "Approved/summer/late", "Approved/late")
    assert other.names_in("vera", f"{SHOP}/late") == []
    with pytest.raises(Gone):
        other.read("vera", f"{SHOP}/summer/late/shoe_front.jpg")


def test_a_template_gives_names_once_and_they_stay(house: House, again: Again) -> None:
    house.mkcol("mia", "Approved/summer")
    publish(house, "summer/shoe.tif", "first")
    other = again("1", shop(naming="{folder}-{stem}.{ext}"))
    publish(other, "summer/boot.tif", "second")
    publish(other, "summer/boot.png", "third")
    fourth = publish(other, "summer/boot.png.tif", "fourth")
    assert sorted(other.names_in("vera", f"{SHOP}/summer")) == sorted([
        "shoe.jpg", "summer-boot.jpg", "summer-boot.png.jpg", "summer-boot.png.tif.jpg",
    ])  # fmt: skip
    assert fourth.name == "boot.png.tif"
    other.move("mia", "Approved/summer/shoe.tif", "Approved/summer/sandal.tif")
    assert "summer-sandal.jpg" in other.names_in("vera", f"{SHOP}/summer")


@dataclass(frozen=True)
class Ruler:
    """Finds the size that a picture says of itself: “w300 …”."""

    found: list[str]

    def reads(self, media_type: str) -> bool:
        return media_type.startswith("image/")

    def examine(self, path: Path, media_type: str) -> Facts:
        said = path.read_bytes().rpartition(b"w")[2].split()[0].decode()
        self.found.append(said)
        if not said.isdigit():
            raise OSError("the ruler broke")
        return Facts(media_type, int(said), int(said))


@pytest.fixture
def ruled(house: House, again: Again) -> Iterator[Callable[..., House]]:
    def opened(recipe: str = "1", **table: object) -> House:
        return again(recipe, shop(**table), [Ruler([])])

    return opened  # type: ignore[return-value]


def test_an_asset_waits_for_its_facts_where_a_channel_needs_them(ruled: Callable[..., House]) -> None:
    house = ruled(**{"least-pixels": 100, "limits": {"pixels": 1_000_000}})
    for name, width in (("large", 2000), ("right", 500), ("small", 50)):
        house.put("mia", f"Approved/{name}.tif", f"w{width} ")
    assert "not examined yet" in finding(house, "Approved/right.tif").why
    assert finding(house, "Approved/right.tif").standing is Standing.WAITING
    house.work()
    assert house.names_in("vera", SHOP) == ["right.jpg"]
    assert "takes up to 1,000,000" in finding(house, "Approved/large.tif").why
    assert "no side below 100" in finding(house, "Approved/small.tif").why
    assert house.context.renditions.made == 1


def test_promise_2_a_revision_that_is_not_examined_yet_does_not_unlist(ruled: Callable[..., House]) -> None:
    house = ruled(**{"least-pixels": 100, "states": ["Inbox"]})
    house.put("carl", "Inbox/shoe.tif", "w500 ")
    house.work()
    before = row(house, f"{SHOP}/shoe.jpg", "mia")
    house.put("carl", "Inbox/shoe.tif", "w600 ")
    assert row(house, f"{SHOP}/shoe.jpg", "mia") == before
    assert house.read("mia", f"{SHOP}/shoe.jpg") == bytes_of("w500 ")  # what is listed can be read
    house.move("carl", "Inbox/shoe.tif", "Inbox/boot.tif")
    assert row(house, f"{SHOP}/boot.jpg", "mia").etag == before.etag
    assert finding(house, "Inbox/boot.tif").name == f"/{SHOP}/boot.jpg"
    house.work()
    assert house.read("mia", f"{SHOP}/boot.jpg") == bytes_of("w600 ")
    house.put("carl", "Inbox/boot.tif", "w50 ")
    assert house.names_in("mia", SHOP) == ["boot.jpg"]
    house.work()
    assert house.names_in("mia", SHOP) == []
    assert check_finds(house) == []


def test_what_is_not_examined_yet_is_not_rendered_for_a_reader_either(ruled: Callable[..., House]) -> None:
    house = ruled(**{"least-pixels": 100, "states": ["Inbox"], "ahead": False})
    house.put("carl", "Inbox/shoe.tif", "w500 ")
    house.work()
    house.put("carl", "Inbox/shoe.tif", "w50 ")
    with pytest.raises(Busy, match="not examined yet"):
        house.read("mia", f"{SHOP}/shoe.jpg")
    house.work()
    with pytest.raises(Gone):
        house.read("mia", f"{SHOP}/shoe.jpg")
    assert house.context.renditions.made == 0


def test_new_limits_let_out_what_is_too_large_and_leave_the_rest_as_it_was(
    house: House, ruled: Callable[..., House]
) -> None:
    for name, width in (("large", 2000), ("right", 500)):
        publish(house, f"{name}.tif", f"w{width} ")
    before = row(house, f"{SHOP}/right.jpg")
    other = ruled("2", limits={"pixels": 1_000_000})  # nobody has examined them before
    assert other.names_in("vera", SHOP) == ["right.jpg"]
    assert row(other, f"{SHOP}/right.jpg") == before
    back = ruled("2")
    assert back.names_in("vera", SHOP) == ["large.jpg", "right.jpg"]


def test_what_was_given_up_says_why(ruled: Callable[..., House]) -> None:
    house = ruled(**{"least-pixels": 100})
    house.put("mia", "Approved/shoe.tif", "wBROKEN ")
    for _ in range(10):
        house.work()
        house.clock.pass_(100)
    found = finding(house, "Approved/shoe.tif")
    assert found.why == "it was given up after 5 tries: OSError: the ruler broke"
    assert found.standing is Standing.FAILED


def test_a_channel_that_makes_nothing_ahead_waits_for_its_first_reader(house: House, again: Again) -> None:
    other = again("1", shop(ahead=False))
    publish(other, "shoe.tif", "one")
    assert other.context.renditions.made == 0
    assert finding(other, "Approved/shoe.tif").why == "it is made when it is first read"
    assert check_finds(other) == []
    assert other.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("one")
    replaced(other, "shoe.tif", "two")  # what is shown must not stay old for ever
    other.work()
    assert other.read("vera", f"{SHOP}/shoe.jpg") == bytes_of("two")


# ── warm and render ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sized(Upper):
    """Renditions in sizes and forms."""

    width: int = 0
    form: str = "jpg"

    @property
    def fingerprint(self) -> str:
        return f"{self.recipe} {self.width} {self.form}"

    def variant(self, media_type: str, wanted: Variant) -> Channel | None:
        if wanted.form not in {"", "avif"} or wanted.width > 1000:
            return None
        return Sized(self.name, self.recipe, wanted.width, wanted.form or "jpg")

    def produces(self, media_type: str) -> Produced | None:
        return Produced(f"image/{self.form}", self.form) if media_type.startswith("image/") else None

    def render(self, source: object, into: Path) -> None:
        into.write_text(self.fingerprint + source.path.read_bytes().decode("latin-1"))  # type: ignore[attr-defined]


@pytest.fixture
def sized(tmp_path: Path) -> Iterator[House]:
    config = shop(sizes=[320, 640, 1600], format="auto", ahead=False)
    house = with_channel(build(tmp_path / "sized", config=config), Sized("webshop"))
    yield house
    house.context.catalogue.close()


def outcomes(work: Sequence[object] | stocking.Work) -> list[str]:
    return [one.why for one in work]  # type: ignore[attr-defined]


def test_warm_makes_whatever_can_be_asked_for_once(sized: House) -> None:
    for name in ("a", "b"):
        publish(sized, f"{name}.tif", name)
    sized.put("mia", "Inbox/c.tif", "c")
    assert sized.context.renditions.made == 0
    assert outcomes(stocking.warm(sized.context, "webshop", ())) == ["", ""]
    assert sized.context.renditions.made == 2  # each with one decode:
    with sized.context.catalogue.read() as tx:
        assert len(list(tx.renditions.all())) == 2 * (1 + 2 + 3)  # its own, two sizes, and avif of all three
    assert sized.names_in("vera", SHOP) == ["a.jpg", "b.jpg"]
    assert outcomes(stocking.warm(sized.context, "webshop", ())) == []


def test_publish_makes_sizes_before_it_flips(sized: House) -> None:
    publish(sized, "a.tif", "a")
    sized.read("vera", f"{SHOP}/a.jpg")
    with_channel(sized, Sized("webshop", "2"))
    assert outcomes(stocking.publish(sized.context, "webshop", ())) == [""]
    assert sized.context.renditions.made == 1 + 1
    with sized.context.catalogue.read() as tx:
        assert len(list(tx.renditions.all())) == 2 + 3 - 1
    assert sized.read("vera", f"{SHOP}/a.jpg").startswith(b"2 0 jpg")


def test_render_makes_one_of_a_file_in_any_state_and_shows_it_nowhere(sized: House) -> None:
    made = sized.put("carl", "Inbox/c.tif", "c")
    rendition, file = stocking.render(sized.context, "webshop", names("Inbox/c.tif"), Variant(640, "avif"))
    with file:
        assert file.read().startswith(b"1 640 avif")
    assert rendition.media_type == "image/avif"
    with sized.context.catalogue.read() as tx:
        assert tx.placements.of(made.id) == []
    sized.put("carl", "Inbox/words.txt", b"words")
    for path, wanted, error in (
        ("Inbox/c.tif", Variant(0, "bmp"), NotFound),
        ("Inbox/words.txt", Variant(), Unrenderable),
        ("Inbox", Variant(), NotFound),
        ("", Variant(), NotFound),
        ("Inbox/none.tif", Variant(), NotFound),
    ):
        with pytest.raises(error):
            stocking.render(sized.context, "webshop", names(path), wanted)


def test_the_rights_window_stands_in_the_report(house: House) -> None:
    publish(house, "shoe.tif")
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.tif"), Rights(usable_until=house.clock.now() + 5))
    house.clock.pass_(6)
    assert finding(house, "Approved/shoe.tif").standing is Standing.ENDED
