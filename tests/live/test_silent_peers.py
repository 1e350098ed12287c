"""Row 8 of the threat model: clients that send nothing, or drip, do not keep a good one waiting."""

import sys
from pathlib import Path

import pytest

from damgate.server.serving import MOST_OVER
from tests.live.silent_peers import Crowd, crowds, measure, quantile


@pytest.mark.skipif(sys.platform != "linux", reason="needs more than one loopback address")
@pytest.mark.parametrize("crowd", crowds(), ids=lambda crowd: crowd.name)
def test_a_good_client_is_served_beside_silent_and_dripping_ones(crowd: Crowd, drive: Path) -> None:
    found = measure(drive, crowd, requests=100, workers=1)
    print(found)
    for times in (found.kept, found.fresh):
        assert quantile(times, 0.99) < 1.0, found
    if crowd.addresses == 1:
        assert found.held <= crowd.cap + MOST_OVER
    else:
        assert found.held == crowd.silent + crowd.dripping
