"""Many clients at once lose nothing and meet no failure: the short form."""

import random

from tests.soak.mixed import SHORT_SECONDS, WORKERS, run
from tests.soak.serving import serving


def test_many_clients_lose_nothing_and_meet_no_failure() -> None:
    seed = random.randrange(1_000_000)
    with serving(WORKERS) as served:
        load = run(served, SHORT_SECONDS, seed)
    assert load.wrong(timed=False) == [], f"seed {seed}"
    assert load.verdict.acknowledged > 20
