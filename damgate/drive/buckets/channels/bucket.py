"""The bucket of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from damgate.core.assets import Content
from damgate.core.channels import Outlet
from damgate.core.errors import Gone, MovedElsewhere, NoSuchVersion, NotFound, Refused
from damgate.core.objects import NULL, CorsRule, Deleted, Given, Listing, Object, Versioning, Wanted
from damgate.core.places import InChannel
from damgate.core.rights import Actor
from damgate.drive import channels, publishing, reading, rendering
from damgate.drive.buckets import keys, rolling, sites
from damgate.drive.buckets.bucket import Beside, Payload
from damgate.drive.buckets.channels.folders import ChannelFolders, object_of
from damgate.drive.buckets.walking import FolderKeys
from damgate.drive.context import Context
from damgate.drive.entries import Opened

METHODS = ("GET", "HEAD")


class ChannelBucket:
    """What a channel makes of the assets that it takes, as objects that are only read; see `Bucket`.

    It lists what is ready, and makes what is asked for and is not. With more than one state, keys begin with the state.
    """

    def __init__(self, context: Context, actor: Actor, outlet: Outlet) -> None:
        """Show the channel to `actor`."""
        self._context = context
        self._actor = actor
        self._outlet = outlet

    @property
    def name(self) -> str:
        """The channel's code."""
        return self._outlet.delivery.bucket or self._outlet.name

    @property
    def owner(self) -> str:
        """Nobody's."""
        return ""

    @property
    def created(self) -> float:
        """As old as the drive."""
        return reading.virtual_folder(self._context, self._outlet.name).created

    @property
    def versioning(self) -> Versioning:
        """Renditions have no versions."""
        return Versioning.NEVER

    @property
    def cors(self) -> tuple[CorsRule, ...]:
        """What the sites of the channel's table may do; of a public one, all."""
        return sites.cors_of(self._outlet.delivery.cors, METHODS)

    def ask_to_list(self) -> None:
        """Raise unless the actor may list what the channel has of any state."""
        if not channels.may_list(self._context, self._actor, self._outlet):
            raise Refused(f"You may not see what is in the channel {self._outlet.name}.")

    def list(self, wanted: Wanted) -> Listing:
        """Return a page of what is ready."""
        self.ask_to_list()
        folders = ChannelFolders(self._context, self._actor, self._outlet)
        return rolling.page(FolderKeys(folders, wanted.limit + 1), wanted)

    def list_versions(self, wanted: Wanted) -> Listing:
        """Return the same, each as the null version."""
        found = self.list(replace(wanted, version=""))
        return replace(found, objects=tuple(replace(one, version=NULL) for one in found.objects), next_version="")

    def stat(self, key: str, version: str = "") -> Object:
        """Return what is made of an asset, made while you wait where it is not ready."""
        return object_of(key, rendering.stand_ready(self._context, self._find(key, version)))

    def open(self, key: str, version: str = "") -> tuple[Object, Opened]:
        """Open it."""
        placed = self._find(key, version)
        opened = replace(rendering.open_placed(self._context, placed), channel=self._outlet.name)
        entry = opened.entry
        return Object(key, entry.size, entry.etag, float(entry.modified), media_type=entry.media_type), opened

    def _find(self, key: str, version: str) -> channels.Placed:
        """Return what a key names exactly; who may not list here is not told what is missing."""
        place = InChannel(self._outlet.name, keys.names_in(key))
        with self._context.catalogue.read() as tx:
            try:
                placed = channels.look(self._context, tx, self._actor, place)
                if key.endswith("/") or key != _key_of(placed):
                    raise keys.missing(key)
            except (NotFound, MovedElsewhere, Gone) as error:  # an object is only where its key says
                self.ask_to_list()
                raise keys.missing(key) from error
            channels.ask_for(self._context, tx, self._actor, placed)
        if version not in {"", NULL}:
            raise NoSuchVersion("Renditions have no versions.")
        return placed

    def content(self, key: str, version: str = "") -> Content | None:
        """Return None: renditions are kept apart from what people store."""
        self._find(key, version)
        return None

    def tags(self, key: str, version: str = "") -> Mapping[str, str]:
        """Renditions have no tags."""
        self._find(key, version)
        return {}

    # ── what is not done here ────────────────────────────────────────────────────────────────

    def ask_to_write(self, key: str, given: Given) -> None:
        """Refuse."""
        del given
        raise _refused(key)

    def put(self, key: str, body: Payload, given: Given) -> Object:
        """Refuse."""
        del body, given
        raise _refused(key)

    def keep(self, key: str, content: Content, given: Given, beside: Beside | None = None) -> Object:
        """Refuse."""
        del content, given, beside
        raise _refused(key)

    def describe(self, key: str, given: Given) -> Object:
        """Refuse."""
        del given
        raise _refused(key)

    def delete(self, key: str, given: Given, version: str = "") -> Deleted:
        """Refuse."""
        del given, version
        raise _refused(key)

    def set_tags(self, key: str, tags: Mapping[str, str], version: str = "") -> None:
        """Refuse."""
        del tags, version
        raise _refused(key)


def _key_of(placed: channels.Placed) -> str:
    """Return the key of a placement in its own spelling; "" for a folder."""
    if placed.placement is None:
        return ""
    return "/".join((*publishing.channel_folders(placed.outlet, placed.folders), placed.placement.name))


def _refused(key: str) -> Refused:
    return Refused("Channels are read only: they show the approved files by themselves.", place=key)
