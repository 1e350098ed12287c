from __future__ import annotations

from damgate.adapters.sql import SqlCatalogue
from damgate.core.jobs import Job, JobState
from damgate.ports.catalogue import Transaction
from tests.adapters.rows import NOW


class TestJobs:
    def test_one_row_stands_for_all_who_ask(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a", run_at=NOW + 10)
            write.jobs.enqueue("render", "a", run_at=NOW + 5)
            write.jobs.enqueue("render", "a", run_at=NOW + 20)
            write.jobs.enqueue("render", "b", run_at=NOW)
            write.jobs.enqueue("scrub", "a", run_at=NOW)
            assert [(job.kind, job.key, job.run_at) for job in write.jobs.all()] == [
                ("render", "a", NOW + 5),
                ("render", "b", NOW),
                ("scrub", "a", NOW),
            ]

    def test_claims_the_longest_due_once(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            for key, after in (("late", 2), ("soon", 1), ("future", 99)):
                write.jobs.enqueue("render", key, run_at=NOW + after)
            first = _claim(write, NOW + 5)
            assert (first.key, first.state, first.tries, first.owner) == ("soon", JobState.RUNNING, 1, "me")
            assert first.lease_until == NOW + 65
            assert write.jobs.due(NOW + 5)
            assert _claim(write, NOW + 5).key == "late"
            assert not write.jobs.due(NOW + 5)
            assert write.jobs.claim("me", NOW + 5, 60) is None

    def test_a_lease_that_ran_out_is_lost_to_the_next(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a")
            slow = _claim(write, NOW)
            assert write.jobs.claim("me", NOW + 59, 60) is None
            quick = _claim(write, NOW + 60)
            assert (quick.id, quick.tries) == (slow.id, 2)
            assert not write.jobs.renew(slow, NOW + 999)
            assert not write.jobs.finish(slow)
            write.jobs.bury(slow, "late")
            write.jobs.retry(slow, "late", NOW)
            assert write.jobs.renew(quick, NOW + 300)
            assert write.jobs.claim("me", NOW + 299, 60) is None
            assert write.jobs.finish(quick)
            assert write.jobs.all() == []

    def test_runs_once_more_when_asked_for_while_running(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a")
            job = _claim(write, NOW)
            write.jobs.enqueue("render", "a", run_at=NOW + 7)
            write.jobs.enqueue("render", "a", run_at=NOW + 3)
            assert [each.state for each in write.jobs.all()] == [JobState.RUNNING]
            assert write.jobs.finish(job)
            (again,) = write.jobs.all()
            assert (again.state, again.run_at, again.tries) == (JobState.WAITING, NOW + 3, 0)
            assert write.jobs.finish(_claim(write, NOW + 3))
            assert write.jobs.all() == []

    def test_tries_again_later_with_the_error_noted(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a")
            write.jobs.retry(_claim(write, NOW), "no memory", NOW + 30)
            assert write.jobs.claim("me", NOW + 29, 60) is None
            job = _claim(write, NOW + 30)
            assert (job.tries, job.error) == (2, "no memory")

    def test_the_dead_stay_until_they_are_asked_for(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a")
            write.jobs.bury(_claim(write, NOW), "it crashes")
            (dead,) = write.jobs.all()
            assert (dead.state, dead.error, dead.tries) == (JobState.DEAD, "it crashes", 1)
            assert write.jobs.claim("me", NOW + 9999, 60) is None
            write.jobs.enqueue("render", "a", run_at=NOW + 9)
            revived = _claim(write, NOW + 9)
            assert (revived.tries, revived.error) == (1, "")

    def test_what_was_asked_for_meanwhile_is_not_buried(self, catalogue: SqlCatalogue) -> None:
        with catalogue.write() as write:
            write.jobs.enqueue("render", "a")
            job = _claim(write, NOW)
            write.jobs.enqueue("render", "a", run_at=NOW + 1)
            write.jobs.bury(job, "it crashes")
            assert _claim(write, NOW + 1).tries == 1


def _claim(write: Transaction, now: float) -> Job:
    job = write.jobs.claim("me", now, 60)
    assert job is not None
    return job
