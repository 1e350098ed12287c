"""Renditions are made once for all who ask, and are never served under another's length."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from damgate import Rights
from damgate.adapters.files.blobs import FileBlobs
from damgate.adapters.sql.catalogue import FILE, SqlCatalogue
from damgate.core.assets import EMPTY, Content, Facts
from damgate.core.channels import Made, Particulars
from damgate.core.errors import Busy, Corrupt, DamgateError, NoSpace, Unrenderable
from damgate.core.publishing import Rendition
from damgate.media.decoders import Decoders, Finished
from damgate.media.examinations import Examinations
from damgate.media.orders import Order
from damgate.media.renditions import Renditions
from damgate.media.sniff import media_type
from tests.media import hostile

Pool = Callable[..., Decoders]
RIGHTS = Rights()
PARTICULARS = Particulars(RIGHTS)
PLAIN = hostile.Plain()
PICTURE = hostile.JPEG + b"a picture"


class Held:
    """A clock that stands."""

    at = 1000.0

    def now(self) -> float:
        return self.at


class World:
    """A drive's renditions with all they need."""

    def __init__(self, folder: Path, decoders: Decoders, *examiners: hostile.Plain) -> None:
        self.folder = folder / "renditions"
        self.clock = Held()
        self.open = SqlCatalogue.open if (folder / FILE).exists() else SqlCatalogue.create
        self.catalogue = self.open(folder)
        FileBlobs.create(folder / "data")
        self.blobs = FileBlobs(folder / "data", media_type)
        self.content = self.add(PICTURE)
        self.renditions = Renditions(self.catalogue, self.blobs, decoders, self.folder, self.clock)
        self.examinations = Examinations(self.catalogue, self.blobs, decoders, examiners)

    def add(self, data: bytes) -> Content:
        with self.blobs.stage(BytesIO(data)) as staged:
            staged.keep()
            return staged.content

    def rows(self) -> list[Rendition]:
        with self.catalogue.read() as transaction:
            return list(transaction.renditions.all())

    def make(self, channel: hostile.Plain, wait: float = 60, rights: Rights = RIGHTS) -> Rendition:
        return self.renditions.make(Order(channel, self.content, "shoe.jpg", Particulars(rights)), wait=wait)

    def read(self, rendition: Rendition) -> bytes:
        with self.renditions.open(rendition) as file:
            return file.read()

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def world(tmp_path: Path, pool: Pool) -> Iterator[World]:
    made = World(tmp_path, pool(count=2), hostile.Plain())
    yield made
    made.catalogue.close()


