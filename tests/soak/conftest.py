"""Fixtures: what a fault test stands on, in its short form."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.conftest import blank as blank  # noqa: PLC0414 — a fixture
from tests.soak.command import TRIALS
from tests.soak.ground import Ground, Result, Unavailable

Short = Callable[[str], Result]


@pytest.fixture
def short(blank: Path, tmp_path: Path) -> Short:
    """Run a fault test as `script/soak NAME --short` does; skips what this machine cannot do."""

    def run(name: str) -> Result:
        seed = int(os.environ.get("DAMGATE_SEED", str(random.randrange(10**6))))
        trial = TRIALS[name]
        try:
            result = trial.run(Ground(tmp_path, blank, trial.short, seed))
        except Unavailable as error:
            pytest.skip(str(error))
        assert result, f"seed {seed}: {result}"
        assert result.verdict.acknowledged > 0
        return result

    return run
