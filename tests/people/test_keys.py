"""Access keys: found while they may sign, sealed at rest, gone at once when they are disabled."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from damgate.adapters.sql.catalogue import FILE
from damgate.core.errors import BadRequest, Misconfigured, NotFound
from damgate.core.rights import Actor, Scope
from damgate.people import Keys, Seal
from tests.people.conftest import Site


@pytest.fixture
def seal(tmp_path: Path) -> Path:
    return tmp_path / "keys.seal"


@pytest.fixture
def keys(site: Site, seal: Path) -> Keys:
    return Keys(site.catalogue, site.clock, Seal(seal))


def test_a_key_is_found_with_its_secret_and_does_what_its_person_may(keys: Keys) -> None:
    key, secret = keys.add("ANN", "laptop")
    assert (key.person, key.label) == ("ann", "laptop")
    assert len(key.access) == 20
    assert key.access.isupper()
    assert len(secret) == 40
    assert secret.isalnum()
    signer = keys.find(key.access)
    assert signer is not None
    assert signer.actor == Actor("ann", ("reviewer",))
    assert signer.secret == secret
    assert secret not in repr(signer)
    assert keys.find("DAMGAAAAAAAAAAAAAAAA") is None


def test_two_keys_of_one_person_differ_and_are_listed_without_secrets(keys: Keys, site: Site) -> None:
    site.people.add("bob", [], "correct horse")
    first, one = keys.add("ann")
    site.clock.at += 1
    second, two = keys.add("ann")
    other, _ = keys.add("bob")
    assert first.access != second.access
    assert one != two
    assert keys.list() == (first, second, other)
    assert keys.list("Ann") == (first, second)
    with pytest.raises(NotFound, match="no account “eve”"):
        keys.list("eve")


def test_the_scope_of_a_key_goes_with_whoever_signs(keys: Keys) -> None:
    scope = Scope(reading=True, places=(("inbox", "agency-x"), ("webshop", "")))
    key, _ = keys.add("ann", scope=scope)
    signer = keys.find(key.access)
    assert signer is not None
    assert signer.actor == Actor("ann", ("reviewer",), scope)


@pytest.mark.parametrize("warm", [True, False])
def test_what_ends_a_key_acts_at_once_in_every_process(keys: Keys, site: Site, seal: Path, warm: bool) -> None:
    other = Keys(site.catalogue, site.clock, Seal(seal))
    key, secret = keys.add("ann")
    for end, undo in (
        (lambda: keys.disable(key.access), lambda: keys.enable(key.access)),
        (lambda: site.people.disable("ann"), lambda: site.people.enable("ann")),
        (lambda: site.people.set_until("ann", site.clock.at), lambda: site.people.set_until("ann", None)),
    ):
        if warm:
            assert other.find(key.access) is not None
        end()
        assert other.find(key.access) is None
        assert keys.find(key.access) is None
        undo()
        signer = other.find(key.access)
        assert signer is not None
        assert signer.secret == secret


def test_a_key_ends_at_its_instant_and_roles_act_at_once(keys: Keys, site: Site) -> None:
    key, _ = keys.add("ann", until=site.clock.at + 10)
    assert keys.find(key.access) is not None
    site.people.set_roles("ann", ["viewer"])
    signer = keys.find(key.access)
    assert signer is not None
    assert signer.actor.roles == ("viewer",)
    site.clock.at += 10
    assert keys.find(key.access) is None


def test_a_key_that_was_used_before_costs_no_read(keys: Keys, site: Site) -> None:
    key, _ = keys.add("ann")
    keys.find(key.access)
    reads = site.catalogue.reads
    for _ in range(5):
        assert keys.find(key.access) is not None
    assert site.catalogue.reads == reads


def test_nobody_has_a_secret_of_the_catalogue_alone(keys: Keys, site: Site, seal: Path, tmp_path: Path) -> None:
    key, secret = keys.add("ann")
    assert stat.S_IMODE(seal.stat().st_mode) == 0o600
    kept = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))
    assert key.access.encode() in kept
    assert secret.encode() not in kept
    assert seal.read_bytes() not in kept


def test_a_sealed_secret_opens_only_as_that_of_its_key(keys: Keys, site: Site, seal: Path) -> None:
    first, _ = keys.add("ann")
    second, _ = keys.add("ann")
    with site.catalogue.write() as tx:
        found = tx.keys.get(second.access)
        assert found is not None
        tx.keys.put(first, found[1])  # somebody who can write the catalogue swaps two
    with pytest.raises(Misconfigured, match="not the file that the secret"):
        keys.find(first.access)


def test_a_lost_file_is_said_and_there_is_a_way_out(keys: Keys, site: Site, seal: Path) -> None:
    key, secret = keys.add("ann")
    moved = seal.rename(seal.with_name("elsewhere"))
    fresh = Keys(site.catalogue, site.clock, Seal(seal))
    with pytest.raises(Misconfigured, match=f"{seal} is lost"):
        fresh.find(key.access)
    with pytest.raises(Misconfigured, match="disable the access keys and make new ones"):
        fresh.add("ann")
    assert not seal.exists()
    moved.rename(seal)
    signer = fresh.find(key.access)
    assert signer is not None
    assert signer.secret == secret
    seal.unlink()
    fresh.disable(key.access)
    assert fresh.find(key.access) is None
    new, _ = fresh.add("ann")
    assert fresh.find(new.access) is not None
    fresh.enable(key.access)
    with pytest.raises(Misconfigured, match="not the file that the secret"):
        fresh.find(key.access)


def test_a_damaged_file_is_said(keys: Keys, site: Site, seal: Path) -> None:
    key, _ = keys.add("ann")
    seal.write_bytes(b"short")
    with pytest.raises(Misconfigured, match="is damaged"):
        Keys(site.catalogue, site.clock, Seal(seal)).find(key.access)


def test_of_many_first_keys_at_once_every_secret_opens(tmp_path: Path) -> None:
    path = tmp_path / "seal"
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda number: Seal(path).seal(f"secret {number}", f"key {number}"), range(8)))
    assert [Seal(path).open(one, f"key {number}") for number, one in enumerate(sealed)] == [
        f"secret {number}" for number in range(8)
    ]
    assert [one.name for one in tmp_path.iterdir()] == ["seal"]


def test_what_cannot_be_a_key_is_refused(keys: Keys, site: Site) -> None:
    with pytest.raises(NotFound, match="no account “eve”"):
        keys.add("eve")
    with pytest.raises(BadRequest, match="ended already"):
        keys.add("ann", until=site.clock.at)
    with pytest.raises(BadRequest, match="A label"):
        keys.add("ann", "two\nlines")
    with pytest.raises(NotFound, match="no access key"):
        keys.disable("DAMGAAAAAAAAAAAAAAAA")
    assert keys.list() == ()


def test_the_journal_says_what_was_done_to_keys_and_never_a_secret(keys: Keys, site: Site) -> None:
    key, secret = keys.add("ann", "laptop")
    keys.disable(key.access)
    keys.enable(key.access)
    events = site.events("key-changed")
    assert [event.detail["change"] for event in events] == ["added", "disabled", "enabled"]
    assert {event.detail["key"] for event in events} == {key.access}
    assert {event.detail["label"] for event in events} == {"laptop"}
    assert secret not in repr(events)
    keys.add("ann")
    assert "label" not in site.events("key-changed")[-1].detail
