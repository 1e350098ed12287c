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

from damgate.media import frames
from damgate.media.progress import Hearing

_LARGEST_ANSWER = 8 << 20  # bytes; two hundred long tags fit
_STARTING = 60.0  # seconds in which a new process must import its libraries


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

    def __init__(self, memory_mb: int, cpu_seconds: int, scratch: Path) -> None:
        """Start the process; OSError where that is impossible."""
        self.tasks = 0  # done so far
        self.last_words = ""  # the last line on its standard error, once it has ended
        self._ended = ""
        self._killing = threading.Lock()  # a number may be signalled only before it is reaped
        self._number = 0
        # Kept for the one thing worth reading there: why a start failed. It has no name on disk.
        self._stderr = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  (closed by `end`)
        self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            [sys.executable, "-P", "-m", "damgate.media.decoder", str(memory_mb), str(cpu_seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
            bufsize=0, cwd="/", env=_environment(scratch), umask=0o077, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def prepare(self, prepared: Sequence[object]) -> bool:
        """Let it import and warm what it needs; return whether it can reach the network. Raises ValueError, Lost."""
        answer = self.ask(("prepare", list(prepared)), _STARTING)
        if "refused" in answer or "failed" in answer:
            raise ValueError(str(answer.get("refused") or answer.get("failed")))
        return answer.get("network") is not False

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
            frames.write(self._in, pickle.dumps((self._number, seconds, *task)), deadline, watch)
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
            pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
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
        """Kill the process and everything in its group. May be called while another thread uses the decoder."""
        with self._killing:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # the whole group is gone already
                    os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> str:
        """Kill it and let go of all it held; return how it ended, in words. For the thread that uses it."""
        if not self._ended:
            died = not self.alive
            self.kill()
            with self._killing:
                self._process.wait()
            self._ended = _how(self._process.returncode) if died else "its decoder was stopped"
            self.last_words = self._last_words()
            for pipe in (self._process.stdin, self._process.stdout, self._stderr):
                if pipe:
                    pipe.close()
        return self._ended

    def _let_die(self) -> None:
        """Give a process that closed its pipe the moment in which its status appears."""
        for _ in range(20):
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


def _environment(scratch: Path) -> dict[str, str]:
    """Return what a decoder may know: where modules are, and how libvips must behave."""
    return {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "VIPS_CONCURRENCY": "1",  # AVIF bytes depend on it, and parallelism comes from requests
        "VIPS_BLOCK_UNTRUSTED": "1",
        "MALLOC_ARENA_MAX": "2",
    }
