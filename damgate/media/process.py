"""One decoder process, seen from the server."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from damgate.core.channels import Produced
from damgate.media import believing, folders, frames, sight
from damgate.media.confinement import Layer, Terms
from damgate.media.lanes import Allowance
from damgate.media.progress import Hearing

_LARGEST_ANSWER = 8 << 20  # bytes; two hundred long tags fit
_STARTING = 60.0  # seconds in which a new process must import its libraries
_DYING = 2.0  # seconds in which its warden must have buried it


def _go_on() -> None:
    """Let the task go on."""


def _tell_nobody(_: float) -> None:
    """Let nobody know how far it is."""


class Lost(Exception):
    """The process crashed, hung or answered nonsense, and has been killed; the text says which."""


class Decoder:
    """A running decoder. One task at a time; used by one thread at a time.

    Create it on a thread that lives as long as the server: Linux ends the process when that thread ends.
    """

    def __init__(self, allowance: Allowance, prepared: Sequence[object], scratch: Path, hidden: Sequence[Path]) -> None:
        """Start the process; OSError where that is impossible."""
        self.tasks = 0  # done so far
        self.missing = frozenset(Layer)  # what keeps it from the rest of the machine, and could not be had
        self.last_words = ""  # the last line on its standard error, once it has ended
        self._most = 2 * allowance.largest_file
        self._prepared = tuple(prepared)
        self._ended = ""
        self._killing = threading.Lock()  # a number may be signalled only before it is reaped
        self._number = 0
        # Kept for the one thing worth reading there: why a start failed. It has no name on disk.
        self._stderr = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  (closed by `end`)
        self._room = folders.Room(scratch)
        terms = Terms(
            allowance.memory_mb,
            allowance.cpu_seconds,
            allowance.largest_file,
            str(self._room.path),
            tuple(sight.readable(prepared, hidden)),
            tuple(str(path) for path in hidden),
        )
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                [sys.executable, "-P", "-m", "damgate.media.decoder", terms.written()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
                bufsize=0, cwd="/", env=_environment(terms), umask=0o077, start_new_session=True,
            )  # fmt: skip
        except OSError:
            self._room.close()
            self._stderr.close()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def prepare(self) -> None:
        """Let it import and warm what it needs. Raises ValueError, Lost."""
        answer = self.ask(("prepare", list(self._prepared)), _STARTING)
        if "refused" in answer or "failed" in answer:
            raise ValueError(str(answer.get("refused") or answer.get("failed")))
        self.missing = believing.layers(answer.get("missing"))

    def work(
        self,
        folder: Path,
        task: tuple[object, ...],
        seconds: float,
        *,
        expected: Sequence[tuple[str, Produced]] = (),
        watch: Callable[[], None] = _go_on,
        tell: Callable[[float], None] = _tell_nobody,
    ) -> dict[str, object]:
        """Do a task on the files of a private folder, and bring what is expected of it there.

        Raises Lost and what `watch` raises as `ask`; Overfull for a task that wrote too much, and it ends the process
        too; Unrenderable where a file is not what it was to be.
        """
        kind, *rest = task
        with self._room.lodging(folder, linked=Layer.ROOT not in self.missing) as lodging:

            def look() -> None:
                watch()
                lodging.measure(self._most)

            answer = self.ask((kind, folder.name, *rest), seconds, watch=look, tell=tell)
            if "refused" not in answer and "failed" not in answer:
                for name, produced in expected:
                    lodging.fetch(name, produced)
        if lodging.contested:
            self.end()
        return answer

    def ask(
        self,
        task: tuple[object, ...],
        seconds: float,
        *,
        watch: Callable[[], None] = _go_on,
        tell: Callable[[float], None] = _tell_nobody,
    ) -> dict[str, object]:
        """Return the answer to a task; raises Lost, and then the process is gone with all it started.

        So it is with what `watch` raises, which is called several times a second. `tell` hears how far the task is.
        """
        self._number += 1
        deadline, hearing = time.monotonic() + seconds, Hearing(tell)
        try:
            frames.write(self._in, pickle.dumps((self._number, seconds, pickle.dumps(task))), deadline, watch)
            answer = self._read(deadline, watch)
            while "progress" in answer:
                hearing.hear(answer["progress"])
                watch()
                answer = self._read(deadline, watch)
        except TimeoutError:
            self.end()
            raise Lost(f"decoding took longer than {seconds:g} s") from None
        except (EOFError, OSError):
            self._let_die()
            raise Lost(self.end()) from None
        except ValueError as error:
            self.end()
            raise Lost(f"its decoder answered nonsense ({error})") from error
        except BaseException:
            self.end()
            raise
        self.tasks += 1
        return answer

    def _read(self, deadline: float, watch: Callable[[], None]) -> dict[str, object]:
        answer = json.loads(frames.read(self._out, deadline, _LARGEST_ANSWER, watch))
        if not isinstance(answer, dict) or answer.get("task") != self._number:
            raise ValueError("the answer to another task")
        return answer

    @property
    def memory(self) -> int:
        """How many bytes of memory it holds, as the kernel says; 0 where that cannot be known."""
        try:
            warden = self._process.pid
            children = Path(f"/proc/{warden}/task/{warden}/children").read_text("ascii").split()
            pages = Path(f"/proc/{children[0]}/statm").read_text("ascii").split()[1]
        except (OSError, IndexError):  # another system than Linux, or it is gone
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        if self._process.returncode is not None:
            return False
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is None
        # Not reaped here: until `end` has killed the group, its number cannot come to mean another process.
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def kill(self) -> None:
        """Kill the process and everything it started. May be called while another thread uses the decoder."""
        # On Linux, the warden of the process hears it, who can reach more than its group.
        self._signal(signal.SIGTERM if sys.platform == "linux" else signal.SIGKILL)

    def end(self) -> str:
        """Kill it and let go of its pipes; return how it ended, in words. For the thread that uses it."""
        if not self._ended:
            died = not self.alive
            self.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_DYING)
            self._signal(signal.SIGKILL)
            with self._killing:
                self._process.wait()
            self._ended = _how(self._process.returncode) if died else "its decoder was stopped"
            self.last_words = self._last_words()
            for pipe in (self._process.stdin, self._process.stdout, self._stderr):
                if pipe:
                    pipe.close()
        return self._ended

    def close(self) -> None:
        """End it, and remove what it had on disk."""
        self.end()
        self._room.close()

    def _signal(self, number: int) -> None:
        with self._killing:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # the whole group is gone already
                    os.killpg(self._process.pid, number)

    def _let_die(self) -> None:
        """Give a process that closed its pipe the moment in which its status appears."""
        for _ in range(100):
            if not self.alive:
                return
            time.sleep(0.005)

    def _last_words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 4096))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _how(status: int) -> str:
    if status >= 0:
        return f"its decoder ended with status {status}"
    try:
        return f"its decoder crashed ({signal.Signals(-status).name})"
    except ValueError:
        return f"its decoder crashed (signal {-status})"


def _environment(terms: Terms) -> dict[str, str]:
    """Return what a decoder may know: where modules are, and how libvips must behave."""
    return {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": str(terms.made),
        "TMPDIR": str(terms.made),
        "VIPS_CONCURRENCY": "1",  # AVIF bytes depend on it, and parallelism comes from requests
        "VIPS_BLOCK_UNTRUSTED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
