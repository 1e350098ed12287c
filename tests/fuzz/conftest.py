"""The web target, made once for each file of tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.fuzz import rig
from tests.fuzz.web import Web


@pytest.fixture(scope="module")
def kept_web() -> Iterator[Web]:
    with rig.memory() as folder, closing(Web(folder)) as target:
        yield target


@pytest.fixture
def web(kept_web: Web) -> Iterator[Web]:
    """The target as new, whatever a test does to it."""
    front = kept_web.rig.front
    kept_web.fresh()
    yield kept_web
    kept_web.rig.front = front
