"""What damgate does not have, said as clients expect it of a bucket where nothing of the kind was set."""

from __future__ import annotations

from damgate.core.errors import DamgateError
from damgate.core.rights import ANONYMOUS
from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.acl import check_ownership
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import version_of
from damgate.gateways.s3.reaching import look_into, reach
from damgate.gateways.s3.routing import Means, Operation
from damgate.gateways.s3.xml import answer, child, element, malformed, read, text

NO_POLICY = "The bucket has no policy of its own."
NO_LOCKS = "The bucket has no object lock configuration."


def nothing_set(code: str, sentence: str) -> Operation:
    """Return an operation that answers that nothing was set."""

    def operation(asked: Asked, means: Means) -> Reply:
        look_into(asked, means)
        raise S3Fault(code, sentence, BucketName=asked.bucket)

    return operation


def nothing_to_delete(asked: Asked, means: Means) -> Reply:
    """Answer that it is gone, for it never was there."""
    look_into(asked, means)
    return empty(204)


def always(root: str, inside: str = "") -> Operation:
    """Return an operation that answers the same of every bucket."""

    def operation(asked: Asked, means: Means) -> Reply:
        look_into(asked, means)
        return answer(root, inside)

    return operation


def not_here(what: str) -> Operation:
    """Return an operation that answers that damgate does not have this."""

    def operation(_asked: Asked, _means: Means) -> Reply:
        raise S3Fault("NotImplemented", f"damgate does not have {what}.")

    return operation


def no_locks(asked: Asked, means: Means) -> Reply:
    """Answer that objects of this bucket are never locked by S3's means."""
    reach(asked, means).stat(asked.key, version_of(asked))
    raise S3Fault("InvalidRequest", NO_LOCKS)


def policy_status(asked: Asked, means: Means) -> Reply:
    """Answer whether everybody may look into the bucket; what is public of the drive's own is said elsewhere."""
    if not look_into(asked, means).owner:
        raise S3Fault("NoSuchBucketPolicy", NO_POLICY, BucketName=asked.bucket)
    return answer("PolicyStatus", element("IsPublic", _public(asked, means)))


def _public(asked: Asked, means: Means) -> bool:
    """Tell whether everybody may look into the bucket of a request."""
    try:
        means.buckets_of(ANONYMOUS).find(asked.bucket).ask_to_list()
    except DamgateError:
        return False
    return True


def put_ownership(asked: Asked, means: Means) -> Reply:
    """Accept what is so anyway: everything in a bucket belongs to its owner."""
    look_into(asked, means)
    rule = child(read(asked, "OwnershipControls"), "Rule")
    if rule is None:
        raise malformed("Ownership controls need a rule.")
    check_ownership(text(rule, "ObjectOwnership"))
    return empty(200)
