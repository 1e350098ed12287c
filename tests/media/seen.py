"""What can be seen of decoder processes from outside: a decoder itself may not tell."""

from __future__ import annotations

import time
from pathlib import Path


def processes(scratch: Path) -> dict[int, int]:
    """Return the decoders that work below `scratch`, their wardens and all that they forked: number → parent."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z" and f"{scratch}/decoder-".encode() in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = int(fields[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def decoders(scratch: Path) -> list[int]:
    """Return the processes in which untrusted bytes are decoded."""
    found = processes(scratch)
    return [number for number, parent in found.items() if parent in found]


def gone(scratch: Path, within: float = 3.0) -> bool:
    """Tell whether all of them end in this time."""
    end = time.monotonic() + within
    while processes(scratch):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def started(scratch: Path) -> None:
    """Wait until a task says that it has started, by a file."""
    end = time.monotonic() + 30
    while not list(scratch.glob("decoder-*/out/*/started")):
        assert time.monotonic() < end
        time.sleep(0.01)
