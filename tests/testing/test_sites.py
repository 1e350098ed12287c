"""A site without a drive: its documents behave as those of a drive."""

from pathlib import Path

import pytest

import damgate
from damgate.testing import site


def test_it_keeps_documents_as_long_as_it_lives() -> None:
    mine = site("mine", Path("/drive"), {"forbid": "draft"})
    assert (mine.plugin, mine.settings["forbid"]) == ("mine", "draft")
    with mine.documents() as db:
        db.insert({"count": 1})
    with mine.documents() as db:
        assert db.all() == [{"count": 1}]
    with site("mine").documents() as db:
        assert db.all() == []


def test_who_was_slower_gets_a_conflict() -> None:
    mine = site()
    with pytest.raises(damgate.Conflict), mine.documents() as slow:
        slow.insert({"by": "slow"})
        with mine.documents() as fast:
            fast.insert({"by": "fast"})
