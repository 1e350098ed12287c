"""Assets, their versions, and the nodes of the tree that carry their names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What stands at a name of the tree."""

    FOLDER = "folder"
    ASSET = "asset"
    SCRATCH = "scratch"  # a file that a client littered: its maker's alone, short-lived
    RESERVED = "reserved"  # a LOCK on a free name: vanishes with its lock if nothing is written


@dataclass(frozen=True, slots=True)
class Content:
    """Immutable bytes in the blob store."""

    sha256: str
    md5: str
    size: int  # bytes
    media_type: str  # sniffed from the first bytes, never taken from a name or a header


@dataclass(frozen=True, slots=True)
class Node:
    """One name in the tree.

    An asset's node has the asset's id and repeats its current version, so that a listing reads one table.
    `holder` is the only person who sees the node ("" = everybody): set for scratch.
    """

    id: str
    parent: str
    name: str
    kind: Kind
    created: float  # seconds since 1970, UTC
    modified: int  # whole seconds: name → version
    holder: str = ""
    owner: str = ""  # who uploaded the first version, or made the scratch file or reservation
    content: Content | None = None  # None for folders and reservations
    version: int = 0  # number of the asset's current version, from 1

    @property
    def is_folder(self) -> bool:
        """Whether things can stand below it."""
        return self.kind is Kind.FOLDER


@dataclass(frozen=True, slots=True)
class Version:
    """One immutable content of an asset."""

    asset: str
    number: int  # from 1
    content: Content
    by: str
    at: float  # seconds since 1970, UTC


@dataclass(frozen=True, slots=True)
class Tag:
    """One thing that a file says of itself: `name` in damgate's words, and where it stood."""

    name: str  # creator, credit, copyright, title, taken, camera, …
    value: str
    origin: str  # the field it was read from: XMP dc:creator, IPTC 2:80, EXIF Artist


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decoder found in a content: its size, whether it is whole, and what it says of itself.

    `width` and `height` are in pixels and upright (after EXIF rotation), None where the file is no picture.
    `damaged` is the reason in a person's words, "" for a sound file.
    """

    media_type: str
    width: int | None = None
    height: int | None = None
    damaged: str = ""
    seconds: float | None = None  # how long it plays; None where it does not
    slow: bool = False  # making anything of it takes far longer than its type tells (a progressive giant)
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """An asset's latest move between states: what an undo reverses."""

    asset: str
    source: str
    target: str
    by: str
    at: float


EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
EMPTY = Content(EMPTY_SHA256, EMPTY_MD5, 0, "application/x-empty")
