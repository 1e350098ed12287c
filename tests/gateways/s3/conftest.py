"""A drive on which people may make buckets, asked at the S3 door."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from tests.gateways.s3.desk import Desk

SETTINGS = "channels = {}\n[s3]\nplain-buckets = true\n"


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[app.Site]:
    folder = tmp_path / "drive"
    shutil.copytree(template, folder)
    (folder / "damgate.toml").write_text(SETTINGS, "utf-8")
    config = app.load_config(folder)
    catalogue = SqlCatalogue.open(folder / "data")
    yield app.compose(folder, config, catalogue)
    catalogue.close()


@pytest.fixture
def desk(site: app.Site) -> Desk:
    """The manager's; `desk.as_(MOE)` is another's."""
    return Desk(site)
