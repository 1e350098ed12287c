"""The private folder of one task, and what may be believed of what a decoder leaves in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from damgate.core.channels import Produced
from damgate.core.errors import Unrenderable
from damgate.media import sniff

_TASK, _ROOM = "task-", "decoder-"
_MOST_FILES = 10_000  # that a task may leave in its folder


class Overfull(Exception):
    """A task wrote more than a task may; the text says how much that is."""


@contextlib.contextmanager
def lent(scratch: Path) -> Iterator[Path]:
    """Lend a new folder that only this user can enter; it is removed with all that is in it."""
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_TASK, dir=scratch))
    try:
        yield folder
    finally:
        _remove(folder)


def sweep(scratch: Path, older_than: float) -> None:
    """Remove what a crash left: folders of tasks from before this instant (seconds since 1970), and ownerless rooms."""
    for folder in scratch.glob(f"{_TASK}*"):
        with contextlib.suppress(FileNotFoundError):  # another worker process sweeps the same scratch
            if folder.stat().st_mtime < older_than:
                _remove(folder)
    for room in scratch.glob(f"{_ROOM}*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError):  # swept by another; or its server lives
            os.close(_locked(room))
            _remove(room)


class Room:
    """All that a decoder process sees of a drive: the folder `in`, which it only reads, and `out`."""

    def __init__(self, scratch: Path) -> None:
        """Furnish a new one. It is locked as long as this server process lives."""
        self.path = Path(tempfile.mkdtemp(prefix=_ROOM, dir=scratch))
        self._lock = _locked(self.path)
        for name in ("in", "out", "root"):
            (self.path / name).mkdir(mode=0o700)

    @contextlib.contextmanager
    def lodging(self, task: Path, *, linked: bool) -> Iterator[Lodging]:
        """Show the decoder a task's folder until the end; unless it may be `linked`, no file there has other names."""
        given = self.path / "in" / task.name
        task.rename(given)
        try:
            if not linked:
                for file in given.iterdir():
                    _own(file)
            with Lodging(self.path / "out" / task.name, given) as lodging:
                yield lodging
        finally:
            given.rename(task)

    def close(self) -> None:
        """Remove it with all that is in it; its decoder must have ended."""
        _remove(self.path)
        os.close(self._lock)


class Lodging:
    """The folder that a decoder writes one task's files into."""

    def __init__(self, folder: Path, task: Path) -> None:
        """Make it; what is `fetched` goes to the folder `task`."""
        self.contested = False
        folder.mkdir(mode=0o700)
        self._folder, self._task = folder, task
        # By its number from now on: the decoder could put a link in its place.
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it; what a decoder defends is `contested`, and goes with its room once the decoder has ended."""
        os.close(self._fd)
        try:
            shutil.rmtree(self._folder)
        except OSError:
            self.contested = True

    def measure(self, most: int) -> None:
        """Raise Overfull where it holds more bytes than `most`, or very many files."""
        size = files = 0
        for _, folders, names, fd in os.fwalk(".", dir_fd=self._fd, onerror=_passing):
            for name in (*folders, *names):
                with contextlib.suppress(OSError):  # it was removed just now
                    size += os.stat(name, dir_fd=fd, follow_symlinks=False).st_blocks * 512
                files += 1
                if size > most or files > _MOST_FILES:
                    raise Overfull(f"it wrote more than {most >> 20} MB, or {_MOST_FILES} files")

    def fetch(self, name: str, promised: Produced) -> None:
        """Take a finished file to the task's folder; raises Unrenderable where it is not what was promised."""
        (self._task / name).unlink(missing_ok=True)
        # A second name, not a move: a folder, in which a decoder could go on, cannot have one.
        with contextlib.suppress(FileNotFoundError, PermissionError):  # then it is missed there
            os.link(name, self._task / name, src_dir_fd=self._fd, follow_symlinks=False)
        check_output(self._task / name, promised)


def _passing(_: OSError) -> None:
    """Go on where a folder vanished or was locked while it was looked at; its blocks count once it is seen."""


def _locked(room: Path) -> int:
    fd = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _own(file: Path) -> None:
    """Replace a name of shared bytes by a copy of them: who may write to one name writes to all."""
    if file.lstat().st_nlink > 1:
        copy = file.with_name(f".{file.name}")
        shutil.copyfile(file, copy)
        copy.replace(file)


def check_output(path: Path, promised: Produced) -> None:
    """Believe nothing of what a decoder wrote but its bytes."""
    broken = Unrenderable(f"The channel did not make the {promised.media_type} that it promised.")
    try:
        # Neither a link to another file nor a pipe that never ends.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise broken from error
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode) or sniff.media_type(file.read(sniff.HEAD)) != promised.media_type:
            raise broken


def _remove(folder: Path) -> None:
    """Remove a folder, also where a task took away the permission to; no decoder may be in it any more."""

    def unlock(remove: Callable[[str], object], path: str, _: object) -> None:
        if not os.path.lexists(path):
            return
        Path(path).parent.chmod(0o700)
        if not Path(path).is_symlink():
            Path(path).chmod(0o700)
        remove(path)

    shutil.rmtree(folder, onerror=unlock)
