"""What runs behind the requests: jobs, observers, and keeping house."""

import io
import os
import platform
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from damgate.adapters.sql import catalogue as sql_catalogue
from damgate.core.errors import Busy, Corrupt, DamgateError, NoSpace, NotFound
from damgate.core.events import Event, Happening
from damgate.core.jobs import Job, JobState
from damgate.drive import chores, housekeeping
from damgate.drive.housekeeping import keep_house
from damgate.jobs import crew as crews
from damgate.jobs.crew import DEATHS, LEASE, TRIES, Chore, Crew
from tests.drive.house import House, names, picture

HOUR, DAY = 3600.0, 86_400.0


def crew_of(house: House, **known: Callable[[str], None]) -> Crew:
    house.work()  # what a new drive had to do is done
    return Crew(house.context.catalogue, house.clock, {kind: by_key(work) for kind, work in known.items()}, threads=1)


def by_key(work: Callable[[str], None]) -> Chore:
    return lambda job, _: work(job.key)


def enqueue(house: House, kind: str, key: str = "k") -> None:
    with house.context.catalogue.write() as tx:
        tx.jobs.enqueue(kind, key)


def jobs(house: House, kind: str) -> list[Job]:
    with house.context.catalogue.read() as tx:
        return [job for job in tx.jobs.all() if job.kind == kind]


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)


@contextmanager
def at_work(crew: Crew) -> Iterator[None]:
    crew.start()
    try:
        yield
    finally:
        crew.stop(10.0)


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────


def test_a_job_that_raises_is_tried_five_times_then_stays_as_dead_with_its_error(house: House) -> None:
    tried = []

    def break_(key: str) -> None:
        tried.append(house.clock.now())
        raise RuntimeError(f"no luck with {key}")

    crew = crew_of(house, broken=break_)
    enqueue(house, "broken", "this")
    for _ in range(20):
        crew.run_due()
        house.clock.pass_(100)
    assert len(tried) == TRIES == 5
    [job] = jobs(house, "broken")
    assert (job.state, job.error) == (JobState.DEAD, "RuntimeError: no luck with this")
    enqueue(house, "broken", "this")
    crew.run_due()
    assert len(tried) == 6  # asked for again, it gets a new chance


def test_a_broken_job_waits_longer_each_time_and_holds_up_no_other(house: House) -> None:
    done: list[str] = []

    def break_(_: str) -> None:
        raise RuntimeError("no")

    crew = crew_of(house, broken=break_, sound=done.append)
    enqueue(house, "broken")
    waits = []
    for number in range(4):
        enqueue(house, "sound", str(number))
        crew.run_due()
        waits.append(jobs(house, "broken")[0].run_at - house.clock.now())
        house.clock.pass_(100)
    assert done == ["0", "1", "2", "3"]
    assert waits == sorted(waits)
    assert 2 <= waits[0] < 4


@pytest.mark.parametrize("error", [Busy("not now"), NoSpace("the disk is full")])
def test_a_job_that_could_not_be_done_now_is_never_given_up(house: House, error: DamgateError) -> None:
    tried: list[str] = []

    def wait(key: str) -> None:
        tried.append(key)
        if len(tried) < 12:
            raise error

    crew = crew_of(house, waiting=wait)
    enqueue(house, "waiting")
    for _ in range(12):
        crew.run_due()
        assert not [job for job in jobs(house, "waiting") if job.state is JobState.DEAD]
        house.clock.pass_(100)
    assert len(tried) == 12
    assert jobs(house, "waiting") == []


def test_a_job_whose_process_died_each_time_is_given_up(house: House) -> None:
    crew = crew_of(house, deadly=lambda _: pytest.fail("it must not be tried again"))
    enqueue(house, "deadly")
    for _ in range(DEATHS):
        with house.context.catalogue.write() as tx:
            assert tx.jobs.claim("a process that dies", house.clock.now(), LEASE)
        house.clock.pass_(LEASE + 1)
    crew.run_due()
    [job] = jobs(house, "deadly")
    assert (job.state, job.error) == (JobState.DEAD, "the process died while doing it")


def test_a_job_whose_lease_was_lost_is_not_finished_twice(house: House) -> None:
    by_second: list[str] = []
    second = crew_of(house, work=by_second.append)

    def slow(_: str) -> None:
        house.clock.pass_(LEASE + 1)  # this process was asleep; meanwhile another one took the job over …
        second.run_due()
        enqueue(house, "work")  # … finished it, and somebody asked for it again

    first = Crew(house.context.catalogue, house.clock, {"work": by_key(slow)}, threads=1)
    enqueue(house, "work")
    job = first._claim(slow=False)
    assert job is not None
    first._do(job)
    assert by_second == ["k"]
    [waiting] = jobs(house, "work")  # the sleeper's end did not remove what was asked for since
    assert waiting.state is JobState.WAITING
    second.run_due()
    assert by_second == ["k", "k"]
    assert jobs(house, "work") == []


