"""What damgate does not have, said as clients expect it of a bucket where nothing of the kind was set."""

from __future__ import annotations

from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.acl import public
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.buckets.standing import bucket_of
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import version_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Operation, Rooms
from damgate.gateways.s3.xml import answer, child, element, malformed, read, text

NO_POLICY = "The bucket has no policy of its own."
_LOCKS = "The bucket has no object lock configuration."


def nothing_set(code: str, sentence: str) -> Operation:
    """Return an operation that answers that nothing was set."""

    def operation(asked: Asked, rooms: Rooms) -> Reply:
        bucket_of(asked, rooms)
        raise S3Fault(code, sentence, BucketName=asked.bucket)

    return operation


def nothing_to_delete(asked: Asked, rooms: Rooms) -> Reply:
    """Answer that it is gone, for it never was there."""
    bucket_of(asked, rooms)
    return empty(204)


def always(root: str, inside: str = "") -> Operation:
    """Return an operation that answers the same of every bucket."""

    def operation(asked: Asked, rooms: Rooms) -> Reply:
        bucket_of(asked, rooms)
        return answer(root, inside)

    return operation


def not_here(what: str) -> Operation:
    """Return an operation that answers that damgate does not have this."""

    def operation(_asked: Asked, _rooms: Rooms) -> Reply:
        raise S3Fault("NotImplemented", f"damgate does not have {what}.")

    return operation


def no_locks(asked: Asked, rooms: Rooms) -> Reply:
    """Answer that objects of this bucket are never locked by S3's means."""
    reach(asked, rooms).stat(asked.key, version_of(asked))
    raise S3Fault("InvalidRequest", _LOCKS)


def policy_status(asked: Asked, rooms: Rooms) -> Reply:
    """Answer whether everybody may look into the bucket; what is public of the drive's own is said elsewhere."""
    if not bucket_of(asked, rooms).owner:
        raise S3Fault("NoSuchBucketPolicy", NO_POLICY, BucketName=asked.bucket)
    return answer("PolicyStatus", element("IsPublic", public(asked, rooms)))


def put_ownership(asked: Asked, rooms: Rooms) -> Reply:
    """Accept what is so anyway: everything in a bucket belongs to its owner."""
    bucket_of(asked, rooms)
    rule = child(read(asked, "OwnershipControls"), "Rule")
    if rule is None:
        raise malformed("Ownership controls need a rule.")
    if text(rule, "ObjectOwnership") != "BucketOwnerEnforced":
        raise S3Fault("NotImplemented", "Everything in a bucket belongs to its owner: BucketOwnerEnforced alone.")
    return empty(200)
