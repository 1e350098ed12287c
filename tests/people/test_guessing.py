"""Guessing is slowed down for every process together, and locks no owner out who is at work."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from argon2 import PasswordHasher

from damgate.core.bounded import Bounded
from damgate.core.errors import Busy, NoSpace, NotAuthenticated, TooManyAttempts
from damgate.people import People
from damgate.people.guessing import network
from damgate.people.passwords import Passwords

HOME, AWAY = "192.0.2.7", "198.51.100.9"


def guess(people: People, name: str = "ann", address: str = AWAY, password: str = "incorrect horse") -> str:
    """Return "wrong", "blocked" or the name logged in."""
    try:
        return people.login(name, password, address).name
    except TooManyAttempts:
        return "blocked"
    except NotAuthenticated:
        return "wrong"


def right(people: People, address: str = HOME, name: str = "ann") -> str:
    return guess(people, name, address, "correct horse")


def test_of_1000_guesses_over_two_processes_20_reach_the_hash(site: Any) -> None:
    processes = (site.people, site.process())
    answers = [guess(processes[n % 2], password=f"guess {n}") for n in range(1000)]
    assert site.passwords.compared == 20
    assert answers == ["wrong"] * 20 + ["blocked"] * 980


def test_of_1000_guesses_at_once_20_reach_the_hash(site: Any) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda n: guess(site.people, password=f"guess {n}"), range(1000)))
    assert site.passwords.compared == 20
    assert sorted(set(answers)) == ["blocked", "wrong"]


def test_changing_the_address_is_no_way_around_an_accounts_counter(site: Any) -> None:
    answers = [guess(site.people, address=f"203.0.113.{n}") for n in range(200)]
    assert answers == ["wrong"] * 20 + ["blocked"] * 180


@pytest.mark.parametrize("address", [AWAY, "2001:db8:1:2::{n:x}", "::ffff:198.51.100.9", "not an address"])
def test_changing_the_name_is_no_way_around_an_addresss_counter(site: Any, address: str) -> None:
    answers = [guess(site.people, f"name{n}", address.format(n=n + 1)) for n in range(200)]
    assert answers == ["wrong"] * 50 + ["blocked"] * 150  # unknown names count double, an address takes 5 × 20


def test_a_name_without_an_account_is_blocked_like_one_with_so_blocking_tells_nothing(site: Any) -> None:
    for name in ("ann", "nobody"):
        assert [guess(site.people, name, f"203.0.113.{n}") for n in range(22)] == ["wrong"] * 20 + ["blocked"] * 2


def test_being_blocked_ends_with_the_window_and_says_how_long_it_is(site: Any) -> None:
    people = site.process(failures=3, window=60)
    for _ in range(3):
        guess(people)
    with pytest.raises(TooManyAttempts, match="60 seconds") as caught:
        people.login("ann", "correct horse", AWAY)
    assert caught.value.retry_after == 60
    site.clock.at += 61
    assert right(people, AWAY) == "ann"


def test_a_right_login_forgives_the_account(site: Any) -> None:
    for _ in range(3):
        assert [guess(site.people, address=HOME) for _ in range(19)] == ["wrong"] * 19
        site.clock.at += 61  # the password is no longer remembered, so it is looked at
        assert right(site.people) == "ann"


@pytest.mark.parametrize("minutes", [0, 5, 60])
def test_a_guesser_elsewhere_cannot_lock_out_a_running_mount(site: Any, minutes: int) -> None:
    assert right(site.people) == "ann"
    site.clock.at += minutes * 60
    assert [guess(site.people) for _ in range(25)][-1] == "blocked"
    compared = site.passwords.compared
    assert right(site.people) == "ann"
    assert site.passwords.compared == compared


def test_a_guesser_elsewhere_cannot_go_on_guessing_against_what_is_remembered(site: Any) -> None:
    assert right(site.people) == "ann"
    for _ in range(25):
        guess(site.people)
    assert right(site.people, AWAY) == "blocked"
    assert right(site.people, HOME) == "ann"


def test_a_blocked_address_does_not_lock_out_colleagues_at_work_there(site: Any) -> None:
    assert right(site.people) == "ann"
    for n in range(60):
        guess(site.people, f"name{n}", HOME)
    assert guess(site.people, "another", HOME) == "blocked"
    assert right(site.people) == "ann"


def test_what_was_remembered_long_ago_or_before_a_change_does_not_pass_a_block(site: Any) -> None:
    site.people.add("bob", [], "correct horse")
    for name in ("ann", "bob"):
        assert right(site.people, name=name) == name
    site.people.set_roles("bob", ["viewer"])
    for n in range(50):
        guess(site.people, f"name{n}", HOME)
    assert right(site.people, name="bob") == "blocked"
    assert right(site.people) == "ann"
    site.clock.at += 13 * 3600
    for n in range(50):
        guess(site.people, f"name{n}", HOME)
    assert right(site.people) == "blocked"


def test_the_right_password_is_hashed_once_a_minute_and_otherwise_costs_no_read(site: Any) -> None:
    assert right(site.people) == "ann"
    site.catalogue.reads = site.catalogue.writes = 0
    for _ in range(59):
        site.clock.at += 1
        assert right(site.people) == "ann"
    assert (site.passwords.compared, site.catalogue.reads, site.catalogue.writes) == (1, 0, 0)
    site.clock.at += 1
    assert right(site.people) == "ann"
    assert site.passwords.compared == 2


def test_a_mount_that_opens_many_connections_at_once_is_hashed_once(site: Any) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(lambda _: right(site.people), range(64))) == {"ann"}
    assert site.passwords.compared == 1


def test_a_clock_that_went_back_makes_nothing_remembered_last_longer(site: Any) -> None:
    assert right(site.people) == "ann"
    site.clock.at -= 3600
    assert right(site.people) == "ann"
    assert site.passwords.compared == 2


def test_refused_logins_are_in_the_journal_once_a_minute_without_what_may_be_a_password(site: Any) -> None:
    for _ in range(100):
        guess(site.people)
        guess(site.people, "hunter2-typed-as-name")
        site.clock.at += 1
    events = site.events("login-refused")
    assert [(event.by, event.detail["network"]) for event in events] == [("ann", AWAY), ("anonymous", AWAY)] * 2
    assert "hunter2" not in repr(events)


def test_a_long_attack_keeps_nothing_without_bound(site: Any) -> None:
    site.people._guessing._reported._most = 100
    for n in range(4_000):
        guess(site.people, f"name{n}", f"2001:db8:{n:x}::1" if n % 20 == 0 else AWAY)
    assert len(site.people._guessing._reported) == 100
    assert len(site.people._verified) == 0
    assert site.passwords.compared < 260


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    kept: Bounded[int, str] = Bounded(3)
    for n in (1, 2, 3, 1, 4):
        kept.put(n, str(n))
    assert len(kept) == 3
    assert [kept.get(n) for n in (1, 2, 3, 4)] == ["1", None, "3", "4"]


@pytest.mark.parametrize("error", [Busy("The catalogue is busy."), NoSpace("The disk is full.")])
def test_a_catalogue_that_cannot_write_lets_the_right_password_in_and_no_guess(
    site: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    guess(site.people)

    @contextmanager
    def full() -> Iterator[None]:
        raise error
        yield

    monkeypatch.setattr(site.catalogue, "write", full)
    assert right(site.people) == "ann"
    with pytest.raises(type(error)):
        guess(site.people)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"), ("", "unknown"),
        ("/run/x", "unknown"),
    ],
)  # fmt: skip
def test_an_address_is_counted_by_what_a_guesser_can_hardly_change(address: str, counted: str) -> None:
    assert network(address) == counted


def test_an_unknown_name_takes_as_long_as_a_wrong_password(site: Any) -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1))
    kept, times = passwords.hashed("correct horse"), defaultdict[str, list[float]](list)
    for _ in range(15):
        for which, against in (("known", kept), ("unknown", None)):
            start = perf_counter()
            assert not passwords.match(against, "incorrect horse")
            times[which].append(perf_counter() - start)
    assert 0.5 < median(times["known"]) / median(times["unknown"]) < 2


def test_the_hash_of_nothing_matches_no_password() -> None:
    passwords = Passwords()
    assert passwords._nobody.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert not passwords.match(None, "")
