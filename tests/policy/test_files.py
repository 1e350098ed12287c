"""Which policy files are taken, and what is said about those that are not."""

import logging.config
from pathlib import Path
from typing import Any

import pytest
from casbin import Enforcer
from hypothesis import given
from hypothesis import strategies as st

from damgate.adapters.casbin import rules
from damgate.core.errors import Misconfigured
from damgate.core.rights import ANONYMOUS, Action, Actor, Subject

GOOD = "p, viewer, drive, *, Approved, *, list, allow"
LISTING = (Action.LIST, Subject("drive", "-", "Approved", own=False))

BAD = {
    "p, viewer, drive, *, Approved, *, list, maybe": "allow or deny",
    "p, viewer, drive, *, Approved, *, list": "6 fields where 7",
    "p, viewer, drive, *, Approved, *, list, allow, deny": "8 fields where 7",
    "p, viewer, drive, , Approved, *, list, allow": "fields where 7",
    "p, viewer, drive, *, Approved, *, fly, allow": "no action “fly”",
    "p, viewer, drive, *, Approved, mine, list, allow": "own is",
    "p, *, drive, *, Approved, *, list, deny": "neither a role",
    "p, person:, drive, *, Approved, *, list, allow": "neither a role",
    "p, viewer, drive, *, Approved, *, move, deny": "asked on an edge",
    "p, viewer, drive, *, Review > Approved, *, move, deny": "without spaces",
    "p, viewer, drive, *, Review>Approved, *, list, deny": "only move",
    "p, viewer, drive, *, Approved, *, list, allow # all of them": "lines of their own",
    'p, "viewer", drive, *, Approved, *, list, allow': "cannot hold",
    "p, viewer, drive, *, [Approved, Archive], *, list, allow": "cannot hold",
    "q, viewer, drive, *, Approved, *, list, allow": "begins with p, g or g2",
    "p2, viewer, drive, *, Approved, *, list, allow": "begins with p, g or g2",
    "P, viewer, drive, *, Approved, *, list, allow": "begins with p, g or g2",
    "viewer": "begins with p, g or g2",
    "g, viewer": "1 fields where 2",
    "g, viewer, person:ann": "cannot be a role",
    "g, viewer, viewer": "in a ring",
    "g2, drive, channels": "cannot stand here",
    "g2, webshop, people": "cannot stand here",
    "g2, print, webshop": "cannot stand here",
}


@pytest.mark.parametrize("line", BAD)
def test_a_line_with_a_mistake_stops_the_first_start_with_its_file_and_number(drive: Any, line: str) -> None:
    drive.write("# a comment", "", GOOD, line)
    with pytest.raises(Misconfigured) as caught:
        drive.policy()
    assert f"{drive.csv}, line 4: " in caught.value.message
    assert BAD[line] in caught.value.message


@pytest.mark.parametrize("line", BAD)
def test_a_line_with_a_mistake_leaves_the_rules_in_force_and_is_reported_once(drive: Any, line: str) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    assert policy.allows(Actor("vera"), *LISTING)
    drive.write("p, viewer, drive, *, *, *, *, deny", line)
    for _ in range(3):
        drive.seconds += 2
        policy.refresh()
    assert policy.allows(Actor("vera"), *LISTING)
    events = drive.events("policy-refused")
    assert [f"{drive.csv}, line 2: " in str(event.detail["reason"]) for event in events] == [True]


def test_people_still_change_while_a_refused_file_stands(drive: Any) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    drive.write("p, broken")
    policy.refresh()
    drive.change("vera", disabled=True)
    drive.person("vic", "viewer")
    policy.refresh()
    assert not policy.allows(Actor("vera"), *LISTING)
    assert policy.allows(Actor("vic"), *LISTING)


def test_a_corrected_file_is_taken_up(drive: Any) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    for lines, allowed in ((["p, broken"], True), (["# nobody"], False), ([GOOD], True)):
        drive.write(*lines)
        policy.refresh()
        assert policy.allows(Actor("vera"), *LISTING) is allowed


def test_files_are_looked_at_once_a_second_only(drive: Any) -> None:
    drive.person("vera", "viewer")
    policy = drive.policy()
    drive.csv.write_text("# nothing is allowed\n")
    drive.seconds += 0.5
    policy.refresh()
    assert policy.allows(Actor("vera"), *LISTING)
    drive.seconds += 0.6
    policy.refresh()
    assert not policy.allows(Actor("vera"), *LISTING)


