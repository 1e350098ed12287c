"""The processes of a running server: its workers, their decoders, and what they cost."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live.served import Served

TICKS = os.sysconf("SC_CLK_TCK")  # per second


def workers(served: Served) -> list[int]:
    """The worker processes; skips the test on systems that do not tell."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell about its processes")
    return [int(pid) for pid in children.read_text().split()]


def worker_at(served: Served, port: int) -> int | None:
    """The worker that has taken the connection from a port of this machine; None before one has."""
    ends = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{end[9]}]" for end in ends if end[2].endswith(f":{port:04X}")}
    for pid in workers(served):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if str(one.readlink()) in sockets:
                    return pid
    return None


def decoders(served: Served) -> list[int]:
    """The decoder processes of this server's workers."""
    parents, command = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command[int(entry.name)] = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
    those = {pid for pid, parent in parents.items() if parent == served.process.pid}
    named = {pid for pid in parents if b"damgate.media.decoder" in command.get(pid, b"")}
    wardens = {pid for pid in named if parents[pid] in those}
    return [pid for pid in named if parents[pid] in (wardens or those)]  # off Linux, they have no wardens


def peak(served: Served) -> int:
    """The most memory that any worker ever had, or had since `forget_peaks`, in bytes."""
    return max(_memory(pid) for pid in workers(served))


def growth(served: Served, before: dict[int, int]) -> int:
    """By how much the most memory of any worker is above what `forget_peaks` found, in bytes."""
    return max(_memory(pid) - had for pid, had in before.items())


def forget_peaks(served: Served) -> dict[int, int]:
    """Count the most memory of each worker from now on; returns what each has, in bytes."""
    for pid in workers(served):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return {pid: _memory(pid) for pid in workers(served)}


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def cpu_seconds(served: Served) -> float:
    """The time that the workers have worked, in all."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in workers(served)]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS
