"""What happened on a drive, as the audit log keeps it and observers are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Happening(StrEnum):
    """The kinds of event."""

    ADDED = "added"
    REVISED = "revised"  # a new version
    RENAMED = "renamed"  # a rename or a move inside one state
    MOVED = "moved"  # a transition
    UNDONE = "undone"  # a transition taken back
    REFUSED = "refused"  # a transition that was not made
    COPIED = "copied"
    TRASHED = "trashed"
    RESTORED = "restored"
    PURGED = "purged"  # left the trash for good
    FOLDER_MADE = "folder-made"
    PUBLISHED_UNREVIEWED = "published-without-review"
    RIGHTS_SET = "rights-set"
    FOCAL_SET = "focal-point-set"
    LINK_SIGNED = "link-signed"
    SIGNING_KEY_CHANGED = "signing-key-changed"  # all links that were signed before are void
    PROPERTIES_SET = "properties-set"
    OBJECT_WRITTEN = "object-written"  # in a plain bucket of the S3 door, and so the next two
    OBJECT_DELETED = "object-deleted"
    BUCKET_CHANGED = "bucket-changed"  # made, removed, or its settings
    LOCK_BROKEN = "lock-broken"  # by who manages the drive, not by its holder
    RENDERED = "rendered"
    RENDER_FAILED = "render-failed"
    LOGIN_REFUSED = "login-refused"
    PERSON_CHANGED = "person-changed"
    KEY_CHANGED = "key-changed"  # an access key was made, disabled, or enabled again
    POLICY_REFUSED = "policy-refused"  # a policy file that does not parse
    DAMAGE_FOUND = "damage-found"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `detail` holds strings and numbers only."""

    what: Happening
    by: str
    path: str = ""
    asset: str = ""  # id, "" where it is about none
    detail: Mapping[str, str | int | float] = field(default_factory=dict)
    at: float = 0.0  # seconds since 1970, UTC
    number: int = 0  # rising, given by the catalogue
