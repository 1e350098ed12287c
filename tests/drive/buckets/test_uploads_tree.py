"""Assets that come in parts: they are assets like any other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from damgate import check
from damgate.config import Config
from damgate.core.errors import Corrupt, Locked, NoSuchUpload, NotFound, Refused
from damgate.core.objects import Attributes, Source, Wanted
from damgate.drive.housekeeping import keep_house
from tests.drive.buckets.rooms import of, put, read
from tests.drive.buckets.sending import PART, begun, chunk, etag_of, sent, summed
from tests.drive.buckets.test_uploads_kept import age
from tests.drive.house import PNG, House, names

pytestmark = pytest.mark.usefixtures("small_parts")

PICTURE = PNG + chunk(1, PART - len(PNG))
LAST = chunk(3, 1000)
ROOT = Path(__file__).parents[3]
KEY, PATH = "summer/shoe.png", "Inbox/summer/shoe.png"


@pytest.fixture
def shoe(house: House) -> House:
    sent(house, [PICTURE, LAST], KEY, bucket="inbox", who="carl")
    return house


def test_it_stands_at_every_door_with_one_size_and_one_etag(shoe: House) -> None:
    there, (here,) = shoe.stat("carl", PATH), of(shoe, "carl").find("inbox").list(Wanted()).objects
    assert (there.size, there.etag) == (here.size, here.etag) == (PART + 1000, etag_of([PICTURE, LAST]))
    assert there.media_type == "image/png"
    assert shoe.read("carl", PATH) == PICTURE + LAST
    assert read(of(shoe, "carl").find("inbox"), KEY) == PICTURE + LAST
    (part, last) = of(shoe, "carl").parts_of("inbox", KEY)
    assert (part.content.size, last.checksum) == (PART, summed(LAST))


@pytest.mark.parametrize(("start", "stop"), [(0, 5), (PART - 5, PART + 5), (PART, PART + 9)])
def test_a_range_of_it_is_that_of_the_whole(shoe: House, start: int, stop: int) -> None:
    opened = shoe.drive.open(shoe.who("carl"), names(PATH))
    assert opened.stored == ""
    assert b"".join(opened.pieces(start, stop)) == (PICTURE + LAST)[start:stop]


def test_damage_of_a_part_is_never_served_as_whole(shoe: House) -> None:
    blobs: Any = shoe.context.blobs
    damaged = of(shoe, "carl").parts_of("inbox", KEY)[1].content.sha256
    path: Path = blobs._blobs._path(damaged)
    path.chmod(0o600)
    path.write_bytes(LAST[:-1] + bytes([LAST[-1] ^ 1]))
    with pytest.raises(Corrupt):
        shoe.read("carl", PATH)


def test_a_channel_makes_a_rendition_of_it(shoe: House) -> None:
    shoe.mkcol("rita", "Review/summer")
    shoe.move("carl", PATH, "Review/summer/shoe.png")
    shoe.move("rita", "Review/summer/shoe.png", "Approved/shoe.png")
    assert shoe.read("vera", "channels/webshop/shoe.jpg").endswith(PICTURE + LAST)


def test_its_versions_follow_each_other_and_come_back(shoe: House) -> None:
    carl = of(shoe, "carl").find("inbox")
    first = carl.stat(KEY).version
    shoe.put("carl", PATH, "from the drive")
    sent(shoe, [LAST], KEY, bucket="inbox", who="carl")
    assert shoe.versions(PATH) == 3
    assert read(carl, KEY, first) == PICTURE + LAST
    for _ in range(2):
        age(shoe)
        keep_house(shoe.context)
    shoe.drive.restore_version(shoe.who("carl"), names(PATH), 1)
    assert shoe.read("carl", PATH) == PICTURE + LAST
    assert shoe.stat("carl", PATH).etag == etag_of([PICTURE, LAST])


def test_the_same_parts_again_make_no_version(shoe: House) -> None:
    sent(shoe, [PICTURE, LAST], KEY, bucket="inbox", who="carl")
    assert shoe.versions(PATH) == 1
    with shoe.context.catalogue.read() as tx:
        assert tx.uploads.begun(shoe.clock.now() + 1, limit=10) == []


def test_it_is_copied_deleted_and_restored_on_the_drive(shoe: House) -> None:
    shoe.drive.copy(shoe.who("carl"), names(PATH), names("Inbox/copy.png"))
    shoe.delete("carl", PATH)
    age(shoe)
    keep_house(shoe.context)
    assert shoe.read("carl", "Inbox/copy.png") == PICTURE + LAST
    assert shoe.stat("carl", "Inbox/copy.png").etag == etag_of([PICTURE, LAST])
    shoe.drive.restore(shoe.who("carl"), f"/{PATH}")
    assert shoe.read("carl", PATH) == PICTURE + LAST


def test_a_check_finds_it_sound_and_names_it_when_it_is_not(shoe: House) -> None:
    def checked() -> list[str]:
        return check.verify(shoe.context, lambda things, **_: things).faults

    assert checked() == []
    blobs: Any = shoe.context.blobs
    lost = of(shoe, "carl").parts_of("inbox", KEY)[1].content.sha256
    blobs.discard(lost)
    assert [fault for fault in checked() if f"/{PATH}: its bytes are missing" in fault]


def test_what_was_said_at_the_beginning_is_said_of_it(house: House) -> None:
    said = Attributes({"Content-Type": "text/bla"}, {"foo": "bar"})
    sent(house, [LAST], "a.bin", bucket="inbox", who="carl", attributes=said, tags={"k": "v"})
    inbox = of(house, "carl").find("inbox")
    assert inbox.stat("a.bin").attributes == replace(said, checksum=summed(LAST))
    assert inbox.tags("a.bin") == {"k": "v"}


# ── asked again ──────────────────────────────────────────────────────────────────────────────────


def test_what_may_not_be_written_is_refused_at_the_beginning(house: House) -> None:
    for who, bucket in (("vera", "inbox"), ("carl", "approved")):
        with pytest.raises((Refused, NotFound)):
            begun(house, "a.bin", bucket=bucket, who=who)


def test_what_may_no_longer_be_written_is_refused_at_the_end_and_in_between(house: House) -> None:
    house.put("carl", "Inbox/shoe.png", "standing")
    sending = begun(house, "shoe.png", bucket="inbox", who="carl")
    sending.part(1, LAST)
    lock = house.lock("mia", "Inbox/shoe.png")
    with pytest.raises(Locked):
        sending.part(2, LAST)
    with pytest.raises(Locked):
        sending.complete()
    assert house.versions("Inbox/shoe.png") == 1
    (token,) = lock.tokens
    house.drive.unlock(house.who("mia"), names("Inbox/shoe.png"), token)
    sending.complete()
    assert house.versions("Inbox/shoe.png") == 2


def test_a_closed_state_takes_no_next_version_in_parts(house: House, again: Callable[..., House]) -> None:
    sending = begun(house, "shoe.png", bucket="inbox", who="carl")
    sending.part(1, LAST)
    closed = again(
        "1", msgspec.convert({"states": {"Inbox": {"edits": "refuse"}, "Approved": {}}, "edges": []}, Config)
    )
    house.put("carl", "Inbox/shoe.png", "standing")
    with pytest.raises(Refused):
        replace(sending, buckets=of(closed, "carl")).complete()
    replace(sending, buckets=of(closed, "carl")).abort()
    with pytest.raises(NoSuchUpload):
        sending.complete()


def test_nobody_else_adds_to_an_upload_into_a_state(house: House) -> None:
    sending = begun(house, "shoe.png", bucket="inbox", who="carl")
    sending.part(1, LAST)
    with pytest.raises(Refused):
        replace(sending, buckets=of(house, "cora")).part(2, LAST)
    assert [one.by for one in of(house, "carl").uploads("inbox", Wanted()).uploads] == ["carl"]
    assert of(house, "cora").uploads("inbox", Wanted()).uploads == ()
    replace(sending, buckets=of(house, "mia")).abort()


def test_parts_are_taken_from_what_stands_in_a_state(shoe: House) -> None:
    sending = begun(shoe, "copy.png", bucket="inbox", who="carl")
    sending.sent[1] = sending.buckets.copy_part("inbox", "copy.png", sending.id, 1, Source("inbox", KEY), (0, PART))
    put(of(shoe, "carl").find("inbox"), "end.bin", LAST)
    sending.sent[2] = sending.buckets.copy_part("inbox", "copy.png", sending.id, 2, Source("inbox", "end.bin"), None)
    assert sending.complete().etag == etag_of([PICTURE, LAST])
    assert shoe.read("carl", "Inbox/copy.png") == PICTURE + LAST


# ── killed ───────────────────────────────────────────────────────────────────────────────────────

COMPLETES = """
import os, signal, sys
from pathlib import Path
from damgate.adapters.sql.transactions import Open
from tests.drive.buckets.rooms import of
from tests.drive.house import build
from damgate.core.objects import Claim, Completion, Given
folder, upload, etag, commit, when = sys.argv[1:]
house, leave, commits = build(Path(folder), new=False), Open.__exit__, 0

