"""Promise 2 as a mirror sees it."""

from pathlib import Path

import pytest

from tests.live.logo_change import play
from tests.live.served import need

PICTURES = 30


@pytest.mark.conformance
@pytest.mark.timeout(300)
def test_promise_2_a_mirror_kept_by_rclone_loses_nothing_while_a_new_logo_is_published(tmp_path: Path) -> None:
    need("rclone")
    seen = play(tmp_path, PICTURES)
    assert seen.said == f"{PICTURES} published\n"
    assert (seen.deletions, seen.fewest, seen.old, seen.unchanged) == (0, PICTURES, 0, 0)
    assert seen.rounds >= 3
