"""Publishing a channel of thousands: memory stays flat, no queue grows, every name stays listed."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from damgate.core.assets import Kind, Node, Version
from damgate.core.jobs import JobState
from damgate.core.publishing import Placement, Rendition
from damgate.core.rights import Rights
from damgate.drive import publishing, stocking
from damgate.drive.tree import new_id
from tests.drive.house import House
from tests.drive.test_channels import SHOP, publish

MANY = 5000
GROWTH = 8 << 20  # bytes that a process may gain while four fifths of them are published


def resident() -> int:
    """The memory of this process, in bytes; skips the test where the system does not tell."""
    told = Path("/proc/self/statm")
    if not told.exists():
        pytest.skip("this system does not tell about memory")
    gc.collect()
    return int(told.read_text().split()[1]) * 4096


def furnish(house: House, count: int) -> None:
    """Give the webshop so many names that show an older rendition: one content, each with its own credit."""
    first = publish(house, "0.tif")
    node = house.node("Approved/0.tif")
    assert node is not None
    assert node.content is not None
    with house.context.catalogue.write() as tx:
        [shown] = tx.placements.of(first.id)
        tx.renditions.put(Rendition("older", "image/jpeg", shown.size, shown.md5, made=1.0))
        for number in range(1, count):
            asset = new_id()
            tx.nodes.put(Node(asset, node.parent, f"{number}.tif", Kind.ASSET, 0.0, 0, content=node.content, version=1))
            tx.versions.add(Version(asset, 1, node.content, "mia", 0.0))
            tx.assets.set_rights(asset, Rights(credit=f"Ann {number}"))
            name = f"{number}.jpg"
            older = replace(shown, asset=asset, name=name, wanted="older", shown="older")
            assert isinstance(older, Placement)
            tx.placements.put(older)


@pytest.mark.timeout(600)
def test_promise_11_thousands_are_published_with_flat_memory_and_no_queue(house: House) -> None:
    furnish(house, MANY)
    listed = sorted(house.names_in("vera", SHOP))
    assert len(listed) == MANY
    before, most_waiting, most_names = 0, 0, MANY
    work = stocking.publish(house.context, "webshop", ())
    assert len(work) == MANY - 1
    for number, outcome in enumerate(work):
        assert outcome.why == ""
        if number == MANY // 5:
            before = resident()
        if number % 500 == 0:
            with house.context.catalogue.read() as tx:
                counts = tx.jobs.counts()
            most_waiting = max(most_waiting, counts.get((publishing.RENDER, JobState.WAITING.value), 0))
            most_names = min(most_names, len(house.names_in("vera", SHOP)))
    grown = resident() - before
    assert (most_waiting, most_names) == (0, MANY)
    assert grown < GROWTH
    assert sorted(house.names_in("vera", SHOP)) == listed
    assert house.context.renditions.made == MANY
    assert len(stocking.publish(house.context, "webshop", ())) == 0