def test_a_job_whose_lease_was_lost_is_neither_retried_nor_buried_by_the_loser(house: House) -> None:
    second = crew_of(house, work=lambda _: None)
    for tries in (1, TRIES):

        def slow(_: str) -> None:
            house.clock.pass_(LEASE + 1)
            second.run_due()
            raise RuntimeError("too late")

        first = Crew(house.context.catalogue, house.clock, {"work": by_key(slow)}, threads=1)
        enqueue(house, "work")
        job = first._claim(slow=False)
        assert job is not None
        first._do(replace(job, tries=tries) if tries == 1 else job)
        assert jobs(house, "work") == []


def test_a_job_asked_for_while_it_runs_runs_once_more(house: House) -> None:
    runs: list[str] = []

    def again(key: str) -> None:
        runs.append(key)
        if len(runs) == 1:
            enqueue(house, "work")
            enqueue(house, "work")

    crew = crew_of(house, work=again)
    enqueue(house, "work")
    crew.run_due()
    assert runs == ["k", "k"]
    assert jobs(house, "work") == []


def test_a_crew_goes_on_after_the_catalogue_could_not_be_written(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_catalogue, "BUSY_SECONDS", 0.05)
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(_: str) -> None:
        begun.set()
        assert go_on.wait(20)

    crew = crew_of(house, slow=slow, quick=lambda _: done.set())
    enqueue(house, "slow")
    with at_work(crew):
        assert begun.wait(20)
        with house.context.catalogue.write():
            go_on.set()
            eventually(lambda: not crew._running)  # it has ended, and nobody could write that down
        enqueue(house, "quick")
        assert done.wait(20)
    assert [job.state for job in jobs(house, "slow")] == [JobState.RUNNING]  # for whoever finds its lease run out


def test_leases_are_renewed_also_after_the_catalogue_could_not_be_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_catalogue, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(crews, "HEARTBEAT", 0.02)
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: str) -> None:
        begun.set()
        assert go_on.wait(30)

    crew = crew_of(house, slow=slow)
    enqueue(house, "slow")
    with at_work(crew):
        assert begun.wait(20)
        with house.context.catalogue.write():
            time.sleep(0.5)  # some heartbeats fail
        house.clock.pass_(30)
        eventually(lambda: jobs(house, "slow")[0].lease_until == house.clock.now() + LEASE)
        go_on.set()
        eventually(lambda: not jobs(house, "slow"))


# ── observers ────────────────────────────────────────────────────────────────────────────────


