"""Ambiguous requests, sent to the drive and through nginx: nothing hidden in them is executed. The short form."""

import pytest

from tests.live.outside import BEHIND
from tests.soak.front import nginx
from tests.soak.serving import serving
from tests.soak.smuggling import SOME, cases, run

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("nginx")]


def test_nothing_hidden_in_an_ambiguous_request_is_executed() -> None:
    assert len(cases()) >= 40
    with serving(config=BEHIND) as served, nginx(served) as front:
        found = run(served, front, cases()[::SOME])
    assert any(case.executed for case in cases()[::SOME]), "without one, the check could be blind"
    assert [(name, wrong) for name, _, _, wrong in found if wrong] == []
