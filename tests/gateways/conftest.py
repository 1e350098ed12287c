"""A whole drive behind the front: real catalogue, blobs and policy; accounts without the cost of hashing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from damgate import app
from damgate.adapters.files import FileBlobs
from damgate.adapters.sql import SqlCatalogue
from damgate.core.errors import NotAuthenticated
from damgate.core.people import Person
from damgate.core.rights import Actor
from damgate.gateways.front import Front
from tests.gateways.client import PASSWORD, Client

REPOSITORY = Path(__file__).parents[2]
ROLES = {"anna": ("manager",), "rosa": ("reviewer",), "carl": ("contributor",), "cora": ("contributor",), "nils": ()}


class Accounts:
    """Everybody's password is the same, and nothing is hashed."""

    def login(self, name: str, password: str, address: str) -> Actor:
        if password != PASSWORD or name not in ROLES:
            raise NotAuthenticated("The name or the password is wrong.")
        return Actor(name, ROLES[name])


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty drive to copy."""
    folder = tmp_path_factory.mktemp("drive")
    (folder / "damgate.toml").write_text("channels = {}\n", "utf-8")
    shutil.copytree(REPOSITORY / "policies", folder / "policies")
    (folder / "data").mkdir()
    catalogue = SqlCatalogue.create(folder / "data")
    with catalogue.write() as tx:
        for name, roles in ROLES.items():
            tx.people.put(Person(name, roles, password=""))
    catalogue.close()
    FileBlobs.create(folder / "data")
    return folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[app.Site]:
    """A drive of its own, without background work."""
    folder = tmp_path / "drive"
    shutil.copytree(template, folder)
    config = app.load_config(folder)
    catalogue = SqlCatalogue.open(folder / "data")
    yield app.compose(folder, config, catalogue)
    catalogue.close()


@pytest.fixture
def dav(site: app.Site) -> Client:
    """The manager's client; `dav.as_("carl")` is another's."""
    front = Front(site.drive, Accounts(), site.policy, site.readiness, site.config.server)
    return Client(front, "anna")
