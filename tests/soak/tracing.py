"""strace beside a worker: what it asks of the system, and what the system refuses it for once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.soak.ground import Unavailable

_LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. )?(?P<name>\w+)(?P<rest>[ (].*)")
_UNFINISHED = " <unfinished ...>"


@dataclass(frozen=True)
class Call:
    """One system call: `text` is its arguments, with the paths of files, and what it returned."""

    thread: int
    name: str
    text: str

    @property
    def failed_by_us(self) -> bool:
        return "(INJECTED)" in self.text


def require_strace() -> str:
    found = shutil.which("strace")
    if found is None:
        raise Unavailable("strace is not installed")
    if os.geteuid() != 0:
        raise Unavailable("only root can trace a server")
    return found


@contextmanager
def traced(process: int, log: Path, calls: str, *inject: str) -> Iterator[None]:
    """Write the calls of all threads of a process into `log`; each `inject` is one of strace's own words."""
    options = [f"--trace={calls}", *(f"--inject={one}" for one in inject)]
    command = [require_strace(), "-f", "-y", "-s", "64", "-o", str(log), *options, "-p", str(process)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        tracer.kill()
        tracer.communicate()
        raise Unavailable(f"this machine does not let us trace: {said.strip()}")
    try:
        yield
    finally:
        _end(tracer)


def _end(tracer: subprocess.Popen[str]) -> None:
    """Let the process go; a strace that waits for a thread of a process that was killed ends by force."""
    tracer.terminate()
    try:
        tracer.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.communicate()


def calls_of(log: Path) -> list[Call]:
    """Read a log of strace; a call that was interrupted by another thread's stands where it ended."""
    found: list[Call] = []
    begun: dict[str, str] = {}
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue  # a signal, or the end of a thread
        thread, name, rest = match["thread"], match["name"], match["rest"]
        if rest.endswith(_UNFINISHED):
            begun[thread] = rest.removesuffix(_UNFINISHED)
            continue
        found.append(Call(int(thread), name, begun.pop(thread, "") + rest))
    return found
