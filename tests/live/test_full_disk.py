"""A full disk refuses uploads and nothing else: 507, nothing half, reads and deletes go on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.live.served import Served, ask, cli, listing

MEGABYTE = 1_000_000


@pytest.fixture
def small(blank: Path, tmp_path: Path) -> Iterator[Path]:
    """A drive on a disk of 40 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        yield Path(shutil.copytree(blank, disk / "drive"))
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def served(small: Path, tmp_path: Path) -> Iterator[Served]:
    server = Served(small, log=tmp_path / "log")
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0, server.log.read_text()


def fill(disk: Path) -> Path:
    """Take every byte that is left on the disk, as somebody else's file would."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def picture(folder: Path, width: int) -> bytes:
    path = folder / "picture.jpg"
    Image.effect_noise((width, width), 60).convert("RGB").save(path, quality=80)
    return path.read_bytes()


def put(served: Served, path: str, body: bytes, who: str = "carl") -> int:
    return served.ask(who, "PUT", path, body).status


def fill_by_uploads(served: Served) -> dict[str, bytes]:
    kept: dict[str, bytes] = {}
    with served.connection() as connection:
        for number in range(60):
            name, body = f"{number}.bin", os.urandom(MEGABYTE)
            answer = ask(connection, "carl", "PUT", f"/Inbox/{name}", body)
            if answer.status == 507:
                assert b"quota-not-exceeded" in answer.body
                return kept
            assert answer.status == 201, answer
            kept[name] = body
    pytest.fail("the disk of 40 MB took 60 MB")


def assert_all_there(served: Served, kept: dict[str, bytes]) -> None:
    assert set(listing(served, "carl", "/Inbox/")) == set(kept)
    with served.connection() as connection:
        for name, body in kept.items():
            assert ask(connection, "carl", "GET", f"/Inbox/{name}").body == body


def test_a_small_disk_takes_uploads_until_it_is_full_and_again_when_there_is_room(served: Served) -> None:
    kept = fill_by_uploads(served)
    assert len(kept) > 25
    assert list((served.drive / "data" / "stage").iterdir()) == []
    assert put(served, "/Inbox/0.bin", os.urandom(3 * MEGABYTE)) == 507  # the old bytes stay
    chunked = served.ask("carl", "PUT", "/Inbox/chunked.bin", iter([b"x" * 65_536] * 100))
    assert chunked.status == 507
    assert_all_there(served, kept)
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout
    for name in list(kept)[:10]:  # what uploads must leave free is enough for all this
        assert served.ask("carl", "DELETE", f"/Inbox/{name}").status == 204
        del kept[name]
    assert served.ask("carl", "MKCOL", "/Inbox/folder").status == 201
    for name in list(kept)[:3]:
        target = f"{served.url}/Review/{name}"
        assert served.ask("carl", "MOVE", f"/Inbox/{name}", Destination=target).status == 201
        del kept[name]
    assert served.ask("carl", "DELETE", "/Inbox/folder").status == 204
    assert put(served, "/Inbox/more.bin", os.urandom(MEGABYTE)) == 507  # the trash still holds the bytes
    free_by_hand(served)
    kept["more.bin"] = os.urandom(MEGABYTE)
    assert put(served, "/Inbox/more.bin", kept["more.bin"]) == 201
    assert_all_there(served, kept)
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout


def free_by_hand(served: Served) -> None:
    """Purge the trash, and let the bytes go that nothing refers to; they are kept for two days otherwise."""
    from damgate import app
    from damgate.drive import chores

    cli(served, "trash", "empty", "DRIVE")
    with app.open_site(served.drive) as site:
        chores._sweep_blobs(site.context, site.context.clock.now() + 3 * chores.GRACE)


def test_a_rendition_that_finds_no_room_is_not_given_up(served: Served, tmp_path: Path) -> None:
    assert put(served, "/Approved/shoe.jpg", picture(tmp_path, 1500), "mia") == 201
    first = served.ask(None, "GET", "/channels/webshop/shoe.jpg")
    assert first.status == 200
    ballast = fill(served.drive.parent)
    for rendition in (served.drive / "data" / "renditions").glob("??/*"):
        rendition.unlink()
    fill(served.drive.parent)
    for _ in range(3):
        refused = served.ask(None, "GET", "/channels/webshop/shoe.jpg")
        assert refused.status in (503, 507), refused
    ballast.unlink()
    again = served.ask(None, "GET", "/channels/webshop/shoe.jpg")
    assert (again.status, again.body) == (200, first.body)
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout


def test_with_not_a_byte_left_everything_can_be_read_and_every_change_is_made_or_cleanly_refused(
    served: Served, tmp_path: Path
) -> None:
    kept = {f"{number}.bin": os.urandom(MEGABYTE) for number in range(5)}
    for name, body in kept.items():
        assert put(served, f"/Inbox/{name}", body) == 201
    photo = picture(tmp_path, 1500)
    assert put(served, "/Approved/before.jpg", photo, "mia") == 201
    assert served.ask(None, "GET", "/channels/webshop/before.jpg").status == 200
    ballast = fill(served.drive.parent)
    for _ in range(3):
        assert put(served, "/Inbox/more.bin", b"x" * 100_000) == 507
        assert put(served, "/Inbox/0.bin", b"x" * 100_000) == 507
    assert list((served.drive / "data" / "stage").iterdir()) == []
    assert_all_there(served, kept)
    assert served.ask("cora", "GET", "/Inbox/0.bin").body == kept["0.bin"]  # somebody who had not logged in before
    assert served.ask("rita", "PROPFIND", "/Inbox/", Depth="1").status == 207
    assert served.ask(None, "GET", "/channels/webshop/before.jpg").status == 200
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout
    for name in list(kept):
        answer = served.ask("carl", "DELETE", f"/Inbox/{name}")
        assert answer.status in (204, 507), answer
        if answer.status == 204:
            del kept[name]
    for path in ("/readyz", "/healthz"):
        assert served.ask(None, "GET", path).status in (200, 503)
    assert_all_there(served, kept)
    ballast.unlink()
    kept["after.bin"] = os.urandom(MEGABYTE)
    assert put(served, "/Inbox/after.bin", kept["after.bin"]) == 201
    assert put(served, "/Approved/after.jpg", picture(tmp_path, 1600), "mia") == 201
    assert served.ask(None, "GET", "/channels/webshop/after.jpg").status == 200
    assert_all_there(served, kept)
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout
    assert served.process.poll() is None
    served.kill()
    served.start()
    assert_all_there(served, kept)
