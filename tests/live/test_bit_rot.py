"""Stored bytes that rot are found and never served as whole (reliability.md G16)."""

import hashlib
import http.client
import io
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.live.served import Served, ask, until

SMALL, LARGE = "/Inbox/small.txt", "/Inbox/large.bin"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    _write(path, bytes(data))


def cut(path: Path) -> None:
    _write(path, path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    _write(path, path.read_bytes() + b"x")


def delete(path: Path) -> None:
    path.unlink()


def _write(path: Path, data: bytes) -> None:
    """Change the file itself, as a bad disk does; the name and its inode stay."""
    path.chmod(0o640)
    path.write_bytes(data)
    path.chmod(0o440)


DAMAGE = (flip, cut, lengthen, delete)


@pytest.fixture(scope="module")
def served(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all: each test damages files of its own."""
    import shutil

    server = Served(Path(shutil.copytree(blank, tmp_path_factory.mktemp("rot") / "drive")))
    yield server
    assert server.stop() == 0, server.log.read_text()


def blob(served: Served, body: bytes) -> Path:
    sha256 = hashlib.sha256(body).hexdigest()
    return served.drive / "data" / "blobs" / sha256[:2] / sha256


def photo(width: int = 400, seed: int = 0) -> bytes:
    image = Image.frombytes("RGB", (width, width), random.Random(seed).randbytes(width * width * 3))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=80)
    return written.getvalue()


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_bytes_are_found_by_name_and_never_served_as_whole(
    served: Served, damage: Callable[[Path], None]
) -> None:
    bodies = {f"/Inbox/{damage.__name__}-{size}.bin": os.urandom(size) for size in (2_000, 6_000_000)}
    for path, body in bodies.items():
        assert served.ask("carl", "PUT", path, body).status == 201
        damage(blob(served, body))
    small, large = bodies
    refused = served.ask("carl", "GET", small)
    assert refused.status == 500
    assert b"damgate check" in refused.body
    try:
        got = served.ask("carl", "GET", large)
    except http.client.IncompleteRead as broken:
        assert damage is flip
        assert len(broken.partial) < len(bodies[large])
    else:
        assert damage is not flip
        assert got.status == 500
    checked = served.cli("check", "DRIVE", check=False)
    assert checked.returncode == 1
    faults = [line for line in checked.stdout.splitlines() if line.startswith("FAULT")]
    assert sorted(line.split(": ")[1] for line in faults) == sorted(bodies)
    assert "Traceback" not in checked.stderr
    assert served.cli("check", "DRIVE", "--repair", check=False).returncode == 1  # nothing can bring them back
    logged = served.cli("log", "DRIVE").stdout
    assert all(f"damage-found             {path}" in logged for path in bodies)
    for path in bodies:  # the same bytes, sent again, mend what was damaged in place or refuse to pretend
        blob(served, bodies[path]).unlink(missing_ok=True)
        assert served.ask("carl", "PUT", path.replace("-", "+"), bodies[path]).status == 201
        assert served.ask("carl", "GET", path).body == bodies[path]
    served.cli("check", "DRIVE")


def test_a_damaged_file_is_not_taken_for_the_same_bytes_sent_again(served: Served) -> None:
    """An upload whose hash is stored already must not end up as the damaged copy of it."""
    body = os.urandom(3_000)
    assert served.ask("carl", "PUT", "/Inbox/first.bin", body).status == 201
    flip(blob(served, body))
    again = served.ask("carl", "PUT", "/Inbox/second.bin", body)
    if again.status == 201:
        assert served.ask("carl", "GET", "/Inbox/second.bin").body == body
    else:
        assert again.status >= 500
    blob(served, body).unlink()
    assert served.ask("carl", "PUT", "/Inbox/third.bin", body).status == 201


def test_a_large_damaged_file_is_cut_before_its_last_byte_and_the_server_goes_on(served: Served) -> None:
    body = os.urandom(5_000_000)
    assert served.ask("carl", "PUT", "/Inbox/cut.bin", body).status == 201
    flip(blob(served, body))
    with served.connection() as connection:
        for _ in range(3):
            with pytest.raises(http.client.IncompleteRead):
                ask(connection, "carl", "GET", "/Inbox/cut.bin")
            connection.close()
    assert served.ask("carl", "PROPFIND", "/Inbox/", Depth="1").status == 207
    blob(served, body).unlink()
    assert served.ask("carl", "PUT", "/Inbox/cut+.bin", body).status == 201


def rendition(served: Served, body: bytes) -> Path:
    md5 = hashlib.md5(body).hexdigest()
    everything = (served.drive / "data" / "renditions").glob("??/*")
    return next(one for one in everything if hashlib.md5(one.read_bytes()).hexdigest() == md5)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_rendition_is_made_anew(served: Served, damage: Callable[[Path], None]) -> None:
    name = f"{damage.__name__}.jpg"
    seed = DAMAGE.index(damage)
    assert served.ask("mia", "PUT", f"/Approved/{name}", photo(seed=seed)).status == 201
    first = served.ask(None, "GET", f"/channels/webshop/{name}")
    assert first.status == 200
    path = rendition(served, first.body)
    damage(path)
    if damage is not flip:  # that it is not whole is seen at once, and mended at once
        again = served.ask(None, "GET", f"/channels/webshop/{name}")
        assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, first.headers["ETag"])
        damage(path)
    checked = served.cli("check", "DRIVE", check=False)
    assert checked.returncode == 1
    assert f"FAULT: channels/webshop: {name}: its rendition is lost or damaged" in checked.stdout
    mended = served.cli("check", "DRIVE", "--repair")
    assert f"repaired: channels/webshop: {name}" in mended.stdout
    assert until(path.is_file), "nobody made it anew"
    until(lambda: served.cli("check", "DRIVE", check=False).returncode == 0)
    served.cli("check", "DRIVE")
    again = served.ask(None, "GET", f"/channels/webshop/{name}")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Last-Modified"] == first.headers["Last-Modified"]


def test_a_check_of_a_healthy_drive_finds_nothing_while_it_is_written(served: Served) -> None:
    stopping, counts, wrong = threading.Event(), [0, 0], []

    def write(number: int) -> None:
        dice = random.Random(number)
        with served.connection() as connection:
            while not stopping.is_set():
                counts[number] += 1
                name = f"{number}-{counts[number]}"
                picture = photo(60, dice.randrange(10**6))
                for method, path, body, headers in (
                    ("PUT", f"/Inbox/{name}.jpg", picture, {}),
                    ("PUT", f"/Inbox/{name}.jpg", photo(61, dice.randrange(10**6)), {}),
                    ("MOVE", f"/Inbox/{name}.jpg", None, {"Destination": f"{served.url}/Review/{name}.jpg"}),
                    ("MOVE", f"/Review/{name}.jpg", None, {"Destination": f"{served.url}/Approved/{name}.jpg"}),
                    ("PUT", f"/Inbox/{name}.txt", dice.randbytes(5_000), {}),
                    ("DELETE", f"/Inbox/{name}.txt", None, {}),
                ):
                    answer = ask(connection, "mia", method, path, body, **headers)
                    if answer.status not in (201, 204):
                        wrong.append((method, path, answer.status, answer.body))
                        return

    writers = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            checked = served.cli("check", "DRIVE", check=False)
            assert checked.returncode == 0, checked.stdout
    finally:
        stopping.set()
        for writer in writers:
            writer.join(60)
    assert wrong == []
    assert sum(counts) > 5
