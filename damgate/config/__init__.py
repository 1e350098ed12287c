"""`damgate.toml` as frozen types. Unknown keys are errors that name their path; an empty file is a working drive."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from damgate.core import names, places
from damgate.core.channels import Delivery, Limits
from damgate.core.errors import BadName, Misconfigured
from damgate.core.workflow import Edge, State, Workflow


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"):
    """A table of the file."""


class StateTable(Table, frozen=True):
    """`[states.NAME]`."""

    edits: Annotated[Literal["allow", "refuse"], Meta(description="whether files here can be changed in place")] = (
        "allow"
    )


class LimitsTable(Table, frozen=True):
    """`[channels.NAME.limits]`."""

    pixels: Annotated[int, Meta(ge=0, description="width times height; 0 = no limit")] = 0
    bytes: Annotated[int, Meta(ge=0, description="size of the file; 0 = no limit")] = 0
    seconds: Annotated[int, Meta(ge=0, description="length of video and sound; 0 = no limit")] = 0


class ChannelTable(Table, frozen=True):
    """`[channels.NAME]`."""

    plugin: Annotated[str, Meta(description="the plugin that makes the renditions")] = "image"
    label: Annotated[str, Meta(description="what people read")] = ""
    states: Annotated[tuple[str, ...], Meta(description="the states whose assets it takes")] = ("Approved",)
    media: Annotated[tuple[str, ...], Meta(description="patterns of media types it takes")] = ("image/*",)
    folders: Annotated[tuple[str, ...], Meta(description="patterns of folders it takes from, such as summer*")] = ()
    names: Annotated[tuple[str, ...], Meta(description="patterns of file names it takes, such as *_front.*")] = ()
    least_pixels: Annotated[int, Meta(ge=0, description="smallest picture it takes, by its shorter side")] = 0
    limits: Annotated[LimitsTable, Meta(description="largest originals it takes")] = LimitsTable()
    sizes: Annotated[
        tuple[Annotated[int, Meta(ge=16, le=16_384)], ...],
        Meta(description="widths in pixels that URLs can ask for, beside the channel's own"),
    ] = ()
    format: Annotated[
        Literal["fixed", "auto"],
        Meta(description="auto = stable links answer with AVIF, WebP or JPEG, as the asker's Accept likes best"),
    ] = "fixed"
    naming: Annotated[str, Meta(description="file names: {stem} {ext} {id} {id8} {state} {folder} {channel}")] = (
        "{stem}.{ext}"
    )
    gate: Annotated[
        Literal["public", "roles", "signed"],
        Meta(description="who may fetch: everybody, who has a role for it, or also who has a signed URL"),
    ] = "roles"
    max_age: Annotated[int, Meta(ge=0, le=31_536_000, description="seconds that caches may keep a public file")] = 60
    withdrawn: Annotated[
        str, Meta(description="what links to a withdrawn file answer: picture, text, or a picture file beside this one")
    ] = "picture"
    bucket: Annotated[str, Meta(description="its name at the S3 door; empty = the channel's")] = ""
    ahead: Annotated[bool, Meta(description="whether renditions are made at once, or when they are first read")] = True
    recipe: Annotated[dict[str, object], Meta(description="settings of the plugin for this channel")] = {}


class Server(Table, frozen=True):
    """`[server]`."""

    threads: Annotated[int, Meta(ge=4, le=512, description="requests served at a time by one worker process")] = 96
    render_wait: Annotated[int, Meta(ge=1, le=600, description="seconds that a reader waits for a rendition")] = 25
    xml_bytes: Annotated[int, Meta(ge=1024, description="largest XML request body")] = 65_536
    largest_upload: Annotated[int, Meta(ge=0, description="largest upload in bytes; 0 = no limit")] = 0
    locks_per_person: Annotated[int, Meta(ge=1, description="WebDAV locks that one person may hold")] = 1000
    locks_per_file: Annotated[int, Meta(ge=1, description="shared locks that one file or folder may have")] = 10
    trusted_proxies: Annotated[
        tuple[str, ...], Meta(description="networks of proxies whose forwarded headers count, such as 127.0.0.1")
    ] = ()
    connections_per_address: Annotated[
        int, Meta(ge=8, le=10_000, description="connections without a login that one address may have at a time")
    ] = 32
    tls: Annotated[
        Literal["", "self-signed"],
        Meta(
            description="self-signed = speak TLS with a certificate that damgate makes; empty = with the next, if any"
        ),
    ] = ""
    certificate: Annotated[
        str, Meta(description="file with a certificate and its chain (PEM), by which TLS is spoken; beside this one")
    ] = ""
    key: Annotated[str, Meta(description="file with the certificate's private key (PEM)")] = ""
    names: Annotated[
        tuple[str, ...],
        Meta(description="host names and addresses for the self-signed certificate, beside the machine's own name"),
    ] = ()
    accel: Annotated[
        str,
        Meta(
            pattern=r"^(/[A-Za-z0-9._~-]+/)?$",
            description="internal nginx location that sends stored bytes, such as /-blobs/; empty = damgate sends them",
        ),
    ] = ""


class Decoders(Table, frozen=True):
    """`[decoders]`."""

    count: Annotated[int, Meta(ge=1, le=64, description="decoder processes of one worker process")] = 2
    seconds: Annotated[int, Meta(ge=1, le=3600, description="longest time for one file")] = 60
    memory_mb: Annotated[int, Meta(ge=256, description="address space of one decoder")] = 2048


class Keeping(Table, frozen=True):
    """`[keeping]`."""

    versions: Annotated[int, Meta(ge=0, description="versions kept of each asset; 0 = all")] = 0
    trash_days: Annotated[int, Meta(ge=1, description="days that deleted things can be restored")] = 30
    scratch_hours: Annotated[int, Meta(ge=1, description="hours that scratch files live after the last touch")] = 24


class Logins(Table, frozen=True):
    """`[logins]`."""

    failures: Annotated[int, Meta(ge=3, description="score of wrong logins (1 known name, 2 unknown) that blocks")] = 20
    window: Annotated[
        int, Meta(ge=10, le=86_400, description="seconds in which they count, and for which they block")
    ] = 600


def default_states() -> dict[str, StateTable]:
    """Return the states of a drive whose file names none."""
    closed = {"Approved", "Archive"}
    order = ("Inbox", "Review", "Approved", "Rejected", "Archive")
    return {name: StateTable(edits="refuse" if name in closed else "allow") for name in order}


DEFAULT_EDGES = (
    "Inbox>Review", "Review>Inbox", "Review>Approved", "Review>Rejected", "Rejected>Inbox",
    "Rejected>Review", "Approved>Review", "Approved>Archive", "Archive>Review",
)  # fmt: skip


def default_channels() -> dict[str, ChannelTable]:
    """Return the channels of a drive whose file names none."""
    recipe: dict[str, object] = {"box": 1200, "quality": 82, "logo": "logo.png", "place": "lower-right"}
    return {"webshop": ChannelTable(label="Web shop", gate="public", recipe=recipe)}


class Config(Table, frozen=True):
    """The whole file. `edges` must stand above the first table of the file."""

    states: dict[str, StateTable] = msgspec.field(default_factory=default_states)
    edges: Annotated[tuple[str, ...], Meta(description="allowed transitions")] = DEFAULT_EDGES
    areas: Annotated[dict[str, str], Meta(description="names of sub-trees that roles can be limited to")] = {}
    channels: dict[str, ChannelTable] = msgspec.field(default_factory=default_channels)
    server: Server = Server()
    decoders: Decoders = Decoders()
    keeping: Keeping = Keeping()
    logins: Logins = Logins()
    previews: Annotated[str, Meta(description="the channel whose pictures the pages of folders show; empty = none")] = (
        "preview"
    )
    disabled_plugins: Annotated[tuple[str, ...], Meta(description="plugins that are not loaded")] = ()
    plugins: Annotated[dict[str, dict[str, object]], Meta(description="a table for each plugin")] = {}

    def workflow(self) -> Workflow:
        """Return the states and edges; raises Misconfigured where they contradict each other."""
        for name in self.states:
            _check_state_name(name)
        known, edges = set(self.states), set()
        for written in self.edges:
            source, _, target = written.partition(">")
            if source not in known or target not in known or source == target:
                raise Misconfigured(f"damgate.toml: the edge “{written}” does not join two states of [states].")
            edges.add(Edge(source, target))
        states = tuple(State(name, closed=table.edits == "refuse") for name, table in self.states.items())
        workflow = Workflow(states, frozenset(edges))
        if len(workflow.keys) != len(states):
            raise Misconfigured("damgate.toml: two states of [states] differ only in capitals.")
        return workflow

    def delivery(self, channel: str) -> Delivery:
        """Return who may have what of a channel; one that a plugin brings unasked is for logged-in people."""
        table = self.channels.get(channel) or ChannelTable(media=("*",))
        for state in table.states:
            if state not in self.states:
                raise Misconfigured(
                    f"damgate.toml: [channels.{channel}] names the state “{state}”, which [states] lacks."
                )
        return Delivery(
            states=table.states,
            media=table.media,
            label=table.label or channel,
            gate=table.gate,
            max_age=table.max_age,
            folders=table.folders,
            names=table.names,
            least_pixels=table.least_pixels,
            limits=Limits(table.limits.pixels, table.limits.bytes, table.limits.seconds),
            sizes=tuple(sorted(set(table.sizes))),
            auto=table.format == "auto",
            naming=table.naming,
            ahead=table.ahead,
            bucket=table.bucket or channel,
            withdrawn=table.withdrawn,
        )

    def area_paths(self) -> dict[tuple[str, ...], str]:
        """Return the keys of each area's path, mapped to the area's name."""
        return {
            tuple(names.key(part) for part in path.strip("/").split("/")): area for area, path in self.areas.items()
        }


def _check_state_name(name: str) -> None:
    try:
        names.check_name(name)
    except BadName as error:
        raise Misconfigured(f"damgate.toml: [states.{name}]: {error}") from error
    if names.key(name) in places.RESERVED or ">" in name:
        raise Misconfigured(f"damgate.toml: a state cannot be called “{name}”; the name is taken.")


def load(path: Path) -> Config:
    """Read a drive's `damgate.toml`; raises Misconfigured with a sentence that names the line or key."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Config)
    except FileNotFoundError:
        raise Misconfigured(
            f"{path.parent} is not a drive: it has no {path.name}. Make one with: damgate init {path.parent}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{path.name}: {error}") from error
    config.workflow()
    for channel in config.channels:
        config.delivery(channel)
    return config


def starter() -> str:
    """Return the commented `damgate.toml` that a new drive gets."""
    return resources.files(__package__).joinpath("starter.toml").read_text("utf-8")
