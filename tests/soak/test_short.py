"""The fault tests of `script/soak` in their short form; DAMGATE_SEED repeats a run."""

import pytest

from tests.soak.conftest import Short
from tests.soak.launch import BREAKS, program

pytestmark = pytest.mark.xdist_group("soak")


def test_promise_4_kill_9_of_the_server_or_a_worker_loses_no_acknowledged_write(short: Short) -> None:
    assert short("kills").failures == 0


def test_promise_4_kill_9_loses_nothing_that_was_acknowledged_at_the_s3_door(short: Short) -> None:
    assert short("objects").failures == 0


def test_promise_4_a_power_cut_loses_no_acknowledged_write(short: Short) -> None:
    short("power")


@pytest.mark.parametrize("broken", BREAKS)
def test_promise_4_a_power_cut_shows_what_is_not_synced(broken: str, short: Short) -> None:
    assert not short.result("power", program(broken))


def test_promise_3_a_cut_upload_changes_nothing(short: Short) -> None:
    assert short("cuts").failures == 0


def test_promise_4_nothing_is_answered_before_it_is_on_the_disk(short: Short) -> None:
    short("order")


@pytest.mark.parametrize("broken", BREAKS)
def test_promise_4_the_order_of_calls_shows_what_is_not_synced(broken: str, short: Short) -> None:
    assert short.result("order", program(broken)).faults


def test_promise_4_what_the_system_refuses_is_not_acknowledged(short: Short) -> None:
    short("errnos")


def test_promise_4_holds_wherever_a_change_is_cut_short(short: Short) -> None:
    short("calls")


def test_promises_3_and_4_hold_on_a_full_disk(short: Short) -> None:
    short("full-disk")


def test_renditions_are_made_though_those_who_make_them_are_killed(short: Short) -> None:
    short("jobs")
