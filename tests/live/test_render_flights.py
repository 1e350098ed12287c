"""Promise 10, and one maker for all who ask: what renditions cost, seen from outside the server."""

import io
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from damgate import app
from tests.live.processes import decoders
from tests.live.served import Answer, Served, cli, examined, samples, until

CLIENTS = 50
ANSWERS = {200, 404, 410, 422}  # what a broken picture may cost: no rendition, with or without a reason


@pytest.fixture(scope="module")
def served(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    import shutil

    drive = Path(shutil.copytree(blank, tmp_path_factory.mktemp("flights") / "drive"))
    config = drive / app.CONFIG
    config.write_text(
        config.read_text("utf-8") + "\n[decoders]\nseconds = 10\n\n[server]\nconnections-per-address = 64\n", "utf-8"
    )
    server = Served(drive, workers=2)
    yield server
    assert server.stop() == 0, server.log.read_text()


def photo(width: int, seed: int = 0) -> bytes:
    noise = Image.frombytes("L", (width, width), random.Random(seed).randbytes(width * width))
    written = io.BytesIO()
    noise.convert("RGB").save(written, "JPEG", quality=90)
    return written.getvalue()


class Watch:
    """The private folders that tasks of decoders get: how many there were, and whether one is there now."""

    def __init__(self, served: Served) -> None:
        self._folder = served.drive / "data" / "decoding"
        self._stopping = threading.Event()
        self.seen: set[str] = set()

    def now(self) -> set[str]:
        found = {one.name for where in ("task-*", "decoder-*/in/task-*") for one in self._folder.glob(where)}
        self.seen |= found
        return found

    @contextmanager
    def watching(self) -> Iterator[None]:
        def look() -> None:
            while not self._stopping.is_set():
                self.now()
                time.sleep(0.002)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()


def rendered(served: Served) -> int:
    with app.open_site(served.drive) as site, site.catalogue.read() as tx:
        return sum(event.what == "rendered" for event in tx.journal.since(0))


def approve(served: Served, name: str, body: bytes) -> Answer:
    assert served.ask("mia", "PUT", f"/Inbox/{name}", body).status == 201
    assert until(lambda: examined(served))
    for source, target in (("Inbox", "Review"), ("Review", "Approved")):
        destination = f"{served.url}/{target}/{name}"
        answer = served.ask("mia", "MOVE", f"/{source}/{name}", Destination=destination)
        if answer.status != 201:
            return answer
    return answer


def get_fifty(served: Served, path: str) -> list[Answer]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        together = threading.Barrier(CLIENTS)

        def one(_: int) -> Answer:
            together.wait(30)
            return served.ask(None, "GET", path)

        return list(pool.map(one, range(CLIENTS)))


def at_work(served: Served, watch: Watch) -> int | None:
    """A decoder that has the file of its task open."""
    tasks = watch.now()
    for pid in decoders(served) if tasks else ():
        try:
            files = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
            mapped = Path(f"/proc/{pid}/maps").read_text()
        except OSError:
            continue
        if any(task in mapped or any(task in file for file in files) for task in tasks):
            return pid
    return None


def is_picture(answer: Answer) -> bool:
    if answer.status != 200 or answer.headers["Content-Type"] != "image/jpeg":
        return False
    with Image.open(io.BytesIO(answer.body)) as image:
        image.load()
        return max(image.size) <= 1200


def test_fifty_who_ask_for_one_missing_rendition_cause_one_render(served: Served) -> None:
    body = photo(2500)
    assert served.ask("mia", "PUT", "/Inbox/crowd.jpg", body).status == 201
    assert until(lambda: examined(served))
    before, watch = rendered(served), Watch(served)
    with watch.watching():
        for source, target in (("Inbox", "Review"), ("Review", "Approved")):
            destination = f"{served.url}/{target}/crowd.jpg"
            assert served.ask("mia", "MOVE", f"/{source}/crowd.jpg", Destination=destination).status == 201
        answers = get_fifty(served, "/channels/webshop/crowd.jpg")
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert is_picture(answers[0])
    assert len(watch.seen) == 1
    assert rendered(served) == before + 1


def test_fifty_who_ask_for_a_lost_rendition_cause_one_render(served: Served) -> None:
    assert approve(served, "lost.jpg", photo(2400, 1)).status == 201
    first = served.ask(None, "GET", "/channels/webshop/lost.jpg")
    assert until(lambda: examined(served))
    for one in (served.drive / "data" / "renditions").glob("??/*"):
        if one.read_bytes() == first.body:
            one.unlink()
    before, watch = rendered(served), Watch(served)
    with watch.watching():
        answers = get_fifty(served, "/channels/webshop/lost.jpg")
    assert {(answer.status, answer.body) for answer in answers} == {(200, first.body)}
    assert {answer.headers["Last-Modified"] for answer in answers} == {first.headers["Last-Modified"]}
    assert len(watch.seen) == 1
    assert rendered(served) == before  # nothing changed for who listens


def test_a_decoder_killed_midway_costs_at_most_one_answer(served: Served) -> None:
    assert approve(served, "other.jpg", photo(300, 2)).status == 201
    assert until(lambda: len(decoders(served)) == 4)
    watch = Watch(served)
    assert served.ask("mia", "PUT", "/Inbox/killed.jpg", photo(4000, 3)).status == 201
    assert until(lambda: examined(served))
    for source, target in (("Inbox", "Review"), ("Review", "Approved")):
        destination = f"{served.url}/{target}/killed.jpg"
        assert served.ask("mia", "MOVE", f"/{source}/killed.jpg", Destination=destination).status == 201
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(served.ask, None, "GET", "/channels/webshop/killed.jpg")
        pid = until(lambda: at_work(served, watch))
        assert pid
        os.kill(pid, signal.SIGKILL)
        answer = asking.result(60)
    assert answer.status in ANSWERS | {503}
    assert is_picture(served.ask(None, "GET", "/channels/webshop/other.jpg"))
    assert is_picture(served.ask(None, "GET", "/channels/webshop/killed.jpg"))
    assert approve(served, "next.jpg", photo(500, 4)).status == 201
    assert is_picture(served.ask(None, "GET", "/channels/webshop/next.jpg"))


@pytest.mark.timeout(240)
def test_promise_10_each_broken_file_costs_its_own_rendition_and_nothing_else(served: Served) -> None:
    broken = sorted((samples() / "broken").iterdir())
    assert len(broken) > 10
    answers = {}
    for number, path in enumerate(broken):
        name = f"broken-{number}.jpg"
        put = served.ask("mia", "PUT", f"/Approved/{name}", path.read_bytes())
        assert put.status == 201
        placed = served.ask("vera", "GET", f"/channels/webshop/{name}")
        answers[path.name] = placed.status
        assert placed.status in ANSWERS, (path.name, placed)
        assert served.ask("mia", "PUT", f"/Approved/good-{number}.jpg", photo(64, 100 + number)).status == 201
        good = served.ask(None, "GET", f"/channels/webshop/good-{number}.jpg")
        assert is_picture(good), (path.name, good)
        original = served.ask("mia", "GET", f"/Approved/{name}")
        assert original.body == path.read_bytes()  # the original is not touched by any of this
    assert 422 in answers.values(), answers
    assert until(lambda: examined(served), 60)
    assert "all promises hold" in cli(served, "check", "DRIVE").stdout
    assert served.ask("mia", "PROPFIND", "/channels/webshop/", Depth="1").status == 207


@pytest.mark.timeout(240)
def test_a_broken_file_on_its_way_through_the_workflow_does_not_stop_the_next_one(served: Served) -> None:
    broken = sorted((samples() / "broken").iterdir())[:3]
    for number, path in enumerate(broken):
        moved = approve(served, f"walked-{number}.jpg", path.read_bytes())
        assert moved.status in {201, 403}, moved  # a check may refuse what is damaged, with its reason
    assert approve(served, "after.jpg", photo(200, 77)).status == 201
    assert is_picture(served.ask(None, "GET", "/channels/webshop/after.jpg"))
