"""Several blobs copied together, for who needs one file on disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from damgate.adapters.files import disk
from damgate.core.assets import Content
from damgate.core.errors import Corrupt

PIECE = 1 << 20  # bytes that are copied at a time where the system cannot copy by itself
_CANNOT = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


def assemble(contents: Iterable[Content], open_blob: Callable[[str, int], BinaryIO], into: Path) -> None:
    """Write blobs into the new file `into`, one behind the other; of what fails nothing is left."""
    with disk.space():
        target = disk.create(into)
        try:
            for content in contents:
                with open_blob(content.sha256, content.size) as source:
                    _append(source, target, content.size)
            disk.seal(target)
        except BaseException:
            into.unlink(missing_ok=True)
            raise
        finally:
            os.close(target)


def _append(source: BinaryIO, target: int, size: int) -> None:
    """Copy within the kernel, which on some file systems shares the blocks; else through memory."""
    left = size
    copy = getattr(os, "copy_file_range", None)  # Linux alone has it
    try:
        while left and copy and (copied := copy(source.fileno(), target, left)):
            left -= copied
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    source.seek(size - left)
    while left and (piece := source.read(min(PIECE, left))):
        disk.write(target, piece)
        left -= len(piece)
    if left:
        raise Corrupt("The stored bytes of a part end early; please run `damgate check`.")
