"""Every capture, under the number of each requirement that it shows, against one worker and against three."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.replay.captures import Capture, all_captures
from tests.replay.claims import Ground
from tests.replay.conftest import House
from tests.replay.player import play

CAPTURES = all_captures()
REQUIREMENTS = range(1, 31)


def replay(number: int) -> Callable[..., None]:
    """The test of one requirement."""
    captures = [capture for capture in CAPTURES if number in capture.requirements]

    @pytest.mark.parametrize("capture", captures, ids=[capture.name for capture in captures])
    def test(capture: Capture, ground: Ground, house: House) -> None:
        play(capture, ground, house.reaches[ground.served.workers], house.name(capture.name))

    return test


for shown in {number for capture in CAPTURES for number in capture.requirements}:
    globals()[f"test_requirement_{shown:02}"] = replay(shown)


def test_every_capture_is_about_a_requirement() -> None:
    assert CAPTURES
    assert all(set(capture.requirements) <= set(REQUIREMENTS) and capture.steps for capture in CAPTURES)
