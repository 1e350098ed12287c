"""A short form of `python -m tests.media.torture`: hostile files cost themselves and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.torture import torture


@pytest.mark.timeout(300)
def test_hostile_files_reach_nothing_and_leave_nothing(samples: Path, tmp_path: Path) -> None:
    tally = torture(tmp_path, samples, count=60, seed=7, threads=2)
    assert tally.outcomes.total() >= 60
    assert tally.requests
    assert tally.sound, tally