def kill(self, *raised):
    global commits
    writes = self._begin == "BEGIN IMMEDIATE"
    commits += writes
    if writes and commits == int(commit) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    leave(self, *raised)
    if writes and commits == int(commit):
        os.kill(os.getpid(), signal.SIGKILL)

Open.__exit__ = kill
of(house, "carl").complete("inbox", "shoe.png", upload, Completion((Claim(1, etag),)), Given())
"""


@pytest.mark.parametrize("commit", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_4_a_kill_at_any_commit_of_a_completion_loses_nothing_and_makes_nothing_twice(
    house: House, tmp_path: Path, commit: int, when: str
) -> None:
    sending = begun(house, "shoe.png", bucket="inbox", who="carl")
    part = sending.part(1, LAST)
    given = [str(tmp_path / "drive"), sending.id, part.content.md5, str(commit), when]
    done = subprocess.run(
        [sys.executable, "-c", COMPLETES, *given], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = (commit, when) == (2, "after")
    assert ("shoe.png" in house.names_in("carl", "Inbox")) is kept
    age(house)
    keep_house(house.context)
    first = sending.complete()
    assert sending.complete() == first
    assert house.versions("Inbox/shoe.png") == 1
    assert house.read("carl", "Inbox/shoe.png") == LAST
    with house.context.catalogue.read() as tx:
        assert tx.uploads.get(sending.id) is None
