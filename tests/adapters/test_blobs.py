from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.adapters.files import FileBlobs, disk
from damgate.adapters.files import blobs as module
from damgate.core.assets import EMPTY, Content
from damgate.core.errors import Corrupt, IncompleteUpload, Misconfigured, NoSpace, TooLarge
from damgate.ports.blobs import Blobs
from tests.adapters.processes import run

JPEG = b"\xff\xd8" + b"pixels" * 20

MEASURE = """
import resource, sys
from pathlib import Path
from damgate.adapters.files import FileBlobs
class Body:
    left = int(sys.argv[2]) << 20
    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return b"x" * size
blobs = FileBlobs(Path(sys.argv[1]), lambda head: "text/plain")
with blobs.stage(Body()):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


class Pieces:
    """A body that arrives in pieces of given sizes, and may be cut."""

    def __init__(self, data: bytes, sizes: list[int], cut: Exception | None = None) -> None:
        self._data = io.BytesIO(data)
        self._sizes = iter(sizes)
        self._cut = cut

    def read(self, size: int, /) -> bytes:
        data = self._data.read(min(size, next(self._sizes, size)))
        if not data and self._cut is not None:
            raise self._cut
        return data


def describe(data: bytes, media_type: str = "text/plain") -> Content:
    return Content(hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest(), len(data), media_type)


def store(blobs: Blobs, data: bytes) -> Content:
    with blobs.stage(io.BytesIO(data)) as staged:
        staged.keep()
        return staged.content


@pytest.fixture
def leftovers(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: [path.name for path in (tmp_path / "stage").iterdir()]


class TestBlobs:
    @pytest.mark.parametrize("size", [0, 1, 2000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_001])
    def test_keeps_bytes_of_any_size(
        self, blobs: FileBlobs, leftovers: Callable[[], list[str]], size: int, tmp_path: Path
    ) -> None:
        data = random.Random(size).randbytes(size)
        with blobs.stage(io.BytesIO(data)) as staged:
            assert staged.content == (describe(data) if size else EMPTY)
            assert staged.head == data[:4096]
            assert not blobs.exists(staged.content.sha256, size)
            staged.keep()
            staged.keep()
            assert leftovers() == []
        name = staged.content.sha256
        assert blobs.exists(name, size)
        with blobs.open(name, size) as file:
            assert file.read() == data
        assert blobs.verify(name)
        path = tmp_path / "blobs" / name[:2] / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o440
        assert path.stat().st_nlink == 1

    def test_what_is_not_kept_is_gone(self, blobs: FileBlobs, leftovers: Callable[[], list[str]]) -> None:
        with blobs.stage(io.BytesIO(JPEG)):
            assert len(leftovers()) == 1
        assert leftovers() == []
        assert list(blobs.walk()) == []

    def test_tells_the_media_type_by_the_first_bytes(self, blobs: FileBlobs) -> None:
        assert store(blobs, JPEG).media_type == "image/jpeg"

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(size=st.integers(0, 3_000_000), sizes=st.lists(st.integers(1, 600_000), max_size=30))
    def test_hashes_do_not_depend_on_how_bytes_arrive(self, blobs: FileBlobs, size: int, sizes: list[int]) -> None:
        data = bytes(size)
        with blobs.stage(Pieces(data, sizes)) as staged:
            assert staged.content == (describe(data) if data else EMPTY)
            assert staged.head == data[:4096]

    @pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
    def test_a_cut_body_leaves_nothing(self, blobs: FileBlobs, leftovers: Callable[[], list[str]], size: int) -> None:
        with pytest.raises(IncompleteUpload):
            blobs.stage(Pieces(bytes(size), [], IncompleteUpload("The upload was cut.")))
        assert leftovers() == []

    @pytest.mark.parametrize("expected", [0, 9, 11, 5_000_000])
    def test_another_length_than_announced_is_refused(
        self, blobs: FileBlobs, leftovers: Callable[[], list[str]], expected: int
    ) -> None:
        with pytest.raises(IncompleteUpload, match="nothing was changed"):
            blobs.stage(io.BytesIO(b"0123456789"), expected=expected)
        assert leftovers() == []
        with blobs.stage(io.BytesIO(b"0123456789"), expected=10) as staged:
            assert staged.content.size == 10

    def test_more_than_the_limit_is_refused_without_reading_on(
        self, blobs: FileBlobs, leftovers: Callable[[], list[str]]
    ) -> None:
        body = io.BytesIO(bytes(10_000_000))
        with pytest.raises(TooLarge):
            blobs.stage(body, limit=2_000_000)
        assert body.tell() < 4_000_000
        unread = io.BytesIO(b"12")
        with pytest.raises(TooLarge):
            blobs.stage(unread, limit=1, expected=2)
        assert unread.tell() == 0
        assert leftovers() == []
        with blobs.stage(io.BytesIO(b"12"), limit=2):
            pass

    def test_equal_bytes_are_kept_once_and_look_young(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        path = tmp_path / "blobs" / content.sha256[:2] / content.sha256
        os.utime(path, (1000, 1000))
        inode = path.stat().st_ino
        assert store(blobs, JPEG) == content
        assert path.stat().st_ino == inode
        assert [(name, size) for name, size, _ in blobs.walk()] == [(content.sha256, len(JPEG))]
        assert next(blobs.walk())[2] > 1000

    def test_many_may_keep_equal_bytes_at_once(self, blobs: FileBlobs, leftovers: Callable[[], list[str]]) -> None:
        threads = [Thread(target=store, args=(blobs, JPEG)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(list(blobs.walk())) == 1
        assert leftovers() == []

    def test_a_standing_blob_of_another_length_is_corrupt(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        path = tmp_path / "blobs" / content.sha256[:2] / content.sha256
        path.chmod(0o600)
        path.write_bytes(JPEG[:-1])
        with pytest.raises(Corrupt, match="damgate check"):
            blobs.open(content.sha256, content.size)
        assert not blobs.exists(content.sha256, content.size)
        assert not blobs.verify(content.sha256)

    @pytest.mark.parametrize("rotten", [JPEG[:-1], JPEG[:-1] + b"x"], ids=["short", "other"])
    def test_a_standing_blob_that_rotted_is_replaced_by_the_whole_bytes(
        self, blobs: FileBlobs, tmp_path: Path, leftovers: Callable[[], list[str]], rotten: bytes
    ) -> None:
        content = store(blobs, JPEG)
        path = tmp_path / "blobs" / content.sha256[:2] / content.sha256
        path.chmod(0o600)
        path.write_bytes(rotten)
        assert store(blobs, JPEG) == content
        assert blobs.verify(content.sha256)
        assert path.stat().st_mode & 0o777 == 0o440
        assert leftovers() == []

    def test_changed_bytes_do_not_verify(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        path = tmp_path / "blobs" / content.sha256[:2] / content.sha256
        path.chmod(0o600)
        path.write_bytes(JPEG[:-1] + b"!")
        assert not blobs.verify(content.sha256)

    def test_a_missing_blob_is_corrupt(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        blobs.discard(content.sha256)
        blobs.discard(content.sha256)
        assert not blobs.exists(content.sha256, content.size)
        assert not blobs.verify(content.sha256)
        with pytest.raises(Corrupt, match="missing"):
            blobs.open(content.sha256, content.size)
        with pytest.raises(Corrupt, match="missing"):
            blobs.lend(content.sha256, tmp_path / "lent")

    @pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
    def test_nothing_but_a_hash_becomes_a_path(self, blobs: FileBlobs, name: str) -> None:
        with pytest.raises(ValueError, match="no SHA-256"):
            blobs.open(name, 1)

    def test_a_link_in_place_of_a_blob_is_not_followed(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        path = tmp_path / "blobs" / content.sha256[:2] / content.sha256
        blobs.discard(content.sha256)
        (tmp_path / "secret").write_bytes(JPEG)
        path.symlink_to(tmp_path / "secret")
        with pytest.raises(OSError, match="symbolic link"):
            blobs.open(content.sha256, content.size)

    def test_lends_by_link(self, blobs: FileBlobs, tmp_path: Path) -> None:
        content = store(blobs, JPEG)
        blobs.lend(content.sha256, tmp_path / "lent")
        assert (tmp_path / "lent").read_bytes() == JPEG
        assert (tmp_path / "lent").stat().st_nlink == 2
        with pytest.raises(FileExistsError):
            blobs.lend(content.sha256, tmp_path / "lent")
        with pytest.raises(FileNotFoundError):
            blobs.lend(content.sha256, tmp_path / "no folder" / "lent")

    @pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
    def test_lends_a_copy_where_it_cannot_link(
        self, blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        content = store(blobs, JPEG)
        monkeypatch.setattr(module, "os", failing("link", code))
        blobs.lend(content.sha256, tmp_path / "lent")
        facts = (tmp_path / "lent").stat()
        assert (tmp_path / "lent").read_bytes() == JPEG
        assert (facts.st_nlink, stat.S_IMODE(facts.st_mode)) == (1, 0o440)

    def test_walks_over_blobs_alone(self, blobs: FileBlobs, tmp_path: Path) -> None:
        kept = {store(blobs, bytes([number])).sha256 for number in range(30)}
        (tmp_path / "blobs" / ".DS_Store").touch()
        (tmp_path / "blobs" / next(iter(kept))[:2] / "notes.txt").touch()
        assert {name for name, _, _ in blobs.walk()} == kept

    def test_sweeps_what_a_crash_left(self, blobs: FileBlobs, tmp_path: Path) -> None:
        for name, at in (("old", 1000), ("young", 3000)):
            (tmp_path / "stage" / name).touch()
            os.utime(tmp_path / "stage" / name, (at, at))
        assert blobs.sweep_stage(2000) == 1
        assert [path.name for path in (tmp_path / "stage").iterdir()] == ["young"]

    def test_knows_the_free_space(self, blobs: FileBlobs) -> None:
        assert blobs.free_bytes() > 0

    def test_memory_does_not_grow_with_the_body(self, blobs: FileBlobs, tmp_path: Path) -> None:
        small, large = (int(run(MEASURE, tmp_path, megabytes)) for megabytes in (1, 200))
        assert large - small < 30


class TestOpening:
    def test_missing_folders_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="is missing"):
            FileBlobs(tmp_path, str)

    def test_two_filesystems_are_told(self, tmp_path: Path, small_disk: Path) -> None:
        FileBlobs.create(tmp_path)
        (tmp_path / "stage").rmdir()
        (small_disk / "stage").mkdir()
        (tmp_path / "stage").symlink_to(small_disk / "stage")
        with pytest.raises(Misconfigured, match="one filesystem"):
            FileBlobs(tmp_path, str)


class TestFaults:
    """Every system call of an upload fails in turn: no success is claimed, and nothing half is left."""

    @pytest.mark.parametrize("call", ["open", "write", "fsync", "fchmod", "close"])
    @pytest.mark.parametrize(
        ("code", "error"), [(errno.EIO, OSError), (errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace)]
    )
    def test_while_staging(
        self,
        blobs: FileBlobs,
        leftovers: Callable[[], list[str]],
        monkeypatch: pytest.MonkeyPatch,
        call: str,
        code: int,
        error: type[Exception],
    ) -> None:
        from damgate.adapters.files import staging

        for part in (disk, staging):
            monkeypatch.setattr(part, "os", failing(call, code))
        with pytest.raises(error):
            blobs.stage(io.BytesIO(JPEG))
        monkeypatch.undo()
        assert leftovers() == []
        assert list(blobs.walk()) == []

    @pytest.mark.parametrize("call", ["link", "fsync"])
    @pytest.mark.parametrize(("code", "error"), [(errno.EIO, OSError), (errno.ENOSPC, NoSpace)])
    def test_while_keeping(
        self,
        blobs: FileBlobs,
        leftovers: Callable[[], list[str]],
        monkeypatch: pytest.MonkeyPatch,
        call: str,
        code: int,
        error: type[Exception],
    ) -> None:
        with blobs.stage(io.BytesIO(JPEG)) as staged:
            for part in (disk, module):
                monkeypatch.setattr(part, "os", failing(call, code))
            with pytest.raises(error):
                staged.keep()
            monkeypatch.undo()
        assert leftovers() == []
        assert store(blobs, JPEG) == staged.content

    def test_the_same_file_is_never_synced_twice(self, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
        synced: list[int] = []

        def fail(fd: int) -> None:
            synced.append(fd)
            raise OSError(errno.EIO, "injected")

        monkeypatch.setattr(disk, "os", replaced("fsync", fail))
        with pytest.raises(OSError, match="injected"):
            blobs.stage(io.BytesIO(JPEG))
        assert len(synced) == 1

    def test_short_writes_go_on(self, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(disk, "os", replaced("write", lambda fd, data: os.write(fd, data[:7])))
        content = store(blobs, JPEG)
        with blobs.open(content.sha256, content.size) as file:
            assert file.read() == JPEG

    def test_full_fsync_is_used_where_it_exists(self, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
        called: list[int] = []
        refused = OSError(errno.ENOTSUP, "not on this filesystem")

        def full(fd: int, command: int) -> None:
            called.append(command)
            if len(called) > 1:
                raise refused

        monkeypatch.setattr(disk, "fcntl", SimpleNamespace(F_FULLFSYNC=51, fcntl=full))
        store(blobs, JPEG)
        assert called == [51, 51, 51]  # the file, blobs/, its shard

    def test_a_full_disk_leaves_nothing_half_and_reads_go_on(self, small_disk: Path) -> None:
        FileBlobs.create(small_disk)
        blobs = FileBlobs(small_disk, lambda head: "text/plain")
        first = store(blobs, random.Random(1).randbytes(4_000_000))
        for size in (9_000_000, 20_000_000):
            with pytest.raises(NoSpace, match="nothing was changed"):
                store(blobs, random.Random(size).randbytes(size))
        assert list((small_disk / "stage").iterdir()) == []
        assert [(name, size) for name, size, _ in blobs.walk()] == [(first.sha256, first.size)]
        assert blobs.verify(first.sha256)
        store(blobs, random.Random(2).randbytes(4_000_000))


def replaced(name: str, function: Callable[..., Any]) -> SimpleNamespace:
    """Return the module `os` as a part sees it, with one function of ours."""
    return SimpleNamespace(**{**vars(os), name: function})


def failing(name: str, code: int) -> SimpleNamespace:
    def fail(*arguments: Any, **_: Any) -> Any:
        if name == "close":
            os.close(*arguments)
        raise OSError(code, "injected")

    return replaced(name, fail)
