"""What all tests share."""

from collections.abc import Iterator
from functools import cache

import pytest

from damgate.adapters.sql.rows import Statements


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Let all catalogues of a run share their statements: a new drive for each test would compile them anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("damgate.adapters.sql.catalogue.Statements", cache(Statements))
        yield
