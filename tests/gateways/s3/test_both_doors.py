"""Who is refused something on the drive is refused it at the S3 door: every role, state, channel and operation."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, permutations
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from damgate.app import AtTheMachine
from damgate.config import Config
from damgate.core.errors import NotAuthenticated, NotFound, Refused
from damgate.core.people import Person
from damgate.core.rights import Actor, Rights
from damgate.drive import Drive
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from damgate.gateways.metrics import Figures, Metrics, Situation
from damgate.gateways.s3.door import S3Door
from damgate.gateways.s3.front import S3Front
from damgate.people.keys import Keys
from damgate.people.sealing import Seal
from tests.drive.house import House, build, picture
from tests.gateways.client import PASSWORD, Answer, Client
from tests.gateways.s3.signed import S3
from tests.gateways.s3.signing.kit import Wound

STATES = ("Inbox", "Review", "Approved", "Rejected", "Archive")
ROLES = ("contributor", "reviewer", "viewer", "manager", "admin", "none")
OTHER = "somebody"
NOBODY = ""  # who has neither a login nor a key
READING = {"read", "look", "ask", "browse", "fetch"}
TAGS = b"<Tagging><TagSet><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>"
PATCH = (
    b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x:colour xmlns:x="urn:x">red</x:colour></D:prop></D:set>'
    b"</D:propertyupdate>"
)
CHANNELS = {"shop": {"gate": "public"}, "print": {}, "partner": {"gate": "signed"}, "proofs": {"states": STATES}}
PLACES = [("shop", ""), ("print", ""), ("partner", ""), *(("proofs", f"{state}/") for state in STATES)]
TRANSITIONS = {f"{one}>{other}": "transition" for one, other in permutations(STATES, 2)}
CONFIG = msgspec.convert({"channels": CHANNELS, "s3": {"copies": TRANSITIONS}}, Config)


class Accounts:
    """Everybody is called as their role is; nothing is hashed."""

    def login(self, name: str, password: str, address: str) -> Actor:
        if password != PASSWORD:
            raise NotAuthenticated("The name or the password is wrong.")
        return Actor(name, () if name == "none" else (name,))


@dataclass
class Doors:
    """One drive behind both doors."""

    house: House
    machine: Drive  # where everything is allowed
    dav: Client
    s3: dict[str, S3]
    fresh: Iterator[int] = field(default_factory=count)
    standing: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    folders: set[tuple[str, str]] = field(default_factory=set)
    lent: list[tuple[str, str, str]] = field(default_factory=list)
    outcomes: Counter[tuple[str, bool]] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def cells(self, names: set[str]) -> int:
        """Count the cells of these operations, of which no two differ."""
        assert self.differences == [], "\n".join(self.differences[:40])
        return sum(times for (name, _), times in self.outcomes.items() if name in names)

    def new(self) -> str:
        return f"f{next(self.fresh)}.txt"

    def file(self, state: str, owner: str) -> str:
        """A file of `owner` in a state, whoever may put one there."""
        left = self.standing.setdefault((state, owner), [])
        if not left:
            left.append(self.new())
            self.machine.write(Actor(owner), (state, left[0]), io.BytesIO(left[0].encode()))
        name = left.pop()
        self.lent.append((state, owner, name))
        return name

    def compare(self, what: str, where: str, by_dav: Any, by_s3: Any) -> None:
        """Compare two answers: both refuse, or neither."""
        allowed = by_dav.status < 400
        self.outcomes[what, allowed] += 1
        if not allowed or what in READING:  # the files are as they were
            for state, owner, name in self.lent:
                self.standing[state, owner].append(name)
        self.lent.clear()
        if allowed != (by_s3.status < 400):
            self.differences.append(f"{what} {where}: drive {by_dav.line}, S3 {by_s3.status} {by_s3.body!r}")
        elif not allowed and by_s3.status not in {403, 404}:
            self.differences.append(f"{what} {where}: S3 refuses with {by_s3.status} {by_s3.body!r}")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors") / "drive"
    house = build(folder, config=CONFIG)
    context: Any = house.context
    with context.catalogue.write() as tx:
        for role in (*ROLES, OTHER):
            tx.people.put(Person(role, () if role in {"none", OTHER} else (role,), password=""))
    machine = Drive(replace(context, policy=AtTheMachine()))
    for owner in (*ROLES, OTHER):
        for state in STATES:
            machine.write(Actor(owner), (state, f"of-{owner}.png"), io.BytesIO(picture(f"{state} {owner}")))
    house.work()  # what channels have is ready
    keys = Keys(context.catalogue, house.clock, Seal(folder / "data" / "seal"))
    made = {role: keys.add(role) for role in ROLES}
    front = Front(house.drive, Accounts(), context.policy, lambda: Readiness([], []))
    door = S3Door(house.drive, context.policy, keys, Wound(), CONFIG.s3)
    s3 = S3Front(door, CONFIG.server, "", Metrics(Figures(), 0, Situation))
    signing = {role: S3(s3, key.access, secret) for role, (key, secret) in made.items()}
    yield Doors(house, machine, Client(front), {**signing, NOBODY: S3(s3)})
    context.catalogue.close()


Operation = Callable[[Doors, Client, S3, str, str], tuple[Any, Any]]


def read(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    name = doors.file(state, owner)
    return dav("GET", f"/{state}/{name}"), s3("GET", f"/{state.lower()}/{name}")


def look(doors: Doors, dav: Client, s3: S3, state: str, owner: str) -> tuple[Any, Any]:
    folder = f"of-{owner}"
    if (state, folder) not in doors.folders:
        doors.folders.add((state, folder))
        doors.machine.make_folder(Actor(owner), (state, folder))
        doors.machine.write(Actor(owner), (state, folder, "a.txt"), io.BytesIO(b"a"))
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
        doors.house.drive.set_rights(actor, (state, one), Rights(credit="x"))
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


# ── channels ─────────────────────────────────────────────────────────────────────────────────


def browse(dav: Client, s3: S3, channel: str, folder: str, name: str) -> tuple[Any, Any]:
    found = dav("PROPFIND", f"/channels/{channel}/{folder}", Depth="1")
    listed = s3("GET", f"/{channel}?delimiter=%2F&prefix={quote(folder, safe='')}")
    if listed.status == 200 and name.encode() not in listed.body:
        listed.status = 404  # a list of nothing says no more
    assert found.status >= 400 or name.encode() in found.body
    return found, listed


def fetch(dav: Client, s3: S3, channel: str, folder: str, name: str) -> tuple[Any, Any]:
    path = f"{channel}/{folder}{name}"
    got, read = dav("GET", f"/channels/{path}"), s3("GET", f"/{path}")
    assert got.status >= 400 or (got.body, got.headers["ETag"]) == (read.body, read.headers["etag"]), path
    return got, read


def put_into(dav: Client, s3: S3, channel: str, folder: str, name: str) -> tuple[Any, Any]:
    path = f"{channel}/{folder}{name}"
    return dav("PUT", f"/channels/{path}", b"new"), s3("PUT", f"/{path}", b"new")


def take_from(dav: Client, s3: S3, channel: str, folder: str, name: str) -> tuple[Any, Any]:
    path = f"{channel}/{folder}{name}"
    return dav("DELETE", f"/channels/{path}"), s3("DELETE", f"/{path}")


IN_CHANNELS = [browse, fetch, put_into, take_from]


def test_both_doors_refuse_the_same_in_states(doors: Doors) -> None:
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
    names = {operation.__name__ for operation in OPERATIONS} | {"hand_on"}
    assert doors.cells(names) == len(ROLES) * len(STATES) * 2 * (len(OPERATIONS) + len(STATES) - 1)
    for name in names:
        assert doors.outcomes[name, True], f"{name} is never allowed"
        assert doors.outcomes[name, False], f"{name} is never refused"


def test_both_doors_refuse_the_same_in_channels(doors: Doors) -> None:
    for role in ROLES:
        dav, s3 = doors.dav.as_(role), doors.s3[role]
        for owner in (role, OTHER):
            for channel, folder in PLACES:
                where = f"{role} in {channel}/{folder}, {'own' if owner == role else 'other'}"
                for operation in IN_CHANNELS:
                    answers = operation(dav, s3, channel, folder, f"of-{owner}.jpg")
                    doors.compare(operation.__name__, where, *answers)
    names = {operation.__name__ for operation in IN_CHANNELS}
    assert doors.cells(names) == len(ROLES) * 2 * len(PLACES) * len(IN_CHANNELS)
    for name in names:
        assert bool(doors.outcomes[name, True]) is (name in READING), name
        assert doors.outcomes[name, False], f"{name} is never refused"


def test_nobody_is_given_what_a_link_gives_and_nothing_else(doors: Doors) -> None:
    """On the drive everybody logs in; what is public there is behind links."""
    s3 = doors.s3[NOBODY]
    with doors.house.context.catalogue.read() as tx:
        ids = {one: node.id for one in STATES if (node := doors.house.node(f"{one}/of-{OTHER}.png"))}
        assert tx.placements.of(ids["Approved"])
    for channel, folder in PLACES:
        state = folder.rstrip("/") or "Approved"
        link = doors.dav.as_(None)("GET", f"/c/{channel}/{ids[state]}.jpg")
        read = s3("GET", f"/{channel}/{folder}of-{OTHER}.jpg")
        assert (link.status < 400) is (read.status < 400) is (channel == "shop"), channel
        assert s3("GET", f"/{channel}").status == 403
    for state in STATES:
        for method, path in (("GET", f"/{state.lower()}/of-{OTHER}.png"), ("GET", f"/{state.lower()}")):
            assert s3(method, path).status == 403
