"""A drive in a folder, with everything real but the decoder processes and the clock."""

import io
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from damgate.adapters.casbin import CasbinPolicy
from damgate.adapters.files import FileBlobs
from damgate.adapters.joined import JoinedBlobs
from damgate.adapters.sql import SqlCatalogue
from damgate.config import Config
from damgate.core.assets import Facts, Node
from damgate.core.channels import Channel, Examiner, Made, Outlet, Produced, Source
from damgate.core.conditions import Conditions, Demand, DemandList
from damgate.core.events import Event, Happening
from damgate.core.places import InState, Names
from damgate.core.rights import Actor
from damgate.core.workflow import Move, Refusal
from damgate.drive import Context, Drive, chores
from damgate.drive.entries import Entry, LockRequest
from damgate.drive.intact import Intact
from damgate.drive.tree import locate
from damgate.jobs.crew import Crew
from damgate.media.decoders import Decoders, Finished
from damgate.media.examinations import Examinations
from damgate.media.lanes import Lane
from damgate.media.renditions import Renditions
from damgate.media.sniff import media_type
from damgate.people import People

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 17


def picture(text: str) -> bytes:
    """Bytes that sniff as a picture."""
    return PNG + text.encode()


class HeldClock:
    """Time that stands still until told."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def now(self) -> float:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += seconds


@dataclass(frozen=True)
class Upper:
    """A channel that makes 'rendered: …' of pictures; a picture that says BROKEN cannot be rendered."""

    name: str = "webshop"
    recipe: str = "1"

    @property
    def fingerprint(self) -> str:
        return self.recipe

    def produces(self, media_type: str) -> Produced | None:
        return Produced("image/jpeg", "jpg") if media_type.startswith("image/") else None

    def render(self, source: Source, into: Path) -> None:
        data = source.path.read_bytes()
        if b"BROKEN" in data:
            raise ValueError("the picture is broken")
        into.write_bytes(b"\xff\xd8\xff\xe0 rendered " + self.recipe.encode() + source.rights.credit.encode() + data)


class NearDecoders:
    """Decoders without processes: the drive's own tests are not about those."""

    seconds = 60.0

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.asked: list[list[str]] = []  # what each decode was to make

    @contextmanager
    def folder(self) -> Iterator[Path]:
        folder = self._scratch / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def longest(self, lane: Lane) -> float:
        return 600.0 if lane is Lane.SLOW else 60.0

    def render_all(
        self, channel: Channel, source: Source, wanted: Sequence[tuple[Channel, Path]], **_: object
    ) -> list[Finished]:
        from damgate.core.errors import Unrenderable

        self.asked.append([str(getattr(maker, "fingerprint", "")) for maker, _ in wanted])
        finished = []
        for maker, into in wanted:
            try:
                made = maker.render(source, into)
            except ValueError as error:
                raise Unrenderable(str(error)) from error
            produced = maker.produces(source.media_type)
            assert produced is not None
            finished.append(Finished(produced, made or Made()))
        return finished

    def examine(self, examiner: Examiner, path: Path, media_type: str, *_: object, **__: object) -> Facts:
        return examiner.examine(path, media_type)


@dataclass
class House:
    """A drive under test, and its people."""

    drive: Drive
    context: Context
    people: People
    clock: HeldClock
    crew: Crew
    decoders: NearDecoders
    refuse: dict[str, Refusal] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def who(self, name: str) -> Actor:
        return self.actors[name]

    def put(self, who: str, path: str, data: bytes | str = b"") -> Entry:
        body = data if isinstance(data, bytes) else picture(data)
        return self.drive.write(self.who(who), names(path), io.BytesIO(body)).entry

    def mkcol(self, who: str, path: str) -> Entry:
        return self.drive.make_folder(self.who(who), names(path))

    def move(self, who: str, source: str, target: str, **options: object) -> Entry:
        return self.drive.move(self.who(who), names(source), names(target), **options).entry  # type: ignore[arg-type]

    def delete(self, who: str, path: str) -> None:
        self.drive.remove(self.who(who), names(path))

    def read(self, who: str, path: str) -> bytes:
        return b"".join(self.drive.open(self.who(who), names(path)).pieces())

    def id_behind(self, who: str, asset: str) -> str:
        """The id that `/a/<asset>` leads to now."""
        opened = self.drive.open_asset(self.who(who), asset)
        opened.close()
        return opened.entry.id

    def names_in(self, who: str, path: str) -> list[str]:
        return [one.name for page in self.drive.list(self.who(who), names(path)) for one in page]

    def stat(self, who: str, path: str) -> Entry:
        return self.drive.stat(self.who(who), names(path))

    def versions(self, path: str) -> int:
        return len(self.drive.versions(self.who("mia"), names(path)))

    def node(self, path: str, who: str = "mia") -> Node | None:
        place = self.context.place(names(path))
        assert isinstance(place, InState)
        with self.context.catalogue.read() as tx:
            return locate(self.context, tx, self.who(who), place).node

    def lock(self, who: str, path: str, *, deep: bool = False, exclusive: bool = True) -> Conditions:
        request = LockRequest(deep=deep, exclusive=exclusive, owner="", timeout=600)
        view, _ = self.drive.lock(self.who(who), names(path), request)
        return token(view.lock.token)

    def assets(self) -> int:
        """How many assets stand anywhere in the states."""
        return sum(1 for batch in chores._assets(self.context) for _ in batch)

    def events(self, *kinds: Happening) -> list[Event]:
        with self.context.catalogue.read() as tx:
            return [event for event in tx.journal.since(0) if event.what in kinds]

    def work(self) -> None:
        self.crew.run_due()


