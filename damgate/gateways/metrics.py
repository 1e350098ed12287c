"""`/metrics`: what Prometheus asks. Numbers only: no names, no paths, no addresses."""

from __future__ import annotations

import mmap
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from damgate.gateways.accesslog import Line
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import DAV, READING

PATH = ("metrics",)
METHODS = (*READING, *DAV, "other")
CLASSES = ("2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
COUNTERS = {
    "received_bytes": "Bytes of request bodies that were read.",
    "sent_bytes": "Bytes of bodies that damgate sent itself; what nginx sends for it is nginx's to count.",
    "uploads": "Files that were written whole, at any door; one that came in parts counts once.",
    "renditions_made": "Renditions that were made.",
    "renditions_failed": "Renditions that cannot be made from their originals.",
    "logins_refused": "Requests with a wrong login, or one too many.",
}
_TIMES = len(BOUNDS) + 2  # a bucket below each bound, one above all, and the sum
_PLACES = {name: len(METHODS) * (len(CLASSES) + _TIMES) + place for place, name in enumerate(COUNTERS)}
_ROW = len(METHODS) * (len(CLASSES) + _TIMES) + len(COUNTERS)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is so at this moment, for all workers together."""

    jobs: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (kind, state) → how many
    free_bytes: int = 0  # on the disk of the blobs
    version: str = ""


class Figures:
    """The counters of all worker processes, in memory that they share because it was made before their fork.

    Each worker writes a row of its own; its successor goes on with it, so that no counter ever falls.
    """

    def __init__(self, workers: int = 1) -> None:
        """Have a row of zeros for each worker."""
        self._cells = memoryview(mmap.mmap(-1, max(1, workers) * _ROW * 8)).cast("d")

    def add(self, row: int, cell: int, amount: float) -> None:
        """Raise a figure; one process at a time writes a row."""
        self._cells[row * _ROW + cell] += amount

    def totals(self) -> list[float]:
        """Return each figure, united over all rows."""
        cells = self._cells.tolist()
        return [sum(cells[cell::_ROW]) for cell in range(_ROW)]


class Metrics(Collector):
    """Counts for one worker, and answers for all."""

    def __init__(self, figures: Figures, row: int, look: Callable[[], Situation]) -> None:
        """Write to this row of `figures`; `look` tells the situation whenever somebody asks."""
        self._figures = figures
        self._row = row
        self._look = look
        self._counting = threading.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def answer(self) -> Reply:
        """Return the page, in the format that every Prometheus reads."""
        page = generate_latest(self._registry)
        return whole(200, page, CONTENT_TYPE_PLAIN_0_0_4, [("Cache-Control", "no-store")])

    def request(self, line: Line) -> None:
        """Count a request that is over."""
        method = METHODS.index(line.method) if line.method in METHODS else len(METHODS) - 1
        seconds = line.seconds
        times = _first_time(method)
        self._add(
            (_status(method, line.status), 1.0),
            (times + bisect_left(BOUNDS, seconds), 1.0),
            (times + _TIMES - 1, seconds),
            (_counter("received_bytes"), line.received),
            (_counter("sent_bytes"), line.sent),
        )
        if line.uploaded:
            self.count("uploads")

    def rendered(self, fault: str) -> None:
        """Count a rendition that was tried; `fault` says why there is none."""
        self.count("renditions_failed" if fault else "renditions_made")

    def count(self, counter: str, amount: float = 1.0) -> None:
        """Raise one of COUNTERS."""
        self._add((_counter(counter), amount))

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, as prometheus_client wants them."""
        totals, now = self._figures.totals(), self._look()
        requests = CounterMetricFamily("damgate_requests", "Requests answered.", labels=("method", "status"))
        times = HistogramMetricFamily(
            "damgate_request_seconds", "From a request's head to its answer's last byte.", labels=("method",)
        )
        for number, method in enumerate(METHODS):
            for status, name in enumerate(CLASSES, 2):
                requests.add_metric((method, name), totals[_status(number, status * 100)])
            first = _first_time(number)
            times.add_metric((method,), _cumulative(totals[first : first + _TIMES - 1]), totals[first + _TIMES - 1])
        yield requests
        yield times
        for name, about in COUNTERS.items():
            yield CounterMetricFamily(f"damgate_{name}", about, value=totals[_counter(name)])
        jobs = GaugeMetricFamily(
            "damgate_jobs", "Work of the background; the kind render is renditions.", labels=("kind", "state")
        )
        for (kind, state), count in now.jobs.items():
            jobs.add_metric((kind, state), count)
        yield jobs
        yield GaugeMetricFamily("damgate_blobs_free_bytes", "Free space of the blobs' disk.", value=now.free_bytes)
        yield InfoMetricFamily("damgate_build", "What is running.", value={"version": now.version})

    def _add(self, *amounts: tuple[int, float]) -> None:
        with self._counting:
            for cell, amount in amounts:
                self._figures.add(self._row, cell, amount)


def _status(method: int, status: int) -> int:
    return method * len(CLASSES) + max(2, min(5, status // 100)) - 2


def _first_time(method: int) -> int:
    return len(METHODS) * len(CLASSES) + method * _TIMES


def _counter(name: str) -> int:
    return _PLACES[name]


def _cumulative(counts: list[float]) -> list[tuple[str, float]]:
    """Return Prometheus's buckets: each counts all that are not above its bound."""
    bounds = (*map(str, BOUNDS), "+Inf")
    return [(bound, sum(counts[: place + 1])) for place, bound in enumerate(bounds)]
