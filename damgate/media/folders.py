"""The private folder of one task, and what may be believed of what a decoder leaves in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from damgate.core.channels import Produced
from damgate.core.errors import Unrenderable
from damgate.media import sniff

_PREFIX = "task-"


@contextlib.contextmanager
def lent(scratch: Path) -> Iterator[Path]:
    """Lend a new folder that only this user can enter; it is removed with all that is in it."""
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch))
    try:
        yield folder
    finally:
        _remove(folder)


def sweep(scratch: Path, older_than: float) -> None:
    """Remove the folders that a crash left before this instant (seconds since 1970)."""
    for folder in scratch.glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):  # another worker process sweeps the same scratch
            if folder.stat().st_mtime < older_than:
                _remove(folder)


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
    """Remove a task's folder, also where the task took away the permission to."""

    def unlock(remove: Callable[[str], object], path: str, _: object) -> None:
        if not os.path.lexists(path):
            return
        Path(path).parent.chmod(0o700)
        if not Path(path).is_symlink():
            Path(path).chmod(0o700)
        remove(path)

    shutil.rmtree(folder, onerror=unlock)
