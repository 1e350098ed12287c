"""Everything that can go wrong for a person, as classes whose text is the sentence that person reads.

A door maps a class to its own status in `gateways.answers`; nothing below a door knows a status code.
"""

from __future__ import annotations

from dataclasses import dataclass


class DamgateError(Exception):
    """Something a person asked for was not done; `str(error)` says why and what would help."""

    def __init__(self, message: str, *, place: str = "") -> None:
        """Keep the sentence, and the path that it is about ("" when it is about none)."""
        super().__init__(message)
        self.message = message
        self.place = place


class BadRequest(DamgateError):
    """The request cannot be understood."""


class BadName(BadRequest):
    """The name or path cannot be kept."""


class IncompleteUpload(BadRequest):
    """The upload ended before its declared end; nothing was changed."""


class NotAuthenticated(DamgateError):
    """A login is needed, or the one given is wrong."""


class TooManyAttempts(DamgateError):
    """Too many wrong passwords; `retry_after` seconds must pass."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        """Keep how long to wait, in seconds."""
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(DamgateError):
    """There is nothing here, or nothing that this person may know of."""


class Gone(DamgateError):
    """What was here has been withdrawn or deleted."""


class MovedElsewhere(DamgateError):
    """A former channel path; `location` is the drive path of where its asset is now."""

    def __init__(self, message: str, *, location: tuple[str, ...]) -> None:
        """Keep the names of the present path, root first."""
        super().__init__(message)
        self.location = location


class Superseded(MovedElsewhere):
    """A link pinned to bytes that others have replaced; `location` is the link to those."""


class ParentMissing(DamgateError):
    """The folder that this would stand in does not exist."""


class AlreadyExists(DamgateError):
    """A folder or file of this name stands here already."""


class NotAFolder(DamgateError):
    """A folder is needed here, and this is a file, or the other way round."""


class MethodRefused(DamgateError):
    """This kind of thing does not take this kind of request."""


class Refused(DamgateError):
    """Policy, or the nature of this place, forbids it."""


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """One file that a gesture could not move: its path, why, and what would help."""

    path: str
    reason: str
    remedy: str


class BadLink(DamgateError):
    """The signature of a link is wrong, or has ended."""


class TransitionRefused(Refused):
    """A move between states was refused; everything stays where it was."""

    def __init__(self, message: str, *, place: str = "", items: tuple[RefusedItem, ...] = ()) -> None:
        """Keep every refused file with its reason and remedy."""
        super().__init__(message, place=place)
        self.items = items


class Locked(DamgateError):
    """Somebody holds a lock here; `place` is the path of the locked thing."""


class StillExamined(DamgateError):
    """The file is still being examined; the same gesture works in a moment."""


class PreconditionFailed(DamgateError):
    """The request named a condition that does not hold."""


class RangeUnsatisfiable(DamgateError):
    """The asked range lies beyond the end; `size` is the whole length in bytes."""

    def __init__(self, message: str, *, size: int) -> None:
        """Keep the whole length."""
        super().__init__(message)
        self.size = size


class TooLarge(DamgateError):
    """More bytes than this place takes."""


class NotSupported(DamgateError):
    """The request uses a feature that damgate does not have."""


class PropertiesTooLarge(TooLarge):
    """More properties, or longer ones, than one file or folder can carry; `names` are those that are too much."""

    def __init__(self, message: str, *, names: tuple[tuple[str, str], ...], place: str = "") -> None:
        """Keep which properties, each as (namespace, local name)."""
        super().__init__(message, place=place)
        self.names = names


class TooManyLocks(DamgateError):
    """The person holds as many locks as one person may, or the file has as many as one file may."""


class NoSpace(DamgateError):
    """The disk or the quota is full; nothing was changed."""


class Unrenderable(DamgateError):
    """A rendition cannot be made of this file; the text says why."""


class Cancelled(DamgateError):
    """Nobody wants the outcome any more; the work was ended."""


class Busy(DamgateError):
    """Not now; worth asking again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int = 5, job: int = 0) -> None:
        """Keep how long to wait, in seconds, and the number of the job that works on it (0: none)."""
        super().__init__(message)
        self.retry_after = retry_after
        self.job = job


class Corrupt(DamgateError):
    """Stored bytes are not what was stored; an operator must look (`damgate check`)."""


class Misconfigured(DamgateError):
    """The drive's configuration, policy or version does not let it start."""


class LockMismatch(DamgateError):
    """The lock token does not belong to this place."""


class BadBucketName(BadName):
    """No bucket can be called so."""


class NoSuchBucket(NotFound):
    """There is no bucket of this name, or none that this person may know of."""


class NoSuchVersion(NotFound):
    """The object has no such version."""


class DeleteMarker(NotFound):
    """The version that was asked for is a delete marker; `version` is its id."""

    def __init__(self, message: str, *, version: str, asked: bool = False) -> None:
        """Keep the marker, and whether it was asked for by its id."""
        super().__init__(message)
        self.version = version
        self.asked = asked


class NoSuchUpload(NotFound):
    """There is no multipart upload of this id: it was never begun, was completed, or was given up."""


class BucketTaken(AlreadyExists):
    """Somebody else has a bucket of this name."""


class BucketStands(AlreadyExists):
    """The person has a bucket of this name already."""


class BucketNotEmpty(AlreadyExists):
    """The bucket holds something, and cannot be removed."""


class BadDigest(BadRequest):
    """The bytes are not those whose checksum was announced; nothing was changed."""


class BadPart(BadRequest):
    """A part that an upload is to be completed with was never sent, or is another one."""


class PartOrder(BadRequest):
    """The parts that an upload is to be completed with do not stand in rising order."""


class PartTooSmall(BadRequest):
    """A part other than the last is smaller than parts may be."""
