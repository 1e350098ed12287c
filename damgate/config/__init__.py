"""`damgate.toml` as frozen types. Unknown keys are errors that name their path; an empty file is a working drive."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from damgate.config import lines, mistakes
from damgate.config.channel import ChannelTable, LimitsTable, check_buckets, check_files, delivery_of
from damgate.config.table import Table
from damgate.core import names, places
from damgate.core.channels import Delivery
from damgate.core.errors import BadName, Misconfigured
from damgate.core.objects import Copying
from damgate.core.rights import Rights
from damgate.core.workflow import Edge, State, Workflow

__all__ = [
    "S3", "ChannelTable", "Config", "Decoders", "Keeping", "LimitsTable", "Logins", "Server", "StateTable", "Table",
    "load", "starter",
]  # fmt: skip


class StateTable(Table, frozen=True):
    """`[states.NAME]`."""

    edits: Annotated[Literal["allow", "refuse"], Meta(description="whether files here can be changed in place")] = (
        "allow"
    )
    bucket: Annotated[str, Meta(description="its name at the S3 door; empty = the state's, in lower case")] = ""
    cors: Annotated[
        tuple[str, ...], Meta(description="web sites whose pages may read and upload by presigned URLs at the S3 door")
    ] = ()


class S3(Table, frozen=True):
    """`[s3]`: what the S3 door does; `damgate serve --s3-port` opens it."""

    domain: Annotated[
        str, Meta(description="name below which each bucket is a host, such as s3.example.com; empty = paths only")
    ] = ""
    region: Annotated[
        str, Meta(pattern=r"^[a-z0-9-]{1,32}$", description="what clients are told; any other is taken as well")
    ] = "damgate"
    plain_buckets: Annotated[bool, Meta(description="whether people may make buckets of their own at this door")] = (
        False
    )
    copies: Annotated[
        dict[str, Copying],
        Meta(description="what a copy between two states is: transition, duplicate, or refuse (where it is not named)"),
    ] = msgspec.field(default_factory=dict)
    metadata: Annotated[
        dict[str, Annotated[str, Meta(description="creator, credit, copyright, terms, …")]],
        Meta(description="fields of an asset's rights that x-amz-meta-… of this name set and show"),
    ] = msgspec.field(default_factory=dict)
    upload_days: Annotated[int, Meta(ge=1, description="days after which unfinished multipart uploads are ended")] = 7


class Server(Table, frozen=True):
    """`[server]`."""

    threads: Annotated[
        int, Meta(ge=4, le=512, description="requests served at a time by one worker process at each port")
    ] = 96
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
    slow_count: Annotated[
        int, Meta(ge=1, le=16, description="decoder processes for what takes long: video, office documents, raw files")
    ] = 1
    slow_seconds: Annotated[int, Meta(ge=1, le=86_400, description="longest time for one file that takes long")] = 1800
    slow_memory_mb: Annotated[int, Meta(ge=256, description="address space of one decoder for what takes long")] = 4096


class Cache(Table, frozen=True):
    """`[cache]`: what can be made again. Beyond its room, what was not read for the longest time goes first."""

    renditions_gb: Annotated[float, Meta(ge=0, description="room for the bytes of renditions; 0 = no limit")] = 0
    mezzanines_gb: Annotated[
        float, Meta(ge=0, description="room for fast copies of approved pictures, some 20 MB each; 0 = none are kept")
    ] = 10


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


_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_META_NAME = re.compile(r"[a-z0-9_-]{1,100}")
DEFAULT_EDGES = (
    "Inbox>Review", "Review>Inbox", "Review>Approved", "Review>Rejected", "Rejected>Inbox",
    "Rejected>Review", "Approved>Review", "Approved>Archive", "Archive>Review",
)  # fmt: skip


def default_channels() -> dict[str, ChannelTable]:
    """Return the channels of a drive whose file names none: those that a new drive's file begins with."""
    shipped = "\n".join(example(name) for name in DEFAULT)
    return msgspec.convert(tomllib.loads(shipped)["channels"], dict[str, ChannelTable])


