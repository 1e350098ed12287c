"""Delivery by URL: widths, forms, pins, withdrawn pictures, and what caches and other sites may do (media.md §8)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core.errors import Misconfigured
from damgate.gateways.http import pictures
from damgate.gateways.http.accept import parse_accept
from tests.gateways.client import page
from tests.gateways.shop import Shop, open_shop

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path / "drive") as made:
        yield made


def said(answer: Any) -> tuple[int, str]:
    return answer.status, answer.body.decode("utf-8", "replace").partition(" of ")[0]


# ── widths ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "made"),
    [("1", 320), ("320", 320), ("321", 640), ("640", 640), ("641", 1000), ("999999999", 1000), ("0640", 640)],
)
def test_a_width_is_that_of_the_next_size(shop: Shop, asked: str, made: int) -> None:
    asset = shop.publish("shoe.png")
    assert said(shop.ask("GET", f"/c/shop/{asset}.jpg?w={asked}")) == (200, f"jpg {made}")


def test_nothing_is_enlarged_nor_made_twice(shop: Shop) -> None:
    asset = shop.publish("small.png", "small 300")
    main = shop.ask("GET", f"/c/shop/{asset}.jpg")
    made = shop.house.context.renditions.made
    for width in (320, 640, 5000):
        assert shop.ask("GET", f"/c/shop/{asset}.jpg?w={width}").headers["ETag"] == main.headers["ETag"]
    assert shop.house.context.renditions.made == made


@pytest.mark.parametrize("asked", ["", "0", "-1", "6.5", "640px", "1e3", "٦٤٠", "0x10", "1000000000", "%20640"])
def test_a_width_that_is_none_is_400_with_a_sentence(shop: Shop, asked: str) -> None:
    asset = shop.publish("shoe.png")
    answer = shop.ask("GET", f"/c/shop/{asset}.jpg?w={asked}")
    assert (answer.status, "whole number of pixels" in answer.text) == (400, True)


def test_what_else_stands_in_the_query_changes_nothing(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    plain = shop.ask("GET", f"/c/shop/{asset}.jpg?w=320")
    for query in ("w=320&v=17", "_=1&w=320", "w=320&w=640", "w=320&sig=abc&until=1", "v;&&=&w=320&%zz"):
        assert shop.ask("GET", f"/c/shop/{asset}.jpg?{query}").headers["ETag"] == plain.headers["ETag"]


def test_a_channel_without_sizes_has_one_width(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    assert said(shop.ask("GET", f"/c/plain/{asset}.jpg?w=320")) == (200, "jpg 1000")


def test_03_a_hit_and_a_304_make_nothing(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    target = f"/c/shop/{asset}.jpg?w=320"
    first = shop.ask("GET", target)
    made = shop.house.context.renditions.made
    assert shop.ask("GET", target).body == first.body
    again = shop.ask("GET", target, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    for name in ("Cache-Control", "Cache-Tag", "Vary", "ETag", "Access-Control-Allow-Origin"):
        assert again.headers[name] == first.headers[name]
    head, part = shop.ask("HEAD", target), shop.ask("GET", target, Range="bytes=0-2")
    assert head.headers == first.headers
    assert (part.status, part.body, part.headers["Vary"]) == (206, b"jpg", "Accept")
    assert shop.house.context.renditions.made == made


# ── forms ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (CHROME, "avif"),
        ("image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "webp"),
        ("image/webp, image/avif;q=0.9", "webp"),
        ("image/avif;q=0.5, image/webp;q=0.5, image/jpeg", "jpg"),
        ("image/avif;q=0.5, */*;q=0.4", "avif"),
        ("image/avif;q=0, image/webp;q=0.000", "jpg"),
        ("IMAGE/WEBP ; Q=1.0", "webp"),
        ("*/*", "jpg"),
        ("image/*", "jpg"),
        ("image/png", "jpg"),
        ("image/avif;q=2, image/webp;q=x", "jpg"),
        ("", "jpg"),
        (None, "jpg"),
    ],
)
def test_19_auto_is_what_the_asker_likes_best(shop: Shop, accept: str | None, form: str) -> None:
    asset = shop.publish("shoe.png")
    headers: Any = {} if accept is None else {"Accept": accept}
    answer = shop.ask("GET", f"/c/shop/{asset}.jpg?w=320", **headers)
    assert said(answer) == (200, f"{form} 320")
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Content-Type"] == ("image/jpeg" if form == "jpg" else f"image/{form}")


def test_19_an_extension_is_that_form_for_everybody(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    for form in ("avif", "webp", "AVIF"):
        answer = shop.ask("GET", f"/c/shop/{asset}.{form}?w=700", Accept="image/jpeg")
        assert said(answer) == (200, f"{form.lower()} 1000")
        assert answer.headers["Content-Disposition"] == f"inline; filename*=UTF-8''shoe.{form.lower()}"
        assert "Vary" not in answer.headers
    assert shop.ask("GET", f"/c/plain/{asset}.avif", Accept="image/jpeg").status == 200
    assert said(shop.ask("GET", f"/c/plain/{asset}.jpg", Accept=CHROME)) == (200, "jpg 1000")


def test_19_a_mount_and_a_listing_have_the_fixed_form(shop: Shop) -> None:
    shop.publish("shoe.png")
    vera = shop.as_("vera")
    entry = vera("PROPFIND", "/channels/shop/", Depth="1").entries()["/channels/shop/shoe.jpg"]
    got = vera("GET", "/channels/shop/shoe.jpg?w=320", Accept=CHROME)
    assert said(got) == (200, "jpg 1000")
    assert (entry["getcontenttype"], entry["getetag"]) == ("image/jpeg", got.headers["ETag"])
    assert "Vary" not in got.headers


def test_forms_with_a_dot(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    assert said(shop.ask("GET", f"/c/shop/{asset}.poster.jpg")) == (200, "poster.jpg 1000")
    pinned = shop.ask("GET", f"/c/shop/{asset}.{shop.pin('shop', asset)}.poster.jpg?w=320")
    assert said(pinned) == (200, "poster.jpg 320")
    assert "immutable" in pinned.headers["Cache-Control"]
    for ending in ("png", "poster.avif", "exe", "poster", "jpg.jpg", "."):
        assert shop.as_("vera")("GET", f"/c/shop/{asset}.{ending}").status == 404


_types = st.sampled_from(["image/avif", "image/webp", "image/jpeg", "image/*", "*/*", "text/html"])
_weights = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@given(st.lists(st.tuples(_types, _weights), unique_by=lambda one: one[0]))
def test_19_accept_is_read_as_it_is_written(liked: list[tuple[str, float]]) -> None:
    assert parse_accept(", ".join(f"{name};q={weight:.3f}" for name, weight in liked)) == dict(liked)


@given(st.text(max_size=200))
def test_19_rubbish_in_accept_is_no_error(value: str) -> None:
    assert all("/" in name and 0 <= weight <= 1 for name, weight in parse_accept(value).items())


# ── pins ─────────────────────────────────────────────────────────────────────────────────────


def test_a_pinned_link_is_kept_for_ever_and_an_old_one_leads_to_the_present(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    old = shop.pin("shop", asset)
    first = shop.ask("GET", f"/c/shop/{asset}.{old}.jpg?w=320")
    assert said(first) == (200, "jpg 320")
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    shop.revise("shoe.png", "boot 2000")
    new = shop.pin("shop", asset)
    assert new != old
    moved = shop.ask("GET", f"/c/shop/{asset}.{old}.webp?w=320&v=1")
    assert (moved.status, moved.headers["Cache-Control"]) == (302, "no-cache")
    assert moved.headers["Location"] == f"/c/shop/{asset}.{new}.webp?w=320&v=1"
    there = shop.ask("GET", moved.headers["Location"])
    assert (there.status, there.text) == (200, "webp 320 of boot 2000 by 1")
    assert shop.ask("GET", f"/c/shop/{asset}.{'0' * 8}.jpg").headers["Location"] == f"/c/shop/{asset}.{new}.jpg"


def test_while_a_new_recipe_is_pending_a_pin_is_not_said_to_last(shop: Shop, tmp_path: Path) -> None:
    asset = shop.publish("shoe.png")
    pin = shop.pin("shop", asset)
    revised = shop.house.put(
        "mia", "Inbox/shoe.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 17 + b"boot 2000"
    )
    assert revised.id != asset
    for source, target in (("Inbox", "Review"), ("Review", "Approved")):
        shop.house.move("mia", f"{source}/shoe.png", f"{target}/shoe.png")
    kept = shop.ask("GET", f"/c/shop/{asset}.{pin}.jpg")  # the last good one, as everywhere (promise 2)
    assert (kept.text, "immutable" in kept.headers["Cache-Control"]) == ("jpg 1000 of shoe 2000 by 1", True)
    ahead = shop.ask("GET", f"/c/shop/{asset}.{pin}.jpg?w=320")
    assert "immutable" not in ahead.headers["Cache-Control"]


def test_a_pin_lasts_no_longer_than_the_rights(shop: Shop) -> None:
    end = shop.house.clock.now() + 5000
    asset = shop.publish("shoe.png", usable_until=end)
    target = f"/c/shop/{asset}.{shop.pin('shop', asset)}.jpg"
    assert shop.ask("GET", target).headers["Cache-Control"] == "public, max-age=5000, immutable"
    shop.house.clock.pass_(4999.5)
    assert shop.ask("GET", target).headers["Cache-Control"] == "public, max-age=0, immutable"
    shop.house.clock.pass_(1)
    assert shop.ask("GET", target).status == 410
    manager = shop.as_("mia")("GET", target)
    assert (manager.status, manager.headers["Cache-Control"]) == (200, "private, no-cache")


def test_a_pin_of_a_channel_for_roles_is_kept_by_browsers_alone(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    pin = shop.pin("print", asset)
    answer = shop.as_("vera")("GET", f"/c/print/{asset}.{pin}.jpg")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Authorization"
    assert shop.ask("GET", f"/c/print/{asset}.{pin}.jpg").status == 401
    assert shop.ask("GET", f"/c/print/{asset}.{'0' * 8}.jpg").status == 401  # it does not tell the present pin
    assert shop.as_("vera")("GET", f"/c/print/{asset}.jpg").headers["Cache-Control"] == "private, no-cache"


@given(st.text("0123456789abcdefABCDEFg.", min_size=1, max_size=24))
def test_whatever_stands_where_a_pin_stands_never_fails(tail: str) -> None:
    from damgate.core.errors import DamgateError
    from damgate.gateways.http.links import parse_link
    from damgate.gateways.request import Request

    request = Request("GET", ("c", "shop", "0f" * 16 + "." + tail), slash=False, environ={}, id="1")
    try:
        link = parse_link(request)
    except DamgateError:
        return
    assert (f"{link.pin}.{link.ending}" if link.pin else link.ending) == tail
    assert link.ending
    assert len(link.pin) in {0, 8}


# ── what is gone ─────────────────────────────────────────────────────────────────────────────


def test_a_withdrawn_picture_is_a_410_that_browsers_show(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    pin = shop.pin("shop", asset)
    shop.house.move("mia", "Approved/shoe.png", "Archive/shoe.png")
    for target in (f"/c/shop/{asset}.jpg?w=320", f"/c/shop/{asset}.{pin}.jpg", "/channels/shop/shoe.jpg"):
        answer = shop.ask("GET", target, Accept=CHROME)
        assert (answer.status, answer.headers["Content-Type"]) == (410, "image/png")
        assert answer.body.startswith(b"\x89PNG")
        assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept", "public, max-age=600")
        assert shop.ask("HEAD", target, Accept=CHROME).headers == answer.headers
        for accept in (PAGE, "*/*", "image/avif;q=0"):
            text = shop.ask("GET", target, Accept=accept)
            assert (text.status, text.headers["Cache-Control"], "withdrawn" in text.text) == (410, "no-store", True)
    assert shop.ask("GET", f"/c/plain/{asset}.jpg", Accept=CHROME).headers["Content-Type"].startswith("text/plain")
    shop.house.move("mia", "Archive/shoe.png", "Approved/shoe.png")  # an undo
    shop.house.work()
    assert shop.ask("GET", f"/c/shop/{asset}.jpg").status == 200


def test_rights_that_ended_are_a_410_alike(shop: Shop) -> None:
    asset = shop.publish("shoe.png", usable_until=shop.house.clock.now() + 10)
    assert shop.ask("GET", f"/c/shop/{asset}.jpg").headers["Cache-Control"] == "public, max-age=10"
    shop.house.clock.pass_(11)
    answer = shop.ask("GET", f"/c/shop/{asset}.jpg", Accept=CHROME)
    assert (answer.status, answer.headers["Content-Type"]) == (410, "image/png")


def test_who_may_not_see_a_channel_is_not_told_what_left_it(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    shop.house.move("mia", "Approved/shoe.png", "Archive/shoe.png")
    assert shop.ask("GET", f"/c/print/{asset}.jpg", Accept=CHROME).status == 401
    private = shop.as_("vera")("GET", f"/c/print/{asset}.jpg", Accept=CHROME)
    assert (private.status, private.headers["Cache-Control"]) == (410, "no-store")


def test_an_own_picture_for_what_was_withdrawn(tmp_path: Path) -> None:
    (tmp_path / "gone.webp").write_bytes(b"RIFF gone")
    with open_shop(tmp_path / "drive") as shop:
        delivery = shop.house.context.outlets["shop"].delivery
    from dataclasses import replace

    found = pictures({"shop": replace(delivery, withdrawn="gone.webp")}, tmp_path)["shop"]
    assert (found.body, found.media_type, found.max_age) == (b"RIFF gone", "image/webp", 600)
    for wrong in ("none.png", "gone.svg", "pictur"):
        with pytest.raises(Misconfigured, match=r"\[channels.shop\] withdrawn"):
            pictures({"shop": replace(delivery, withdrawn=wrong)}, tmp_path)


# ── caches and other sites ───────────────────────────────────────────────────────────────────


def test_public_channels_are_for_pages_of_every_site(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    for target in (f"/c/shop/{asset}.jpg", "/channels/shop/shoe.jpg"):
        headers = shop.ask("GET", target).headers
        assert headers["Cache-Tag"] == f"asset-{asset}, channel-shop"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in headers["Access-Control-Expose-Headers"]
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for client, target in ((shop.as_("vera"), f"/c/print/{asset}.jpg"), (shop.as_("mia"), f"/a/{asset}")):
        headers = client("GET", target).headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not {"Access-Control-Allow-Origin", "Cache-Tag"} & set(headers)


def test_preflights(shop: Shop) -> None:
    asking: Any = {"Origin": "https://shop.example", "Access_Control_Request_Method": "GET"}
    for target in ("/c/shop/0.jpg", "/channels/shop/x.jpg", "/channels/shop.json", "/channels/SHOP.csv"):
        answer = shop.ask("OPTIONS", target, **asking)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    for target in ("/c/print/0.jpg", "/channels/print.json", "/channels/shop.txt", "/Approved/x.jpg", "/a/1", "/"):
        answer = shop.ask("OPTIONS", target, **asking)
        assert "Access-Control-Allow-Origin" not in answer.headers
    others: Any = ({"Access_Control_Request_Method": "PUT"}, {"Origin": "https://x.example"})
    for other in others:
        assert "Access-Control-Allow-Origin" not in shop.ask("OPTIONS", "/c/shop/0.jpg", **other).headers


# ── pages of folders ─────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_folder_shows_previews(tmp_path: Path) -> None:
    channels = {"looks": {"states": ["Review", "Approved"], "sizes": [320], "ahead": False}}
    with open_shop(tmp_path / "drive", channels=channels, previews="looks") as shop:
        shoe, late = shop.publish("a&b.png"), shop.publish("late.png", usable_until=shop.house.clock.now() + 5)
        shop.house.put("mia", "Approved/notes.txt", b"text")
        shop.house.put("mia", "Approved/broken.png", b"\x89PNG\r\n\x1a\nBROKEN")
        shop.house.clock.pass_(5)

        def seen(user: str, path: str) -> list[str]:
            shown = page(shop.as_(user)("GET", path).text)
            return [str(source) for source in shown.xpath("//li//img/@src")]

        pictures = [f"/c/looks/{shoe}.jpg?w=320", f"/c/looks/{late}.jpg?w=320"]
        assert seen("vera", "/Approved/")[:1] == pictures[:1]
        assert pictures[1] not in seen("vera", "/Approved/")
        assert set(pictures) <= set(seen("mia", "/Approved/"))
        shown = page(shop.as_("vera")("GET", "/Approved/").text)
        (image,) = shown.xpath(f'//img[contains(@src,"{shoe}")]')
        assert (image.get("alt"), image.get("loading")) == ("Preview of a&b.png", "lazy")
        assert image.get("srcset") == f"/c/looks/{shoe}.jpg?w=320 1x, /c/looks/{shoe}.jpg?w=640 2x"
        assert "TXT" in [tile.text for tile in shown.xpath("//li//i")]
        policy = shop.as_("vera")("GET", "/Approved/").headers["Content-Security-Policy"]
        assert "img-src 'self';" in policy
        got = shop.as_("vera")("GET", pictures[0])
        assert (got.status, got.text.partition(" of ")[0]) == (200, "jpg 320")
        assert seen("vera", "/channels/looks/Approved/")[:1] == pictures[:1]
