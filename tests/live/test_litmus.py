"""litmus, the conformance suite for RFC 4918: every test of every group."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.live.served import PASSWORD, Served, need

pytestmark = pytest.mark.conformance

TESTS = {"basic": 16, "copymove": 13, "props": 30, "locks": 41, "http": 4}  # of litmus 0.13
SUMMARY = re.compile(r"<- summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed")


@pytest.mark.parametrize("workers", [1, 3])
def test_litmus_finds_nothing_in_a_contributors_inbox_on(workers: int, drive: Path, tmp_path: Path) -> None:
    litmus = need("litmus")
    folder = tmp_path / "logs"
    folder.mkdir()
    served = Served(drive, workers=workers)
    done = subprocess.run(
        [litmus, "-k", f"{served.url}/Inbox/", "carl", PASSWORD],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert served.stop() == 0, served.log.read_text()
    found = {group: tuple(map(int, counts)) for group, *counts in SUMMARY.findall(done.stdout)}
    assert found == {group: (count, count, 0) for group, count in TESTS.items()}, done.stdout
    assert not re.search(r"\b(FAIL|SKIPPED|WARNING)", done.stdout), done.stdout
    assert done.returncode == 0
