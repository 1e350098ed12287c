from __future__ import annotations

from dataclasses import replace

import pytest

from damgate.adapters.sql import SqlCatalogue
from damgate.adapters.sql.rows import Collision
from damgate.adapters.sql.sqlite import driver
from damgate.core.assets import EMPTY, Facts, Transition, Version
from damgate.core.rights import Rights
from damgate.ports.catalogue import Trashed
from tests.adapters.rows import NOW, asset, content, placement, scratch

RIGHTS = Rights(NOW, NOW + 60, "Photo: Ann", "© Ann", "editorial")


class TestAssets:
    def test_keeps_rights_and_gives_empty_ones_otherwise(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            assert write.assets.rights("a") == Rights()
            write.assets.set_rights("a", Rights())
            write.assets.set_rights("a", RIGHTS)
            assert write.assets.rights("a") == RIGHTS

    def test_gives_the_rights_of_many(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            for number in range(0, 1200, 2):
                write.assets.set_rights(f"n{number}", replace(RIGHTS, credit=str(number)))
            found = write.assets.rights_of([f"n{number}" for number in range(1200)] * 2)
            assert len(found) == 600
            assert found["n1100"].credit == "1100"
            assert write.assets.rights_of([]) == {}

    def test_keeps_the_latest_transition_alone(self, catalogue: SqlCatalogue) -> None:
        first, second = (Transition("a", "Inbox", "Review", "ann", NOW), Transition("a", "Review", "Inbox", "bob", NOW))
        with catalogue.write() as write:
            write.assets.set_transition(first)
            write.assets.set_transition(second)
            assert write.assets.transition("a") == second
            write.assets.clear_transition("a")
            assert write.assets.transition("a") is None

    def test_follows_an_alias_to_its_end(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.assets.add_alias("a", "b")
            write.assets.add_alias("b", "c")
            assert write.assets.alias("a") == "c"
            assert write.assets.alias("b") == "c"
            assert write.assets.alias("c") is None

    def test_a_circle_of_aliases_ends(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.assets.add_alias("a", "b")
            write.assets.add_alias("b", "a")
            assert write.assets.alias("a") in {"a", "b"}

    def test_forgets_all_but_aliases(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.assets.set_rights("a", RIGHTS)
            write.assets.set_transition(Transition("a", "Inbox", "Review", "ann", NOW))
            write.versions.add(Version("a", 1, content(), "ann", NOW))
            write.placements.put(placement("a", "shoe.jpg"))
            write.assets.add_alias("old", "a")
            write.assets.forget("a")
            assert write.assets.rights("a") == Rights()
            assert write.assets.transition("a") is None
            assert write.versions.of("a") == []
            assert write.placements.of("a") == []
            assert write.assets.alias("old") == "a"


class TestTrash:
    def test_keeps_entries_newest_first(self, catalogue: SqlCatalogue) -> None:
        old, new = (Trashed("a", "s", "/Inbox/a", "ann", NOW), Trashed("b", "s", "/Inbox/b", "bob", NOW + 1))
        with catalogue.write() as write:
            write.nodes.put(asset("a", "trash/a", "a"))
            write.nodes.put(asset("b", "trash/b", "b"))
            write.trash.put(old)
            write.trash.put(new)
            assert write.trash.entries() == [new, old]
            assert write.trash.entries(before=NOW + 1) == [old]
            assert write.trash.get("a") == old
            write.trash.remove("a")
            assert write.trash.get("a") is None
            write.nodes.remove("b")
            assert write.trash.entries() == []

    def test_an_entry_without_its_node_is_refused_at_the_end(self, catalogue: SqlCatalogue) -> None:
        with pytest.raises(driver().IntegrityError, match="FOREIGN KEY"), catalogue.write() as write:
            write.trash.put(Trashed("nobody", "s", "/Inbox/a", "ann", NOW))
        with catalogue.read() as read:
            assert read.trash.entries() == []

    def test_remembers_who_vacated_a_name(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.trash.vacate("s", "Shoe.psd", "ann", "a", NOW)
            assert write.trash.vacated("s", "shoe.PSD", "ann", NOW) == "a"
            assert write.trash.vacated("s", "shoe.PSD", "ann", NOW + 0.1) is None
            assert write.trash.vacated("s", "shoe.PSD", "bob", NOW) is None
            assert write.trash.vacated("t", "shoe.PSD", "ann", NOW) is None
            write.trash.vacate("s", "shoe.psd", "ann", "b", NOW + 1)
            assert write.trash.vacated("s", "Shoe.psd", "ann", NOW) == "b"

    def test_an_occupied_name_was_vacated_by_nobody(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.trash.vacate("s", "shoe.psd", "ann", "a", NOW)
            write.trash.vacate("s", "shoe.psd", "bob", "b", NOW)
            write.trash.vacate("s", "other.psd", "bob", "c", NOW)
            write.trash.occupy("s", "SHOE.psd")
            assert write.trash.vacated("s", "shoe.psd", "ann", NOW) is None
            assert write.trash.vacated("s", "shoe.psd", "bob", NOW) is None
            assert write.trash.vacated("s", "other.psd", "bob", NOW) == "c"


class TestVersions:
    def test_gives_versions_newest_first(self, catalogue: SqlCatalogue) -> None:
        one, two = Version("a", 1, content("1"), "ann", NOW), Version("a", 2, content("2"), "bob", NOW + 1)
        with catalogue.write() as write:
            write.versions.add(one)
            write.versions.add(two)
            write.versions.add(Version("b", 1, content("3"), "bob", NOW))
            assert write.versions.of("a") == [two, one]
            write.versions.remove("a", 1)
            assert write.versions.of("a") == [two]

    def test_never_adds_a_number_twice_but_replaces_when_asked(self, catalogue: SqlCatalogue) -> None:
        empty, full = Version("a", 1, EMPTY, "ann", NOW), Version("a", 1, content(), "ann", NOW + 1)
        with catalogue.write() as write:
            write.versions.add(empty)
            with pytest.raises(Collision):
                write.versions.add(full)
            write.versions.replace(full)
            assert write.versions.of("a") == [full]

    def test_keeps_facts(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            assert write.versions.facts("a") is None
            write.versions.set_facts("a", Facts("image/jpeg", 4, 3))
            write.versions.set_facts("b", Facts("text/plain", damaged="it ends too early"))
            assert write.versions.facts("a") == Facts("image/jpeg", 4, 3)
            assert write.versions.facts("b") == Facts("text/plain", None, None, "it ends too early")

    def test_yields_every_version_across_pages(self, catalogue: SqlCatalogue) -> None:
        made = [Version(f"n{number:04}", 1 + number % 3, content(), "ann", NOW) for number in range(2001)]
        with catalogue.write() as write:
            for version in made:
                write.versions.add(version)
            assert list(write.versions.all()) == made

    def test_knows_which_contents_are_used_and_how_often(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            for number in range(1200):
                write.versions.add(Version(f"n{number}", 1, replace(content(), sha256=f"{number // 2:064}"), "", NOW))
            write.nodes.put(asset("n0", "s", "a.jpg", holds=replace(content(), sha256=f"{0:064}")))
            write.nodes.put(scratch("x", "s", "~$x", "ann", holds=replace(content(), sha256=f"{1:064}")))
            write.nodes.put(scratch("y", "s", "~$y", "ann", holds=replace(content(), sha256="f" * 64, size=9)))
            expected = [(f"{number:064}", 3) for number in range(600)]
            assert list(write.versions.blobs_in_use()) == [*expected, ("f" * 64, 9)]
            assert [write.versions.uses(name) for name in (f"{0:064}", f"{1:064}", "f" * 64, "e" * 64)] == [2, 3, 1, 0]
