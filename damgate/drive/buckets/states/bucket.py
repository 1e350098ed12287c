"""The bucket of a workflow state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from damgate.core import names
from damgate.core.assets import EMPTY, EMPTY_MD5, Content, Kind, Node
from damgate.core.conditions import UNCONDITIONAL
from damgate.core.errors import BadRequest, NoSuchVersion
from damgate.core.events import Event, Happening
from damgate.core.objects import CorsRule, Deleted, Given, Listing, Object, Versioning, Wanted
from damgate.core.places import text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, reading
from damgate.drive.buckets import keys, rolling, scoped, sites
from damgate.drive.buckets.bucket import Beside, Payload
from damgate.drive.buckets.states import deleting, handing, history, standing
from damgate.drive.buckets.states.folders import TreeFolders
from damgate.drive.buckets.states.putting import Putting, demand
from damgate.drive.buckets.walking import FolderKeys
from damgate.drive.context import Context
from damgate.drive.entries import Opened
from damgate.drive.tree import Spot, area_of, entry
from damgate.ports.catalogue import ROOT, Transaction

STATE_TAG = "damgate:state"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


class StateBucket:
    """The tree below a state's folder, as objects; see `Bucket`.

    A key is a path below the state. A folder that somebody made is an object too, with a slash behind its key and no
    bytes; one that only a key brought along is none. Versions are those of assets, delete markers the trash.
    """

    def __init__(self, context: Context, actor: Actor, state: str, code: str) -> None:
        """Show the state to `actor`; `code` is what clients call it."""
        self._context = context
        self._actor = actor
        self._state = state
        self._code = code

    @property
    def name(self) -> str:
        """The state's code."""
        return self._code

    @property
    def owner(self) -> str:
        """Nobody's."""
        return ""

    @property
    def created(self) -> float:
        """When the state's folder was made."""
        with self._context.catalogue.read() as tx:
            root = tx.nodes.child(ROOT, self._state, "")
        return root.created if root else 0.0

    @property
    def versioning(self) -> Versioning:
        """Assets keep their versions."""
        return Versioning.ENABLED

    @property
    def cors(self) -> tuple[CorsRule, ...]:
        """What the sites of the state's table may do."""
        return sites.cors_of(self._context.config.states[self._state].cors, METHODS)

    def ask_to_list(self) -> None:
        """Raise unless the actor may see something in the state."""
        area = area_of(self._context, (self._state,))
        standing.ask_to_look(self._context, self._actor, (self._state,), area, self._state)

    def list(self, wanted: Wanted) -> Listing:
        """Return a page of what stands in the state."""
        self.ask_to_list()
        folders = TreeFolders(self._context, self._actor, self._state)
        return rolling.page(FolderKeys(folders, wanted.limit + 1), wanted)

    def list_versions(self, wanted: Wanted) -> Listing:
        """Return a page of the versions of its assets, and of what was deleted from it."""
        self.ask_to_list()
        return history.page(self._context, self._actor, self._state, wanted)

    def stat(self, key: str, version: str = "") -> Object:
        """Return an object; old versions show the tags of their asset."""
        with self._context.catalogue.read() as tx:
            _, node, latest = history.find(self._context, tx, self._actor, self._state, key, version)
            return standing.described(self._context, tx, key, node, latest=latest)

    def open(self, key: str, version: str = "") -> tuple[Object, Opened]:
        """Open an original; asks download."""
        with self._context.catalogue.read() as tx:
            spot, node, latest = history.find(self._context, tx, self._actor, self._state, key, version)
            opened = reading.open_original(self._context, tx, self._actor, spot, node)
            if node.is_folder:
                opened = replace(opened, entry=replace(entry(node), folder=False, etag=EMPTY_MD5))
            return standing.described(self._context, tx, key, node, latest=latest), opened

    def content(self, key: str, version: str = "") -> Content | None:
        """Return which bytes an object has; asks download."""
        with self._context.catalogue.read() as tx:
            spot, node, _ = history.find(self._context, tx, self._actor, self._state, key, version)
            reading.ask_for_original(self._context, tx, self._actor, spot, node)
        return node.content or EMPTY

    def ask_to_write(self, key: str, given: Given) -> None:
        """Raise where a write would be refused."""
        with self._context.catalogue.read() as tx:
            self._putting(key, given).ask(tx)

    def put(self, key: str, body: Payload, given: Given) -> Object:
        """Make an asset or the next version of one, scratch, or a folder."""
        return self._putting(key, given).put(body)

    def keep(self, key: str, content: Content, given: Given, beside: Beside | None = None) -> Object:
        """Do so with bytes that are stored already."""
        return self._putting(key, given).keep_stored(content, beside)

    def _putting(self, key: str, given: Given) -> Putting:
        return Putting(self._context, self._actor, self._state, key, given)

    def describe(self, key: str, given: Given) -> Object:
        """Give what stands at a key other attributes; asks edit, and refuses in closed states, as for properties."""
        context, actor = self._context, self._actor
        with context.catalogue.write() as tx:
            spot, node = self._to_change(tx, key)
            if not node.holder:
                asking.refuse_if_closed(context, spot, node)
            demand(given, key, node)
            asking.require_locks(context, tx, actor, given.conditions, spot, names_change=False)
            before = standing.described(context, tx, key, node)
            attributes = replace(given.attributes, checksum=before.attributes.checksum)
            standing.describe(context, tx, actor, spot, node, attributes, given.tags)
            made = standing.described(context, tx, key, node)
            if made != before and not node.holder:
                self._record(tx, spot, node, "attributes")
        context.poke()
        return made

    def _to_change(self, tx: Transaction, key: str) -> tuple[Spot, Node]:
        """Return what stands at a key; raises Refused unless the actor may edit it."""
        spot, node = standing.find(self._context, tx, self._actor, self._state, key)
        if node is None:
            raise keys.missing(key)
        if not node.holder:
            asking.ask(self._context, self._actor, Action.EDIT, spot.subject(self._actor))
        return spot, node

    def _record(self, tx: Transaction, spot: Spot, node: Node, what: str) -> None:
        event = Event(Happening.PROPERTIES_SET, self._actor.name, text(spot.path), node.id, {"properties": what})
        self._context.record(tx, event)

    def delete(self, key: str, given: Given, version: str = "") -> Deleted:
        """Put an object into the trash; of its versions, purge an old one, or bring back what a marker hides."""
        return deleting.delete(self._context, self._actor, self._state, key, given, version)

    def tags(self, key: str, version: str = "") -> Mapping[str, str]:
        """Return the keywords of an asset."""
        with self._context.catalogue.read() as tx:
            _, node, _ = history.find(self._context, tx, self._actor, self._state, key, version)
            return tx.keywords.of(node.id)

    def set_tags(self, key: str, tags: Mapping[str, str], version: str = "") -> None:
        """Give an asset these keywords; with `damgate:state`, hand it on to that state.

        That tag alone hands it on with the keywords that it has.
        """
        wanted = {name: value for name, value in tags.items() if name != STATE_TAG}
        if strange := [name for name in wanted if name.startswith(standing.RESERVED_TAGS)]:
            raise BadRequest(f"There is no tag “{strange[0]}”; what damgate itself knows is {STATE_TAG} = a state.")
        target = self._state_called(tags[STATE_TAG]) if STATE_TAG in tags else self._state
        with self._context.catalogue.read() as tx:
            _, node, latest = history.find(self._context, tx, self._actor, self._state, key, version)
            same = set(tags) == {STATE_TAG} or tx.keywords.of(node.id) == wanted
        if target != self._state:
            if not latest or node.kind is not Kind.ASSET:
                raise BadRequest("Only a file as it is now can change its state.")
            code = next(code for code, state in self._context.buckets.items() if state == target)
            scoped.ask(self._actor, code, key, writing=True)
            handing.hand_on(self._context, self._actor, self._state, target, key, Given(tags=None if same else wanted))
        elif not same:
            self._keep_tags(key, node.id, wanted)

    def _keep_tags(self, key: str, asset: str, wanted: Mapping[str, str]) -> None:
        with self._context.catalogue.write() as tx:
            spot, node = self._to_change(tx, key)
            if node.id != asset:  # a version of what was deleted before this came to the key
                raise NoSuchVersion("What was deleted can be given no tags.")
            asking.require_locks(self._context, tx, self._actor, UNCONDITIONAL, spot, names_change=False)
            tx.keywords.put(node.id, wanted)
            if not node.holder:
                self._record(tx, spot, node, "keywords")

    def _state_called(self, said: str) -> str:
        workflow, codes = self._context.workflow, self._context.buckets
        state = workflow.keys.get(names.key(said)) or codes.get(said)
        if state is None:
            known = ", ".join(one.name for one in workflow.states)
            raise BadRequest(f"There is no state “{said}”; there are: {known}.")
        return state
