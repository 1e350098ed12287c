"""More askers than a server has patience for: some wait, others are told to come again, and reading goes on."""

import io
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from damgate import app
from tests.live.served import Answer, Served, cli, listing

PICTURES = 16
THREADS = 12  # half of them may wait for renditions at a time
READY = "ready.jpg"


@pytest.fixture
def served(blank: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve a drive with few threads, and a channel whose pictures are made when they are read."""
    drive = Path(shutil.copytree(blank, tmp_path / "drive"))
    config = drive / app.CONFIG
    text = config.read_text("utf-8").replace("[channels.webshop]\n", "[channels.webshop]\nahead = false\n")
    config.write_text(f"{text}\n[server]\nthreads = {THREADS}\nconnections-per-address = 64\n", "utf-8")
    server = Served(drive, workers=1)
    yield server
    assert server.stop() == 0, server.log.read_text()


def fill(served: Served) -> None:
    for number in range(PICTURES):
        picture = io.BytesIO()
        Image.effect_noise((3600, 2400), 60 + number).convert("RGB").save(picture, "JPEG", quality=92)
        assert served.ask("mia", "PUT", f"/Approved/{number:02}.jpg", picture.getvalue()).status == 201
    small = io.BytesIO()
    Image.new("RGB", (1000, 1000), "teal").save(small, "JPEG")
    assert served.ask("mia", "PUT", f"/Approved/{READY}", small.getvalue()).status == 201
    assert served.ask(None, "GET", f"/channels/webshop/{READY}").status == 200


def test_requirement_6_a_crowd_is_sent_away_with_a_word_and_readers_go_on(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(served)
    taken: list[tuple[str, float]] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            for what in ("hit", "list"):
                began = time.perf_counter()
                if what == "hit":
                    assert served.ask(None, "GET", f"/channels/webshop/{READY}").status == 200
                else:
                    assert READY in listing(served, "vera", "/channels/webshop")
                taken.append((what, time.perf_counter() - began))

    def ask(number: int) -> tuple[Answer, float]:
        began = time.perf_counter()
        return served.ask(None, "GET", f"/channels/webshop/{number:02}.jpg"), time.perf_counter() - began

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(PICTURES) as crowd:
        answers = list(crowd.map(ask, range(PICTURES)))
    over.set()
    reader.join()
    made = [seconds for answer, seconds in answers if answer.status == 200]
    sent_away = [seconds for answer, seconds in answers if answer.status == 503]
    assert len(made) + len(sent_away) == PICTURES
    assert made
    assert sent_away
    for answer, _ in answers:
        assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
    assert max(sent_away) < max(made)
    readings = sorted(seconds for _, seconds in taken)
    p95 = readings[int(0.95 * len(readings))]
    with capsys.disabled():
        print(  # noqa: T201 — the figures are what is asked for
            f" [{len(made)} made in {statistics.median(made):.2f} s, {len(sent_away)} sent away after"
            f" {1000 * statistics.median(sent_away):.0f} ms; {len(readings)} reads meanwhile, p95 {1000 * p95:.0f} ms]",
            end=" ",
        )
    assert p95 < statistics.median(made), "reading goes on while renditions are made"
    cli(served, "check", "DRIVE")
