"""Finding things: from a path to the nodes of the tree, and back."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from damgate.core import names
from damgate.core.assets import EMPTY, Kind, Node
from damgate.core.errors import BadName, NotFound, ParentMissing, Refused
from damgate.core.places import InState, Names, text
from damgate.core.rights import DRIVE_VIEW, Actor, Subject
from damgate.drive.context import Context
from damgate.drive.entries import Entry
from damgate.ports.catalogue import ROOT, Transaction

HIDDEN = 600.0  # seconds for which an empty new file is its maker's alone


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a path below a state leads.

    `folders` are the nodes from the state's folder down to the parent; shorter than the path where a folder
    on the way is missing. `node` is what stands there for the actor, None where the name is free.
    """

    path: Names
    state: str
    area: str
    folders: tuple[Node, ...]
    node: Node | None

    @property
    def name(self) -> str:
        """The last name as the actor spelt it."""
        return self.path[-1]

    @property
    def has_parent(self) -> bool:
        """Whether the folder that this stands in exists."""
        return len(self.folders) == len(self.path) - 1

    @property
    def parent(self) -> Node:
        """The folder that this stands in; raises ParentMissing."""
        if not self.has_parent:
            missing = text(self.path[: len(self.folders) + 1])
            raise ParentMissing(f"The folder {missing} does not exist; please make it first.", place=missing)
        return self.folders[-1]

    def require_parent(self) -> None:
        """Raise ParentMissing where the folder that this stands in does not exist."""
        self.parent  # noqa: B018 — it raises

    @property
    def standing(self) -> Node:
        """What stands here; raises NotFound."""
        if self.node is None:
            raise NotFound(f"There is nothing at {text(self.path)}.", place=text(self.path))
        return self.node

    @property
    def scratch(self) -> bool:
        """Whether a new file or folder here would be scratch, by its name or the folder that it stands in."""
        return bool(self.folders and self.folders[-1].holder) or names.is_scratch_file(self.name)

    def subject(self, actor: Actor, node: Node | None = None) -> Subject:
        """Return the class of `node` (default: what stands here) for policy; what nobody owns counts as own."""
        which = node or self.node
        return Subject(DRIVE_VIEW, self.area, self.state, own=which is None or owned(which, actor))


def owned(node: Node, actor: Actor) -> bool:
    """Tell whether policy treats the node as the actor's own; folders have no owner and count as own."""
    return node.is_folder or node.owner == actor.name


def area_of(context: Context, path: Names) -> str:
    """Return the name of the innermost configured area that holds `path`, "-" outside all."""
    if not context.areas:
        return "-"
    keys = tuple(names.key(name) for name in path)
    for length in range(len(keys), 0, -1):
        if area := context.areas.get(keys[:length]):
            return area
    return "-"


def locate(context: Context, tx: Transaction, actor: Actor, place: InState) -> Spot:
    """Walk to a place below a state (or to the state's own folder)."""
    path = (place.state, *place.rest)
    node = tx.nodes.child(ROOT, place.state, "")
    if node is None:
        raise NotFound(f"The state {place.state} has no folder; restart damgate.")
    folders: list[Node] = []
    for name in place.rest:
        if node is None or not node.is_folder:
            node = None
            break
        folders.append(node)
        node = tx.nodes.child(node.id, name, actor.name)
    if node is not None and node.kind is Kind.RESERVED and not tx.locks.on([node.id], context.clock.now()):
        node = None
    return Spot(path, place.state, area_of(context, path), tuple(folders), node)


def visible(context: Context, node: Node, actor: Actor) -> bool:
    """Tell whether the node is there for the actor: reservations and fresh empty files are their maker's alone."""
    if node.kind is Kind.RESERVED:
        return node.owner == actor.name
    fresh = node.kind is Kind.ASSET and node.version == 1 and node.content is not None and node.content.size == 0
    return not fresh or node.owner == actor.name or node.created <= context.clock.now() - HIDDEN


def check_new_name(spot: Spot) -> None:
    """Raise unless something new may be called as `spot` says: a good name, no other spelling of a standing one."""
    names.check_name(spot.name)
    if spot.node is not None:
        refuse_other_spelling(spot, spot.node)


def refuse_other_spelling(spot: Spot, standing: Node) -> None:
    """Raise Refused where the standing name differs from the asked one by more than Unicode normalisation."""
    if unicodedata.normalize("NFC", standing.name) != unicodedata.normalize("NFC", spot.name):
        raise Refused(f"It exists as {standing.name}; names that differ only in capitals would collide.")


def below_state(context: Context, path: Names, verb: str) -> InState:
    """Return `path` as a place below a state's folder, else refuse with a sentence that says where to go."""
    place = context.place(path)
    if isinstance(place, InState) and place.rest:
        return place
    first = context.workflow.states[0].name
    if isinstance(place, InState):
        raise Refused(
            f"The folder {place.state} is a workflow state; {verb} what stands in it instead.", place=text(path)
        )
    if len(path) > 1 and names.key(path[0]) == "channels":
        raise Refused("Channels are read only: they show the approved files by themselves.", place=text(path))
    raise Refused(f"Only the state folders take files and folders; use /{first}.", place=text(path))


def new_id() -> str:
    """Return a fresh identity: 128 random bits, never reused."""
    return secrets.token_hex(16)


def entry(node: Node) -> Entry:
    """Return what a door shows of a node."""
    if node.is_folder:
        return Entry(node.name, True, node.id, node.created, node.modified)
    content = node.content or EMPTY  # a name that a LOCK reserved has no content yet
    return Entry(
        node.name,
        False,
        node.id,
        node.created,
        node.modified,
        content.size,
        content.md5,
        content.media_type,
    )


def check_depth(path: Names, deepest_below: int) -> None:
    """Raise BadName where something moved to `path`, with `deepest_below` levels under it, could not be reached."""
    if len(path) + deepest_below > names.DEEPEST:
        raise BadName(f"Folders can be nested {names.DEEPEST} deep at most; please move it higher up.")
