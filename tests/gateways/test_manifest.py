"""Manifests: what a shop takes over from a channel, and what has changed since it last asked."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from damgate.core.assets import Facts, Tag
from damgate.core.places import InState
from damgate.core.publishing import Placement
from damgate.ports import catalogue
from tests.drive.house import names
from tests.gateways.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path / "drive") as made:
        yield made


def read(shop: Shop, since: str | None = None, channel: str = "shop", user: str | None = None) -> Any:
    query = "" if since is None else f"?since={since}"
    answer = shop.ask.as_(user)("GET", f"/channels/{channel}.json{query}")
    assert answer.status == 200, answer
    found = json.loads(answer.body)
    assert found["cursor"] == answer.headers["X-Damgate-Cursor"]
    assert answer.headers["Link"] == f'</channels/{channel}.json?since={found["cursor"]}>; rel="next"'
    return found


def rows(shop: Shop, query: str = "") -> list[dict[str, str]]:
    answer = shop.ask("GET", f"/channels/shop.csv{query}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.body.decode())))


def changes(shop: Shop, since: str) -> tuple[list[str], list[str], str]:
    """Paths that are new or changed, ids that are gone, and the new cursor."""
    found = read(shop, since)
    return [one["path"] for one in found["assets"]], found["gone"], found["cursor"]


def test_all_that_a_shop_needs(shop: Shop) -> None:
    shop.house.mkcol("mia", "Approved/summer")
    end = shop.house.clock.now() + 86_400
    asset = shop.publish("summer/shöe.png", usable_until=end, credit="Ann", copyright="© Ann")
    (one,) = read(shop)["assets"]
    got = shop.ask("GET", one["url"])
    assert one == {
        "id": asset,
        "path": "/channels/shop/summer/sh%C3%B6e.jpg",
        "url": f"/c/shop/{asset}.jpg",
        "pinned": f"/c/shop/{asset}.{shop.pin('shop', asset)}.jpg",
        "widths": [320, 640, 1000],
        "width": 1000,
        "height": 1000,
        "bytes": len(got.body),
        "etag": got.headers["ETag"].strip('"'),
        "media_type": "image/jpeg",
        "credit": "Ann",
        "copyright": "© Ann",
        "updated": "2027-01-15T08:00:00Z",
        "until": "2027-01-16T08:00:00Z",
    }
    for address in (one["path"], one["pinned"], *(f"{one['url']}?w={width}" for width in one["widths"])):
        assert shop.ask("GET", address).status == 200
    for width in one["widths"]:
        assert f" {width} of " in shop.ask("GET", f"{one['url']}?w={width}").text


def test_widths_are_never_above_the_original(shop: Shop) -> None:
    shop.publish("small.png", "small 500")
    shop.publish("tiny.png", "tiny 200")
    assert sorted(one["widths"] for one in read(shop)["assets"]) == [[200], [320, 500]]


def test_the_original_tells_what_the_catalogue_does_not(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    content = shop.house.node("Approved/shoe.png")
    assert content is not None
    assert content.content is not None
    said = (Tag("credit", "Bea", "XMP photoshop:Credit"), Tag("copyright", "© Bea", "IPTC 2:116"))
    with shop.house.context.catalogue.write() as tx:
        tx.versions.set_facts(content.content.sha256, Facts("image/png", 2000, 2000, tags=said))
    (one,) = read(shop)["assets"]
    assert (one["id"], one["credit"], one["copyright"]) == (asset, "Bea", "© Bea")
    shop.rights("shoe.png", credit="Ann")
    (one,) = read(shop)["assets"]
    assert (one["credit"], one["copyright"]) == ("Ann", "© Bea")


def test_csv_says_the_same_and_calculates_nothing(shop: Shop) -> None:
    shop.publish("shoe.png", credit='=HYPERLINK("http://x")', copyright='a,b\n"c"')
    (one,), (row,) = read(shop)["assets"], rows(shop)
    assert row["credit"] == "'" + one["credit"]
    assert row["copyright"] == one["copyright"]
    assert row["widths"] == "320 640 1000"
    assert row["until"] == row["gone"] == ""
    for field in ("id", "path", "url", "pinned", "etag", "media_type", "updated"):
        assert row[field] == one[field]
    for sign in "=+-@\t\r":
        shop.rights("shoe.png", credit=f"{sign}1")
        assert rows(shop)[0]["credit"] == f"'{sign}1"


def test_an_unchanged_manifest_is_a_304(shop: Shop) -> None:
    shop.publish("shoe.png", usable_until=shop.house.clock.now() + 100)
    seen = set()
    for ending in ("json", "csv"):
        target = f"/channels/shop.{ending}"
        first = shop.ask("GET", target)
        assert first.headers["Cache-Control"] == "public, no-cache"
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        again = shop.ask("GET", target, If_None_Match=first.headers["ETag"])
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert again.headers["X-Damgate-Cursor"] == first.headers["X-Damgate-Cursor"]
        head = shop.ask("HEAD", target)
        assert (head.status, head.headers) == (200, first.headers)
        seen.add(first.headers["ETag"])
    shop.house.clock.pass_(50)
    assert shop.ask("GET", "/channels/shop.json").headers["ETag"] in seen
    shop.house.clock.pass_(50)  # the rights end, and nobody did anything
    assert shop.ask("GET", "/channels/shop.json").headers["ETag"] not in seen
    assert read(shop)["assets"] == []


def test_changes_since(shop: Shop) -> None:
    shop.house.mkcol("mia", "Approved/summer")
    shoe, boot = shop.publish("shoe.png"), shop.publish("summer/boot.png", "boot 800")
    whole = read(shop)
    assert sorted(one["id"] for one in whole["assets"]) == sorted([shoe, boot])
    assert whole["gone"] == []
    cursor = whole["cursor"]
    assert changes(shop, cursor) == ([], [], cursor)

    shop.revise("shoe.png", "better 2000")
    told, gone, cursor = changes(shop, cursor)
    assert (told, gone) == (["/channels/shop/shoe.jpg"], [])

    hat = shop.publish("hat.png", "hat 900")
    shop.house.move("mia", "Approved/summer/boot.png", "Archive/boot.png")
    told, gone, cursor = changes(shop, cursor)
    assert (told, gone) == (["/channels/shop/hat.jpg"], [boot])

    shop.rights("hat.png", usable_until=shop.house.clock.now() - 1)
    told, gone, cursor = changes(shop, cursor)
    assert (told, gone) == ([], [hat])
    shop.rights("hat.png")
    assert changes(shop, cursor)[:2] == (["/channels/shop/hat.jpg"], [])
    cursor = read(shop)["cursor"]

    shop.house.mkcol("mia", "Approved/winter")
    shop.house.move("mia", "Approved/hat.png", "Approved/winter/hat.png")
    told, gone, cursor = changes(shop, cursor)
    assert (told, gone) == (["/channels/shop/winter/hat.jpg"], [])
    shop.house.move("mia", "Approved/winter", "Approved/frost")
    assert changes(shop, cursor)[:2] == (["/channels/shop/frost/hat.jpg"], [])


def test_rights_that_begin_and_end_are_changes(shop: Shop) -> None:
    now = shop.house.clock.now()
    first = shop.publish("first.png", usable_until=now + 10)
    second = shop.publish("second.png", "second 2000", usable_from=now + 10, usable_until=now + 20)
    whole = read(shop)
    assert [one["id"] for one in whole["assets"]] == [first]
    shop.house.clock.pass_(10)
    told, gone, later = changes(shop, whole["cursor"])
    assert (told, gone) == (["/channels/shop/second.jpg"], [first])
    assert changes(shop, later) == ([], [], later)
    shop.house.clock.pass_(10)
    assert changes(shop, later)[:2] == ([], [second])
    assert sorted(changes(shop, whole["cursor"])[1]) == sorted([first, second])
    gone_rows = [row["id"] for row in rows(shop, f"?since={later}") if row["gone"] == "gone"]
    assert gone_rows == [second]


@pytest.mark.parametrize("cursor", ["", "x", "1", "-", "ffffffff-0", "1-1-1", "%00", "9" * 40 + "-1"])
def test_a_cursor_of_elsewhere_is_400(shop: Shop, cursor: str) -> None:
    answer = shop.ask("GET", f"/channels/shop.json?since={cursor}")
    assert (answer.status, "begin anew" in answer.text) == (400, True)


def test_who_may_list_may_read(shop: Shop) -> None:
    shop.publish("shoe.png")
    assert shop.ask("GET", "/channels/print.json").status == 401
    assert shop.as_("vera")("GET", "/channels/print.json").headers["Cache-Control"] == "private, no-cache"
    assert len(read(shop, channel="print", user="vera")["assets"]) == 1
    assert shop.as_("vera")("GET", "/channels/print.csv").headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for name in ("none.json", "shop.xml", "shop.json.gz", "shop", "shop.json/x"):
        assert shop.as_("vera")("GET", f"/channels/{name}").status in {200, 404}
        assert b'"assets"' not in shop.as_("vera")("GET", f"/channels/{name}").body
    assert shop.ask("GET", "/channels/none.json").status == 401
    listed = shop.as_("mia")("PROPFIND", "/channels/", Depth="1").entries()
    assert not [href for href in listed if "json" in href or "csv" in href]
    assert shop.as_("mia")("PUT", "/channels/shop.json", b"x").status in {403, 404, 409}


def test_areas_and_denials_hold_in_a_manifest(tmp_path: Path) -> None:
    areas = {"agency": "Approved/agency"}
    with open_shop(tmp_path / "drive", areas=areas) as shop:
        from tests.gateways.test_signed_links import add_rule

        shop.house.mkcol("mia", "Approved/agency")
        shop.publish("agency/secret.png")
        shop.publish("shoe.png", "other 2000")
        before = shop.ask("GET", "/channels/shop.json")
        assert len(json.loads(before.body)["assets"]) == 2
        add_rule(shop, "p, anonymous, shop, agency, *, *, preview, deny")
        after = shop.ask("GET", "/channels/shop.json")
        assert [one["path"] for one in json.loads(after.body)["assets"]] == ["/channels/shop/shoe.jpg"]
        assert after.headers["ETag"] != before.headers["ETag"]


def test_memory_stays_flat_and_pages_come_one_by_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.publish("shoe.png")
    with shop.house.context.catalogue.read() as tx:
        (like,) = (one for one in tx.placements.all("shop"))
        node = tx.nodes.get(like.asset)
    assert node is not None
    assert isinstance(shop.house.context.place(names("Approved")), InState)
    from dataclasses import replace

    with shop.house.context.catalogue.write() as tx:
        for number in range(6000):
            asset = f"{number:032x}"
            tx.nodes.put(replace(node, id=asset, name=f"{number}.png"))
            placement: Placement = replace(like, asset=asset, name=f"{number}.jpg")
            tx.placements.put(placement)
    front = shop.ask.app
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/channels/shop.json", "HTTP_HOST": "x"}
    body = front(environ, lambda *_: None)
    pieces = iter(body)
    next(pieces)
    next(pieces)
    tracemalloc.start()
    sizes = [len(piece) for piece in pieces]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    body.close()
    assert len(sizes) >= 6000 // catalogue.PAGE - 1
    assert peak < 8_000_000, peak