def test_roles_in_a_ring_and_roles_nested_too_deep_are_refused(drive: Any) -> None:
    drive.write("g, a, b", "g, b, c", "g, c, a")
    with pytest.raises(Misconfigured, match=r"line 1: .*ring: "):
        drive.policy()
    drive.write(*(f"g, r{n}, r{n + 1}" for n in range(9)), "p, r9, drive, *, *, *, list, deny")
    with pytest.raises(Misconfigured, match=r"line 1: “r0” is nested more than 8 deep"):
        drive.policy()


def test_a_deny_at_the_deepest_level_still_reaches_a_person(drive: Any) -> None:
    chain = [f"g, r{n}, r{n + 1}" for n in range(8)]
    drive.write(*chain, "p, r0, drive, *, *, *, *, allow", "p, r8, drive, *, *, *, list, deny")
    drive.person("ann", "r0")
    policy = drive.policy()
    assert not policy.allows(Actor("ann"), *LISTING)
    assert policy.allows(Actor("ann"), Action.DOWNLOAD, LISTING[1])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xef\xbb\xbf# comment\n", "byte order mark"), (b"# caf\xe9\n", "line 1"), (b"p, a\x0bb, c\n", "line 1")],
)
def test_bytes_that_casbin_would_read_otherwise_are_refused(drive: Any, content: bytes, said: str) -> None:
    drive.csv.write_bytes(content)
    with pytest.raises(Misconfigured, match=said):
        drive.policy()


@pytest.mark.parametrize("name", ["model.conf", "policy.csv"])
def test_a_missing_file_is_named(drive: Any, name: str) -> None:
    (drive.folder / name).unlink()
    with pytest.raises(Misconfigured, match=name):
        drive.policy()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("p.view == r.view", "keyMatch(r.view, p.view)"),
        ("p.area == r.area", "regexMatch(r.area, p.area)"),
        ("p.area == r.area", "eval(p.area)"),
        ("p.area == r.area", "p.area in r.area"),
        ("p.area == r.area", "p.area != r.area"),
        ("p.area == r.area", "r.owner == p.area"),
        ("&& !some(where (p.eft == deny))", ""),
        ("state, own, act, eft", "own, state, act, eft"),
        ("g2 = _, _", ""),
    ],
)
def test_a_model_with_patterns_or_another_shape_is_refused(drive: Any, old: str, new: str) -> None:
    conf = drive.folder / "model.conf"
    before = conf.read_text("utf-8")
    assert old in before
    conf.write_text(before.replace(old, new), "utf-8")
    with pytest.raises(Misconfigured, match=r"model\.conf"):
        drive.policy()


@pytest.mark.parametrize("name", ["drive", "people", "channels", "*"])
def test_a_channel_cannot_take_a_name_that_means_something_in_policy(drive: Any, name: str) -> None:
    with pytest.raises(Misconfigured, match="cannot be called"):
        drive.policy({name: "public"})


LINES = st.sampled_from([*BAD, GOOD, "# note", "", "  g, viewer ,lurker  ", "\u2028p, x", "\x85", "g,a,b", "\t# x"])
ANYTHING = st.text(st.sampled_from("pg2,#*>. \t\rÄ\u2028\x0c\x1cviewer"), max_size=30)


@given(st.lists(LINES | ANYTHING, max_size=4))
def test_what_is_taken_casbin_reads_alike(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp()
    csv = folder / "policy.csv"
    csv.write_bytes("\n".join(lines).encode())
    try:
        read = rules.read(csv, {})
    except Misconfigured:
        return
    model = Path(__file__).parents[2] / "policies" / "model.conf"
    casbin = Enforcer(str(model), str(csv))
    assert casbin.get_policy() == read.of("p")
    assert casbin.get_named_grouping_policy("g") == read.of("g")
    assert casbin.get_named_grouping_policy("g2") == read.of("g2")


def test_what_people_ask_stays_out_of_casbins_log_even_when_logging_is_configured_later(
    drive: Any, caplog: pytest.LogCaptureFixture
) -> None:
    policy = drive.policy()
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    assert not policy.allows(ANONYMOUS, Action.DOWNLOAD, Subject("drive", "-", "canary", own=False))
    assert "canary" not in caplog.text
    assert not logging.getLogger("casbin.enforcer").isEnabledFor(logging.WARNING)
