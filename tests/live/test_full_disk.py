"""A full disk takes no rendition away for good. How uploads fare: tests/soak/full_disk.py."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.live.served import Served, cli
from tests.soak.disks import fill, small_disk
from tests.soak.ground import Unavailable


@pytest.fixture
def served(blank: Path, tmp_path: Path) -> Iterator[Served]:
    """A drive on a disk of 40 MB."""
    try:
        with small_disk(tmp_path / "disk", 40) as disk:
            server = Served(Path(shutil.copytree(blank, disk / "drive")), log=tmp_path / "log")
            yield server
            assert server.stop() == 0, server.log.read_text()
    except Unavailable as error:
        pytest.skip(str(error))


def picture(folder: Path, width: int) -> bytes:
    path = folder / "picture.jpg"
    Image.effect_noise((width, width), 60).convert("RGB").save(path, quality=80)
    return path.read_bytes()


def put(served: Served, path: str, body: bytes, who: str = "carl") -> int:
    return served.ask(who, "PUT", path, body).status


def test_a_rendition_that_finds_no_room_is_not_given_up(served: Served, tmp_path: Path) -> None:
    assert put(served, "/Approved/shoe.jpg", picture(tmp_path, 1500), "mia") == 201
    first = served.ask(None, "GET", "/channels/webshop/shoe.jpg")
    assert first.status == 200
    ballast = fill(served.drive.parent)
    assert served.ask(None, "GET", "/channels/webshop/shoe.jpg").body == first.body
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
