"""The shipped policy says what its descriptions say, and damgate's answers are Casbin's."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from casbin import Enforcer

from damgate.config import Config
from damgate.core.rights import ANONYMOUS, Action, Actor, Subject

ROLES = {
    "cora": ("contributor",),
    "rita": ("reviewer",),
    "vera": ("viewer",),
    "mona": ("manager",),
    "ada": ("admin",),
    "duo": ("contributor", "reviewer"),
    "nora": (),
}
STATES = ("Inbox", "Review", "Approved", "Rejected", "Archive")
EDGES = tuple(f"{a}>{b}" for a, b in product(STATES, STATES) if a != b)
VIEWS = ("drive", "webshop", "print", "buckets", "people")
WORKING = {"Inbox", "Review", "Rejected"}
OWN_EDGES = {"Inbox>Review", "Review>Inbox", "Rejected>Inbox", "Rejected>Review"}
REVIEWED_EDGES = OWN_EDGES | {"Review>Approved", "Review>Rejected", "Approved>Review"}


def contributor(act: str, view: str, state: str, own: bool) -> bool:
    if view == "drive":
        return (
            (act in {"list", "download", "preview"} and state in WORKING)
            or (act == "upload" and state in {"Inbox", "Rejected"})
            or (act in {"edit", "delete"} and state in {"Inbox", "Rejected"} and own)
            or (act == "move" and state in OWN_EDGES and own)
        )
    return view not in {"buckets", "people"} and act in {"list", "preview"} and state in {"Approved", *WORKING}


def reviewer(act: str, view: str, state: str, own: bool) -> bool:
    if view in {"buckets", "people"}:
        return False
    return act in {"list", "download", "preview"} or (
        view == "drive"
        and ((act == "edit" and state == "Review") or (act == "move" and state in REVIEWED_EDGES))
        and not (state == "Review>Approved" and own)
    )


def viewer(act: str, view: str, state: str, own: bool) -> bool:
    allowed = {"drive": {"list", "download"}, "buckets": set[str](), "people": set[str]()}.get(
        view, {"list", "preview"}
    )
    return state == "Approved" and act in allowed


EXPECTED: dict[str, Callable[[str, str, str, bool], bool]] = {
    "contributor": contributor,
    "reviewer": reviewer,
    "viewer": viewer,
    "manager": lambda act, view, state, own: view != "people" and (view != "buckets" or own),
    "admin": lambda act, view, state, own: True,
}


def cells(areas: tuple[str, ...] = ("-",)) -> Iterator[tuple[Action, Subject]]:
    for view, area, act in product(VIEWS, areas, Action):
        for state in EDGES if act is Action.MOVE else STATES:
            for own in (True, False):
                yield act, Subject(view, area, state, own)


def actors() -> list[Actor]:
    return [ANONYMOUS, *(Actor(name, roles) for name, roles in ROLES.items())]


@pytest.fixture
def staffed(drive: Any) -> Any:
    for name, roles in ROLES.items():
        drive.person(name, *roles)
    return drive


def test_damgate_answers_as_casbin_does_when_asked_directly_about_the_same_files(
    staffed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = staffed.policy()
    casbin = Enforcer(str(staffed.folder / "model.conf"), str(staffed.csv))
    casbin.add_policy("anonymous", "webshop", "*", "*", "*", "preview", "allow")
    casbin.add_named_grouping_policies("g2", [["webshop", "channels"], ["print", "channels"]])
    for name, roles in ROLES.items():
        casbin.add_named_grouping_policies("g", [[f"person:{name}", role] for role in (*roles, "anonymous")])
    count, differences = 0, list[object]()
    for actor, (act, subject) in product(actors(), list(cells(areas=("-", "agency-x")))):
        name = actor.name if actor.anonymous else f"person:{actor.name}"
        own = "self" if subject.own else "other"
        direct = casbin.enforce(name, subject.view, subject.area, subject.state, own, act.value)
        count += 1
        if policy.allows(actor, act, subject) != direct:
            differences.append((actor, act, subject, direct))
    with capsys.disabled():
        print(f" [{count} cells, {len(differences)} differences] ", end="")  # noqa: T201 - the figure is asked for
    assert not differences
    assert count > 7000


@pytest.mark.parametrize("name", [name for name, roles in ROLES.items() if len(roles) == 1])
def test_each_role_may_do_what_its_description_says_and_nothing_else(staffed: Any, name: str) -> None:
    policy, (role,) = staffed.policy(), ROLES[name]
    for act, subject in cells():
        public = act is Action.PREVIEW and subject.view == "webshop"
        expected = EXPECTED[role](act.value, subject.view, subject.state, subject.own) or public
        assert policy.allows(Actor(name), act, subject) is expected, (role, act, subject)


def test_without_a_role_or_a_login_only_public_renditions_can_be_fetched(staffed: Any) -> None:
    policy = staffed.policy()
    for who, (act, subject) in product((ANONYMOUS, Actor("nora"), Actor("stranger")), cells()):
        expected = act is Action.PREVIEW and subject.view == "webshop" and who.name != "stranger"
        assert policy.allows(who, act, subject) is expected, (who, act, subject)


def test_a_reviewer_who_contributes_cannot_approve_their_own_work_but_a_manager_can(staffed: Any) -> None:
    staffed.person("boss", "manager")
    policy = staffed.policy()
    own, others = (Subject("drive", "-", "Review>Approved", own) for own in (True, False))
    assert policy.allows(Actor("duo"), Action.MOVE, others)
    refused = policy.decide(Actor("duo"), Action.MOVE, own)
    assert not refused.allowed
    assert refused.rule == "p, reviewer, drive, *, Review>Approved, self, move, deny"
    assert policy.allows(Actor("boss"), Action.MOVE, own)


def test_a_decision_names_the_written_rule_that_made_it(staffed: Any) -> None:
    policy = staffed.policy()
    handing_in = policy.decide(Actor("cora"), Action.MOVE, Subject("drive", "-", "Inbox>Review", own=True))
    public = policy.decide(ANONYMOUS, Action.PREVIEW, Subject("webshop", "-", "Approved", own=False))
    nothing = policy.decide(Actor("cora"), Action.ADMIN, Subject("people", "-", "-", own=False))
    assert (handing_in.allowed, handing_in.rule) == (True, "p, contributor, drive, *, Inbox>Review, self, move, allow")
    assert (public.allowed, public.rule) == (True, "p, anonymous, webshop, *, *, *, preview, allow")
    assert (nothing.allowed, nothing.rule) == (False, "no rule allows it")
    assert handing_in.rule in staffed.csv.read_text("utf-8").splitlines()


def test_every_state_and_edge_of_the_shipped_rules_exists_on_a_drive_without_settings(staffed: Any) -> None:
    config = Config()
    known = {"*", *config.states, *config.edges}
    lines = [line.split(", ") for line in staffed.csv.read_text("utf-8").splitlines() if line.startswith("p, ")]
    assert lines
    assert [line for line in lines if line[4] not in known] == []
