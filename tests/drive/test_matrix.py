"""Who may do what: every role in every state, through the drive, against Casbin asked directly."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path

import msgspec
import pytest
from casbin import Enforcer

from damgate.app import AtTheMachine
from damgate.config import Config
from damgate.core.errors import NotFound, Refused
from damgate.core.rights import ANONYMOUS, Actor, Rights
from damgate.drive import Drive, Link
from damgate.drive.entries import LockRequest, PropertyChange
from tests.drive.house import ROLES, House, build, names, picture

STATES = ("Inbox", "Review", "Approved", "Rejected", "Archive")
CLOSED = ("Approved", "Archive")
CONFIG = {"channels": {"webshop": {"gate": "public"}, "proofs": {"states": STATES}}}
WHO = {"contributor": "carl", "reviewer": "rita", "viewer": "vera", "manager": "mia", "admin": "adam", "guest": "nora"}
SOMEBODY = "cora"
COLOUR = PropertyChange(("urn:x", "colour"), "<colour xmlns='urn:x'>red</colour>")

Path_ = tuple[str, ...]


@dataclass
class Cells:
    """A drive, what Casbin says, and the cells in which the two differ."""

    house: House
    enforcer: Enforcer
    fresh: Iterator[int] = field(default_factory=count)
    asked: int = 0
    allowed: int = 0
    differences: list[str] = field(default_factory=list)
    unspoilt: dict[tuple[str, str], list[Path_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.drive = self.house.drive
        self.machine = Drive(replace(self.house.context, policy=AtTheMachine()))

    def new(self, state: str) -> Path_:
        return (state, f"{next(self.fresh)}.jpg")

    def file(self, state: str, owner: str) -> Path_:
        """A file of `owner` in `state`."""
        standing = self.unspoilt.get((state, owner))
        if standing:
            return standing.pop()
        path = self.new(state)
        self.machine.write(Actor(owner), path, io.BytesIO(picture(path[1])))
        return path

    def can(self, actor: Actor, action: str, state: str, *, own: bool = True, view: str = "drive") -> bool:
        subject = actor.name if actor.anonymous else f"person:{actor.name}"
        return bool(self.enforcer.enforce(subject, view, "-", state, "self" if own else "other", action))

    def cell(self, what: str, expected: bool, act: Callable[[], object], *spoilt: tuple[str, str, Path_]) -> None:
        """Compare one cell; files that were not touched since it was refused serve again."""
        self.asked += 1
        try:
            act()
        except (Refused, NotFound) as error:
            got, said = False, str(error)
            for state, owner, path in spoilt:
                self.unspoilt.setdefault((state, owner), []).append(path)
        else:
            got, said = True, ""
        self.allowed += got
        if got is not expected:
            self.differences.append(f"{what}: Casbin says {expected}, the drive {got} {said}")


def oracle(folder: Path, people: dict[str, tuple[str, ...]]) -> Enforcer:
    """Casbin over the shipped files, and the lines that damgate adds for people and channels."""
    enforcer = Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
    for name, roles in people.items():
        for role in (*roles, "anonymous"):
            enforcer.add_named_grouping_policy("g", f"person:{name}", role)
    enforcer.add_policy("anonymous", "webshop", "*", "*", "*", "preview", "allow")
    for channel in CONFIG["channels"]:
        enforcer.add_named_grouping_policy("g2", channel, "channels")
    return enforcer


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    folder = tmp_path_factory.mktemp("matrix") / "drive"
    house = build(folder, config=msgspec.convert(CONFIG, Config))
    for name, role in (("adam", "admin"), ("nora", "guest")):
        house.people.add(name, [role], "correct horse")
        house.actors[name] = house.people.actor(name)
    house.context.policy.refresh()  # type: ignore[attr-defined]
    yield Cells(house, oracle(folder / "policies", {**ROLES, "adam": ("admin",), "nora": ("guest",)}))
    house.context.catalogue.close()


def read(drive: Drive, actor: Actor, path: Path_) -> None:
    drive.open(actor, path).close()


def read_by_id(drive: Drive, actor: Actor, channel: str, asset: str) -> None:
    drive.open_link(actor, Link(channel, asset, "jpg")).close()


def reading(cells: Cells, actor: Actor, state: str, owner: str, *, own: bool) -> None:
    drive, path = cells.drive, cells.file(state, owner)
    kept = (state, owner, path)
    see = cells.can(actor, "list", state, own=own)
    cells.cell(f"stat {state}", see, lambda: drive.stat(actor, path))
    cells.cell(f"versions {state}", see, lambda: drive.versions(actor, path))
    download = cells.can(actor, "download", state, own=own)
    cells.cell(f"GET {state}", download, lambda: read(drive, actor, path))
    asset = cells.machine.stat(Actor("x"), path).id
    cells.cell(f"GET /a/ {state}", download, lambda: drive.open_asset(actor, asset).close())
    for channel, seen in (("proofs", (state, path[1])), ("webshop", (path[1],))):
        if channel == "webshop" and state != "Approved":
            continue
        preview = cells.can(actor, "preview", state, own=own, view=channel)
        rendition = ("channels", channel, *seen)
        cells.cell(f"GET {channel} {state}", preview, partial(read, drive, actor, rendition))
        cells.cell(f"stat {channel} {state}", preview, partial(drive.stat, actor, rendition))
        cells.cell(
            f"GET /c/ {channel} {state}",
            preview,
            partial(read_by_id, drive, actor, channel, asset),
        )
    cells.unspoilt.setdefault((state, owner), []).append(kept[2])


def changing(cells: Cells, actor: Actor, state: str, owner: str, *, own: bool) -> None:
    drive = cells.drive
    edit, delete = (cells.can(actor, action, state, own=own) for action in ("edit", "delete"))
    open_ = state not in CLOSED
    request = LockRequest(deep=False, exclusive=True, owner="", timeout=600)

    def one() -> tuple[str, str, Path_]:
        return state, owner, cells.file(state, owner)

    kept = one()
    body = io.BytesIO(picture(f"other {next(cells.fresh)}"))
    cells.cell(f"PUT over {state}", edit and open_, lambda: drive.write(actor, kept[2], body), kept)
    kept = one()
    cells.cell(f"LOCK {state}", edit and open_, lambda: drive.lock(actor, kept[2], request), kept)
    kept = one()
    cells.cell(f"PROPPATCH {state}", edit and open_, lambda: drive.change_properties(actor, kept[2], [COLOUR]), kept)
    kept = one()
    rights = Rights(credit=str(next(cells.fresh)))
    cells.cell(f"rights {state}", edit, lambda: drive.set_rights(actor, kept[2], rights), kept)
    kept = one()
    cells.cell(f"old version {state}", edit and open_, lambda: drive.restore_version(actor, kept[2], 1), kept)
    kept = one()
    cells.cell(f"rename {state}", edit, lambda: drive.move(actor, kept[2], cells.new(state)), kept)
    kept = one()
    inside = (state, "shelf", f"{next(cells.fresh)}.jpg")
    cells.cell(f"move inside {state}", edit, lambda: drive.move(actor, kept[2], inside), kept)
    kept, onto = one(), (state, SOMEBODY, cells.file(state, SOMEBODY))
    replace_ = edit and open_ and cells.can(actor, "delete", state, own=False)
    cells.cell(f"move over {state}", replace_, lambda: drive.move(actor, kept[2], onto[2]), kept, onto)
    kept = one()
    cells.cell(f"DELETE {state}", delete, lambda: drive.remove(actor, kept[2]), kept)


def carrying(cells: Cells, actor: Actor, state: str, owner: str, *, own: bool) -> None:
    """Copies to every state, and every step of the workflow, allowed or not, to a free name and onto a file."""
    drive = cells.drive
    edges = {str(edge) for edge in cells.house.context.workflow.edges}
    for target in STATES:
        kept = (state, owner, cells.file(state, owner))
        copy = cells.can(actor, "download", state, own=own) and cells.can(actor, "upload", target)
        cells.cell(f"COPY {state} to {target}", copy, partial(drive.copy, actor, kept[2], cells.new(target)), kept)
        if target == state:
            continue
        edge = f"{state}>{target}"
        step = edge in edges and cells.can(actor, "move", edge, own=own)
        kept = (state, owner, cells.file(state, owner))
        cells.cell(edge, step, partial(drive.move, actor, kept[2], cells.new(target)), kept)
        kept, onto = (state, owner, cells.file(state, owner)), (target, SOMEBODY, cells.file(target, SOMEBODY))
        cells.cell(f"{edge} onto", step, partial(drive.move, actor, kept[2], onto[2]), kept, onto)


def adding(cells: Cells, actor: Actor, state: str) -> None:
    drive = cells.drive
    request = LockRequest(deep=False, exclusive=True, owner="", timeout=600)
    upload = cells.can(actor, "upload", state)
    into = any(
        cells.can(actor, "move", str(edge), own=own)
        for edge in cells.house.context.workflow.edges
        if edge.target == state
        for own in (True, False)
    )
    body = io.BytesIO(picture(f"new {next(cells.fresh)}"))
    cells.cell(f"PUT new {state}", upload, lambda: drive.write(actor, cells.new(state), body))
    cells.cell(f"LOCK new {state}", upload, lambda: drive.lock(actor, cells.new(state), request))
    cells.cell(f"MKCOL {state}", upload or into, lambda: drive.make_folder(actor, (state, f"f{next(cells.fresh)}")))
    cells.cell(f"PROPFIND {state}", cells.can(actor, "list", state), lambda: list(drive.list(actor, (state,))))
    cells.cell(
        f"PROPFIND proofs {state}",
        cells.can(actor, "list", state, view="proofs"),
        lambda: list(drive.list(actor, ("channels", "proofs", state))),
    )
    if state == "Approved":
        public = cells.can(actor, "list", state, view="webshop")
        cells.cell(f"PROPFIND webshop {state}", public, lambda: list(drive.list(actor, names("channels/webshop"))))


@pytest.mark.timeout(300)
def test_promise_5_every_role_may_do_in_every_state_what_casbin_says_and_nothing_else(
    cells: Cells, capsys: pytest.CaptureFixture[str]
) -> None:
    for state in STATES:
        cells.machine.make_folder(Actor("x"), (state, "shelf"))
    for role in (*WHO, "anonymous"):
        actor = ANONYMOUS if role == "anonymous" else cells.house.who(WHO[role])
        before = len(cells.differences)
        for state in STATES:
            adding(cells, actor, state)
            for owner in {SOMEBODY, actor.name} - {"anonymous"}:
                for part in (reading, changing, carrying):
                    part(cells, actor, state, owner, own=owner == actor.name)
        cells.differences[before:] = [f"{role}: {one}" for one in cells.differences[before:]]
    with capsys.disabled():
        print(f"\n{cells.asked} cells, {cells.allowed} allowed, {len(cells.differences)} differences")  # noqa: T201
    assert cells.differences == []
    assert cells.asked > 2000
    assert 500 < cells.allowed < cells.asked - 500
