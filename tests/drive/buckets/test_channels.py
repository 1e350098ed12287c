"""Channels as buckets: what is ready is listed, what is asked for is made, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate.core.errors import NoSuchVersion, NotFound, Refused, Unrenderable
from damgate.core.objects import CorsRule, Listing, Versioning, Wanted
from damgate.core.rights import ANONYMOUS, Rights
from damgate.drive.buckets import Bucket
from tests.drive.buckets.rooms import given, of, put, read
from tests.drive.house import House, another_house, names

CONFIG = {
    "channels": {
        "webshop": {"gate": "public", "bucket": "shop"},
        "preview": {"states": ["Review", "Approved"], "cors": ["https://shop.example"]},
        "lazy": {"ahead": False},
    }
}


@pytest.fixture
def house(show_house: Path, tmp_path: Path) -> Iterator[House]:
    with another_house(show_house, tmp_path, CONFIG) as made:
        yield made


def bucket(house: House, name: str, who: str = "mia") -> Bucket:
    return of(house, who).find(name)


def keys(found: Listing) -> list[str]:
    return [*(one.key for one in found.objects), *found.prefixes]


def test_what_is_ready_is_listed_with_the_size_etag_and_date_of_all_doors(house: House) -> None:
    """Promise 1."""
    house.mkcol("mia", "Approved/summer")
    house.put("mia", "Approved/summer/shoe.tif", "one")
    house.put("mia", "Approved/boot.jpg", "two")
    shop = bucket(house, "shop")
    assert keys(shop.list(Wanted())) == []
    assert keys(shop.list(Wanted(delimiter="/"))) == [], "no folder leads to what is not ready"
    house.work()
    assert keys(shop.list(Wanted())) == ["boot.jpg", "summer/shoe.jpg"]
    assert keys(shop.list(Wanted(delimiter="/"))) == ["boot.jpg", "summer/"]
    for one in shop.list(Wanted()).objects:
        seen = house.stat("mia", f"channels/webshop/{one.key}")
        assert (one.size, one.etag, one.modified) == (seen.size, seen.etag, seen.modified)
        assert shop.stat(one.key) == one
        assert read(shop, one.key) == house.read("mia", f"channels/webshop/{one.key}")


def test_what_is_asked_for_by_its_key_is_made_while_one_waits(house: House) -> None:
    """Promise 1."""
    house.put("mia", "Approved/shoe.jpg", "one")
    lazy = bucket(house, "lazy")
    house.work()
    assert keys(lazy.list(Wanted())) == []
    told = lazy.stat("shoe.jpg")
    assert lazy.list(Wanted()).objects == (told,)
    house.put("mia", "Approved/bad.jpg", b"\x89PNG\r\n\x1a\n BROKEN")
    with pytest.raises(Unrenderable):
        lazy.open("bad.jpg")


def test_a_change_never_unlists_a_key(house: House) -> None:
    """Promise 2."""
    house.put("mia", "Review/shoe.jpg", "one")
    house.work()
    preview = bucket(house, "preview")
    (before,) = preview.list(Wanted()).objects
    house.put("mia", "Review/shoe.jpg", "two")
    assert preview.list(Wanted()).objects == (before,)
    house.work()
    (after,) = preview.list(Wanted()).objects
    assert after.etag != before.etag
    assert after.modified > before.modified


def test_with_several_states_keys_begin_with_the_state(house: House) -> None:
    house.mkcol("mia", "Review/a")
    house.put("mia", "Review/a/shoe.jpg", "one")
    house.put("mia", "Approved/boot.jpg", "two")
    house.work()
    preview = bucket(house, "preview")
    assert keys(preview.list(Wanted())) == ["Approved/boot.jpg", "Review/a/shoe.jpg"]
    assert keys(preview.list(Wanted(delimiter="/"))) == ["Approved/", "Review/"]
    assert keys(preview.list(Wanted(prefix="Review/", delimiter="/"))) == ["Review/a/"]
    assert keys(preview.list(Wanted(after="Approved/boot.jpg"))) == ["Review/a/shoe.jpg"]
    assert keys(preview.list(Wanted(prefix="Rev"))) == ["Review/a/shoe.jpg"]
    assert keys(bucket(house, "preview", "vera").list(Wanted())) == ["Approved/boot.jpg"]
    assert preview.stat("Review/a/shoe.jpg").key == "Review/a/shoe.jpg"


def test_rights_hide_and_refuse_a_key_at_the_instant_they_end(house: House) -> None:
    """Promise 8."""
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    house.drive.set_rights(house.who("mia"), names("Approved/shoe.jpg"), Rights(usable_until=house.clock.now() + 10))
    shop = bucket(house, "shop", "vera")
    assert keys(shop.list(Wanted())) == ["shoe.jpg"]
    house.clock.pass_(11)
    assert keys(shop.list(Wanted())) == []
    with pytest.raises(Refused, match="its rights ended"):
        shop.open("shoe.jpg")
    assert keys(bucket(house, "shop").list(Wanted())) == ["shoe.jpg"], "who manages the drive sees it"


def test_a_public_channel_is_read_by_everybody_and_listed_by_who_may(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    shop = house.drive.buckets(ANONYMOUS).find("shop")
    assert read(shop, "shoe.jpg") == house.read("mia", "channels/webshop/shoe.jpg")
    for name in ("shop", "preview", "lazy", "approved"):
        closed = house.drive.buckets(ANONYMOUS).find(name)
        for act in (closed.stat, closed.open):
            with pytest.raises(Refused):
                act("nothing.jpg")
        with pytest.raises(Refused):
            closed.list(Wanted())
    with pytest.raises(Refused):
        house.drive.buckets(ANONYMOUS).find("lazy").open("shoe.jpg")


def test_a_former_key_is_none(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    shop = bucket(house, "shop")
    house.move("mia", "Approved/shoe.jpg", "Approved/boot.jpg")
    house.work()
    for key in ("shoe.jpg", "BOOT.jpg", "boot.jpg/", "", "boot.jpg/x", "//"):
        with pytest.raises(NotFound):
            shop.open(key)
    house.delete("mia", "Approved/boot.jpg")
    with pytest.raises(NotFound):
        shop.open("boot.jpg")


def test_nothing_is_changed_in_a_channel(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    shop = bucket(house, "shop")
    for act in (
        lambda: put(shop, "shoe.jpg", b"x"),
        lambda: put(shop, "new.jpg", b"x"),
        lambda: shop.delete("shoe.jpg", given()),
        lambda: shop.describe("shoe.jpg", given()),
        lambda: shop.set_tags("shoe.jpg", {}),
        lambda: shop.ask_to_write("shoe.jpg", given()),
    ):
        with pytest.raises(Refused, match="Channels are read only"):
            act()
    assert shop.tags("shoe.jpg") == {}
    assert shop.content("shoe.jpg") is None


def test_renditions_have_no_versions(house: House) -> None:
    house.put("mia", "Approved/shoe.jpg", "one")
    house.work()
    shop = bucket(house, "shop")
    assert shop.versioning is Versioning.NEVER
    assert shop.stat("shoe.jpg").version == ""
    assert [(one.key, one.version) for one in shop.list_versions(Wanted()).objects] == [("shoe.jpg", "null")]
    with pytest.raises(NoSuchVersion):
        shop.open("shoe.jpg", "1")


def test_pages_of_other_sites_may_read_what_the_configuration_says(house: House) -> None:
    buckets = of(house, "mia")
    (shop,), (preview,) = buckets.cors("shop"), buckets.cors("preview")
    assert isinstance(shop, CorsRule)
    assert (shop.origins, shop.methods) == (("*",), ("GET", "HEAD"))
    assert preview.origins == ("https://shop.example",)
    assert "ETag" in preview.exposed
    assert buckets.cors("lazy") == ()
    assert bucket(house, "shop").created == bucket(house, "inbox").created