class Told:
    """A drive with an observer, and what it heard."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.heard: list[Event] = []
        self.fails: Callable[[Event], bool] = lambda _: False
        self.restart()
        self.run()
        self.heard.clear()

    def restart(self) -> None:
        """Like a new process: nothing is remembered but what the catalogue holds."""
        chores.plan(self.house.context, ("spy",))
        self.crew = Crew(
            self.house.context.catalogue, self.house.clock, chores.chores(self.house.context, self.observe), threads=1
        )

    def observe(self, plugin: str, event: Event) -> None:
        assert plugin == "spy"
        self.heard.append(event)
        if self.fails(event):
            raise RuntimeError("the shop is away")

    def run(self) -> None:
        self.crew.run_due()
        self.house.clock.pass_(25)

    def paths(self) -> list[str]:
        return [event.path for event in self.heard]


@pytest.fixture
def told(house: House) -> Told:
    return Told(house)


def test_observers_are_told_every_event_in_order_also_after_a_restart(told: Told) -> None:
    for number in range(3):
        told.house.put("carl", f"Inbox/{number}.txt", b"text")
    told.run()
    for number in range(3, 6):
        told.house.put("carl", f"Inbox/{number}.txt", b"text")
    told.restart()
    told.run()
    assert told.paths() == [f"/Inbox/{number}.txt" for number in range(6)]
    numbers = [event.number for event in told.heard]
    assert numbers == sorted(set(numbers))


def test_an_event_that_an_observer_failed_at_comes_again_before_the_next_one(told: Told) -> None:
    told.fails = lambda event: event.path == "/Inbox/1.txt" and told.paths().count(event.path) < 3
    for number in range(3):
        told.house.put("carl", f"Inbox/{number}.txt", b"text")
    for _ in range(4):
        told.run()
    assert told.paths() == ["/Inbox/0.txt", "/Inbox/1.txt", "/Inbox/1.txt", "/Inbox/1.txt", "/Inbox/2.txt"]


def test_an_event_that_an_observer_fails_at_five_times_is_passed_over(told: Told) -> None:
    told.fails = lambda event: event.path == "/Inbox/0.txt"
    for number in range(2):
        told.house.put("carl", f"Inbox/{number}.txt", b"text")
    for _ in range(8):
        told.run()
    assert told.paths() == ["/Inbox/0.txt"] * 5 + ["/Inbox/1.txt"]
    told.house.put("carl", "Inbox/2.txt", b"text")
    told.run()
    assert told.paths()[-1] == "/Inbox/2.txt"


def test_a_new_observer_does_not_hear_of_what_was_before_it(house: House) -> None:
    house.put("carl", "Inbox/0.txt", b"text")
    told = Told(house)
    assert told.heard == []


# ── keeping house ────────────────────────────────────────────────────────────────────────────


def scratch(house: House, path: str) -> None:
    house.put("carl", path, f"scratch {path}".encode())


def test_scratch_ends_a_day_after_its_last_touch(house: House) -> None:
    for folder in (".TemporaryItems", ".TemporaryItems/folders.501", ".TemporaryItems/folders.501/TemporaryItems"):
        house.mkcol("carl", f"Inbox/{folder}")
    for path in ("Inbox/~$old.docx", "Inbox/~$used.docx", "Inbox/.TemporaryItems/folders.501/TemporaryItems/shoe.psd"):
        scratch(house, path)
    house.clock.pass_(20 * HOUR)
    scratch(house, "Inbox/~$used.docx")
    keep_house(house.context)
    assert len(house.names_in("carl", "Inbox")) == 3
    house.clock.pass_(5 * HOUR)
    keep_house(house.context)
    assert house.names_in("carl", "Inbox") == ["~$used.docx"]
    house.clock.pass_(25 * HOUR)
    keep_house(house.context)
    assert house.names_in("carl", "Inbox") == []


def test_scratch_does_not_end_while_it_is_locked(house: House) -> None:
    scratch(house, "Inbox/~$old.docx")
    house.clock.pass_(25 * HOUR)
    house.lock("carl", "Inbox/~$old.docx")
    keep_house(house.context)
    assert house.names_in("carl", "Inbox") == ["~$old.docx"]
    house.clock.pass_(HOUR)
    keep_house(house.context)
    assert house.names_in("carl", "Inbox") == []


def test_what_was_deleted_can_be_restored_for_its_lifetime_and_not_after(house: House) -> None:
    house.mkcol("carl", "Inbox/summer")
    house.put("carl", "Inbox/summer/shoe.jpg", "one")
    house.put("carl", "Inbox/boot.jpg", "two")
    days = house.context.config.keeping.trash_days
    house.delete("carl", "Inbox/summer")
    house.clock.pass_(days * DAY - 1)
    keep_house(house.context)
    house.drive.restore(house.who("carl"), "/Inbox/summer")
    assert house.read("carl", "Inbox/summer/shoe.jpg") == picture("one")
    for path in ("Inbox/summer", "Inbox/boot.jpg"):
        house.delete("carl", path)
    house.clock.pass_(days * DAY + 1)
    keep_house(house.context)
    assert house.drive.trash(house.who("mia")) == []
    with pytest.raises(NotFound):
        house.drive.restore(house.who("carl"), "/Inbox/boot.jpg")
    assert {event.path for event in house.events(Happening.PURGED)} == {"/Inbox/summer", "/Inbox/boot.jpg"}
    with house.context.catalogue.read() as tx:
        assert list(tx.versions.all()) == []


def blobs(house: House) -> dict[str, Path]:
    kept: Any = house.context.blobs._blobs  # type: ignore[attr-defined]
    return {sha: kept._path(sha) for sha, _, _ in kept.walk()}


def age(house: House, hours: float) -> None:
    """Let every stored blob have been written so long ago."""
    at = house.clock.now() - hours * HOUR
    for path in blobs(house).values():
        os.utime(path, (at, at))


def test_bytes_that_nothing_refers_to_go_after_48_hours(house: House) -> None:
    with house.context.blobs.stage(io.BytesIO(b"of an upload whose process died")) as staged:
        staged.keep()
        loose = staged.content.sha256
    age(house, 47)
    keep_house(house.context)
    assert loose in blobs(house)
    age(house, 49)
    keep_house(house.context)
    assert blobs(house) == {}


def test_bytes_that_anything_refers_to_never_go(house: House) -> None:
    house.put("carl", "Inbox/shoe.jpg", "one")
    house.put("carl", "Inbox/shoe.jpg", "two")  # one is an old version now
    house.put("carl", "Inbox/gone.jpg", "deleted")
    house.delete("carl", "Inbox/gone.jpg")
    house.put("carl", "Inbox/copied.jpg", "copied")
    house.drive.copy(house.who("carl"), names("Inbox/copied.jpg"), names("Inbox/copy.jpg"))
    house.put("carl", "Inbox/empty.txt", b"")
    house.put("carl", "Inbox/draft.jpg", "becomes a version of another")
    house.put("mia", "Review/draft.jpg", "standing")
    house.move("carl", "Inbox/draft.jpg", "Review/draft.jpg")
    house.clock.pass_(12 * HOUR)
    scratch(house, "Inbox/~$open.docx")
    kept = blobs(house)
    for _ in range(2):
        age(house, 1000)
        keep_house(house.context)
    assert blobs(house) == kept
    house.drive.restore_version(house.who("carl"), names("Inbox/shoe.jpg"), 1)
    assert house.read("carl", "Inbox/shoe.jpg") == picture("one")
    assert house.read("carl", "Inbox/~$open.docx") == b"scratch Inbox/~$open.docx"
    house.drive.restore(house.who("carl"), "/Inbox/gone.jpg")
    assert house.read("carl", "Inbox/gone.jpg") == picture("deleted")


def test_bytes_uploaded_again_while_they_are_swept_are_never_lost(house: House) -> None:
    """The sweeper saw old bytes; the same bytes arrive; it throws them away before the upload's row is there."""
    data = b"the same bytes again"
    with house.context.blobs.stage(io.BytesIO(data)) as staged:
        staged.keep()
        sha256 = staged.content.sha256
    age(house, 1000)
    old = blobs(house)[sha256].stat().st_mtime
    outcome: list[object] = []

    def upload() -> None:
        try:
            outcome.append(house.put("carl", "Inbox/same.txt", data))
        except Busy as busy:
            outcome.append(busy)

    uploading = threading.Thread(target=upload)
    with house.context.catalogue.write() as tx:
        uploading.start()
        eventually(lambda: blobs(house)[sha256].stat().st_mtime != old)  # it has kept its bytes, and waits to commit
        housekeeping._discard_unused(house.context, tx, sha256)
    uploading.join(20)
    assert len(outcome) == 1
    if isinstance(outcome[0], Busy):  # it was told so, and comes again
        assert house.names_in("carl", "Inbox") == []
        house.put("carl", "Inbox/same.txt", data)
    try:
        assert house.read("carl", "Inbox/same.txt") == data
    except Corrupt as lost:  # pragma: no cover
        pytest.fail(f"an acknowledged upload was lost: {lost}")


