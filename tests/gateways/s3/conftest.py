"""A drive on which people may make buckets, asked at the S3 door."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from damgate.core.objects import Given, Wanted
from damgate.core.people import Person
from damgate.drive import Buckets
from tests.gateways.s3.desk import ADA, MOE, Desk

SETTINGS = "channels = {}\n[s3]\nplain-buckets = true\n"


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
