"""What takes longer than an asker waits: 503 with the place to look, 202 to who prefers it (media.md §8)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from damgate.core.errors import Busy
from damgate.core.rights import ANONYMOUS
from damgate.drive import Drive, Link
from damgate.drive.publishing import RENDER
from tests.gateways.shop import Shop, open_shop

ASYNC = {"Prefer": "wait=5, Respond-Async"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path / "drive") as made:
        yield made


@pytest.fixture
def asset(shop: Shop) -> str:
    return shop.publish("film.png")


def begin(shop: Shop, channel: str, asset: str) -> int:
    """Let the background be at work on a rendition, a third of it done."""
    with shop.house.context.catalogue.write() as tx:
        tx.jobs.enqueue(RENDER, f"{channel}/{asset}")
    with shop.house.context.catalogue.write() as tx:
        job = tx.jobs.claim("worker", shop.house.clock.now(), 60.0)
        assert job is not None
        tx.jobs.tell(job, 1 / 3)
    return job.id


@pytest.fixture
def busy(shop: Shop, asset: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Every reading takes too long."""
    number = begin(shop, "shop", asset)

    def refuse(*_: Any) -> Any:
        raise Busy("It is being made.", retry_after=30, job=number)

    monkeypatch.setattr(Drive, "open_link", refuse)
    monkeypatch.setattr(Drive, "open", refuse)
    monkeypatch.setattr(Drive, "stat", refuse)
    return number


def test_27_a_503_says_when_and_where(shop: Shop, asset: str, busy: int) -> None:
    vera = shop.as_("vera")
    for answer in (
        shop.ask("GET", f"/c/shop/{asset}.jpg"),
        shop.ask("HEAD", f"/c/shop/{asset}.jpg"),
        vera("GET", "/channels/shop/film.jpg", **ASYNC),  # type: ignore[arg-type]
        vera("PROPFIND", "/channels/shop/film.jpg", Depth="0", **ASYNC),  # type: ignore[arg-type]
        vera("HEAD", f"/c/shop/{asset}.jpg", **ASYNC),  # type: ignore[arg-type]
    ):
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Link"] == f'</-/jobs/{busy}>; rel="status"'
        assert b"jpg 1000" not in answer.body


def test_27_a_program_that_prefers_it_gets_a_202(shop: Shop, asset: str, busy: int) -> None:
    answer = shop.ask("GET", f"/c/shop/{asset}.jpg", **ASYNC)  # type: ignore[arg-type]
    assert answer.status == 202
    assert answer.headers["Location"] == f"/-/jobs/{busy}"
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.headers["Cache-Control"] == "no-store"
    status = shop.ask("GET", answer.headers["Location"])
    assert json.loads(answer.body) == {"status": answer.headers["Location"]}
    assert status.headers["Cache-Control"] == "no-store"
    assert json.loads(status.body) == {
        "state": "running", "progress": 0.333, "since": "1970-01-01T00:00:00Z", "tries": 1, "error": "",
    }  # fmt: skip


def test_27_without_a_job_there_is_nothing_to_look_at(shop: Shop, asset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise Busy("Too many wait.")

    monkeypatch.setattr(Drive, "open_link", refuse)
    answer = shop.ask("GET", f"/c/shop/{asset}.jpg", **ASYNC)  # type: ignore[arg-type]
    assert (answer.status, "Link" in answer.headers) == (503, False)


def test_27_how_far_it_is_is_told_to_who_may_see_it(shop: Shop, asset: str) -> None:
    number = begin(shop, "print", asset)
    assert shop.ask("GET", f"/-/jobs/{number}").status == 401
    assert shop.as_("vera")("GET", f"/-/jobs/{number}").status == 200
    assert shop.as_("vera")("GET", "/-/jobs/999").status == 404
    for path in ("/-", "/-/jobs", "/-/jobs/0", "/-/jobs/x", "/-/jobs/1/2", f"/-/jobs/{'9' * 30}", "/-/jobs/٣"):
        assert shop.as_("mia")("GET", path).status == 404
    assert shop.as_("mia")("DELETE", f"/-/jobs/{number}").status == 405


def test_27_what_was_given_up_says_why_and_after_it_the_link_works(shop: Shop, asset: str) -> None:
    number = begin(shop, "shop", asset)
    with shop.house.context.catalogue.write() as tx:
        job = tx.jobs.get(number)
        assert job is not None
        tx.jobs.bury(job, "the film is broken")
    told = json.loads(shop.ask("GET", f"/-/jobs/{number}").body)
    assert (told["state"], told["error"]) == ("dead", "the film is broken")
    shop.house.drive.open_link(ANONYMOUS, Link("shop", asset, "jpg")).close()


def test_a_signed_link_has_nowhere_to_look(shop: Shop, asset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.gateways.test_signed_links import add_rule, signed

    add_rule(shop, "p, manager, channels, *, *, *, share, allow")
    link = signed(shop, asset)

    def refuse(*_: Any) -> Any:
        raise Busy("It is being made.", retry_after=30, job=7)

    monkeypatch.setattr(Drive, "open_link", refuse)
    answer = shop.ask("GET", link, **ASYNC)  # type: ignore[arg-type]
    assert (answer.status, "Link" in answer.headers) == (503, False)