def test_a_sweep_beside_uploads_of_the_same_bytes_loses_nothing(house: House) -> None:
    stop, kept, errors = threading.Event(), 0, []

    def sweep() -> None:
        while not stop.is_set():
            try:
                age(house, 1000)
                housekeeping._sweep_blobs(house.context, house.clock.now())
            except FileNotFoundError:
                continue  # what was aged had just been swept
            except Exception as error:  # noqa: BLE001 — it is raised in the test
                errors.append(error)
                return

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    try:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            try:
                house.put("carl", f"Inbox/{kept}.txt", b"same %d" % (kept % 3))
            except Busy:
                continue
            kept += 1
            house.delete("carl", f"Inbox/{kept - 1}.txt")
            if kept % 3 == 2:
                house.drive.empty_trash(house.who("mia"))
    finally:
        stop.set()
        sweeping.join(20)
    assert errors == []
    assert kept > 20
    with house.context.catalogue.read() as tx:
        used = list(tx.versions.blobs_in_use())
    assert all(house.context.blobs.verify(sha256) for sha256, _ in used)


@pytest.mark.parametrize("reaped", [True, False])
def test_what_a_killed_process_of_this_machine_had_at_hand_is_begun_anew_at_once(house: House, *, reaped: bool) -> None:
    done = threading.Event()
    gone = subprocess.Popen(["true"])
    os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    if reaped:
        gone.wait()
    crew = crew_of(house, work=lambda _: done.set())
    enqueue(house, "work")
    with house.context.catalogue.write() as tx:
        assert tx.jobs.claim(f"{platform.node()}/{gone.pid}-0a0b0c0d", house.clock.now(), LEASE) is not None
    crew.start()
    try:
        assert done.wait(10)
    finally:
        crew.stop(5)
        gone.wait()


def test_the_lease_of_another_machine_has_to_run_out(house: House) -> None:
    crew = crew_of(house, work=lambda _: pytest.fail("it is at work elsewhere"))
    enqueue(house, "work")
    with house.context.catalogue.write() as tx:
        assert tx.jobs.claim("elsewhere/1-0a0b0c0d", house.clock.now(), LEASE) is not None
    crew.start()
    crew.stop(5)
    assert [job.owner for job in jobs(house, "work")] == ["elsewhere/1-0a0b0c0d"]
