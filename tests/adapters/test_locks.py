from __future__ import annotations

import pytest

from damgate.adapters.sql import SqlCatalogue
from damgate.adapters.sql.sqlite import driver
from damgate.ports.catalogue import ROOT
from tests.adapters.rows import NOW, asset, folder, lock


@pytest.fixture
def tree(catalogue: SqlCatalogue) -> SqlCatalogue:
    with catalogue.write() as write:
        write.nodes.put(folder("s", ROOT, "Inbox"))
        write.nodes.put(folder("f", "s", "summer"))
        write.nodes.put(asset("a", "f", "shoe.jpg"))
        write.nodes.put(asset("b", "s", "hat.jpg"))
    return catalogue


class TestLocks:
    def test_gives_back_a_lock_until_it_expires(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a"))
        with tree.read() as read:
            found = read.locks.get("urn:1", NOW)
            assert found == lock("urn:1", "a")
            assert found.deep is True
            assert read.locks.get("urn:1", NOW + 60) is None
            assert read.locks.get("urn:2", NOW) is None
            assert read.locks.expired(NOW + 60) == [found]
            assert read.locks.expired(NOW) == []

    def test_finds_locks_on_many_nodes(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a"))
            write.locks.add(lock("urn:2", "b", expires=NOW))
            write.locks.add(lock("urn:3", "s"))
            many = [*(f"n{number}" for number in range(1200)), "a", "b", "s", "a"]
            assert {found.token for found in write.locks.on(many, NOW)} == {"urn:1", "urn:3"}
            assert write.locks.on([], NOW) == []

    def test_finds_locks_below_a_node_but_not_on_it(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a"))
            write.locks.add(lock("urn:2", "f"))
            write.locks.add(lock("urn:3", "b", expires=NOW))
            for node, tokens in (("s", ["urn:1", "urn:2"]), ("f", ["urn:1"]), ("a", []), ("nobody", [])):
                assert [found.token for found in write.locks.below(node, NOW)] == tokens

    def test_renews_and_ends(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a"))
            write.locks.renew("urn:1", 600, NOW + 600)
            found = write.locks.get("urn:1", NOW + 599)
            assert found is not None
            assert (found.timeout, found.expires) == (600, NOW + 600)
            write.locks.remove("urn:1")
            assert write.locks.get("urn:1", NOW) is None
            write.locks.add(lock("urn:2", "a"))
            write.locks.remove_on("a")
            assert write.locks.on(["a"], NOW) == []

    def test_counts_the_locks_of_a_person(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a"))
            write.locks.add(lock("urn:2", "b", expires=NOW))
            write.locks.add(lock("urn:3", "f", person="bob"))
            assert write.locks.count("ann", NOW) == 1
            assert write.locks.count("eve", NOW) == 0

    def test_lists_all_that_live_in_the_order_of_their_end(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.locks.add(lock("urn:1", "a", expires=NOW + 90))
            write.locks.add(lock("urn:2", "b", expires=NOW))
            write.locks.add(lock("urn:3", "f", expires=NOW + 30))
            assert [found.token for found in write.locks.all(NOW)] == ["urn:3", "urn:1"]

    def test_keeps_why_a_write_was_refused_as_long_as_its_lock(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            for token, node in (("urn:1", "a"), ("urn:2", "b"), ("urn:3", "f")):
                write.locks.add(lock(token, node))
                write.locks.refuse(token, "too large")
            write.locks.refuse("urn:1", "cut")
            assert write.locks.refusal("urn:1") == "cut"
            write.locks.settle("a", {"urn:1", "urn:2", "urn:9"})
            assert (write.locks.refusal("urn:1"), write.locks.refusal("urn:2")) == (None, "too large")
            write.locks.remove("urn:2")
            write.nodes.remove("a")
            write.nodes.remove("f")
            assert (write.locks.refusal("urn:2"), write.locks.refusal("urn:3")) == (None, None)

    def test_a_lock_on_nothing_is_refused_at_the_end(self, tree: SqlCatalogue) -> None:
        with pytest.raises(driver().IntegrityError, match="FOREIGN KEY"), tree.write() as write:
            write.locks.add(lock("urn:1", "nobody"))


class TestProperties:
    def test_keeps_replaces_and_forgets(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.properties.put("a", ("urn:x", "colour"), "<c>red</c>")
            write.properties.put("a", ("urn:x", "colour"), "<c>blue</c>")
            write.properties.put("a", ("", "colour"), "<colour/>")
            assert write.properties.of("a") == {("", "colour"): "<colour/>", ("urn:x", "colour"): "<c>blue</c>"}
            write.properties.remove("a", ("", "colour"))
            write.properties.remove("a", ("", "colour"))
            assert write.properties.of("a") == {("urn:x", "colour"): "<c>blue</c>"}

    def test_copies_all_and_leaves_no_others(self, tree: SqlCatalogue) -> None:
        with tree.write() as write:
            write.properties.put("a", ("urn:x", "colour"), "<c>red</c>")
            write.properties.put("b", ("urn:x", "size"), "<s/>")
            write.properties.copy("a", "b")
            write.properties.copy("a", "a")
            assert write.properties.of("a") == write.properties.of("b") == {("urn:x", "colour"): "<c>red</c>"}
