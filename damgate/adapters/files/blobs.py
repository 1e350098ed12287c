"""A store of immutable bytes on a local disk: `blobs/<2>/<sha256>`, with `stage/` beside it."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from damgate.adapters.files import disk
from damgate.adapters.files.staging import StagedFile, receive
from damgate.core.assets import Content
from damgate.core.errors import Corrupt, Misconfigured
from damgate.ports.blobs import Body

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}


class FileBlobs:
    """See `damgate.ports.blobs.Blobs`. Safe to share between threads and processes."""

    def __init__(self, data: Path, sniff: Callable[[bytes], str]) -> None:
        """Work in `data`; `sniff` tells the media type of a file by its first bytes. Misconfigured if unusable."""
        self._blobs = data / "blobs"
        self._root = str(self._blobs)
        self._stage = data / "stage"
        self._sniff = sniff
        self._durable_shards: set[str] = set()
        for folder in (self._blobs, self._stage):
            if not folder.is_dir():
                raise Misconfigured(f"The folder {folder} is missing; `damgate init` makes a drive.")
        if self._blobs.stat().st_dev != self._stage.stat().st_dev:
            raise Misconfigured(f"{self._stage} and {self._blobs} must be on one filesystem.")

    @staticmethod
    def create(data: Path) -> None:
        """Make the folders of a new store, durably; those that stand already stay as they are."""
        for folder in (data, data / "blobs", data / "stage"):
            folder.mkdir(mode=0o700, exist_ok=True)
        disk.sync_folder(data)
        disk.sync_folder(data.parent)

    def stage(self, body: Body, *, expected: int | None = None, limit: int | None = None) -> StagedFile:
        """Read `body` to its end, hash it, make it durable; nothing is left behind when it raises."""
        path, content, head = receive(body, self._stage, self._sniff, expected, limit)
        return StagedFile(path, content, head, self._name)

    def open(self, sha256: str, size: int) -> BinaryIO:
        """Open a blob for reading; Corrupt where it is missing or has another length than `size`."""
        try:
            fd = disk.open_for_reading(self._place(sha256))
        except FileNotFoundError as error:
            raise _missing(sha256) from error
        try:
            _check_size(sha256, os.fstat(fd).st_size, size)
            return FileIO(fd)  # whoever reads takes large pieces
        except BaseException:
            os.close(fd)
            raise

    def stored(self, sha256: str) -> str:
        """Return where the blob lies below the data folder."""
        return f"blobs/{_checked(sha256)[:2]}/{sha256}"

    def exists(self, sha256: str, size: int) -> bool:
        """Tell whether the blob is there with this length."""
        try:
            return os.lstat(self._place(sha256)).st_size == size
        except FileNotFoundError:
            return False

    def lend(self, sha256: str, into: Path) -> None:
        """Make the blob readable, never writable, as the new file `into`."""
        source = self._path(sha256)
        try:
            os.link(source, into, follow_symlinks=False)
        except FileNotFoundError as error:
            if source.exists():
                raise
            raise _missing(sha256) from error
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _copy(source, into)

    def walk(self) -> Iterator[tuple[str, int, float]]:
        """Yield (sha256, size, mtime) of every stored blob."""
        for shard in sorted(path for path in self._blobs.iterdir() if _SHARD.fullmatch(path.name)):
            with os.scandir(shard) as entries:
                for entry in entries:
                    if not _SHA256.fullmatch(entry.name):
                        continue
                    try:
                        facts = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # discarded a moment ago
                    yield entry.name, facts.st_size, facts.st_mtime

    def verify(self, sha256: str) -> bool:
        """Read the whole blob and tell whether its bytes have this hash; missing or unreadable is no."""
        try:
            with self._path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EIO}:
                return False
            raise

    def discard(self, sha256: str) -> None:
        """Remove a blob that no row refers to."""
        self._path(sha256).unlink(missing_ok=True)

    def sweep_stage(self, older_than: float) -> int:
        """Remove staged files left by a crash before this instant; return how many."""
        swept = 0
        for path in self._stage.iterdir():
            try:
                if path.lstat().st_mtime < older_than:
                    path.unlink()
                    swept += 1
            except FileNotFoundError:
                continue  # its upload ended, or another process swept it
        return swept

    def free_bytes(self) -> int:
        """Return the free space of the store's disk."""
        facts = os.statvfs(self._blobs)
        return facts.f_bavail * facts.f_frsize

    def total_bytes(self) -> int:
        """Return the size of the store's disk."""
        facts = os.statvfs(self._blobs)
        return facts.f_blocks * facts.f_frsize

    def _place(self, sha256: str) -> str:
        return f"{self._root}/{_checked(sha256)[:2]}/{sha256}"

    def _path(self, sha256: str) -> Path:
        return Path(self._place(sha256))

    def _name(self, staged: Path, content: Content) -> None:
        """Take steps 6 to 8: make the shard, link, drop the staged name, sync the shard."""
        path = self._place(content.sha256)
        shard = f"{self._root}/{content.sha256[:2]}"
        with disk.space():
            self._make_shard(shard)
            try:
                os.link(staged, path, follow_symlinks=False)
            except FileExistsError:
                if not self._renew(content.sha256):
                    staged.replace(path)  # what stood there had rotted, or was swept this moment
            staged.unlink(missing_ok=True)
            disk.sync_folder(shard)

    def _renew(self, sha256: str) -> bool:
        """Make a whole blob as young as a new one, for whoever looks for garbage; False where it is not whole."""
        try:
            if self.verify(sha256):
                os.utime(self._path(sha256))
                return True
        except FileNotFoundError:
            pass
        return False

    def _make_shard(self, shard: str) -> None:
        if shard in self._durable_shards:
            return
        Path(shard).mkdir(mode=0o700, exist_ok=True)
        disk.sync_folder(self._blobs)  # also when another process made it: that one may not have come to this yet
        self._durable_shards.add(shard)


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"no SHA-256: {sha256!r}")
    return sha256


def _copy(source: Path, into: Path) -> None:
    with disk.space(), source.open("rb") as file:
        fd = disk.create(into)
        try:
            with os.fdopen(fd, "wb") as target:
                shutil.copyfileobj(file, target, 1 << 20)
                target.flush()
                disk.seal(target.fileno())
        except BaseException:
            into.unlink(missing_ok=True)
            raise


def _check_size(sha256: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise Corrupt(f"Stored bytes {sha256[:12]}… are {found} long instead of {wanted}; please run `damgate check`.")


def _missing(sha256: str) -> Corrupt:
    return Corrupt(f"Stored bytes {sha256[:12]}… are missing; please run `damgate check`.")
