"""`[channels.NAME]`: who a channel takes, what it makes of them, and for whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from damgate.config.table import Table
from damgate.core import naming
from damgate.core.channels import Delivery, Limits
from damgate.core.errors import BadName, Misconfigured

WITHDRAWN = ("picture", "text")  # what is answered without a file of the operator's
_BUCKET = re.compile(r"[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]")
_MEDIA = re.compile(r"\*|[a-z*?.+-]+/[a-z0-9*?.+-]+")


class Named(Protocol):
    """What may have a name at the S3 door."""

    @property
    def bucket(self) -> str:
        """The name that was asked for, or ""."""
        ...


class LimitsTable(Table, frozen=True):
    """`[channels.NAME.limits]`."""

    pixels: Annotated[int, Meta(ge=0, description="width times height; 0 = no limit")] = 0
    bytes: Annotated[int, Meta(ge=0, description="size of the file; 0 = no limit")] = 0
    seconds: Annotated[int, Meta(ge=0, description="length of video and sound; 0 = no limit")] = 0


class ChannelTable(Table, frozen=True):
    """`[channels.NAME]`."""

    plugin: Annotated[str, Meta(description="the plugin that makes the renditions")] = "image"
    label: Annotated[str, Meta(description="what people read")] = ""
    states: Annotated[tuple[str, ...], Meta(description="the states whose assets it takes; * = all")] = ("Approved",)
    media: Annotated[tuple[str, ...], Meta(description="patterns of media types it takes")] = ("image/*",)
    folders: Annotated[
        tuple[str, ...],
        Meta(description="patterns of folders it takes from, with all below, such as summer or */press; none = all"),
    ] = ()
    names: Annotated[
        tuple[str, ...], Meta(description="patterns of file names it takes, such as *_front.*; none = all")
    ] = ()
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
    naming: Annotated[
        str, Meta(description="names of new files: {stem} {ext} {id} {id8} {state} {folder} {channel}, {ext} last")
    ] = naming.STANDARD
    gate: Annotated[
        Literal["public", "roles", "signed"],
        Meta(description="who may fetch: everybody, who has a role for it, or also who has a signed URL"),
    ] = "roles"
    max_age: Annotated[int, Meta(ge=0, le=31_536_000, description="seconds that caches may keep a public file")] = 60
    withdrawn: Annotated[
        str, Meta(description="what links to a withdrawn file answer: picture, text, or a picture file beside this one")
    ] = WITHDRAWN[0]
    bucket: Annotated[str, Meta(description="its name at the S3 door; empty = the channel's")] = ""
    cors: Annotated[
        tuple[str, ...],
        Meta(description="web sites whose pages may read its bucket at the S3 door; a public channel is for all"),
    ] = ()
    ahead: Annotated[bool, Meta(description="whether renditions are made at once, or when they are first read")] = True
    recipe: Annotated[dict[str, object], Meta(description="settings of the plugin for this channel")] = msgspec.field(
        default_factory=dict
    )


EVERY = ("*",)


def delivery_of(name: str, table: ChannelTable, states: Iterable[str]) -> Delivery:
    """Return who may have what of a channel; raises Misconfigured where its settings contradict each other."""
    all_states = tuple(states)
    _check(name, table, set(all_states))
    return Delivery(
        states=all_states if table.states == EVERY else table.states,
        media=table.media,
        label=table.label or name,
        gate=table.gate,
        max_age=table.max_age,
        folders=table.folders,
        names=table.names,
        least_pixels=table.least_pixels,
        limits=Limits(table.limits.pixels, table.limits.bytes, table.limits.seconds),
        sizes=tuple(sorted(table.sizes)),
        auto=table.format == "auto",
        naming=table.naming,
        ahead=table.ahead,
        bucket=table.bucket or name,
        cors=("*",) if table.gate == "public" and not table.cors else table.cors,
        withdrawn=table.withdrawn,
    )


def check_buckets(states: Iterable[tuple[str, Named]], channels: Iterable[tuple[str, ChannelTable]]) -> dict[str, str]:
    """Return the state behind each state's bucket; raises Misconfigured where two things share a name at the S3 door.

    Who asked for the name is at fault; a state has its own before a channel.
    """
    owners: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, table in sorted(states, key=lambda one: bool(one[1].bucket)):
        bucket = table.bucket or _code(name)
        if not _BUCKET.fullmatch(bucket):
            raise Misconfigured(f"damgate.toml: [states.{name}] bucket: {_no_bucket(bucket)}")
        if bucket in owners:
            raise Misconfigured(
                f"damgate.toml: [states.{name}] bucket: the {owners[bucket]} is called “{bucket}” already."
            )
        owners[bucket], found[bucket] = f"state {name}", name
    for name, channel in sorted(channels, key=lambda one: bool(one[1].bucket)):
        bucket = channel.bucket or name
        if bucket in owners:
            raise _wrong(name, "bucket", f"the {owners[bucket]} is called “{bucket}” already.")
        owners[bucket] = f"channel {name}"
    return found


def _code(state: str) -> str:
    """Return what a state is called at the S3 door unless its table says otherwise: `Zum Druck` is `zum-druck`."""
    plain = unicodedata.normalize("NFKD", state).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _no_bucket(name: str) -> str:
    return f"“{name}” is no name of a bucket: 3 to 63 characters a-z 0-9 -, no - at its ends."


def check_files(name: str, table: ChannelTable, folder: Path) -> None:
    """Raise Misconfigured where a file that the channel needs is not in the drive's folder."""
    if table.withdrawn in WITHDRAWN:
        return
    home = folder.resolve()
    path = (home / table.withdrawn).resolve()
    if not path.is_relative_to(home) or path.is_relative_to(home / "data"):
        raise _wrong(name, "withdrawn", f"“{table.withdrawn}” lies outside of {folder}, or in its data.")
    if not path.is_file():
        why = f"it is picture, text or a picture file, and there is no “{table.withdrawn}” in {folder}."
        raise _wrong(name, "withdrawn", why)


def _check(name: str, table: ChannelTable, states: set[str]) -> None:
    if not table.states:
        raise _wrong(name, "states", "it needs one state at least.")
    if strange := [one for one in table.states if table.states != EVERY and one not in states]:
        raise _wrong(name, "states", f"there is no state “{strange[0]}”; there are: {', '.join(sorted(states))}.")
    if strange := [one for one in table.media if not _MEDIA.fullmatch(one)]:
        raise _wrong(name, "media", f"“{strange[0]}” is no pattern of media types, such as image/* or application/pdf.")
    for key, patterns in (("folders", table.folders), ("names", table.names)):
        if strange := [one for one in patterns if not one or one != one.strip("/")]:
            raise _wrong(name, key, f"“{strange[0]}” matches nothing: write a pattern without / at its ends.")
    for key, values in (("states", table.states), ("sizes", table.sizes)):
        if len(set(values)) < len(values):
            twice = next(one for place, one in enumerate(values) if one in values[:place])
            raise _wrong(name, key, f"{twice} stands there twice.")
    if table.bucket and not _BUCKET.fullmatch(table.bucket):
        raise _wrong(name, "bucket", _no_bucket(table.bucket))
    try:
        naming.check_template(table.naming)
    except BadName as error:
        raise _wrong(name, "naming", error.message) from error


def _wrong(channel: str, key: str, why: str) -> Misconfigured:
    return Misconfigured(f"damgate.toml: [channels.{channel}] {key}: {why}")
