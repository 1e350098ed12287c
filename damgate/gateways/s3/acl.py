"""ACLs, which are not what says who may do what: everything belongs to its owner, and is shown and set so alone."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import check_fields, fields_of, version_of
from damgate.gateways.s3.reaching import look_into, reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import NOBODY, answer, body_of, child, children, element, escape, parse, person, text

_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def get_bucket_acl(asked: Asked, means: Means) -> Reply:
    """Answer that the bucket is its owner's."""
    return _answer(look_into(asked, means).owner)


def put_bucket_acl(asked: Asked, means: Means) -> Reply:
    """Accept what is so anyway, and refuse everything else."""
    owner = look_into(asked, means).owner
    _check(asked, frozenset({owner or NOBODY, asked.actor.name}))
    return empty(200)


def get_object_acl(asked: Asked, means: Means) -> Reply:
    """Answer that the object is its owner's."""
    return _answer(_owner(asked, means))


def put_object_acl(asked: Asked, means: Means) -> Reply:
    """Accept what is so anyway, and refuse everything else; s3cmd sends the ACL of a copy's source, with its owner."""
    _check(asked, frozenset({_owner(asked, means), asked.actor.name}), documented=True)
    return empty(200)


def _owner(asked: Asked, means: Means) -> str:
    bucket = reach(asked, means)
    return bucket.stat(asked.key, version_of(asked)).owner or bucket.owner or NOBODY


def _answer(owner: str) -> Reply:
    shown = escape(owner or NOBODY)
    return answer(
        "AccessControlPolicy",
        f"{person('Owner', owner)}<AccessControlList><Grant>"
        f'<Grantee xmlns:xsi="{_INSTANCE}" xsi:type="CanonicalUser"><ID>{shown}</ID><DisplayName>{shown}</DisplayName>'
        f"</Grantee>{element('Permission', 'FULL_CONTROL')}</Grant></AccessControlList>",
    )


def check_ownership(said: str | None) -> None:
    """Accept the one rule of S3's object ownership that is so anyway, and refuse the others."""
    if said != "BucketOwnerEnforced":
        raise S3Fault("NotImplemented", "Everything in a bucket belongs to its owner: BucketOwnerEnforced alone.")


def _check(asked: Asked, owners: frozenset[str], *, documented: bool = False) -> None:
    check_fields(fields_of(asked))
    if not (body := body_of(asked)):
        return
    policy = parse(body, "AccessControlPolicy")
    granted, owner = child(policy, "AccessControlList"), child(policy, "Owner")
    if granted is None:
        raise S3Fault("MalformedACLError", "An ACL needs an AccessControlList.")
    if documented and owner is not None:
        owners |= {text(owner, "ID") or ""}
    for grant in children(granted, "Grant"):
        if text(grant, "Permission") != "FULL_CONTROL" or _grantee(grant) not in owners:
            raise _not_supported()


def _grantee(grant: Element) -> str | None:
    found = child(grant, "Grantee")
    return None if found is None else text(found, "ID")


def _not_supported() -> S3Fault:
    return S3Fault(
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs: who may do what is said by the policy of the drive.",
    )
