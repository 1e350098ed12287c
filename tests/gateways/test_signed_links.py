"""Links that are signed for somebody without an account: that link alone, in that channel alone, until it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate.core.errors import BadName, BadRequest, NotFound
from damgate.core.events import Happening
from damgate.drive import Link
from tests.gateways.shop import Shop, open_shop

HOUR = 3600


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path / "drive") as made:
        yield made


def signed(shop: Shop, asset: str, query: str = "", *, seconds: float = HOUR, channel: str = "partner") -> str:
    link = Link(channel, asset, "jpg")
    target = f"/c/{channel}/{asset}.jpg{query}"
    return shop.house.drive.sign(shop.house.who("mia"), link, target, shop.house.clock.now() + seconds)


@pytest.fixture(autouse=True)
def sharing(shop: Shop) -> None:
    """Managers may sign: `share` on every channel."""
    policy = shop.house.context.policy
    from damgate.adapters.casbin import CasbinPolicy

    assert isinstance(policy, CasbinPolicy)
    add_rule(shop, "p, manager, channels, *, *, *, share, allow")


def add_rule(shop: Shop, rule: str) -> None:
    from damgate.adapters.casbin import CasbinPolicy

    policy = shop.house.context.policy
    assert isinstance(policy, CasbinPolicy)
    file = policy._files[1]
    file.write_text(f"{file.read_text()}\n{rule}\n", "utf-8")
    policy.reload()


def test_a_signed_link_opens_without_a_login_until_it_ends(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    assert shop.ask("GET", f"/c/partner/{asset}.jpg").status == 401
    link = signed(shop, asset, "?w=200")
    answer = shop.ask("GET", link)
    assert (answer.status, answer.text) == (200, "jpg 320 of shoe 2000 by 1")
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Cache-Tag" not in answer.headers
    assert shop.ask("HEAD", link).status == 200
    assert shop.ask("GET", link, If_None_Match=answer.headers["ETag"]).status == 304
    shop.house.clock.pass_(HOUR - 20)
    assert shop.ask("GET", link).headers["Cache-Control"] == "private, max-age=20"
    shop.house.clock.pass_(20)
    ended = shop.ask("GET", link)
    assert (ended.status, ended.headers["Cache-Control"]) == (403, "no-store")
    assert ended.text.startswith("This link ended on 2027-01-15 09:00 UTC.")


def test_it_grants_that_link_alone(shop: Shop) -> None:
    asset, other = shop.publish("shoe.png"), shop.publish("boot.png", "boot 2000")
    link = signed(shop, asset, "?w=320")
    mark = link.partition("?")[2]
    for target in (
        f"/c/partner/{other}.jpg?{mark}",
        f"/c/partner/{asset}.webp?{mark}",
        f"/c/partner/{asset}.jpg?{mark.replace('w=320', 'w=1200')}",
        f"/c/partner/{asset}.jpg?{mark.replace('w=320&', '')}",
        f"/c/partner/{asset}.jpg?w=1&{mark}",
        f"/c/partner/{asset}.{shop.pin('partner', asset)}.jpg?{mark}",
        link + "&v=1",
        link + "x",
        link[:-1],
        link.replace("until=1", "until=2"),
        link.replace("&sig=", "&sig=ä"),
    ):
        assert shop.ask("GET", target).status == 403, target
    for target in (
        f"/c/print/{asset}.jpg?{mark}",
        f"/a/{asset}?{mark}",
        f"/channels/partner/shoe.jpg?{mark}",
        f"/?{mark}",
    ):
        assert shop.ask("GET", target).status == 401, target
    for method in ("PUT", "DELETE", "PROPFIND", "POST"):
        assert shop.ask(method, link).status in {401, 405}
    assert shop.ask("GET", f"/c/shop/{asset}.jpg?{mark}").status == 200  # public: what else stands there is ignored


def test_rights_and_withdrawal_act_all_the_same(shop: Shop) -> None:
    asset = shop.publish("shoe.png", usable_until=shop.house.clock.now() + 30)
    link = signed(shop, asset)
    assert shop.ask("GET", link).headers["Cache-Control"] == "private, max-age=30"
    shop.house.clock.pass_(30)
    assert shop.ask("GET", link, Accept="image/avif,image/*").headers["Content-Type"] == "image/png"
    assert shop.ask("GET", link).status == 410
    shop.rights("shoe.png")
    assert shop.ask("GET", link).status == 200
    shop.house.move("mia", "Approved/shoe.png", "Archive/shoe.png")
    assert shop.ask("GET", link).status == 410


@pytest.mark.parametrize("who", ["signed-link", "anonymous"])
def test_a_deny_wins(shop: Shop, who: str) -> None:
    asset = shop.publish("shoe.png")
    link = signed(shop, asset)
    assert shop.ask("GET", link).status == 200
    add_rule(shop, f"p, {who}, partner, *, *, *, preview, deny")
    assert shop.ask("GET", link).status == 404


def test_a_login_is_no_hindrance_and_no_need(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    link = signed(shop, asset, seconds=10)
    add_rule(shop, "p, contributor, partner, *, *, *, preview, deny")
    assert shop.as_("carl")("GET", f"/c/partner/{asset}.jpg").status == 404
    assert shop.as_("carl")("GET", link).status == 200
    shop.house.clock.pass_(10)
    assert shop.as_("carl")("GET", link).status == 404
    assert shop.as_("vera")("GET", link).status == 200  # by her own right


def test_a_new_key_makes_old_links_void(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    link = signed(shop, asset)
    shop.house.drive.change_signing_key(shop.house.who("mia"))
    refused = shop.ask("GET", link)
    assert (refused.status, "revoked" in refused.text) == (403, True)
    assert shop.ask("GET", signed(shop, asset)).status == 200
    told = shop.house.events(Happening.LINK_SIGNED, Happening.SIGNING_KEY_CHANGED)
    assert [(one.what, one.by) for one in told] == [
        ("link-signed", "mia"), ("signing-key-changed", "mia"), ("link-signed", "mia"),
    ]  # fmt: skip
    assert told[0].asset == asset


def test_what_is_not_signed(shop: Shop) -> None:
    asset = shop.publish("shoe.png")
    for channel in ("shop", "print"):
        with pytest.raises(BadRequest, match="takes no signed links"):
            signed(shop, asset, channel=channel)
    with pytest.raises(BadRequest, match="ended already"):
        signed(shop, asset, seconds=0)
    with pytest.raises(NotFound):
        signed(shop, "0" * 32)
    now = shop.house.clock.now()
    with pytest.raises(BadRequest, match="without the pin"):
        shop.house.drive.sign(shop.house.who("mia"), Link("partner", asset, "jpg", "0" * 8), "/x", now + 1)
    assert shop.ask("GET", f"/c/partner/{asset}.jpg?until=99999999999&sig=AAAA").status == 403  # before any key is made


def test_its_name_is_nobodys(shop: Shop) -> None:
    for name in ("signed-link", "Signed-Link"):
        with pytest.raises(BadName):
            shop.house.people.add(name, [], "correct horse battery")
