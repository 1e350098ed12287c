"""The captures' own reader and player: what is wrong in a file, or not as it says, is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replay.captures import Capture, read
from tests.replay.conftest import House
from tests.replay.player import play
from tests.replay.text import fill, match, search

pytestmark = pytest.mark.xdist_group("replay-1")  # with whatever else is played against one worker

TITLE = "# Requirements: 1\n# Somebody asks.\n# Source: nobody\n\n"
ASKING = ">>>\nOPTIONS / HTTP/1.1\nHost: {host}\n\n"


def capture(folder: Path, steps: str, title: str = TITLE) -> Capture:
    (folder / "a.http").write_text(title + steps)
    return read(folder / "a.http", folder)


@pytest.mark.parametrize(
    "steps",
    [
        "<<< 201\n",
        "<<< 200 Fine\n",
        "<<< 200\nDAV: 3\n",
        "<<< 200\nX-Absent: {any}\n",
        "<<< 200\n- DAV\n",
        "<<< 200\n\nis something\n",
        "<<< 200\n\nhas something\n",
        "<<< 200\n\nlacks \n",
        "",  # an answer that nobody speaks of
        "<<< 200\n\n=== {folder} lists a.txt\n",
        "<<< 200\n\n=== {folder} is missing\n",
        ASKING + "<<< 200\n\n<<< 200\n\n--- pause 0.1\n\n--- silent\n\n=== {folder} lists a\n",
    ],
)
def test_what_is_not_so_fails(tmp_path: Path, house: House, steps: str) -> None:
    ground = house.ground(1)
    with pytest.raises(AssertionError):
        play(capture(tmp_path, ASKING + steps), ground, house.reaches[1], house.name("format"))


def test_a_failure_names_its_line(tmp_path: Path, house: House) -> None:
    ground = house.ground(1)
    with pytest.raises(AssertionError) as failed:
        play(capture(tmp_path, ASKING + "<<< 201\n"), ground, house.reaches[1], house.name("format"))
    assert failed.value.__notes__ == ["captures/a.http, line 9"]


@pytest.mark.parametrize("steps", ["=== all is well\n", "--- jump\n", "<<< 200\n\nresembles this\n"])
def test_what_nobody_can_say_is_an_error(tmp_path: Path, house: House, steps: str) -> None:
    ground = house.ground(1)
    with pytest.raises(ValueError, match=r"nothing that can be|no claim that"):
        play(capture(tmp_path, ASKING + steps), ground, house.reaches[1], house.name("format"))


@pytest.mark.parametrize(
    ("title", "steps"),
    [
        ("", ASKING),
        ("# Requirements: 1\n", ASKING),
        (TITLE, "<<< twohundred\n"),
        (TITLE, "=== a\nb\n"),
        ("# Requirements: x\n# y\n# Source: z\n", ""),
    ],
)
def test_what_is_no_capture_is_an_error(tmp_path: Path, title: str, steps: str) -> None:
    with pytest.raises(ValueError, match=r"a\.http"):
        capture(tmp_path, steps, title)


def test_braces() -> None:
    kept = {"name": "a"}
    assert fill("{name}-{bytes:2}-{size:abc}{again:x 3}", kept) == b"a-\x00\x01-3xxx"
    assert fill("{chunks:abc}", {}) == b"3\r\nabc\r\n0\r\n\r\n"
    assert match("{any}b{last=}", "aabc", kept)
    assert kept["last"] == "c"
    assert match("{last=}", "c", kept)
    assert not match("{last=}", "d", kept)
    assert search("{x=\\d+}", "ab12cd", kept)
    assert kept["x"] == "1" or kept["x"] == "12"
    with pytest.raises(KeyError):
        fill("{nobody}", {})
