"""`script/soak`: its table, and its exit code."""

import pytest

from tests.soak import command
from tests.soak.command import Trial, main
from tests.soak.ground import Ground, Result, Unavailable
from tests.soak.ledger import Verdict

pytestmark = pytest.mark.usefixtures("no_drive")
FINE = Verdict(12_345, 0, 0, 2)


@pytest.fixture
def no_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests need none, and people cost time."""
    monkeypatch.setattr(command, "new_drive", lambda folder: folder)


def run(capsys: pytest.CaptureFixture[str], result: Result, *arguments: str) -> tuple[int, list[str]]:
    seen: list[Ground] = []

    def trial(ground: Ground) -> Result:
        seen.append(ground)
        return result

    code = main(["--seed", "7", *arguments], {"power": Trial(trial, 300, 3)})
    assert [ground.seed for ground in seen] == [7]
    return code, [f"count {seen[0].count}, {' '.join(seen[0].program)}", *capsys.readouterr().out.splitlines()]


def test_nothing_lost(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, Result(FINE, 300, 4, "all is well"))
    assert code == 0
    assert said[:2] == ["count 300, -m damgate", "seed 7"]
    assert said[-1].startswith("| power | 300 | 12,345 | 0 | 0 | 4 | ")
    assert said[-1].endswith(" | 7 | all is well; 2 whole without an answer |")


@pytest.mark.parametrize(
    "result",
    [
        Result(Verdict(5, lost=1, faults=("gone",))),
        Result(Verdict(5, half=1, faults=("gone",))),
        Result(FINE, faults=("gone",)),
    ],
)
def test_something_lost(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, result, "power", "--short")
    assert code == 1
    assert said[0].startswith("count 3, ")
    assert "FAULT: power: gone" in said
    assert run(capsys, result, "--break", "file", "--count", "9")[0] == 0


def test_a_break_that_nobody_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, Result(FINE), "--break", "file", "--count", "9")
    assert code == 1
    assert said[0] == "count 9, -m tests.soak.launch file"
    assert said[-1] == "file: not caught"


def test_what_cannot_be_run_is_skipped_and_what_does_not_go_on_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    def unavailable(ground: Ground) -> Result:
        raise Unavailable("no disks")

    def stuck(ground: Ground) -> Result:
        raise AssertionError("it hangs")

    assert main([], {"power": Trial(unavailable, 1, 1)}) == 0
    assert "power: skipped: no disks" in capsys.readouterr().out
    assert main([], {"power": Trial(stuck, 1, 1), "kills": Trial(lambda _: Result(FINE), 1, 1)}) == 1
    assert "FAULT: power: it did not go on: it hangs" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["nothing"])
