"""Stored bytes that rot are found and never served as whole."""

import hashlib
import http.client
import io
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.live.served import Served, ask, cli, examined, until

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
    if damage is flip:  # seen only at its end, which is never sent
        with pytest.raises(http.client.IncompleteRead) as broken:
            served.ask("carl", "GET", large)
        assert len(broken.value.partial) < len(bodies[large])
    else:
        assert served.ask("carl", "GET", large).status == 500
    checked = cli(served, "check", "DRIVE", check=False)
    assert checked.returncode == 1
    faults = [line for line in checked.stdout.splitlines() if line.startswith("FAULT")]
    assert sorted(line.split(": ")[1] for line in faults) == sorted(bodies)
    assert "Traceback" not in checked.stderr
    assert cli(served, "check", "DRIVE", "--repair", check=False).returncode == 1  # nothing can bring them back
    logged = cli(served, "log", "DRIVE").stdout
    assert all(f"damage-found             {path}" in logged for path in bodies)
    for path, body in bodies.items():  # the same bytes, sent again by anybody, mend it
        assert served.ask("cora", "PUT", path.replace("-", "+"), body).status == 201
        assert served.ask("carl", "GET", path).body == body
    cli(served, "check", "DRIVE")


def test_what_is_damaged_in_the_trash_is_named_by_where_it_stood(served: Served) -> None:
    bodies = {"/Inbox/thrown/away.bin": os.urandom(2_000), "/Inbox/away.bin": os.urandom(2_000)}
    assert served.ask("carl", "MKCOL", "/Inbox/thrown").status == 201
    for path, body in bodies.items():
        assert served.ask("carl", "PUT", path, body).status == 201
    for path in ("/Inbox/thrown", "/Inbox/away.bin"):
        assert served.ask("carl", "DELETE", path).status == 204
    for body in bodies.values():
        flip(blob(served, body))
    checked = cli(served, "check", "DRIVE", check=False).stdout.splitlines()
    faults = [line for line in checked if line.startswith("FAULT")]
    assert sorted(line.split(": ")[1] for line in faults) == sorted(f"{path} (in the trash)" for path in bodies)
    for body in bodies.values():  # the same bytes, sent again, mend it
        assert served.ask("carl", "PUT", "/Inbox/again.bin", body).status in {201, 204}
    cli(served, "check", "DRIVE")


def test_an_upload_never_ends_up_as_the_damaged_copy_of_its_bytes(served: Served) -> None:
    """Equal bytes are stored once: what is stored must be looked at before the upload is acknowledged."""
    for damage in DAMAGE:
        body = os.urandom(3_000)
        assert served.ask("carl", "PUT", f"/Inbox/first-{damage.__name__}.bin", body).status == 201
        damage(blob(served, body))
        assert served.ask("carl", "PUT", f"/Inbox/second-{damage.__name__}.bin", body).status == 201
        for name in ("first", "second"):
            assert served.ask("carl", "GET", f"/Inbox/{name}-{damage.__name__}.bin").body == body
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout


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
    assert served.ask("carl", "PUT", "/Inbox/mended.bin", body).status == 201
    assert served.ask("carl", "GET", "/Inbox/cut.bin").body == body


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
    assert until(lambda: examined(served)), "a job could mend it in the background"
    damage(path)
    if damage is not flip:  # that it is not whole is seen at once, and mended at once
        again = served.ask(None, "GET", f"/channels/webshop/{name}")
        assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, first.headers["ETag"])
        damage(path)
    checked = cli(served, "check", "DRIVE", check=False)
    assert checked.returncode == 1
    assert f"FAULT: channels/webshop: {name}: its rendition is lost or damaged" in checked.stdout
    mended = cli(served, "check", "DRIVE", "--repair")
    assert f"repaired: channels/webshop: {name}" in mended.stdout
    assert until(path.is_file), "nobody made it anew"
    until(lambda: cli(served, "check", "DRIVE", check=False).returncode == 0)
    cli(served, "check", "DRIVE")
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
        checks, deadline = 0, time.monotonic() + 60
        while (checks < 5 or sum(counts) <= 5) and time.monotonic() < deadline:
            checked = cli(served, "check", "DRIVE", check=False)
            assert checked.returncode == 0, checked.stdout
            checks += 1
    finally:
        stopping.set()
        for writer in writers:
            writer.join(60)
    assert wrong == []
    assert sum(counts) > 5
