"""`damgate sign` beside a running server: the link works at once, and ends."""

import re
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from damgate import app
from tests.live.served import Served, cli, until

CHANNEL = '\n[channels.partner]\ngate = "signed"\n[channels.partner.recipe]\nbox = 400\n'


@pytest.fixture
def partner(drive: Path) -> Iterator[Served]:
    config = drive / app.CONFIG
    config.write_text(config.read_text("utf-8") + CHANNEL, "utf-8")
    server = Served(drive)
    yield server
    assert server.stop() == 0, server.log.read_text()


def test_a_link_is_signed_used_and_made_void(partner: Served) -> None:
    body = BytesIO()
    Image.new("RGB", (800, 600), "teal").save(body, "PNG")
    assert partner.ask("mia", "PUT", "/Approved/shoe.png", body.getvalue()).status == 201
    path = "/channels/partner/shoe.jpg"
    assert until(lambda: partner.ask("vera", "GET", path).status == 200)

    made = cli(partner, "sign", "DRIVE", path, "--for", "1h").stdout
    link = re.fullmatch(r"(/c/partner/([0-9a-f]{32})\.jpg\?until=(\d+)&sig=[\w-]{43})\n", made)
    assert link, made
    assert 3500 < int(link[3]) - time.time() <= 3600
    assert partner.ask(None, "GET", link[1]).status == 200
    plain = link[1].partition("?")[0]
    assert partner.ask(None, "GET", plain).status == 401

    whole = f"{partner.url}{plain}?w=200&until=1&sig=old"
    again = cli(partner, "sign", "DRIVE", whole, "--until", "2099-01-31").stdout.strip()
    assert again.startswith(f"{partner.url}{plain}?w=200&until=4073500800&sig=")
    assert partner.ask(None, "GET", again.removeprefix(partner.url)).status == 200
    assert partner.ask(None, "GET", again.removeprefix(partner.url).replace("w=200", "w=300")).status == 403

    for url, more, why in (
        (plain, (), "when the link ends"),
        (plain, ("--for", "soon"), "when the link ends"),
        (plain, ("--until", "2001-01-01"), "ended already"),
        (plain.replace("partner", "webshop"), ("--for", "1h"), "takes no signed links"),
        (plain.replace(link[2], "0" * 32), ("--for", "1h"), "no such picture"),
        ("/Approved/shoe.png", ("--for", "1h"), "Only links of channels"),
    ):
        refused = cli(partner, "sign", "DRIVE", url, *more, check=False)
        assert (refused.returncode, why in refused.stderr) == (1, True), refused

    assert "void" in cli(partner, "sign", "DRIVE", "--new-key").stdout
    assert partner.ask(None, "GET", link[1]).status == 403
    assert "link-signed" in cli(partner, "log", "DRIVE").stdout
    assert link[1].partition("sig=")[2] not in partner.log.read_text()
    explained = cli(partner, "policy", "explain", "DRIVE", "signed-link", "preview", path).stdout
    assert explained == "allowed\nrule: p, signed-link, partner, *, *, *, preview, allow\n"
