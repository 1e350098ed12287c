from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damgate.adapters.files import FileBlobs
from damgate.adapters.joined import JoinedBlobs
from damgate.adapters.sql import SqlCatalogue
from damgate.core import manifests
from damgate.core.assets import Content
from damgate.core.errors import Corrupt, NoSpace
from damgate.core.objects import Part
from damgate.drive.intact import AGAIN, Intact
from damgate.drive.room import RESERVE
from damgate.ports.blobs import Blobs
from tests.adapters.conftest import HeldClock

Join = Callable[[list[bytes]], Content]


class Counted:
    """Lets every call through to another store, and notes what was opened."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.opened: list[str] = []
        self.free: int | None = None  # bytes, in place of those that there are

    def free_bytes(self) -> int:
        return self._blobs.free_bytes() if self.free is None else self.free

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)

    def open(self, sha256: str, size: int) -> Any:
        self.opened.append(sha256)
        return self._blobs.open(sha256, size)


def store(blobs: Blobs, data: bytes) -> Content:
    with blobs.stage(io.BytesIO(data)) as staged:
        staged.keep()
        return staged.content


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def counted(blobs: FileBlobs) -> Counted:
    return Counted(blobs)


@pytest.fixture
def joined(counted: Counted, catalogue: SqlCatalogue, clock: HeldClock) -> JoinedBlobs:
    return JoinedBlobs(counted, catalogue, Intact(clock))


@pytest.fixture
def join(blobs: FileBlobs, catalogue: SqlCatalogue) -> Join:
    def made(pieces: list[bytes]) -> Content:
        parts = [Part(number, store(blobs, piece), 0.0) for number, piece in enumerate(pieces, start=1)]
        content = manifests.joined(parts)
        with catalogue.write() as tx:
            tx.segments.put(content.sha256, parts)
        return content

    return made


@pytest.fixture
def damage(tmp_path: Path) -> Callable[[bytes, bytes], None]:
    """Puts other bytes in the place of a blob."""

    def damaged(data: bytes, by: bytes) -> None:
        name = sha256(data)
        path = tmp_path / "blobs" / name[:2] / name
        path.chmod(0o600)
        path.write_bytes(by)

    return damaged


def three(size: int = 300_000) -> list[bytes]:
    return [random.Random(number).randbytes(size) for number in range(3)]


class TestJoinedBlobs:
    def test_says_of_parts_what_s3_says_of_them(self, join: Join) -> None:
        pieces = [b"\xff\xd8 first", b"second"]
        content = join(pieces)
        md5s = b"".join(hashlib.md5(piece).digest() for piece in pieces)
        assert content.md5 == hashlib.md5(md5s).hexdigest() + "-2"
        assert (content.size, content.media_type) == (14, "image/jpeg")

    def test_opens_lends_and_verifies_what_came_in_parts(self, joined: JoinedBlobs, join: Join, tmp_path: Path) -> None:
        pieces = three()
        content = join(pieces)
        assert joined.exists(content.sha256, content.size)
        assert not joined.exists(content.sha256, content.size - 1)
        with joined.open(content.sha256, content.size) as file:
            assert file.read() == b"".join(pieces)
        assert joined.stored(content.sha256) == ""
        joined.lend(content.sha256, tmp_path / "lent")
        assert (tmp_path / "lent").read_bytes() == b"".join(pieces)
        assert stat.S_IMODE((tmp_path / "lent").stat().st_mode) == 0o440
        assert joined.verify(content.sha256)
        assert {sha256(piece) for piece in pieces} == {name for name, _, _ in joined.walk()}

    def test_does_not_fill_the_disk_with_what_it_puts_together(
        self, joined: JoinedBlobs, join: Join, counted: Counted, tmp_path: Path
    ) -> None:
        content = join(three(10) * 20)
        counted.free = RESERVE + content.size - 1
        with pytest.raises(NoSpace):
            joined.lend(content.sha256, tmp_path / "lent")
        assert not (tmp_path / "lent").exists()
        counted.free += 1
        joined.lend(content.sha256, tmp_path / "lent")
        assert (tmp_path / "lent").stat().st_size == content.size

    def test_costs_no_look_at_the_catalogue_for_other_blobs(self, blobs: FileBlobs, tmp_path: Path) -> None:
        joined = JoinedBlobs(blobs, None, None)  # type: ignore[arg-type]
        content = store(joined, b"one piece")
        with joined.open(content.sha256, content.size) as file:
            assert file.read() == b"one piece"
        assert joined.exists(content.sha256, content.size)
        assert joined.stored(content.sha256) == blobs.stored(content.sha256)
        joined.lend(content.sha256, tmp_path / "lent")
        assert joined.verify(content.sha256)
        joined.discard(content.sha256)
        assert not blobs.exists(content.sha256, content.size)

    def test_tells_of_what_is_nowhere(self, joined: JoinedBlobs, tmp_path: Path) -> None:
        nothing = sha256(b"nothing")
        with pytest.raises(Corrupt, match="missing"):
            joined.open(nothing, 7)
        with pytest.raises(Corrupt, match="missing"):
            joined.lend(nothing, tmp_path / "lent")
        assert not joined.exists(nothing, 7)
        assert not joined.verify(nothing)

    def test_a_range_opens_only_the_parts_that_it_touches(
        self, joined: JoinedBlobs, join: Join, counted: Counted
    ) -> None:
        pieces = three(1000)
        content = join(pieces)
        with joined.open(content.sha256, content.size) as file:
            counted.opened.clear()
            file.seek(1500)
            assert file.read(400) == pieces[1][500:900]
        assert counted.opened == [sha256(pieces[1])]

    def test_the_manifest_as_a_file_is_not_taken_for_the_content(self, joined: JoinedBlobs, join: Join) -> None:
        piece = b"p" * 82  # as long as the text that names it
        content = join([piece])
        told = f"damgate parts\n{sha256(piece)} 82\n".encode()
        assert len(told) == 82
        assert store(joined, told).sha256 != content.sha256
        with joined.open(content.sha256, content.size) as file:
            assert file.read() == piece

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_damage_in_a_part_is_found_before_its_end_is_given_out(
        self, joined: JoinedBlobs, join: Join, damage: Callable[[bytes, bytes], None], place: int
    ) -> None:
        pieces = three()
        content = join(pieces)
        damage(pieces[place], bytes([pieces[place][0] ^ 1]) + pieces[place][1:])
        got = b""
        with joined.open(content.sha256, content.size) as file, pytest.raises(Corrupt, match="damaged"):
            while piece := file.read(70_000):
                got += piece
        assert len(got) < (place + 1) * 300_000
        assert not joined.verify(content.sha256)

    def test_a_part_that_was_compared_a_moment_ago_is_not_compared_again(
        self, joined: JoinedBlobs, join: Join, monkeypatch: pytest.MonkeyPatch, clock: HeldClock
    ) -> None:
        pieces = three()
        content = join(pieces)
        compared: list[int] = []

        def hashed(data: bytes = b"") -> Any:
            compared.append(len(data))
            return sha256_of(data)

        sha256_of = hashlib.sha256
        monkeypatch.setattr("damgate.adapters.joined.file.hashlib.sha256", hashed)
        for expected in (1 + 3, 1, 1):  # one that a new file begins with
            compared.clear()
            with joined.open(content.sha256, content.size) as file:
                assert file.read() == b"".join(pieces)
            assert len(compared) == expected
        clock.time += AGAIN
        compared.clear()
        with joined.open(content.sha256, content.size) as file:
            file.read()
        assert len(compared) == 1 + 3

    def test_a_missing_part_is_told(self, joined: JoinedBlobs, join: Join, blobs: FileBlobs, tmp_path: Path) -> None:
        pieces = three()
        content = join(pieces)
        blobs.discard(sha256(pieces[1]))
        assert not joined.exists(content.sha256, content.size)
        assert not joined.verify(content.sha256)
        with pytest.raises(Corrupt, match="missing"):
            joined.lend(content.sha256, tmp_path / "lent")
        assert not (tmp_path / "lent").exists()
        with joined.open(content.sha256, content.size) as file:
            assert file.read(300_000) == pieces[0]
            with pytest.raises(Corrupt, match="missing"):
                file.read(1)

    def test_a_list_of_parts_that_was_changed_is_told(
        self, joined: JoinedBlobs, join: Join, catalogue: SqlCatalogue
    ) -> None:
        pieces = three()
        content, other = join(pieces), join(pieces[1:])
        with catalogue.write() as tx:
            tx.segments.put(content.sha256, tx.segments.of(other.sha256))
        with pytest.raises(Corrupt, match="list of the parts"):
            joined.open(content.sha256, content.size)
        assert not joined.exists(content.sha256, content.size)
        assert not joined.verify(content.sha256)

    def test_what_was_forgotten_is_not_there_though_it_was_known(
        self, joined: JoinedBlobs, join: Join, catalogue: SqlCatalogue
    ) -> None:
        content = join(three())
        joined.open(content.sha256, content.size).close()
        with catalogue.write() as tx:
            tx.segments.forget(content.sha256)
        assert not joined.exists(content.sha256, content.size)

    @pytest.mark.parametrize("refusal", [errno.EXDEV, errno.ENOSYS, None])
    def test_lends_where_the_system_cannot_copy_by_itself(
        self, joined: JoinedBlobs, join: Join, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int | None
    ) -> None:
        def refuse(*_: object) -> int:
            assert refusal is not None
            raise OSError(refusal, "no")

        if refusal is None:
            monkeypatch.delattr(os, "copy_file_range")  # macOS
        else:
            monkeypatch.setattr(os, "copy_file_range", refuse)
        pieces = three()
        joined.lend(join(pieces).sha256, tmp_path / "lent")
        assert (tmp_path / "lent").read_bytes() == b"".join(pieces)

    def test_can_be_sought_as_any_file(self, joined: JoinedBlobs, join: Join) -> None:
        content = join([b"abc", b"", b"def"])
        with joined.open(content.sha256, content.size) as file:
            assert file.seekable()
            assert file.readable()
            assert (file.seek(-2, os.SEEK_END), file.read()) == (4, b"ef")
            assert (file.seek(2), file.seek(1, os.SEEK_CUR), file.tell(), file.read(2)) == (2, 3, 3, b"de")
            assert (file.seek(100), file.read(5)) == (100, b"")
            with pytest.raises(ValueError, match="-1"):
                file.seek(-1)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        pieces=st.lists(st.binary(max_size=40), min_size=1, max_size=6),
        reads=st.lists(st.tuples(st.integers(0, 250), st.integers(0, 100)), max_size=12),
    )
    def test_reads_what_the_parts_are_one_behind_the_other(
        self, joined: JoinedBlobs, join: Join, pieces: list[bytes], reads: list[tuple[int, int]]
    ) -> None:
        whole, content = b"".join(pieces), join(pieces)
        with joined.open(content.sha256, content.size) as file:
            for start, length in reads:
                assert file.seek(start) == start
                assert file.read(length) == whole[start : start + length]
            file.seek(0)
            assert file.read() == whole
