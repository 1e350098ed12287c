"""Remembered answers are Casbin's, belong to one policy, and are bounded; nothing asked makes Casbin grow."""

import threading
import time
from dataclasses import replace
from typing import Any, cast

import pytest
from casbin import Enforcer
from hypothesis import given, settings
from hypothesis import strategies as st

from damgate.adapters.casbin import snapshot
from damgate.core.rights import ANONYMOUS, Action, Actor, Decision, Subject

SEEN = Subject("drive", "-", "Approved", own=False)

ROLE = st.sampled_from(["red", "green", "blue", "anonymous", "person:ann"])
STATE = st.sampled_from(["*", "Inbox", "Approved"])
EDGE = st.sampled_from(["*", "Inbox>Approved", "Approved>Inbox"])
RULE = st.tuples(
    ROLE, st.sampled_from(["*", "drive", "people", "channels", "webshop", "shops"]), st.sampled_from(["*", "-", "x"]),
    st.one_of(
        st.tuples(STATE, st.sampled_from(["*", "self", "other"]), st.sampled_from(["*", "list", "edit"])),
        st.tuples(EDGE, st.sampled_from(["*", "self", "other"]), st.just("move")),
    ),
    st.sampled_from(["allow", "allow", "deny"]),
)  # fmt: skip
REQUEST = st.tuples(
    st.sampled_from(["ann", "bob", "anonymous"]), st.sampled_from([Action.LIST, Action.EDIT, Action.MOVE]),
    st.sampled_from(["drive", "webshop", "print", "people"]), st.sampled_from(["-", "x", "*"]),
    st.sampled_from(["Inbox", "Approved", "Inbox>Approved", "Approved>Inbox", "*"]), st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    written=st.lists(RULE, max_size=12),
    included=st.sampled_from([[], ["g, red, green"], ["g, red, green", "g, green, blue"], ["g, anonymous, blue"]]),
    roles=st.lists(st.sampled_from(["red", "green", "blue"]), max_size=2),
    requests=st.lists(REQUEST, min_size=5, max_size=25),
)
def test_random_policies_are_answered_as_casbin_answers_them(
    shared_drive: Any, written: list[Any], included: list[str], roles: list[str], requests: list[Any]
) -> None:
    drive = shared_drive
    drive.write(*(", ".join(("p", *start, *rest, eft)) for *start, rest, eft in written), *included, "g2, print, shops")
    drive.person("ann", *roles)
    drive.person("bob")
    policy = drive.policy()
    casbin = Enforcer(str(drive.folder / "model.conf"), str(drive.csv))
    casbin.add_policy("anonymous", "webshop", "*", "*", "*", "preview", "allow")
    casbin.add_named_grouping_policies("g2", [["webshop", "channels"], ["print", "channels"]])
    links = {("person:ann", role) for role in roles} | {("person:ann", "anonymous"), ("person:bob", "anonymous")}
    casbin.add_named_grouping_policies("g", [list(link) for link in links])
    for name, act, view, area, state, own in requests * 2:
        who = name if name == "anonymous" else f"person:{name}"
        direct = casbin.enforce(who, view, area, state, "self" if own else "other", act.value)
        assert policy.allows(Actor(name), act, Subject(view, area, state, own)) is direct