def names(path: str) -> Names:
    return tuple(part for part in path.split("/") if part)


def token(value: str) -> Conditions:
    return Conditions(lists=(DemandList(None, (Demand(token=value),)),))


ROLES = {
    "carl": ("contributor",),
    "cora": ("contributor",),
    "rita": ("reviewer",),
    "rolf": ("reviewer",),
    "vera": ("viewer",),
    "mia": ("manager",),
}


def build(
    folder: Path,
    *,
    config: Config | None = None,
    recipe: str = "1",
    new: bool = True,
    channel: Callable[[str, str], Channel] = Upper,
    examiners: Sequence[Examiner] = (),
) -> House:
    config = config or msgspec.convert({}, Config)
    clock = HeldClock()
    policies = folder / "policies"
    if new:
        (folder / "data").mkdir(parents=True)
        shutil.copytree(Path(__file__).parents[2] / "policies", policies)
        SqlCatalogue.create(folder / "data", clock=clock).close()
    catalogue = SqlCatalogue.open(folder / "data", clock=clock)
    if new:
        FileBlobs.create(folder / "data")
    intact = Intact(clock)
    blobs = JoinedBlobs(FileBlobs(folder / "data", media_type), catalogue, intact)
    workflow = config.workflow()
    assert chores.open_states(catalogue, workflow.states, clock.now()) == []
    people = People(catalogue, clock, config.logins)
    if new:
        for name, roles in ROLES.items():
            people.add(name, roles, "correct horse")
    outlets = {
        name: Outlet(channel(name, recipe), replace(config.delivery(name), label=name)) for name in config.channels
    }
    policy = CasbinPolicy(policies, catalogue, {name: one.delivery.gate for name, one in outlets.items()})
    decoders: Decoders = NearDecoders(folder / "scratch")  # type: ignore[assignment]
    renditions = Renditions(catalogue, blobs, decoders, folder / "renditions", clock)
    examinations = Examinations(catalogue, blobs, decoders, examiners)
    refuse: dict[str, Refusal] = {}

    def checks(moves: Sequence[Move]) -> Mapping[str, Sequence[Refusal]]:
        return {move.path: [refuse[move.name]] for move in moves if move.name in refuse}

    context = Context(
        config=config, workflow=workflow, areas=config.area_paths(), outlets=outlets, buckets=config.buckets(),
        catalogue=catalogue, blobs=blobs, policy=policy, renditions=renditions, examinations=examinations,
        checks=checks, clock=clock, intact=intact, poke=lambda: None,
    )  # fmt: skip
    crew = Crew(catalogue, clock, chores.chores(context, lambda *_: None), threads=1)
    chores.plan(context, ())
    crew.run_due()
    actors = {name: people.actor(name) for name in ROLES}
    return House(Drive(context), context, people, clock, crew, decoders, refuse, actors)  # type: ignore[arg-type]


@contextmanager
def another_house(show: Path, into: Path, settings: Mapping[str, object] | None = None) -> Iterator[House]:
    """Open a copy of a drive that was made before, with these settings in place of its own."""
    made = build(shutil.copytree(show, into / "drive"), config=msgspec.convert(settings or {}, Config), new=False)
    try:
        yield made
    finally:
        made.context.catalogue.close()