def test_a_rendition_has_a_frozen_size_hash_and_date(world: World) -> None:
    made = world.make(hostile.Plain())
    data = world.read(made)
    assert (made.size, made.md5, made.sha256) == (
        len(data), hashlib.md5(data).hexdigest(), hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    assert (made.media_type, made.made, made.fault) == ("image/jpeg", 1000.0, "")
    world.clock.at = 2000.0
    assert world.make(hostile.Plain()) == made
    assert world.renditions.made == 1
    assert world.renditions.stored(made.key) == made


def test_the_key_is_bytes_recipe_and_credit_and_not_name_or_window(world: World) -> None:
    def key(channel: hostile.Plain = PLAIN, name: str = "a", **rights: object) -> str:
        return Order(channel, world.content, name, Particulars(replace(RIGHTS, **rights))).key  # type: ignore[arg-type]

    assert key() == key(name="b") == key(usable_until=5.0, usable_from=1.0)
    others = [
        key(hostile.Plain(fingerprint="2")), key(hostile.Plain(name="x")),
        key(credit="a"), key(copyright="a"), key(terms="a"), key(credit="a", copyright="b"), key(credit="ab"),
    ]  # fmt: skip
    assert len({key(), *others}) == 8
    assert len(key()) == 64


def test_fifty_askers_of_one_missing_rendition_make_it_once(world: World) -> None:
    bodies, ready = list[bytes](), threading.Barrier(50)

    def ask() -> None:
        ready.wait()
        bodies.append(world.read(world.make(hostile.Plain(pause=0.2))))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 50
    assert len(set(bodies)) == 1
    assert world.renditions.made == 1
    assert len(world.files()) == 1  # neither a lock nor a half file is left


def test_several_processes_make_it_once(tmp_path: Path, world: World) -> None:
    code = f"""
import sys, hashlib
from pathlib import Path
from damgate import config
from damgate.media.decoders import Decoders, Finished
from damgate.media.sniff import media_type
from tests.media import hostile, test_renditions
here = Path({str(tmp_path)!r})
decoders = Decoders(config.Decoders(count=1), (), here / "scratch")
decoders.start()
world = test_renditions.World(here, decoders)
print("ready", flush=True)
sys.stdin.readline()
made = world.make(hostile.Plain(pause=1.0))
print(world.renditions.made, hashlib.md5(world.read(made)).hexdigest(), flush=True)
world.catalogue.close()
decoders.stop()
"""
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": os.pathsep.join(sys.path)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for server in servers:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
    for server in servers:
        assert server.stdin
        server.stdin.write("go\n")
        server.stdin.flush()
    answers = [server.communicate()[0].split() for server in servers]
    assert sorted(int(made) for made, _ in answers) == [0, 0, 1]
    assert len({md5 for _, md5 in answers}) == 1
    assert not list((tmp_path / "renditions" / "locks").iterdir())


@pytest.mark.parametrize("channel", [hostile.Refuses(), hostile.Crashes(), hostile.Fails(), hostile.WritesHtml()])
def test_a_permanent_failure_is_recorded_and_not_tried_again(world: World, channel: hostile.Plain) -> None:
    with pytest.raises(Unrenderable) as first:
        world.make(channel)
    with pytest.raises(Unrenderable) as second:
        world.make(channel)
    assert str(first.value) == str(second.value)
    assert world.renditions.made == 1
    row = world.renditions.stored(Order(channel, world.content, "", PARTICULARS).key)
    assert row
    assert row.fault == str(first.value)
    assert not world.files()


def test_a_transient_failure_is_not_recorded(world: World) -> None:
    with pytest.raises(NoSpace):
        world.make(hostile.FillsTheDisk())
    lost = replace(world.content, sha256="0" * 64)
    with pytest.raises(Corrupt):
        world.renditions.make(Order(hostile.Plain(), lost, "a", PARTICULARS), wait=5)
    assert not world.rows()


def test_who_cannot_wait_is_told_so_and_the_work_goes_on(world: World) -> None:
    channel = hostile.Plain(pause=0.5)
    with pytest.raises(Busy):
        world.make(channel, wait=0.05)
    for _ in range(500):
        if world.renditions.stored(Order(channel, world.content, "", PARTICULARS).key):
            break
        time.sleep(0.02)
    assert world.make(channel, wait=0).size
    assert world.renditions.made == 1


def test_evicted_bytes_are_made_again_and_never_served_under_an_old_length(world: World) -> None:
    made = world.make(hostile.Plain())
    (path,) = world.files()
    path.unlink()
    with pytest.raises(Corrupt):
        world.renditions.open(made)
    assert world.renditions.stored(made.key) is None
    world.clock.at = 2000.0
    again = world.make(hostile.Plain())  # this channel makes other bytes each time
    assert again.md5 != made.md5
    assert again.made == 2000.0
    assert hashlib.md5(world.read(again)).hexdigest() == again.md5


def test_bytes_made_again_the_same_keep_their_date(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world.make(hostile.Plain())
    (path,) = world.files()
    data = path.read_bytes()
    path.unlink()
    world.clock.at = 2000.0

    def same(channel: object, source: object, wanted: list[tuple[object, Path]], **_: object) -> list[Finished]:
        wanted[0][1].write_bytes(data)
        produced = hostile.Plain().produces("image/jpeg")
        assert produced is not None
        return [Finished(produced, Made())]

    monkeypatch.setattr(world.renditions._decoders, "render_all", same)
    assert world.make(hostile.Plain()) == made


def test_cut_bytes_are_not_served(world: World) -> None:
    made = world.make(hostile.Plain())
    (path,) = world.files()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Corrupt):
        world.renditions.open(made)
    assert world.read(world.make(hostile.Plain()))


def test_a_crash_leaves_only_what_is_swept(world: World) -> None:
    world.make(hostile.Plain())
    (path,) = world.files()
    half = path.parent / ".partial-abc-12"
    half.write_bytes(b"half")
    assert world.renditions.sweep(time.time() - 60) == 0
    assert world.renditions.sweep(time.time() + 60) == 1
    assert world.files() == [path]


def test_facts_are_found_once(world: World) -> None:
    assert world.examinations.examine(world.content, wait=30) == Facts("image/jpeg", 3, 2)
    world.renditions._decoders.stop()
    assert world.examinations.examine(world.content, wait=30) == Facts("image/jpeg", 3, 2)


def test_what_nobody_examines_has_its_type_for_a_fact(world: World) -> None:
    text = world.add(b"hello")
    assert world.examinations.examine(text, wait=30) == Facts("text/plain")
    assert world.examinations.examine(EMPTY, wait=30) == Facts("application/x-empty")
    with world.catalogue.read() as transaction:
        assert transaction.versions.facts(text.sha256) == Facts("text/plain")


def test_a_file_that_crashes_its_examiner_is_damaged(tmp_path: Path, pool: Pool) -> None:
    world = World(tmp_path, pool(), hostile.CrashesExamining())
    facts = world.examinations.examine(world.content, wait=30)
    assert facts.damaged == "the file could not be decoded: its decoder crashed (SIGSEGV)"
    world.renditions._decoders.stop()
    assert world.examinations.examine(world.content, wait=30) == facts
    world.catalogue.close()


def test_no_name_becomes_a_path(world: World) -> None:
    content: Content = world.content
    try:
        world.renditions.make(Order(hostile.Plain(), content, "../../evil\x00.jpg", PARTICULARS), wait=30)
    except DamgateError as error:
        pytest.fail(str(error))
    assert {path.name for path in world.files()} == {Order(hostile.Plain(), content, "", PARTICULARS).key}
