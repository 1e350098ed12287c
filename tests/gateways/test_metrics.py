"""`/metrics`: who may read it, what it counts, and that it counts for all workers."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from damgate import __version__, app
from damgate.config import Server
from damgate.gateways.accesslog import Line
from damgate.gateways.front import Front
from damgate.gateways.metrics import BOUNDS, Figures, Metrics, Situation
from tests.gateways.client import Client
from tests.gateways.conftest import Accounts

STRANGER = "192.0.2.1"  # where every request of `Client` comes from


def read(page: bytes) -> Callable[..., float | None]:
    """The page as Prometheus's own parser reads it: a name and labels → the value."""
    found = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return lambda name, **labels: found.get((name, tuple(sorted(labels.items()))))


@pytest.fixture
def metrics(site: app.Site) -> Metrics:
    return Metrics(Figures(), 0, site.situation)


@pytest.fixture
def counted(site: app.Site, metrics: Metrics) -> Client:
    """A client of a front that counts; machines of its network count as near."""
    settings = Server(trusted_proxies=(STRANGER,))
    front = Front(site.drive, Accounts(), site.policy, site.readiness, settings, metrics=metrics)
    return Client(front, "anna")


def test_requests_bytes_uploads_and_logins(counted: Client) -> None:
    assert counted("PUT", "/Inbox/secret name.bin", b"12345").status == 201
    assert counted("PUT", "/nowhere/x", b"12345").status >= 400
    assert counted("GET", "/Inbox/secret%20name.bin").body == b"12345"
    assert counted("BREW", "/Inbox/").status == 501
    assert counted.as_("somebody")("GET", "/").status == 401
    answer = counted.as_(None)("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    value = read(answer.body)
    assert value("damgate_requests_total", method="PUT", status="2xx") == 1
    assert value("damgate_requests_total", method="PUT", status="4xx") == 1
    assert value("damgate_requests_total", method="GET", status="2xx") == 1  # its own is not over yet
    assert value("damgate_requests_total", method="other", status="5xx") == 1
    assert value("damgate_request_seconds_count", method="PUT") == 2
    assert value("damgate_request_seconds_bucket", method="PUT", le="+Inf") == 2
    assert value("damgate_uploads_total") == 1
    assert value("damgate_received_bytes_total") == 5
    assert (value("damgate_sent_bytes_total") or 0) > 5
    assert value("damgate_logins_refused_total") == 1
    assert (value("damgate_blobs_free_bytes") or 0) > 1_000_000
    assert value("damgate_build_info", version=__version__) == 1
    for personal in (b"secret", b"anna", b"somebody", b"Inbox", STRANGER.encode()):
        assert personal not in answer.body


def test_renditions_and_jobs(site: app.Site, counted: Client, metrics: Metrics) -> None:
    with site.catalogue.write() as tx:
        tx.jobs.enqueue("render", "webshop/1")
        tx.jobs.enqueue("render", "webshop/2")
    for fault in ("", "", "it is damaged"):
        metrics.rendered(fault)
    value = read(counted("GET", "/metrics").body)
    assert value("damgate_jobs", kind="render", state="waiting") == 2
    assert value("damgate_renditions_made_total") == 2
    assert value("damgate_renditions_failed_total") == 1


def test_durations_fall_into_their_buckets() -> None:
    metrics = Metrics(Figures(), 0, Situation)
    for seconds in (0.0, 0.005, 0.3, 99.0):
        metrics.request(Line("1", "GET", "/", status=200, seconds=seconds))
    value = read(b"".join(metrics.answer().body))
    counts = {bound: value("damgate_request_seconds_bucket", method="GET", le=str(bound)) for bound in BOUNDS}
    assert (counts[0.005], counts[0.25], counts[0.5], counts[30.0]) == (2, 2, 3, 3)
    assert value("damgate_request_seconds_bucket", method="GET", le="+Inf") == 4
    assert value("damgate_request_seconds_sum", method="GET") == pytest.approx(99.305)


def test_every_worker_answers_for_all_and_for_those_that_died() -> None:
    figures = Figures(2)
    for row in (0, 1, 1):  # the second worker dies, and another one takes its place
        pid = os.fork()
        if pid == 0:
            Metrics(figures, row, Situation).request(Line("1", "PUT", "/", status=201, received=7, uploaded=True))
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    value = read(b"".join(Metrics(figures, 0, Situation).answer().body))
    assert value("damgate_uploads_total") == 3
    assert value("damgate_received_bytes_total") == 21


@pytest.mark.parametrize(
    ("user", "headers", "status"),
    [
        (None, {}, 200),
        (None, {"X_Forwarded_For": "198.51.100.7"}, 401),
        (None, {"X_Forwarded_For": f"{STRANGER}, 198.51.100.7"}, 401),
        ("rosa", {"X_Forwarded_For": "198.51.100.7"}, 404),
        ("anna", {"X_Forwarded_For": "198.51.100.7"}, 200),  # may manage the whole drive
    ],
)
def test_who_may_read_it(counted: Client, user: str | None, headers: Any, status: int) -> None:
    answer = counted.as_(user)("GET", "/metrics", **headers)
    assert answer.status == status
    assert (b"damgate_requests_total" in answer.body) is (status == 200)


def test_it_is_only_read(counted: Client) -> None:
    assert counted("HEAD", "/metrics").status == 200
    answer = counted("PUT", "/metrics", b"x")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
