from __future__ import annotations

from dataclasses import replace

import pytest

from damgate.adapters.sql import SqlCatalogue
from damgate.core.errors import AlreadyExists
from damgate.core.publishing import Placement, Rendition
from damgate.core.rights import Rights
from tests.adapters.rows import NOW, placement


class TestPlacements:
    def test_gives_back_what_was_put(self, catalogue: SqlCatalogue) -> None:
        web, printed = placement("a", "Shoe.jpg"), replace(placement("a", "Shoe.tif", channel="print"), fault="no")
        with catalogue.write() as write:
            write.placements.put(web)
            write.placements.put(printed)
            assert write.placements.of("a") == [printed, web]
            assert write.placements.at("web", "f", "shoe.JPG") == web
            assert write.placements.at("web", "g", "shoe.jpg") is None
            write.placements.put(replace(web, name="hat.jpg"))
            assert write.placements.at("web", "f", "shoe.jpg") is None
            write.placements.remove("web", "a", NOW)
            assert write.placements.of("a") == [printed]

    def test_a_taken_name_is_refused(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.placements.put(placement("a", "Shoe.jpg"))
            with pytest.raises(AlreadyExists, match=r"exists as “Shoe\.jpg”"):
                write.placements.put(placement("b", "shoe.jpg"))
            write.placements.put(placement("b", "shoe.jpg", folder="g"))
            write.placements.put(placement("b", "shoe.jpg", channel="print"))

    def test_pages_in_byte_order_hold_what_can_be_served(self, catalogue: SqlCatalogue) -> None:
        served = [placement(f"n{number}", f"{number}é.jpg") for number in range(25)]
        with catalogue.write() as write:
            for each in served:
                write.placements.put(each)
            write.placements.put(placement("hidden", "0.jpg", shown=""))
            write.placements.put(replace(placement("broken", "1.jpg"), fault="damaged"))
            found: list[Placement] = []
            while page := write.placements.page("web", "f", NOW, after=_after(found), limit=4):
                found += page
            assert found == sorted(served, key=lambda each: each.name.encode())

    def test_rights_act_at_the_instant_asked_for(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            for asset, rights in (
                ("always", None),
                ("open", Rights(credit="x")),
                ("later", Rights(usable_from=NOW + 10)),
                ("ends", Rights(usable_until=NOW + 20)),
                ("other", Rights(usable_until=NOW + 1)),
            ):
                write.placements.put(placement(asset, asset, folder="g" if asset == "other" else "f"))
                if rights is not None:
                    write.assets.set_rights(asset, rights)

            def seen(now: float | None) -> set[str]:
                return {each.asset for each in write.placements.page("web", "f", now)}

            assert seen(NOW) == {"always", "open", "ends"}
            assert seen(NOW + 10) == {"always", "open", "ends", "later"}
            assert seen(NOW + 20) == {"always", "open", "later"}
            assert seen(None) == {"always", "open", "ends", "later"}
            changes = [write.placements.next_change("web", "f", NOW + after) for after in (0, 10, 20)]
            assert changes == [NOW + 10, NOW + 20, None]
            assert write.placements.next_change("web", "empty", NOW) is None

    def test_yields_every_placement_across_pages(self, catalogue: SqlCatalogue) -> None:
        made = [placement(f"n{number:04}", f"{number}") for number in range(1500)]
        with catalogue.write() as write:
            for each in made:
                write.placements.put(each)
                write.placements.put(replace(each, channel="a"))
            assert list(write.placements.all("web")) == made
            assert list(write.placements.all()) == [*(replace(each, channel="a") for each in made), *made]

    def test_finds_who_waits_for_a_rendition(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.placements.put(placement("a", "a"))
            write.placements.put(replace(placement("b", "b"), wanted="other"))
            assert [each.asset for each in write.placements.wanting("k")] == ["a"]

    def test_remembers_former_places(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.placements.leave("web", "summer/shoe.jpg", "a", NOW)
            write.placements.leave("web", "summer/shoe.jpg", "b", NOW + 1)
            write.placements.leave("print", "summer/shoe.jpg", "c", NOW)
            assert write.placements.former("web", "summer/shoe.jpg") == "b"
            assert write.placements.former("web", "shoe.jpg") is None
            assert write.placements.was_in("web", "b")
            assert not write.placements.was_in("web", "c")


class TestRenditions:
    def test_keeps_and_replaces(self, catalogue: SqlCatalogue) -> None:
        failed = Rendition("k", fault="it is damaged")
        made = Rendition("k", "image/jpeg", 5, "m", "s", NOW)
        with catalogue.write() as write:
            assert write.renditions.get("k") is None
            write.renditions.put(failed)
            assert write.renditions.get("k") == failed
            write.renditions.put(made)
            assert write.renditions.get("k") == made

    def test_yields_all_across_pages(self, catalogue: SqlCatalogue) -> None:
        made = [Rendition(f"{number:04}") for number in range(1500)]
        with catalogue.write() as write:
            for each in made:
                write.renditions.put(each)
            assert list(write.renditions.all()) == made


def _after(found: list[Placement]) -> bytes:
    return found[-1].name.encode() if found else b""
