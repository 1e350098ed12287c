"""Bytes on their way into the store: durable before they have a name, named before a row refers to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self
from uuid import uuid4

from damgate.adapters.files import disk
from damgate.adapters.files.hashing import Hashes, pieces
from damgate.core.assets import EMPTY, Content
from damgate.core.errors import IncompleteUpload, TooLarge
from damgate.ports.blobs import Body

HEAD = 4096  # bytes that are enough to tell a file's type


class StagedFile:
    """See `damgate.ports.blobs.Staged`."""

    def __init__(self, path: Path, content: Content, head: bytes, name: Callable[[Path, Content], None]) -> None:
        """Stand for the durable file `path`; `name` gives it its place in the store."""
        self._path = path
        self._content = content
        self._head = head
        self._name = name
        self._kept = False

    @property
    def content(self) -> Content:
        """Hashes, size and sniffed media type."""
        return self._content

    @property
    def head(self) -> bytes:
        """The first bytes, up to 4 KiB."""
        return self._head

    def keep(self) -> None:
        """Give the bytes their name in the store, durably; once is enough."""
        if not self._kept:
            self._name(self._path, self._content)
            self._kept = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self._path.unlink(missing_ok=True)


def receive(
    body: Body, folder: Path, sniff: Callable[[bytes], str], expected: int | None, limit: int | None
) -> tuple[Path, Content, bytes]:
    """Read `body` to its end into a new durable file of `folder`; nothing is left behind when it raises."""
    path = folder / uuid4().hex
    with disk.space():
        fd = disk.create(path)
        try:
            try:
                content, head = _fill(fd, body, sniff, expected, limit)
                disk.sync(fd)
                disk.seal(fd)
            finally:
                os.close(fd)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path, content, head


def _fill(
    fd: int, body: Body, sniff: Callable[[bytes], str], expected: int | None, limit: int | None
) -> tuple[Content, bytes]:
    size, head = 0, b""
    with Hashes() as hashes:
        _check_limit(expected or 0, limit)
        for piece in pieces(body):
            size += len(piece)
            _check_limit(size, limit)
            if expected is not None and size > expected:
                raise IncompleteUpload(f"More bytes arrived than the {expected} announced; nothing was changed.")
            if len(head) < HEAD:
                head += piece[: HEAD - len(head)]
            hashes.update(piece)
            disk.write(fd, piece)
    if expected is not None and size < expected:
        raise IncompleteUpload(f"Only {size} of {expected} bytes arrived; nothing was changed.")
    if size == 0:
        return EMPTY, b""
    return Content(hashes.sha256, hashes.md5, size, sniff(head)), head


def _check_limit(size: int, limit: int | None) -> None:
    if limit is not None and size > limit:
        raise TooLarge(f"The file is larger than the {limit} bytes that fit here.")
