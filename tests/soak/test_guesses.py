"""Bombs, lock exhaustion and guessed passwords, while a good client goes on: the short form."""

from tests.soak.guesses import SHORT, WORKERS, limits, run
from tests.soak.serving import serving


def test_attacks_are_refused_and_a_good_client_goes_on() -> None:
    with serving(WORKERS, limits(SHORT)) as served:
        found = list(run(served, SHORT))
    assert len(found) == 6
    assert [line for one in found for line in one.wrong] == []
