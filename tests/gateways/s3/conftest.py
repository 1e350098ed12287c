"""Drives on which people may make buckets: asked at the S3 door (`desk`), and through its front (`anna`, who signs)."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from damgate.core.objects import Given, Wanted
from damgate.core.people import Person
from damgate.drive import Buckets
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from tests.gateways.s3.desk import ADA, MOE, Desk
from tests.gateways.s3.signed import S3

SETTINGS = """
[s3]
plain-buckets = true
domain = "s3.example.com"

[channels.webshop]
gate = "public"

[channels.print]
"""


@pytest.fixture(scope="session")
def plain_site(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[app.Site]:
    """One for all tests: to make it takes longer than most of them."""
    folder = tmp_path_factory.mktemp("plain") / "drive"
    shutil.copytree(template, folder)
    (folder / "damgate.toml").write_text(SETTINGS, "utf-8")
    config = app.load_config(folder)
    catalogue = SqlCatalogue.open(folder / "data")
    with catalogue.write() as tx:
        for actor in (MOE, ADA):
            tx.people.put(Person(actor.name, actor.roles, password=""))
    yield app.compose(folder, config, catalogue)
    catalogue.close()


@pytest.fixture
def desk(plain_site: app.Site) -> Iterator[Desk]:
    """The manager's; `desk.as_(MOE)` is another's. What was made is gone afterwards."""
    yield Desk(plain_site)
    buckets = plain_site.drive.buckets(ADA)
    for bucket in buckets.all():
        if bucket.owner:
            _empty(buckets, bucket.name)
            buckets.remove(bucket.name)


def _empty(buckets: Buckets, name: str) -> None:
    bucket = buckets.find(name)
    for upload in buckets.uploads(name, Wanted()).uploads:
        buckets.abort(name, upload.key, upload.id)
    for version in bucket.list_versions(Wanted()).objects:
        bucket.delete(version.key, Given(), version.version)


@pytest.fixture
def s3_site(template: Path, tmp_path: Path) -> Iterator[app.Site]:
    folder = tmp_path / "drive"
    shutil.copytree(template, folder)
    (folder / "damgate.toml").write_text(SETTINGS, "utf-8")
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
