"""Accounts are made, changed and ended, and every change acts at the next login."""

from dataclasses import replace
from typing import Any

import pytest

from damgate.core.errors import AlreadyExists, BadName, BadRequest, Corrupt, NotAuthenticated, NotFound
from damgate.core.rights import Actor
from damgate.people import generate_password

HERE = "192.0.2.7"


def login(site: Any, password: str = "correct horse", name: str = "ann") -> Actor:
    found: Actor = site.people.login(name, password, HERE)
    return found


def test_the_right_password_makes_an_actor_with_the_roles_of_the_account(site: Any) -> None:
    assert login(site) == Actor("ann", ("reviewer",))


def test_a_name_is_found_in_any_case_and_keeps_the_spelling_of_the_account(site: Any) -> None:
    assert login(site, name="ANN").name == "ann"


@pytest.mark.parametrize("name", ["bob", "", "ann\n", " ann", "a*", "ann'--", "x" * 65, "änn", "\udcff", "person:ann"])
def test_a_name_without_an_account_is_refused_as_a_wrong_password_is(site: Any, name: str) -> None:
    with pytest.raises(NotAuthenticated) as unknown:
        login(site, name=name)
    with pytest.raises(NotAuthenticated) as wrong:
        login(site, "incorrect horse")
    assert unknown.value.message == wrong.value.message
    assert site.passwords.compared == 2  # the same work for both


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "person:ann", "a,admin", "*", "x" * 65, "änn", "ann\n", "Anonymous"]
)
def test_a_name_that_means_something_else_cannot_be_an_account(site: Any, name: str) -> None:
    with pytest.raises(BadName):
        site.people.add(name, [], "correct horse")
    assert [person.name for person in site.people.list()] == ["ann"]


def test_a_person_may_be_called_like_a_role(site: Any) -> None:
    site.people.add("manager", [], "correct horse")
    assert login(site, name="manager") == Actor("manager", ())


@pytest.mark.parametrize("role", ["person:ann", "a b", "", "*", "a,b"])
def test_a_role_that_policy_could_misread_cannot_be_given(site: Any, role: str) -> None:
    with pytest.raises(BadName):
        site.people.add("bob", [role], "correct horse")
    with pytest.raises(BadName):
        site.people.set_roles("ann", [role])


def test_two_accounts_cannot_differ_in_case_only(site: Any) -> None:
    with pytest.raises(AlreadyExists):
        site.people.add("Ann", [], "correct horse")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_a_password_has_8_to_256_characters(site: Any, password: str) -> None:
    with pytest.raises(BadRequest):
        site.people.add("bob", [], password)
    with pytest.raises(BadRequest):
        site.people.set_password("ann", password)
    assert login(site).name == "ann"


def test_a_password_is_the_same_from_every_keyboard(site: Any) -> None:
    site.people.set_password("ann", "Cafe\u0301 Zürich")
    assert login(site, "Caf\u00e9 Zürich").name == "ann"


def test_disabling_acts_at_the_next_login_and_enabling_too(site: Any) -> None:
    login(site)
    site.people.disable("ann")
    with pytest.raises(NotAuthenticated, match="disabled"):
        login(site)
    with pytest.raises(NotAuthenticated):
        site.people.actor("ann")
    site.people.enable("ann")
    assert login(site).name == site.people.actor("ann").name == "ann"


def test_whether_an_account_is_disabled_is_told_only_to_who_knows_its_password(site: Any) -> None:
    site.people.disable("ann")
    with pytest.raises(NotAuthenticated, match="name or the password is wrong"):
        login(site, "incorrect horse")


def test_a_new_password_ends_the_old_one_at_the_next_login_in_every_process(site: Any) -> None:
    other = site.process()
    login(site)
    other.login("ann", "correct horse", HERE)
    other.set_password("ann", "battery staple")
    for process in (site.people, other):
        with pytest.raises(NotAuthenticated):
            process.login("ann", "correct horse", HERE)
        assert process.login("ann", "battery staple", HERE).name == "ann"


def test_new_roles_are_there_at_the_next_login(site: Any) -> None:
    login(site)
    site.people.set_roles("ann", ["viewer", "contributor", "viewer"])
    assert login(site).roles == site.people.actor("ann").roles == ("viewer", "contributor")


def test_an_account_ends_by_the_clock_though_its_password_is_remembered(site: Any) -> None:
    site.people.set_until("ann", site.clock.at + 30)
    login(site)
    site.clock.at += 29
    login(site)
    site.clock.at += 1
    with pytest.raises(NotAuthenticated, match=r"ended on 2027-01-15 08:00 UTC"):
        login(site)
    site.people.set_until("ann", None)
    assert login(site).name == "ann"


def test_every_change_raises_the_epoch_and_is_in_the_journal(site: Any) -> None:
    site.people.set_password("ann", "battery staple", by="mona")
    site.people.set_roles("ann", ["viewer"])
    site.people.disable("ann")
    site.people.enable("ann")
    site.people.set_until("ann", 1.0)
    (ann,) = site.people.list()
    assert ann.epoch == 6
    changes = [(event.by, event.detail["change"]) for event in site.events("person-changed")]
    assert changes == [
        ("operator", "added"), ("mona", "password"), ("operator", "roles"),
        ("operator", "disabled"), ("operator", "enabled"), ("operator", "until"),
    ]  # fmt: skip


@pytest.mark.parametrize("change", ["disable", "enable", "actor"])
def test_an_account_that_is_not_there_is_named(site: Any, change: str) -> None:
    with pytest.raises(NotFound, match="bob"):
        getattr(site.people, change)("bob")


def test_nothing_kept_shows_the_password(site: Any) -> None:
    site.people.set_password("ann", "battery staple")
    (ann,) = site.people.list()
    assert ann.password.startswith("$argon2id$")
    assert "battery" not in repr(site.events("person-changed")) + repr(ann)


def test_a_kept_password_that_is_damaged_is_no_login_but_an_alarm(site: Any) -> None:
    site.people.add("bob", [], "correct horse")
    with site.catalogue.write() as tx:
        tx.people.put(replace(tx.people.get("bob"), password="not a hash"))
    with pytest.raises(Corrupt):
        login(site, name="bob")


def test_a_generated_password_is_long_different_each_time_and_safe_to_type() -> None:
    made = {generate_password() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(word) == 23 and set(word) <= set("abcdefghjkmnpqrstuvwxyz23456789-") for word in made)
