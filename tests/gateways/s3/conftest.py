"""A drive behind the S3 port, where people may make buckets; `anna`, a manager, signs with a key of her own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from tests.gateways.s3.signed import S3

PLAIN = "[s3]\nplain-buckets = true\ndomain = 's3.example.com'\n"


@pytest.fixture
def s3_site(template: Path, tmp_path: Path) -> Iterator[app.Site]:
    folder = tmp_path / "drive"
    shutil.copytree(template, folder)
    path = folder / "damgate.toml"
    path.write_text(path.read_text() + PLAIN)
    with app.open_site(folder) as opened:
        yield opened


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Figures(), 0, Situation)


@pytest.fixture
def s3_front(s3_site: app.Site, metrics: Metrics) -> S3Front:
    refused = lambda: metrics.count("logins_refused")  # noqa: E731
    settings = s3_site.config.s3
    door = S3Door(s3_site.drive, s3_site.policy, s3_site.keys, s3_site.context.clock, settings, refused)
    return S3Front(door, s3_site.config.server, settings.domain, metrics)


@pytest.fixture
def anna(s3_front: S3Front, s3_site: app.Site) -> S3:
    key, secret = s3_site.keys.add("anna")
    return S3(s3_front, key.access, secret)
