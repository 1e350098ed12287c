"""litmus, the conformance suite for RFC 4918: every test of every group, at the server and through nginx."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.live.outside import fronted
from tests.live.served import PASSWORD, Served, need

pytestmark = pytest.mark.conformance

TESTS = {"basic": 16, "copymove": 13, "props": 30, "locks": 41, "http": 4}  # of litmus 0.13
SUMMARY = re.compile(r"<- summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed")


@pytest.mark.parametrize("workers", [1, 3])
def test_litmus_finds_nothing_in_a_contributors_inbox_on(workers: int, drive: Path, tmp_path: Path) -> None:
    need("litmus")
    served = Served(drive, workers=workers)
    said = litmus(f"{served.url}/Inbox/", tmp_path)
    assert served.stop() == 0, served.log.read_text()
    assert passed(said) == TESTS, said
    assert not re.search(r"\b(FAIL|SKIPPED|WARNING)", said), said


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_litmus_finds_nothing_through_nginx_over(scheme: str, drive: Path, tmp_path: Path) -> None:
    need("litmus")
    with fronted(tmp_path, drive, workers=2) as outside:
        port = outside.port if scheme == "https" else outside.bare
        said = litmus(f"{scheme}://127.0.0.1:{port}/Inbox/", tmp_path)
    untried = 1 if scheme == "https" else 0  # litmus itself does not try Expect over TLS
    assert passed(said) == {**TESTS, "http": TESTS["http"] - untried}, said
    assert not re.search(r"\b(FAIL|WARNING)", said), said
    assert said.count("SKIPPED") == untried, said


def litmus(url: str, folder: Path) -> str:
    """Run every group; what it said."""
    logs = folder / "litmus"
    logs.mkdir()
    done = subprocess.run(
        ["litmus", "-k", url, "carl", PASSWORD], cwd=logs, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def passed(said: str) -> dict[str, int]:
    """How many tests of each group passed, where all that were run did."""
    return {group: int(good) for group, run, good, bad in SUMMARY.findall(said) if (run, bad) == (good, "0")}
