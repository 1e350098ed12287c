"""Who is refused something on the drive is refused it at the S3 door: every role, state and operation."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from damgate import app
from damgate.adapters.sql import SqlCatalogue
from damgate.core.errors import NotAuthenticated, NotFound, Refused
from damgate.core.people import Person
from damgate.core.rights import Actor, Rights
from damgate.gateways.front import Front
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from tests.gateways.client import PASSWORD, Answer, Client
from tests.gateways.s3.signed import S3

STATES = ("Inbox", "Review", "Approved", "Rejected", "Archive")
ROLES = ("contributor", "reviewer", "viewer", "manager", "admin", "none")
OTHER = "somebody"
TAGS = b"<Tagging><TagSet><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>"
PATCH = (
    b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:colour xmlns:x="urn:x">red</x:colour></D:prop></D:set>'
    b"</D:propertyupdate>"
)
TRANSITIONS = "".join(f'"{one}>{other}" = "transition"\n' for one in STATES for other in STATES if one != other)
CONFIG = f"channels = {{}}\n[s3.copies]\n{TRANSITIONS}"


class Accounts:
    """Everybody is called as their role is; nothing is hashed."""

    def login(self, name: str, password: str, address: str) -> Actor:
        if password != PASSWORD:
            raise NotAuthenticated("The name or the password is wrong.")
        return Actor(name, () if name == "none" else (name,))


@dataclass
class Doors:
    """One drive behind both doors."""

    site: app.Site
    dav: Client
    s3: dict[str, S3]
    fresh: Iterator[int] = field(default_factory=count)
    standing: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    folders: set[tuple[str, str]] = field(default_factory=set)
    lent: list[tuple[str, str, str]] = field(default_factory=list)
    outcomes: Counter[tuple[str, bool]] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def new(self) -> str:
        return f"f{next(self.fresh)}.txt"

    def file(self, state: str, owner: str) -> str:
        """A file of `owner` in a state, whoever may put one there."""
        left = self.standing.setdefault((state, owner), [])
        if not left:
            left.append(self.new())
            self.site.operator.write(Actor(owner), (state, left[0]), io.BytesIO(left[0].encode()))
        name = left.pop()
        self.lent.append((state, owner, name))
        return name

    def compare(self, what: str, where: str, by_dav: Any, by_s3: Any) -> None:
        """Compare two answers: both refuse, or neither."""
        allowed = by_dav.status < 400
        self.outcomes[what, allowed] += 1
        if not allowed or what in {"read", "look", "ask"}:  # the files are as they were
            for state, owner, name in self.lent:
                self.standing[state, owner].append(name)
        self.lent.clear()
        if allowed != (by_s3.status < 400):
            self.differences.append(f"{what} {where}: drive {by_dav.line}, S3 {by_s3.status} {by_s3.body!r}")
        elif not allowed and by_s3.status not in {403, 404}:
            self.differences.append(f"{what} {where}: S3 refuses with {by_s3.status} {by_s3.body!r}")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors") / "drive"
    shutil.copytree(template, folder)
    (folder / "damgate.toml").write_text(CONFIG, "utf-8")
    catalogue = SqlCatalogue.open(folder / "data")
    with catalogue.write() as tx:
        for role in (*ROLES, OTHER):
            tx.people.put(Person(role, () if role in {"none", OTHER} else (role,), password=""))
    site = app.compose(folder, app.load_config(folder), catalogue)
    front = Front(site.drive, Accounts(), site.policy, site.readiness, site.config.server)
    door = S3Door(site.drive, site.policy, site.keys, site.context.clock, site.config.s3)
    s3 = S3Front(door, site.config.server, "", Metrics(Figures(), 0, Situation))
    keys = {role: site.keys.add(role) for role in ROLES}
    yield Doors(site, Client(front), {role: S3(s3, key.access, secret) for role, (key, secret) in keys.items()})
    catalogue.close()


Operation = Callable[[Doors, Client, S3, str, str], tuple[Any, Any]]


def read(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    name = doors.file(state, owner)
    return dav("GET", f"/{state}/{name}"), s3("GET", f"/{state.lower()}/{name}")


def look(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    folder = f"of-{owner}"
    if (state, folder) not in doors.folders:
        doors.folders.add((state, folder))
        doors.site.operator.make_folder(Actor(owner), (state, folder))
        doors.site.operator.write(Actor(owner), (state, folder, "a.txt"), io.BytesIO(b"a"))
    found = dav("PROPFIND", f"/{state}/{folder}/", Depth="1")
    listed = s3("GET", f"/{state.lower()}?prefix={folder}%2F")
    if found.status < 400 and listed.status < 400:  # what is told is the same, too
        assert (b"a.txt" in found.body) == (b"a.txt" in listed.body), (state, owner)
    return found, listed


def ask(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    name = doors.file(state, owner)
    return dav("HEAD", f"/{state}/{name}"), s3("HEAD", f"/{state.lower()}/{name}")


def write(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.new(), doors.new()
    return dav("PUT", f"/{state}/{one}", b"new"), s3("PUT", f"/{state.lower()}/{other}", b"new")


def overwrite(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.file(state, owner), doors.file(state, owner)
    return dav("PUT", f"/{state}/{one}", b"new"), s3("PUT", f"/{state.lower()}/{other}", b"new")


def delete(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.file(state, owner), doors.file(state, owner)
    return dav("DELETE", f"/{state}/{one}"), s3("DELETE", f"/{state.lower()}/{other}")


def make_folder(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.new(), doors.new()
    return dav("MKCOL", f"/{state}/{one}"), s3("PUT", f"/{state.lower()}/{other}/")


def describe(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.file(state, owner), doors.file(state, owner)
    told = dav("PROPPATCH", f"/{state}/{one}", PATCH)
    if told.status == 207:  # which says of each property how it went
        told.status = 200 if b"200 OK" in told.body else 403
    key = f"/{state.lower()}/{other}"
    said = s3("PUT", key, x_amz_copy_source=key, x_amz_metadata_directive="REPLACE", x_amz_meta_colour="red")
    return told, said


def annotate(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    """What belongs to a file and not to its bytes can be set in closed states, too: its rights, and its keywords."""
    one, other = doors.file(state, owner), doors.file(state, owner)
    actor = Accounts().login(str(dav.user), PASSWORD, "")
    try:
        doors.site.drive.set_rights(actor, (state, one), Rights(credit="x"))
        told = Answer(200, "200 OK", {}, b"")
    except (Refused, NotFound) as error:
        told = Answer(403, f"403 {error}", {}, b"")
    return told, s3("PUT", f"/{state.lower()}/{other}?tagging", TAGS)


def copy(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    name, bucket = doors.file(state, owner), state.lower()
    one, other = doors.new(), doors.new()
    copied = s3("PUT", f"/{bucket}/{other}", x_amz_copy_source=f"/{bucket}/{name}")
    return dav("COPY", f"/{state}/{name}", Destination=f"http://dam.example:8080/{state}/{one}"), copied


OPERATIONS: list[Operation] = [read, look, ask, write, overwrite, delete, make_folder, describe, annotate, copy]


def hand_on(doors: Doors, dav: Client, s3: S3, state: str, target: str, owner: str) -> tuple[Any, Any]:
    one, other = doors.file(state, owner), doors.file(state, owner)
    moved = dav("MOVE", f"/{state}/{one}", Destination=f"http://dam.example:8080/{target}/{one}")
    return moved, s3("PUT", f"/{target.lower()}/{other}", x_amz_copy_source=f"/{state.lower()}/{other}")


def test_both_doors_refuse_the_same(doors: Doors) -> None:
    for role in ROLES:
        dav, s3 = doors.dav.as_(role), doors.s3[role]
        for state in STATES:
            for owner in (role, OTHER):
                where = f"{role} in {state}, {'own' if owner == role else 'other'}"
                for operation in OPERATIONS:
                    doors.compare(operation.__name__, where, *operation(doors, dav, s3, state, owner))
                for target in STATES:
                    if target != state:
                        answers = hand_on(doors, dav, s3, state, target, owner)
                        doors.compare("hand_on", f"{where}, to {target}", *answers)
    cells = sum(doors.outcomes.values())
    assert doors.differences == [], "\n".join(doors.differences[:40])
    assert cells == len(ROLES) * len(STATES) * 2 * (len(OPERATIONS) + len(STATES) - 1)
    for what in {name for name, _ in doors.outcomes}:
        assert doors.outcomes[what, True], f"{what} is never allowed"
        assert doors.outcomes[what, False], f"{what} is never refused"