class Config(Table, frozen=True):
    """The whole file. `edges` must stand above the first table of the file."""

    states: dict[str, StateTable] = msgspec.field(default_factory=default_states)
    edges: Annotated[tuple[str, ...], Meta(description="allowed transitions")] = DEFAULT_EDGES
    areas: Annotated[dict[str, str], Meta(description="names of sub-trees that roles can be limited to")] = (
        msgspec.field(default_factory=dict)
    )
    channels: dict[str, ChannelTable] = msgspec.field(default_factory=default_channels)
    server: Server = Server()
    decoders: Decoders = Decoders()
    cache: Cache = Cache()
    keeping: Keeping = Keeping()
    s3: S3 = S3()
    logins: Logins = Logins()
    previews: Annotated[str, Meta(description="the channel whose pictures the pages of folders show; empty = none")] = (
        "preview"
    )
    disabled_plugins: Annotated[tuple[str, ...], Meta(description="plugins that are not loaded")] = ()
    plugins: Annotated[dict[str, dict[str, object]], Meta(description="a table for each plugin")] = msgspec.field(
        default_factory=dict
    )

    def workflow(self) -> Workflow:
        """Return the states and edges; raises Misconfigured where they contradict each other."""
        for name in self.states:
            _check_state_name(name)
        known, edges = set(self.states), set()
        for written in self.edges:
            source, _, target = written.partition(">")
            if source not in known or target not in known or source == target:
                raise Misconfigured(f"damgate.toml: edges: “{written}” does not join two states.")
            edges.add(Edge(source, target))
        states = tuple(State(name, closed=table.edits == "refuse") for name, table in self.states.items())
        workflow = Workflow(states, frozenset(edges))
        if len(workflow.keys) != len(states):
            raise Misconfigured("damgate.toml: two states of [states] differ only in capitals.")
        return workflow

    def delivery(self, channel: str) -> Delivery:
        """Return who may have what of a channel; one that a plugin brings unasked is for logged-in people."""
        return delivery_of(channel, self.channels.get(channel) or ChannelTable(media=("*",)), self.states)

    def buckets(self) -> dict[str, str]:
        """Return the code of each state's bucket, mapped to the state; raises Misconfigured where two share one."""
        return check_buckets(self.states.items(), self.channels.items())

    def copies(self) -> dict[Edge, Copying]:
        """Return what copies between two states' buckets are; raises Misconfigured for what joins no two states."""
        found: dict[Edge, Copying] = {}
        for written, meaning in self.s3.copies.items():
            source, _, target = written.partition(">")
            if source not in self.states or target not in self.states or source == target:
                raise Misconfigured(f"damgate.toml: [s3] copies: “{written}” does not join two states.")
            found[Edge(source, target)] = meaning
        return found

    def metadata(self) -> dict[str, str]:
        """Return which field of an asset's rights each name of `x-amz-meta-…` is; raises Misconfigured for no field."""
        texts = [field.name for field in fields(Rights) if field.type == "str"]
        for name, meant in self.s3.metadata.items():
            if not _META_NAME.fullmatch(name):
                why = f"“{name}” is no name of x-amz-meta-…: a-z 0-9 - and _ only, in lower case."
                raise Misconfigured(f"damgate.toml: [s3] metadata: {why}")
            if meant not in texts:
                known = ", ".join(texts)
                raise Misconfigured(f"damgate.toml: [s3] metadata: {name}: there is no “{meant}”; there are: {known}.")
        return self.s3.metadata

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
        raise Misconfigured(f"damgate.toml: [states.{name}]: a state cannot be called so; the name is taken.")


def load(path: Path) -> Config:
    """Read a drive's `damgate.toml`; raises Misconfigured with a sentence that names line, table and key."""
    with lines.told(path):
        config = _convert(path)
        config.workflow()
        for name, table in config.channels.items():
            config.delivery(name)
            check_files(name, table, path.parent)
        config.buckets()
        config.copies()
        config.metadata()
    return config


def _convert(path: Path) -> Config:
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise Misconfigured(
            f"{path.parent} is not a drive: it has no {path.name}. Make one with: damgate init {path.parent}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = _AT.search(str(error))
        told = f" line {line[1]}: {str(error)[: line.start()]}(column {line[2]})" if line else f": {error}"
        raise Misconfigured(f"{path.name}{told}") from error
    try:
        return msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        where, why = mistakes.mistake(raw, Config)
        raise Misconfigured(f"{path.name}: {mistakes.sentence(where, why) if why else error}") from error


EXAMPLES = ("webshop", "catalogue", "print", "social", "preview", "video-web", "audio-web")
ACTIVE = ("webshop", "preview")  # what a new drive has; the others stand in its file as comments
DEFAULT = ("webshop",)  # what a drive has whose file names no channel
_CHANNELS = "# …channels…\n"


def example(name: str) -> str:
    """Return a channel that comes with damgate, complete and commented."""
    return resources.files(__package__).joinpath("channels", f"{name}.toml").read_text("utf-8")


def starter() -> str:
    """Return the commented `damgate.toml` that a new drive gets."""
    text = resources.files(__package__).joinpath("starter.toml").read_text("utf-8")
    channels = (example(name) if name in ACTIVE else _commented(example(name)) for name in EXAMPLES)
    return text.replace(_CHANNELS, "\n".join((*channels, "")))


def _commented(text: str) -> str:
    return re.sub(r"(?m)^(?=[^#\n])", "# ", text)
