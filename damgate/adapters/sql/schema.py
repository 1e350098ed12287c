"""The tables of the catalogue, and its schema number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    literal_column,
)
from sqlalchemy.types import TypeEngine

NUMBER = 4  # kept in the file as PRAGMA user_version; `upgrading` knows the way from each older one

metadata = MetaData()

# Written out in statements, so that SQLite sees which partial index holds their rows.
SCRATCH = literal_column("'scratch'", Text)
FOLDER = literal_column("'folder'", Text)
NOBODY = literal_column("''", Text)
DEAD = literal_column("'dead'", Text)


def _column(name: str, kind: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _key(name: str, kind: type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False)


def _text(name: str) -> Column[str]:
    """Return a column that was added to a table with rows: a default lets SQLite do so."""
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, kind: type[TypeEngine[Any]] = Integer) -> Column[Any]:
    """Return a column like `_text`."""
    return Column(name, kind, nullable=False, server_default="0")


def _node(*, primary_key: bool = False) -> Column[str]:
    target = ForeignKey("nodes.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
    return Column("node", Text, target, primary_key=primary_key, nullable=False)


nodes = Table(
    "nodes",
    metadata,
    _key("id"),
    _column("parent"),
    _column("name"),
    _column("key"),
    _column("sort", LargeBinary),
    _column("kind"),
    _column("holder"),
    _column("owner"),
    _column("created", Float),
    _column("modified", Integer),
    _column("touched", Float),
    Column("sha256", Text),
    Column("md5", Text),
    Column("size", Integer),
    Column("media_type", Text),
    _column("version", Integer),
    UniqueConstraint("parent", "holder", "key"),
)
Index("nodes_in_order", nodes.c.parent, nodes.c.sort, nodes.c.holder)
Index("nodes_stale", nodes.c.touched, sqlite_where=(nodes.c.kind == SCRATCH) | (nodes.c.holder != NOBODY))
Index("nodes_scratch_content", nodes.c.sha256, nodes.c.size, sqlite_where=nodes.c.kind == SCRATCH)
Index("nodes_folders", nodes.c.parent, nodes.c.sort, sqlite_where=nodes.c.kind == FOLDER)

rights = Table(
    "rights",
    metadata,
    _key("asset"),
    Column("usable_from", Float),
    Column("usable_until", Float),
    _column("credit"),
    _column("copyright"),
    _column("terms"),
    _text("creator"),
    _text("web_statement"),
    _text("licensor"),
    _text("licensor_url"),
    _text("source_type"),
    _text("data_mining"),
)

focal_points = Table("focal_points", metadata, _key("asset"), _column("x", Float), _column("y", Float))

transitions = Table(
    "transitions", metadata, _key("asset"), _column("source"), _column("target"), _column("by"), _column("at", Float)
)

aliases = Table("aliases", metadata, _key("asset"), _column("target"))

trash = Table(
    "trash",
    metadata,
    _node(primary_key=True),
    _column("parent"),
    _column("path"),
    _column("by"),
    _column("at", Float),
)
Index("trash_at", trash.c.at)
TRASH_PATH = Index("trash_path", trash.c.path)

vacated = Table(
    "vacated", metadata, _key("parent"), _key("key"), _key("person"), _column("asset"), _column("at", Float)
)
Index("vacated_at", vacated.c.at)

versions = Table(
    "versions",
    metadata,
    _key("asset"),
    _key("number", Integer),
    _column("sha256"),
    _column("md5"),
    _column("size", Integer),
    _column("media_type"),
    _column("by"),
    _column("at", Float),
)
Index("versions_content", versions.c.sha256, versions.c.size)

facts = Table(
    "facts",
    metadata,
    _key("sha256"),
    _column("media_type"),
    Column("width", Integer),
    Column("height", Integer),
    _column("damaged"),
    Column("seconds", Float),
    _number("slow", Boolean),
)

tags = Table(
    "tags", metadata, _key("sha256"), _key("name"), _key("origin"), _column("place", Integer), _column("value")
)

locks = Table(
    "locks",
    metadata,
    _key("token"),
    _node(),
    _column("deep", Boolean),
    _column("exclusive", Boolean),
    _column("person"),
    _column("owner"),
    _column("timeout", Integer),
    _column("expires", Float),
)
Index("locks_node", locks.c.node)
Index("locks_person", locks.c.person)
Index("locks_expires", locks.c.expires)

_lock = ForeignKey("locks.token", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
refused_writes = Table(
    "refused_writes", metadata, Column("token", Text, _lock, primary_key=True, nullable=False), _column("sentence")
)

properties = Table("properties", metadata, _node(primary_key=True), _key("namespace"), _key("name"), _column("xml"))

placements = Table(
    "placements",
    metadata,
    _key("channel"),
    _key("asset"),
    _column("folder"),
    _column("name"),
    _column("key"),
    _column("sort", LargeBinary),
    _column("since", Float),
    _column("wanted"),
    _column("shown"),
    _column("size", Integer),
    _column("md5"),
    _column("media_type"),
    _column("modified", Integer),
    _column("fault"),
    _number("changed"),
    UniqueConstraint("channel", "folder", "key"),
)
Index("placements_in_order", placements.c.channel, placements.c.folder, placements.c.sort)
Index("placements_asset", placements.c.asset)
Index("placements_wanted", placements.c.wanted)
PLACEMENTS_CHANGED = Index("placements_changed", placements.c.channel, placements.c.changed)

withdrawals = Table(
    "withdrawals", metadata, _key("channel"), _key("asset"), _column("changed", Integer), _column("at", Float)
)
Index("withdrawals_changed", withdrawals.c.channel, withdrawals.c.changed)

former_placements = Table(
    "former_placements", metadata, _key("channel"), _key("path"), _column("asset"), _column("at", Float)
)

Index("former_placements_asset", former_placements.c.asset)

renditions = Table(
    "renditions",
    metadata,
    _key("key"),
    _column("media_type"),
    _column("size", Integer),
    _column("md5"),
    _column("sha256"),
    _column("made", Float),
    _column("fault"),
    Column("width", Integer),
    Column("height", Integer),
    _text("tool"),
    _text("main"),
)

jobs = Table(
    "jobs",
    metadata,
    _key("id", Integer),
    _column("kind"),
    _column("key"),
    _column("state"),
    _column("tries", Integer),
    _column("run_at", Float),
    _column("lease_until", Float),
    _column("owner"),
    _column("error"),
    _number("slow", Boolean),  # belongs to the slow lane
    _number("later", Boolean),  # nobody waits for it: others go first
    _number("progress", Float),  # part done, 0 to 1
    Column("again", Float),  # when to run once more after the present run; NULL: nobody asked
    UniqueConstraint("kind", "key"),
    sqlite_autoincrement=True,
)
JOBS_LANES = Index("jobs_lanes", jobs.c.slow, jobs.c.later, jobs.c.run_at, jobs.c.id, sqlite_where=jobs.c.state != DEAD)

people = Table(
    "people",
    metadata,
    _key("key"),
    _column("name"),
    _column("roles"),
    _column("password"),
    Column("until", Float),
    _column("disabled", Boolean),
    _column("epoch", Integer),
    _column("created", Float),
)

generations = Table("generations", metadata, _key("name"), _column("value", Integer))

failures = Table(
    "failures", metadata, _key("id", Integer), _column("counter"), _column("score", Integer), _column("at", Float)
)
Index("failures_counter", failures.c.counter, failures.c.at, failures.c.score)
Index("failures_at", failures.c.at)

refusals = Table(
    "refusals",
    metadata,
    _key("id", Integer),
    _column("person"),
    _column("source"),
    _column("target"),
    _column("at", Float),
    _column("items"),
)
Index("refusals_person", refusals.c.person, refusals.c.at)

journal = Table(
    "journal",
    metadata,
    _key("number", Integer),
    _column("at", Float),
    _column("what"),
    _column("by"),
    _column("path"),
    _column("asset"),
    _column("detail"),
    sqlite_autoincrement=True,
)
Index("journal_at", journal.c.at)
for _verb in ("UPDATE", "DELETE"):
    event.listen(
        journal,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER journal_no_{_verb.lower()} BEFORE {_verb} ON journal "
            "BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END"
        ),
    )

documents = Table("documents", metadata, _key("plugin"), _column("generation", Integer), _column("content"))

cursors = Table("cursors", metadata, _key("reader"), _column("number", Integer))

notes = Table("notes", metadata, _key("name"), _column("value"))

access_keys = Table(
    "access_keys",
    metadata,
    _key("access"),
    _column("person"),
    _column("secret", LargeBinary),  # sealed
    _column("label"),
    _column("scope"),
    Column("until", Float),
    _column("disabled", Boolean),
    _column("created", Float),
)
Index("access_keys_person", access_keys.c.person)

buckets = Table("buckets", metadata, _key("name"), _column("owner"), _column("created", Float), _column("settings"))

objects = Table(
    "objects",
    metadata,
    _key("bucket"),
    _key("key", LargeBinary),
    _key("number", Integer),  # rises with each version of a key
    _column("version"),
    _column("latest", Boolean),
    _column("marker", Boolean),
    _column("owner"),
    _column("modified", Float),
    Column("sha256", Text),
    Column("md5", Text),
    Column("size", Integer),
    Column("media_type", Text),
    _column("attributes"),
    _column("tags"),
)
Index("objects_version", objects.c.bucket, objects.c.key, objects.c.version, unique=True)
Index(
    "objects_latest",
    objects.c.bucket,
    objects.c.key,
    sqlite_where=objects.c.latest.is_(True) & objects.c.marker.is_(False),
)
Index("objects_content", objects.c.sha256, objects.c.size)

uploads = Table(
    "uploads",
    metadata,
    _key("id"),
    _column("bucket"),
    _column("key", LargeBinary),
    _column("by"),
    _column("at", Float),
    _column("attributes"),
    _column("tags"),
    _column("algorithm"),
    _column("whole", Boolean),
)
Index("uploads_in_order", uploads.c.bucket, uploads.c.key, uploads.c.id)
Index("uploads_at", uploads.c.at)

_upload = ForeignKey("uploads.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
parts = Table(
    "parts",
    metadata,
    Column("upload", Text, _upload, primary_key=True, nullable=False),
    _key("number", Integer),
    _column("sha256"),
    _column("md5"),
    _column("size", Integer),
    _column("media_type"),
    _column("checksum"),
    _column("taken"),
    _column("at", Float),
)
Index("parts_content", parts.c.sha256, parts.c.size)

# The manifest of bytes that came in parts, each of which is a blob of its own.
segments = Table(
    "segments",
    metadata,
    _key("content"),
    _key("number", Integer),
    _column("sha256"),
    _column("md5"),
    _column("size", Integer),
    _column("checksum"),
)
Index("segments_content", segments.c.sha256, segments.c.size)

attributes = Table(
    "attributes", metadata, _node(primary_key=True), _key("version", Integer), _column("content")
)  # version 0: of what has none

keywords = Table("keywords", metadata, _node(primary_key=True), _key("name"), _column("value"))

# Folders that an object's key brought with it: gone with the last object below them.
implied_folders = Table("implied_folders", metadata, _node(primary_key=True))
