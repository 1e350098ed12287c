"""Processes like those of the decoders, seen from a test."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from damgate.testing import tasks
from damgate.testing.tasks import Outcome, Task

_PATIENCE = 5.0  # seconds beyond a task's own


class Workbench:
    """A process in which an author's code is tried, with the memory and time of a decoder. A lost one is replaced."""

    def __init__(self, folder: Path, memory_mb: int, seconds: float, prepared: object, **environment: str) -> None:
        """Keep what the process needs: its memory, the seconds of each task, and what it prepares beforehand."""
        self._folder, self._memory_mb, self._seconds, self._prepared = folder, memory_mb, seconds, prepared
        self._environment = {
            "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "HOME": str(folder),
            "PATH": os.environ.get("PATH", os.defpath),
            "VIPS_CONCURRENCY": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def call(self, function: Callable[..., object], *arguments: object, folder: Path | None = None) -> Outcome:
        """Let the process call a function of `tasks`, which may write in `folder`; never raises for what it does."""
        if self._connection is None:
            started = self._start()
            if started.ended != "done":
                return started
        return self._ask(Task(function, arguments, folder or self._folder))

    def close(self) -> None:
        """Kill the process."""
        if self._process is not None and self._connection is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._connection.close()
        self._process = self._connection = None

    def _start(self) -> Outcome:
        ours, theirs = Pipe()
        with theirs, tempfile.TemporaryFile(dir=self._folder) as nowhere:
            self._connection = ours
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                [sys.executable, "-P", "-m", "damgate.testing.inside", str(theirs.fileno()), str(self._memory_mb)],
                stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere, pass_fds=[theirs.fileno()],
                cwd="/", env=self._environment, umask=0o077, start_new_session=True,
            )  # fmt: skip
        return self._ask(Task(tasks.prepare, (self._prepared,), self._folder))

    def _ask(self, task: Task) -> Outcome:
        assert self._connection is not None
        assert self._process is not None
        began = time.monotonic()
        try:
            self._connection.send_bytes(pickle.dumps(task))
            if self._connection.poll(self._seconds + _PATIENCE):
                outcome: Outcome = pickle.loads(self._connection.recv_bytes())  # noqa: S301  (our own process)
                return outcome
            words = f"it took longer than {time.monotonic() - began:.0f} s"
        except (EOFError, OSError):
            words = f"its process ended with status {self._process.wait()}"
        self.close()
        return Outcome("lost", words=words)
