"""Fixtures: what a fault test stands on, in its short form."""

import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live.conftest import blank as blank  # noqa: PLC0414 — fixtures
from tests.live.conftest import drive as drive  # noqa: PLC0414
from tests.live.conftest import served as served  # noqa: PLC0414
from tests.live.served import DAMGATE
from tests.soak.command import TRIALS
from tests.soak.ground import Ground, Result, Unavailable


class Short:
    """Runs fault tests as `script/soak NAME --short` does; skips what this machine cannot do."""

    def __init__(self, folder: Path, blank: Path) -> None:
        self.seed = int(os.environ.get("DAMGATE_SEED", str(random.randrange(10**6))))
        self._folder = folder
        self._blank = blank

    def __call__(self, name: str) -> Result:
        """Run a test in which nothing may be lost."""
        result = self.result(name)
        assert result, f"seed {self.seed}: {result}"
        assert result.verdict.acknowledged > 0
        return result

    def result(self, name: str, program: Sequence[str] = DAMGATE) -> Result:
        """Run a test with a damgate that may be broken."""
        trial = TRIALS[name]
        try:
            return trial.run(Ground(self._folder, self._blank, trial.short, self.seed, program))
        except Unavailable as error:
            pytest.skip(str(error))


@pytest.fixture
def short(blank: Path, tmp_path: Path) -> Short:
    return Short(tmp_path, blank)
