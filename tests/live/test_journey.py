"""From a photographer's folder to the shop's page, with rclone in three people's hands."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat

from damgate import app
from damgate.cli.terms import OPERATOR
from tests.live.served import Answer, Row, Served, listing, need, rclone, samples, until

pytestmark = pytest.mark.conformance

CHANNEL = "/channels/webshop/summer/"
CREDIT, COPYRIGHT = "Phil Askey / DPReview", "© 2006 Müller & Söhne"
CREDITED = "Nikon D40.jpg"  # gets its rights while it waits in Review
CAPTIONED = "Canon EOS-1D Mark III (via Adobe Lightroom).jpg"  # brings its credit line along
ORIENTED = {"Apple iPhone 4S.jpg": (900, 1200), "Leica T (Typ 701).jpg": (795, 1200), CREDITED: (798, 1200)}
LOGO = (264, 82)  # of a rendition that is 1200 wide
MARGIN = 20


@dataclass(frozen=True)
class Season:
    """A drive whose pictures went from Inbox to the shop, stopped; and what its people saw on the way."""

    drive: Path
    pictures: Mapping[str, Path]
    compared: str
    refusal: "subprocess.CompletedProcess[str]"
    review: tuple[Mapping[str, Row], Mapping[str, Row]]  # before and after the refusal
    approved: Answer  # what stood in Approved after it
    told: tuple[bytes, bytes]  # Refusals.txt, and the note beside the folder
    seconds: float  # from the approval to the first complete listing


@pytest.fixture(scope="module")
def season(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Season:
    """Everything up to the shop, once."""
    need("rclone")
    photos = samples() / "photos"
    pictures = {path.name: path for path in sorted(photos.glob("*.jpg"))}
    drive = Path(shutil.copytree(blank, tmp_path_factory.mktemp("season") / "drive"))
    served = Served(drive)
    try:
        return travel(served, photos, pictures)
    finally:
        assert served.stop() == 0, served.log.read_text()


def travel(served: Served, photos: Path, pictures: Mapping[str, Path]) -> Season:
    """Carl brings pictures, and may not approve them; rita does."""
    only = ("--include", "*.jpg")
    rclone(served, "carl", "copy", *only, str(photos), "D:Inbox/summer")
    compared = rclone(served, "carl", "check", "--download", *only, str(photos), "D:Inbox/summer").stderr
    rclone(served, "carl", "moveto", "D:Inbox/summer", "D:Review/summer")
    before = listing(served, "rita", "/Review/summer")
    refusal = rclone(served, "carl", "moveto", "D:Review/summer", "D:Approved/summer", check=False)
    after = listing(served, "rita", "/Review/summer")
    approved = served.ask("rita", "PROPFIND", "/Approved/summer", Depth="0")
    told = (
        served.ask("carl", "GET", "/Refusals.txt").body,
        served.ask("carl", "GET", "/Review/! Not moved - why.txt").body,
    )
    served.cli("rights", "DRIVE", f"Review/summer/{CREDITED}", "--credit", CREDIT, "--copyright", COPYRIGHT)
    rclone(served, "rita", "moveto", "D:Review/summer", "D:Approved/summer")
    began = time.monotonic()
    until(lambda: set(listing(served, "vera", CHANNEL)) == set(pictures), 60)
    seconds = time.monotonic() - began
    return Season(served.drive, pictures, compared, refusal, (before, after), approved, told, seconds)


@pytest.fixture(scope="module")
def window(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The season's drive, served for those who only look."""
    served = Served(Path(shutil.copytree(season.drive, tmp_path_factory.mktemp("window") / "drive")))
    yield served
    assert served.stop() == 0, served.log.read_text()


@pytest.fixture
def shop(season: Season, tmp_path: Path) -> Iterator[Served]:
    """The season's drive, a copy of the test's own, served."""
    served = Served(Path(shutil.copytree(season.drive, tmp_path / "drive")))
    yield served
    if served.process.poll() is None:
        assert served.stop() == 0, served.log.read_text()


def asset_id(served: Served, path: str) -> str:
    with app.open_site(served.drive) as site:
        return site.operator.stat(OPERATOR, tuple(path.strip("/").split("/"))).id


def modified(answer: Answer) -> int:
    return int(parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp())


