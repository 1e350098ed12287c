"""A drive that allows plain buckets, and its operations on objects."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from damgate.core.objects import Given, Wanted
from tests.gateways.s3.objects.door import Door

SETTINGS = "channels = {}\n[s3]\nplain-buckets = true\n"


@pytest.fixture(scope="session")
def roomy(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[app.Site]:
    folder = tmp_path_factory.mktemp("roomy") / "drive"
    shutil.copytree(template, folder)
    (folder / "damgate.toml").write_text(SETTINGS, "utf-8")
    config = app.load_config(folder)
    catalogue = SqlCatalogue.open(folder / "data")
    yield app.compose(folder, config, catalogue)
    catalogue.close()


@pytest.fixture
def door(roomy: app.Site) -> Iterator[Door]:
    """The manager's; she has the bucket `things`, for one test."""
    door = Door(roomy)
    buckets = roomy.drive.buckets(door.actor)
    bucket = buckets.make("things")
    yield door
    for one in bucket.list_versions(Wanted()).objects:
        bucket.delete(one.key, Given(), one.version or "null")
    buckets.remove("things")
