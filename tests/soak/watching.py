"""What the workers of a server hold, as Linux says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.served import Served

MB = 1_000_000


@dataclass(frozen=True)
class Held:
    """What one process holds; memory in bytes. `peak` is the most since its start, or since `forget_peaks`."""

    resident: int
    peak: int
    files: int
    threads: int


def held(served: Served) -> dict[int, Held]:
    """What each worker holds now, by process id."""
    return {pid: _held(pid) for pid in workers(served)}


def workers(served: Served) -> list[int]:
    """The worker processes of a server, oldest first."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not say what a process holds")
    return sorted(int(pid) for pid in children.read_text().split())


def forget_peaks(served: Served) -> None:
    """Let the peak of every worker begin anew."""
    for pid in workers(served):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _held(pid: int) -> Held:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    said = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return Held(
        resident=int(said["VmRSS"][0]) * 1024,
        peak=int(said["VmHWM"][0]) * 1024,
        files=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(said["Threads"][0]),
    )
