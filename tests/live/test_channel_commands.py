"""`damgate channel` beside a running server, with the real decoders: publishing, warming, rendering on purpose."""

import io
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from tests.live.served import ROOT, Served, cli, examined, listing, until

SHOP = "/channels/webshop/"


def picture(number: int, scale: int = 1) -> bytes:
    """A picture that no other number gives."""
    made = Image.effect_mandelbrot((300, 200), (-2, -1.5, 1, 1.5 + number / 100), 20).convert("RGB")
    out = io.BytesIO()
    made.resize((300 * scale, 200 * scale)).save(out, "JPEG", quality=95)
    return out.getvalue()


def fill(served: Served, first: int, count: int, scale: int = 1) -> None:
    for number in range(first, first + count):
        assert served.ask("mia", "PUT", f"/Approved/{number:03}.jpg", picture(number, scale)).status == 201
    assert until(lambda: len(listing(served, "vera", SHOP)) == first + count and examined(served), 60)


def change_recipe(drive: Path, quality: int) -> None:
    path = drive / app.CONFIG
    path.write_text(re.sub(r"(?m)^quality = \d+", f"quality = {quality}", path.read_text("utf-8")), "utf-8")


@pytest.fixture
def shop(drive: Path) -> Iterator[Served]:
    served = Served(drive)
    fill(served, 0, 3)
    yield served
    assert served.stop() == 0, served.log.read_text()


def test_a_changed_recipe_is_told_by_check_and_published_beside_the_server(shop: Served) -> None:
    before = listing(shop, "vera", SHOP)
    assert "anew" not in cli(shop, "channel", "check", "DRIVE", "webshop").stdout
    change_recipe(shop.drive, 30)
    checked = cli(shop, "channel", "check", "DRIVE", "webshop").stdout
    assert checked.count("would be made anew: the recipe has changed since 20") == 3
    assert checked.endswith(f"3 would be made anew by: damgate channel publish {shop.drive} webshop\n")
    published = cli(shop, "channel", "publish", "DRIVE", "webshop", "/Approved/000.jpg")
    assert published.stdout == "1 published\n"
    assert "restart it" in published.stderr
    assert cli(shop, "channel", "publish", "DRIVE", "webshop").stdout == "2 published\n"
    after = listing(shop, "vera", SHOP)
    for name, row in before.items():
        assert after[name].size < row.size
        got = shop.ask(None, "GET", SHOP + name)
        assert (len(got.body), got.headers["ETag"]) == (after[name].size, after[name].etag)
    assert "anew" not in cli(shop, "channel", "check", "DRIVE", "webshop").stdout
    cli(shop, "check", "DRIVE")
    shop.stop()
    shop.start()
    assert listing(shop, "vera", SHOP) == after
    assert cli(shop, "channel", "publish", "DRIVE", "webshop").stdout == "0 published\n"
    assert cli(shop, "channel", "publish", "DRIVE", "webshop").stderr == ""


def test_publishing_is_stopped_by_a_signal_and_goes_on_where_it_was(shop: Served) -> None:
    fill(shop, 3, 40, scale=10)
    shop.stop()
    change_recipe(shop.drive, 30)
    before = shown(shop)
    line = [sys.executable, "-m", "damgate", "channel", "publish", str(shop.drive), "webshop"]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert until(lambda: shown(shop) != before, 60)
        command.send_signal(signal.SIGINT)
        said, complaints = command.communicate(timeout=30)
    assert (command.returncode, said) == (130, ""), complaints
    assert "Traceback" not in complaints
    left = anew(shop)
    assert 0 < left < 43
    assert cli(shop, "channel", "publish", "DRIVE", "webshop").stdout == f"{left} published\n"
    assert anew(shop) == 0
    cli(shop, "check", "DRIVE")
    shop.start()


def shown(served: Served) -> set[str]:
    with closing(SqlCatalogue.open(served.drive / "data")) as catalogue, catalogue.read() as tx:
        return {one.shown for one in tx.placements.all("webshop")}


def anew(served: Served) -> int:
    return cli(served, "channel", "check", "DRIVE", "webshop").stdout.count("would be made anew: ")


def test_one_rendition_is_made_of_a_file_in_any_state(shop: Served, tmp_path: Path) -> None:
    assert shop.ask("carl", "PUT", "/Inbox/new.jpg", picture(99)).status == 201
    target = tmp_path / "out.jpg"
    said = cli(shop, "channel", "render", "DRIVE", "webshop", "/Inbox/new.jpg", "-o", str(target)).stdout
    assert said.startswith(f"{target}: image/jpeg, ")
    with Image.open(target) as opened:
        assert (opened.format, opened.size) == ("JPEG", (300, 200))
    line = [
        sys.executable,
        "-m",
        "damgate",
        "channel",
        "render",
        str(shop.drive),
        "webshop",
        "/Inbox/new.jpg",
        "-o",
        "-",
    ]
    assert subprocess.run(line, cwd=ROOT, capture_output=True, check=True).stdout == target.read_bytes()
    assert "new.jpg" not in listing(shop, "vera", SHOP)
    for words, about in (
        (["/Inbox/none.jpg", "-o", str(target)], "/Inbox/none.jpg"),
        (["/Inbox/new.jpg", "-o", str(tmp_path / "none" / "x")], "cannot be written"),
        (["/Inbox/new.jpg", "-o", "-", "--form", "nonsense"], "does not offer"),
        (["/Inbox/new.jpg", "-o", "-", "--width", "-5"], "number of pixels"),
    ):
        done = cli(shop, "channel", "render", "DRIVE", "webshop", *words, check=False)
        assert done.returncode == 1
        assert about in done.stderr


def test_warm_makes_what_was_lost(shop: Served) -> None:
    before = listing(shop, "vera", SHOP)
    for kept in (shop.drive / "data" / "renditions").glob("??/*"):
        kept.unlink()
    assert cli(shop, "channel", "warm", "DRIVE", "webshop").stdout == "3 made\n"
    assert cli(shop, "channel", "warm", "DRIVE", "webshop").stdout == "0 made\n"
    assert listing(shop, "vera", SHOP) == before
    cli(shop, "check", "DRIVE")


def test_a_failure_is_told_and_ends_with_1(shop: Served) -> None:
    broken = picture(0)[:2000]
    assert shop.ask("mia", "PUT", "/Approved/broken.jpg", broken).status == 201
    assert until(lambda: "1 failed" in cli(shop, "channel", "check", "DRIVE", "webshop").stdout)
    change_recipe(shop.drive, 30)
    began = time.monotonic()
    done = cli(shop, "channel", "publish", "DRIVE", "webshop", check=False)
    assert done.returncode == 1
    assert "/Approved/broken.jpg  →  not published: " in done.stdout
    assert done.stdout.endswith("3 published, 1 not\n")
    assert time.monotonic() - began < 60