def move(served: Served, who: str, source: str, target: str) -> Answer:
    """As Finder moves: it takes what stands there for replaced."""
    return served.ask(who, "MOVE", source, Destination=served.url + quote(target), Overwrite="T")


# ── the way in ───────────────────────────────────────────────────────────────────────────────────


def test_what_rclone_copied_into_inbox_is_there_to_the_last_byte(season: Season) -> None:
    assert "0 differences found" in season.compared
    assert f"{len(season.pictures)} matching files" in season.compared


def test_a_contributor_may_not_approve_and_reads_why_and_everything_stays_promise_7(season: Season) -> None:
    assert season.refusal.returncode != 0
    assert "Your roles do not include moving files from Review to Approved" in season.refusal.stderr
    before, after = season.review
    assert before == after
    assert {name: row.size for name, row in after.items()} == {
        name: path.stat().st_size for name, path in season.pictures.items()
    }
    assert season.approved.status == 404
    for text in season.told:
        for name in season.pictures:
            assert f"/Review/summer/{name}" in text.decode("utf-8-sig")
        assert "somebody with the right to do so can move it on" in text.decode()


def test_what_a_reviewer_approved_is_in_the_shop_within_15_seconds_promise_1(
    season: Season, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds from the approval to a complete listing", round(season.seconds, 2))
    assert season.seconds < 15


# ── what the shop shows ──────────────────────────────────────────────────────────────────────────


def test_a_listing_says_exactly_what_a_read_returns_promise_1(season: Season, window: Served) -> None:
    listed = listing(window, "vera", CHANNEL)
    said = rclone(window, "vera", "ls", "D:channels/webshop/summer").stdout.splitlines()
    sizes = {name: int(size) for size, name in (line.strip().split(" ", 1) for line in said)}
    assert set(sizes) == set(listed) == set(season.pictures)
    for name, row in listed.items():
        got, head = (window.ask("vera", method, CHANNEL + name) for method in ("GET", "HEAD"))
        assert (got.status, head.status) == (200, 200)
        assert len(got.body) == row.size == sizes[name] == int(head.headers["Content-Length"])
        assert row.etag == got.headers["ETag"] == head.headers["ETag"] == f'"{hashlib.md5(got.body).hexdigest()}"'
        assert row.modified == modified(got) == modified(head)


def test_each_rendition_is_a_small_upright_srgb_jpeg_with_the_logo_in_its_corner(
    season: Season, window: Served
) -> None:
    logo = Image.open(season.drive / "logo.png").convert("RGBA")
    for name, original in season.pictures.items():
        got = window.ask("vera", "GET", CHANNEL + name)
        assert got.headers["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(got.body)) as image:
            assert image.format == "JPEG"
            assert max(image.size) == 1200
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
            assert "srgb" in ImageCms.getProfileDescription(profile).lower()
            assert not image.getexif().get(0x0112), "an orientation that would be applied twice"
            if name in ORIENTED:
                assert image.size == ORIENTED[name]
            shown = image.convert("RGB")
        plain = reference(original, shown.size)
        marked = plain.copy()
        box = corner(shown.size)
        scaled = logo.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
        marked.paste(scaled, box[:2], scaled)
        assert difference(shown, plain, (0, 0, shown.width, box[1] - 10)) < 8, name
        assert difference(shown, marked, box) < 8, name
        assert difference(shown, plain, box) > 2 * difference(shown, marked, box), name


def reference(original: Path, size: tuple[int, int]) -> Image.Image:
    """The original made small by another library."""
    with Image.open(original) as image:
        image.draft("RGB", (size[0] * 2, size[1] * 2))
        return ImageOps.exif_transpose(image).convert("RGB").resize(size, Image.Resampling.LANCZOS)


def corner(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the logo stands: at most 22 % of the width, 20 pixels from the lower right."""
    width = int(size[0] * 0.22)
    height = round(width * 160 / 512)
    return size[0] - MARGIN - width, size[1] - MARGIN - height, size[0] - MARGIN, size[1] - MARGIN


def difference(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int]) -> float:
    """Mean distance of the two in a box, 0 to 255."""
    stat = ImageStat.Stat(ImageChops.difference(one.crop(box), other.crop(box)))
    return sum(stat.mean) / 3


def test_each_rendition_says_whom_to_credit_and_not_where_it_was_taken(
    season: Season, window: Served, tmp_path: Path
) -> None:
    assert any("GPS:GPSLatitude" in each for each in tags(season.pictures.values()).values())
    folder = tmp_path / "renditions"
    folder.mkdir()
    for name in season.pictures:
        (folder / name).write_bytes(window.ask(None, "GET", CHANNEL + name).body)
    found = tags(sorted(folder.iterdir()))
    for name, said in found.items():
        assert not any("GPS" in tag or "Serial" in tag for tag in said), name
    assert found[CREDITED]["XMP-photoshop:Credit"] == found[CREDITED]["IPTC:Credit"] == CREDIT
    for tag in ("XMP-dc:Rights", "IPTC:CopyrightNotice", "IFD0:Copyright"):
        assert found[CREDITED][tag] == COPYRIGHT
    assert found[CAPTIONED]["XMP-photoshop:Credit"] == "iptc status-provider"
    assert found[CAPTIONED]["IFD0:Copyright"] == "iptc copyright-copyright"
    assert "XMP-photoshop:Credit" not in found["Apple iPhone 4S.jpg"]


def tags(paths: Iterable[Path]) -> dict[str, dict[str, str]]:
    """What exiftool reads in files, by their names."""
    command = [need("exiftool"), "-json", "-a", "-G1", "-s", "-charset", "exif=utf8", "-charset", "iptc=utf8"]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, check=True)
    return {Path(each["SourceFile"]).name: each for each in json.loads(done.stdout)}


def test_everybody_may_fetch_a_rendition_and_nobody_its_original(window: Served) -> None:
    path = CHANNEL + CREDITED
    first = window.ask(None, "GET", path)
    assert first.status == 200
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = window.ask(None, "GET", path, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert window.ask(None, "GET", f"/Approved/summer/{CREDITED}").status == 401
    assert window.ask("carl", "GET", f"/Approved/summer/{CREDITED}").status in {403, 404}


def test_stable_urls_show_the_current_version_and_grant_nothing(season: Season, window: Served) -> None:
    identity = asset_id(window, f"/Approved/summer/{CREDITED}")
    rendition = window.ask(None, "GET", CHANNEL + CREDITED)
    stable = window.ask(None, "GET", f"/c/webshop/{identity}.jpg")
    assert (stable.status, stable.body, stable.headers["ETag"]) == (200, rendition.body, rendition.headers["ETag"])
    assert window.ask("vera", "GET", f"/a/{identity}").body == season.pictures[CREDITED].read_bytes()
    assert window.ask(None, "GET", f"/a/{identity}").status == 401
    assert window.ask("carl", "GET", f"/a/{identity}").status == 404
    assert window.ask(None, "GET", f"/c/webshop/{identity}.png").status in {401, 404}
    assert window.ask("vera", "PUT", f"/a/{identity}", b"x").status == 405


# ── what changes ─────────────────────────────────────────────────────────────────────────────────


def test_a_revision_keeps_id_and_urls_and_the_picture_changes_promise_6(
    season: Season, shop: Served, tmp_path: Path
) -> None:
    name = "Nikon D3100.jpg"
    identity = asset_id(shop, f"/Approved/summer/{name}")
    places = (CHANNEL + name, f"/c/webshop/{identity}.jpg")
    before = shop.ask(None, "GET", places[0])
    original = shop.ask("rita", "HEAD", f"/Approved/summer/{name}")
    retouched = tmp_path / name
    with Image.open(season.pictures[name]) as image:
        ImageOps.invert(image.convert("RGB")).save(retouched, quality=92)
    rclone(shop, "carl", "copyto", str(retouched), f"D:Inbox/summer/{name}")
    rclone(shop, "carl", "moveto", f"D:Inbox/summer/{name}", f"D:Review/summer/{name}")
    draft = asset_id(shop, f"/Review/summer/{name}")
    assert shop.ask(None, "GET", places[0]).headers["ETag"] == before.headers["ETag"], "shown before its approval"
    assert move(shop, "rita", f"/Review/summer/{name}", f"/Approved/summer/{name}").status == 204

    def flipped() -> Answer | None:
        now = shop.ask(None, "GET", places[0])
        return now if now.headers.get("ETag") != before.headers["ETag"] else None

    after = until(flipped)
    assert after is not None
    assert after.status == 200
    assert modified(after) > modified(before)
    assert shop.ask(None, "GET", places[1]).body == after.body
    assert shop.ask("rita", "GET", f"/a/{identity}").body == retouched.read_bytes()
    assert shop.ask("rita", "GET", f"/a/{draft}").body == retouched.read_bytes(), "an alias means what it became"
    assert modified(shop.ask("rita", "HEAD", f"/Approved/summer/{name}")) > modified(original)
    assert asset_id(shop, f"/Approved/summer/{name}") == identity
    assert shop.ask("rita", "PROPFIND", f"/Review/summer/{name}", Depth="0").status == 404
    told = shop.cli("versions", "DRIVE", f"Approved/summer/{name}").stdout
    assert re.findall(r"^\d+", told, re.MULTILINE) == ["2", "1"]


def test_a_program_that_deletes_before_it_moves_keeps_the_asset_promise_6(
    season: Season, shop: Served, tmp_path: Path
) -> None:
    """rclone does: it deletes what stands at the target, then moves."""
    name = "Nikon D3100.jpg"
    identity = asset_id(shop, f"/Approved/summer/{name}")
    retouched = tmp_path / name
    with Image.open(season.pictures[name]) as image:
        image.reduce(3).save(retouched)
    rclone(shop, "mia", "copyto", str(retouched), f"D:Inbox/summer/{name}")
    rclone(shop, "mia", "moveto", f"D:Inbox/summer/{name}", f"D:Review/summer/{name}")
    rclone(shop, "mia", "moveto", f"D:Review/summer/{name}", f"D:Approved/summer/{name}")
    assert asset_id(shop, f"/Approved/summer/{name}") == identity
    assert shop.ask("mia", "GET", f"/a/{identity}").body == retouched.read_bytes()
    assert until(lambda: shop.ask(None, "GET", f"/c/webshop/{identity}.jpg").status == 200)
    assert shop.ask(None, "GET", CHANNEL + name).status == 200


def test_while_a_new_logo_is_rendered_no_picture_leaves_the_listing_promise_2(season: Season, shop: Served) -> None:
    old = listing(shop, "vera", CHANNEL)
    seen: list[dict[str, Row]] = []
    done = threading.Event()

    def mirror() -> None:
        """What `rclone sync` would see, whenever it runs."""
        while not done.is_set():
            try:
                now = listing(shop, "vera", CHANNEL)
            except (ConnectionError, OSError):
                time.sleep(0.01)  # nobody serves at this moment: a mirror stops there, and deletes nothing
                continue
            seen.append(now)
            if all(now.get(name, old[name]).etag != row.etag for name, row in old.items()):
                return

    mirroring = threading.Thread(target=mirror)
    mirroring.start()
    assert shop.stop() == 0
    Image.new("RGB", (512, 160), (255, 0, 255)).save(shop.drive / "logo.png")
    shop.start()
    assert "published" in shop.cli("channel", "publish", "DRIVE", "webshop").stdout
    mirroring.join(60)
    done.set()
    mirroring.join(10)
    last = seen[-1]
    assert {len(each) for each in seen} == {len(season.pictures)}
    for name, row in old.items():
        assert last[name].etag != row.etag
        assert last[name].modified > row.modified
        assert {each[name] for each in seen} <= {row, last[name]}, "size, ETag and date flip at once"
        image = Image.open(io.BytesIO(shop.ask(None, "GET", CHANNEL + name).body)).convert("RGB")
        red, green, blue = ImageStat.Stat(image.crop(corner(image.size))).mean
        assert red > 230 > 40 > green
        assert blue > 230


def test_a_credit_line_that_changes_is_in_the_next_rendition_promise_9(season: Season, shop: Served) -> None:
    name = "Apple iPhone 6 plus.jpg"
    before = shop.ask(None, "GET", CHANNEL + name)
    shop.cli("rights", "DRIVE", f"Approved/summer/{name}", "--credit", "Agency Ω", "--copyright", "© Agency")
    sizes = []

    def flipped() -> Answer | None:
        sizes.append(len(listing(shop, "vera", CHANNEL)))
        now = shop.ask(None, "GET", CHANNEL + name)
        assert (now.headers["ETag"] == before.headers["ETag"]) == (now.body == before.body)
        return now if now.body != before.body else None

    after = until(flipped)
    assert after is not None
    assert "Agency Ω".encode() in after.body
    assert modified(after) > modified(before)
    assert set(sizes) == {len(season.pictures)}


def test_rights_that_ended_withdraw_at_once_and_come_back_promise_8(season: Season, shop: Served) -> None:
    path = CHANNEL + CREDITED
    stable = f"/c/webshop/{asset_id(shop, f'/Approved/summer/{CREDITED}')}.jpg"
    before = shop.ask(None, "GET", path)
    now = datetime.now(UTC).isoformat()
    shop.cli("rights", "DRIVE", f"Approved/summer/{CREDITED}", "--until", now)
    for who in (None, "vera"):
        for place in (path, stable):
            for extra in ({}, {"If_None_Match": before.headers["ETag"]}, {"Range": "bytes=0-9"}):
                refused = 410 if who is None else 403 if place == path else 404
                for method in ("GET", "HEAD"):
                    assert shop.ask(who, method, place, None, **extra).status == refused
    assert "may not be used" in shop.ask("vera", "GET", path).body.decode()
    assert shop.ask("vera", "GET", f"/Approved/summer/{CREDITED}").status == 403
    assert shop.ask("vera", "PROPFIND", path, Depth="0").status == 403
    assert set(listing(shop, "vera", CHANNEL)) == set(season.pictures) - {CREDITED}
    shop.cli("rights", "DRIVE", f"Approved/summer/{CREDITED}", "--until", "-")
    for place in (path, stable):
        back = shop.ask(None, "GET", place)
        assert (back.status, back.headers["ETag"], back.body) == (200, before.headers["ETag"], before.body)
    assert set(listing(shop, "vera", CHANNEL)) == set(season.pictures)


def test_a_window_that_ends_needs_nobody_to_close_it_promise_8(shop: Served) -> None:
    end = datetime.now(UTC) + timedelta(seconds=4)
    shop.cli("rights", "DRIVE", f"Approved/summer/{CREDITED}", "--until", end.isoformat())

    def refused() -> bool:
        asked = datetime.now(UTC)
        got = shop.ask(None, "GET", CHANNEL + CREDITED)
        if got.status == 200:
            assert asked < end
            assert int(got.headers["Cache-Control"].rpartition("=")[2]) <= (end - asked).total_seconds()
        return got.status == 410

    assert until(refused)
    assert datetime.now(UTC) > end


def test_what_goes_to_the_archive_leaves_the_shop_and_an_undo_brings_it_back_promise_7(
    season: Season, shop: Served
) -> None:
    identity = asset_id(shop, f"/Approved/summer/{CREDITED}")
    places = (CHANNEL + CREDITED, f"/c/webshop/{identity}.jpg")
    before = shop.ask(None, "GET", places[0])
    rclone(shop, "mia", "moveto", f"D:Approved/summer/{CREDITED}", f"D:Archive/summer/{CREDITED}")
    for who in (None, "vera"):
        for place in places:
            assert shop.ask(who, "GET", place, If_None_Match=before.headers["ETag"]).status in {404, 410}
    assert set(listing(shop, "vera", CHANNEL)) == set(season.pictures) - {CREDITED}
    refused = move(shop, "rita", f"/Archive/summer/{CREDITED}", f"/Approved/summer/{CREDITED}")
    assert refused.status == 403
    assert "There is no step from Archive to Approved" in refused.reason
    rclone(shop, "mia", "moveto", f"D:Archive/summer/{CREDITED}", f"D:Approved/summer/{CREDITED}")
    assert asset_id(shop, f"/Approved/summer/{CREDITED}") == identity
    for place in places:
        back = shop.ask(None, "GET", place)
        assert (back.status, back.headers["ETag"], back.body) == (200, before.headers["ETag"], before.body)
    assert set(listing(shop, "vera", CHANNEL)) == set(season.pictures)
    assert '"what": "undone"' in shop.cli("log", "DRIVE", "--json").stdout