def test_an_answer_is_asked_for_once_and_then_remembered(drive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    asked, ask = [], snapshot.Snapshot._ask

    def counted(inside: snapshot.Snapshot, *request: str) -> Decision:
        asked.append(request)
        return ask(inside, *request)

    monkeypatch.setattr(snapshot.Snapshot, "_ask", counted)
    for _ in range(1000):
        assert policy.allows(Actor("vera"), Action.LIST, SEEN)
        assert not policy.allows(Actor("vera"), Action.DELETE, SEEN)
    assert len(asked) == 2


def test_an_error_while_asking_is_a_no_that_is_not_remembered(drive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()

    def fail(_: object, *request: str) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    with monkeypatch.context() as patched:
        patched.setattr(snapshot.Snapshot, "_ask", fail)
        assert not policy.allows(Actor("vera"), Action.LIST, SEEN)
    assert policy.allows(Actor("vera"), Action.LIST, SEEN)


def test_a_changed_role_or_a_disabled_account_acts_at_the_next_request(drive: Any) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    assert policy.allows(Actor("vera"), Action.LIST, SEEN)
    drive.change("vera", roles=())
    policy.refresh()
    assert not policy.allows(Actor("vera"), Action.LIST, SEEN)
    drive.change("vera", roles=("viewer",))
    policy.refresh()
    assert policy.allows(Actor("vera"), Action.LIST, SEEN)
    drive.change("vera", disabled=True)
    policy.refresh()
    assert policy.decide(Actor("vera", ("viewer",)), Action.LIST, SEEN).rule == "no rule allows it"


@pytest.mark.parametrize("name", ["manager", "admin", "anonymous2", "person", "Anonymous"])
def test_a_person_called_like_a_role_gains_nothing(drive: Any, name: str) -> None:
    drive.person(name)
    policy = drive.policy()
    for act in Action:
        assert not policy.allows(Actor(name, ("admin",)), act, SEEN)
        assert not policy.allows(Actor(name), act, Subject("people", "-", "-", own=True))


def test_an_account_called_anonymous_would_be_nobody_in_particular(drive: Any) -> None:
    drive.person("anonymous", "admin")  # People never makes one
    policy = drive.policy()
    assert not policy.allows(ANONYMOUS, Action.ADMIN, SEEN)
    assert policy.allows(ANONYMOUS, Action.PREVIEW, replace(SEEN, view="webshop"))


@pytest.mark.parametrize(
    "name", ["*", "a*", ".*", "person:mona", "mona,admin", "mona' or '1'=='1", "r.sub", "", "mona\n"]
)
def test_names_that_look_like_patterns_or_code_gain_nothing(drive: Any, name: str) -> None:
    drive.person("mona", "manager")
    drive.write("p, manager, drive, mona, Approved, *, list, allow")
    policy = drive.policy()
    assert policy.allows(Actor("mona"), Action.LIST, replace(SEEN, area="mona"))
    assert not policy.allows(Actor(name), Action.LIST, replace(SEEN, area="mona"))
    for field in ("view", "area", "state"):
        odd: dict[str, Any] = {"area": "mona", field: name}
        assert not policy.allows(Actor("mona"), Action.LIST, replace(SEEN, **odd))


def test_a_rule_may_name_one_person(drive: Any) -> None:
    drive.person("ann")
    drive.person("bob")
    drive.write("p, person:ann, drive, *, Approved, *, list, allow")
    policy = drive.policy()
    assert policy.allows(Actor("ann"), Action.LIST, SEEN)
    assert not policy.allows(Actor("bob"), Action.LIST, SEEN)


def test_an_action_that_does_not_exist_is_a_no_even_for_an_admin(drive: Any) -> None:
    drive.person("ada", "admin")
    policy = drive.policy()
    assert policy.allows(Actor("ada"), Action.ADMIN, SEEN)
    assert not policy.allows(Actor("ada"), cast("Action", "fly"), SEEN)


def test_a_hundred_thousand_unknown_names_and_views_leave_no_trace(drive: Any) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    inside = policy._snapshot
    managers = inside._enforcer.rm_map
    before = inside.remembered(), len(managers["g"].all_roles), len(managers["g2"].all_roles)
    for n in range(100_000):
        assert not policy.allows(Actor(f"stranger{n}"), Action.LIST, SEEN)
    for n in range(10_000):
        assert not policy.allows(ANONYMOUS, Action.LIST, Subject(f"view{n}", "-", "Approved", own=False))
    assert (inside.remembered(), len(managers["g"].all_roles), len(managers["g2"].all_roles)) == before


def test_remembered_answers_are_bounded_and_the_oldest_goes_first(drive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MOST_REMEMBERED", 10)
    drive.person("vera", "viewer")
    policy = drive.policy()
    for n in range(50):
        policy.allows(Actor("vera"), Action.LIST, replace(SEEN, area=f"area{n}"))
    assert policy._snapshot.remembered() == 10
    assert {key[3] for key in policy._snapshot._answers} == {f"area{n}" for n in range(40, 50)}


def test_reloading_under_threads_never_allows_what_is_denied_to_a_role(drive: Any) -> None:
    """A live Casbin enforcer that is reloaded clears its roles first, and a deny bound to a role fails open."""
    drive.write("p, anonymous, drive, *, *, *, list, allow", "p, banned, drive, *, *, *, list, deny")
    drive.person("eve", "banned")
    drive.person("vera")
    policy = drive.policy()
    stop, wrong, asked = threading.Event(), list[Subject](), [0] * 4

    def ask(number: int) -> None:
        while not stop.is_set():
            policy.refresh()
            subject = replace(SEEN, area=f"area{number}-{asked[number] % 50}")
            if policy.allows(Actor("eve"), Action.LIST, subject) or not policy.allows(
                Actor("vera"), Action.LIST, subject
            ):
                wrong.append(subject)
            asked[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    reloads, end = 0, time.monotonic() + 2
    while time.monotonic() < end:
        drive.person(f"new{reloads % 5}", "viewer")
        drive.write(drive.csv.read_text("utf-8").partition("# ")[0].rstrip("\n"), f"# {reloads}")
        policy.refresh()
        reloads += 1
    stop.set()
    for thread in threads:
        thread.join(10)
    assert wrong == []
    assert reloads > 5
    assert min(asked) > 20
