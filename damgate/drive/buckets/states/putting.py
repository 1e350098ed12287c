"""Writing objects into a state's bucket: files with the folders that their keys bring along, and folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from damgate.core.assets import EMPTY_MD5, Content, Kind, Node
from damgate.core.conditions import UNCONDITIONAL, Standing
from damgate.core.errors import BadName, BadRequest, NotAFolder
from damgate.core.objects import Attributes, Given, Object, check_key
from damgate.core.places import InState, text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, parents, writing
from damgate.drive.buckets import keys
from damgate.drive.buckets.bucket import Beside, Payload
from damgate.drive.buckets.receiving import receive
from damgate.drive.buckets.states import standing
from damgate.drive.context import Context
from damgate.drive.tree import Spot, locate, refuse_other_spelling
from damgate.ports.catalogue import Transaction


@dataclass(frozen=True, slots=True)
class Way:
    """Where an object goes, and the folders that are to be made before, outermost first."""

    spot: Spot
    missing: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Putting:
    """One write into a state's bucket."""

    context: Context
    actor: Actor
    state: str
    key: str
    given: Given

    @property
    def folder(self) -> bool:
        """Whether it is a folder that is to be made."""
        return self.key.endswith("/")

    def place(self) -> InState:
        """Return the place; raises BadName where no file of the tree can be called so."""
        check_key(self.key)
        if "" in keys.names_in(self.key):
            raise BadName("A key of this bucket cannot begin with “/” or hold “//”: its folders need names.")
        place = self.context.place((self.state, *keys.names_in(self.key)))
        if not isinstance(place, InState):
            raise BadName("A key of this bucket names a file or a folder.")
        return place

    def ask(self, tx: Transaction) -> Way:
        """Raise unless the object may be written now."""
        standing.check_tags(self.given.tags)
        context, actor = self.context, self.actor
        spot = locate(context, tx, actor, self.place())
        asking.ask_to_reach(context, actor, spot, folder=self.folder)
        spot, missing = parents.complete(context, tx, actor, spot)
        parents.ask(context, tx, actor, missing)
        (self._ask_for_folder if self.folder else self._ask_for_file)(tx, spot)
        return Way(spot, missing)

    def _ask_for_file(self, tx: Transaction, spot: Spot) -> None:
        if spot.node is not None and spot.node.is_folder:
            message = f"{text(spot.path)} is a folder; a file cannot take its place. Please choose another name."
            raise NotAFolder(message, place=text(spot.path))
        if asking.may_list(self.context, self.actor, spot.area, spot.state):
            demand(self.given, self.key, spot.node)  # it tells what stands here: nobody else, unless they may write
        writing.ask(self.context, tx, self.actor, spot, UNCONDITIONAL)
        demand(self.given, self.key, spot.node)

    def _ask_for_folder(self, tx: Transaction, spot: Spot) -> None:
        context, actor, node = self.context, self.actor, spot.node
        if node is None or node.kind is Kind.RESERVED:
            demand(self.given, self.key, None)
            writing.ask_for_folder(context, tx, actor, spot, UNCONDITIONAL)
            return
        refuse_other_spelling(spot, node)
        if not node.is_folder:
            raise NotAFolder(f"{text(spot.path)} is a file; a folder cannot take its place.", place=text(spot.path))
        demand(self.given, self.key, None if tx.implied.holds(node.id) else node)
        if self.given.attributes not in (Attributes(), tx.attributes.of(node.id, 0)):
            asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        asking.ask_to_add(context, actor, spot, folder=True)
        asking.require_locks(context, tx, actor, UNCONDITIONAL, spot, names_change=False)

    def put(self, body: Payload) -> Object:
        """Write the object as its bytes arrive; see `Bucket.put`."""
        context = self.context
        asked = writing.Asked(context.catalogue.revision(), context.clock.now())
        with context.catalogue.read() as tx:
            way = self.ask(tx)
        if self.folder:
            if self.given.declared or body.read(1):
                raise BadRequest("A key that ends in “/” is a folder, which holds no bytes of its own.")
            return self.keep(lambda tx: self._keep_folder(tx, self.ask(tx)))
        with receive(context, body, self.given.declared) as staged:
            staged.keep()
            said = replace(self.given.attributes, checksum=body.checksum or self.given.attributes.checksum)

            def store(tx: Transaction) -> Node:
                writing.require_kept(context, staged.content)
                now = way if asked.still_holds(context) else self.ask(tx)
                return self._keep_file(tx, now, staged.content, said)

            return self.keep(store)

    def keep(self, store: Callable[[Transaction], Node]) -> Object:
        """Write the object by `store`, in a transaction of its own."""
        with self.context.catalogue.write() as tx:
            node = store(tx)
            made = standing.described(self.context, tx, self.key, node)
        self.context.poke()
        return made

    def keep_stored(self, content: Content, beside: Beside | None) -> Object:
        """Write an object whose bytes are stored; see `Bucket.keep`."""

        def store(tx: Transaction) -> Node:
            if self.folder:
                node = self._keep_folder(tx, self.ask(tx))
            else:
                if content.size:
                    writing.require_kept(self.context, content)
                node = self._keep_file(tx, self.ask(tx), content, self.given.attributes)
            if beside is not None:
                beside(tx)
            return node

        if self.folder and content.size:
            raise BadRequest("A key that ends in “/” is a folder, which holds no bytes of its own.")
        return self.keep(store)

    def _keep_file(self, tx: Transaction, way: Way, content: Content, said: Attributes) -> Node:
        context, actor, spot = self.context, self.actor, way.spot
        parents.make(context, tx, actor, way.missing)
        node, _ = writing.keep(context, tx, actor, spot, content)
        standing.describe(context, tx, actor, spot, node, said, self.given.tags)
        return node

    def _keep_folder(self, tx: Transaction, way: Way) -> Node:
        context, actor, spot = self.context, self.actor, way.spot
        parents.make(context, tx, actor, way.missing)
        node = spot.node if spot.node is not None and spot.node.is_folder else None
        if node is None:
            node = writing.new_folder(context, actor, spot)
            writing.put_folder(context, tx, actor, spot, node)
        tx.implied.remove(node.id)
        standing.describe(context, tx, actor, spot, node, self.given.attributes, self.given.tags)
        return node


def demand(given: Given, key: str, node: Node | None) -> None:
    """Raise unless the request's conditions hold; where something is to be matched and nothing stands, NotFound."""
    conditions = given.conditions
    there = node is not None and node.kind is not Kind.RESERVED
    if conditions.if_match is not None and not there:
        raise keys.missing(key)
    etag = None
    if node is not None and there:
        etag = node.content.md5 if node.content is not None else EMPTY_MD5
    conditions.demand(etag, lambda _: Standing(etag or "", frozenset()))
