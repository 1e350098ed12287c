"""The process in which an author's code is tried: `python -P -m damgate.testing.inside FD MEMORY_MB`.

It has a decoder's memory, does the tasks that come through the connection FD, and tells how each ended, with the
exception's name and trace, which no decoder tells.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import tempfile
import traceback
from multiprocessing.connection import Connection

from damgate.testing.tasks import Outcome, Task

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")  # events of the interpreter


class Watch:
    """An audit hook that notes where Python reaches out of a task's folder: to write a file, or to the network."""

    def __init__(self) -> None:
        """Note nothing yet."""
        self.found: list[str] = []
        self.folder = "/"

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Look at one event of the interpreter."""
        if event in _NETWORK:
            self.found.append("the network")
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        path, flags = os.path.realpath(os.fsdecode(arguments[0])), arguments[2]
        if isinstance(flags, int) and flags & _WRITING and not path.startswith((self.folder, "/dev/")):
            self.found.append(path)


def main(fd: int, memory_mb: int) -> None:
    """Do tasks until the connection ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    watch = Watch()
    sys.addaudithook(watch)
    with Connection(fd) as connection:
        while True:
            try:
                message = connection.recv_bytes()
            except EOFError:
                return
            connection.send_bytes(pickle.dumps(_done(message, watch)))


def _done(message: bytes, watch: Watch) -> Outcome:
    try:
        task: Task = pickle.loads(message)  # noqa: S301  (the test's own)
        watch.found.clear()
        watch.folder = os.path.realpath(task.folder)
        os.environ["TMPDIR"] = tempfile.tempdir = str(task.folder)
        value = task.call(*task.arguments)
        pickle.dumps(value)
    except ValueError as error:
        return Outcome("refused", words=str(error), trace=traceback.format_exc(), elsewhere=tuple(watch.found))
    except Exception as error:  # noqa: BLE001  (whatever is raised is this task's outcome)
        return Outcome("failed", words=f"{type(error).__name__}: {error}", trace=traceback.format_exc())
    return Outcome("done", value, elsewhere=tuple(watch.found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
