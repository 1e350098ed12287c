"""Forms with which a page lets its visitors upload: the policy in them is what was signed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from damgate.core.rights import ANONYMOUS, Actor
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing import version2
from damgate.gateways.s3.signing.claims import ALGORITHM
from damgate.gateways.s3.signing.credential import read_credential
from damgate.gateways.s3.signing.keys import Keys, SigningKeys, same, signer_of
from damgate.gateways.s3.signing.moments import WEEK, WINDOW, moment_of
from damgate.ports.clock import Clock

_FIELDS = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_OLDER = ("awsaccesskeyid", "signature")


def verify(fields: Mapping[str, str], keys: Keys, clock: Clock) -> Actor:
    """Return who signed the policy of a form; ANONYMOUS where it has none. Raises S3Fault.

    What the policy itself says, its end too, is for the caller to check: it is as it was signed.
    """
    given = {name.lower(): value for name, value in fields.items()}
    if "x-amz-security-token" in given:
        raise S3Fault("InvalidToken", "damgate has no temporary keys: please sign without x-amz-security-token.")
    if not given.get("policy"):
        if any(name in given for name in (*_FIELDS, *_OLDER)):
            raise S3Fault("InvalidArgument", "A signed form must have a field “policy”.")
        return ANONYMOUS
    return _older(given, keys) if any(name in given for name in _OLDER) else _newer(given, keys, clock.now())


def _newer(given: Mapping[str, str], keys: Keys, now: float) -> Actor:
    for name in _FIELDS:
        if not given.get(name):
            raise S3Fault("InvalidArgument", f"A form with a policy must have a field “{name}”.")
    algorithm, written, stamp, signature = (given[name] for name in _FIELDS)
    if algorithm != ALGORITHM:
        raise S3Fault("InvalidArgument", f"The field x-amz-algorithm must be {ALGORITHM}.")
    credential = read_credential(written, "InvalidArgument")
    at = moment_of(stamp)
    if at is None or not stamp.startswith(credential.date):
        raise S3Fault("InvalidArgument", "The field x-amz-date must be YYYYMMDDTHHMMSSZ, on the credential's day.")
    signer = signer_of(keys, credential.access)
    if at - now > WINDOW:
        raise S3Fault("AccessDenied", "Request is not yet valid.")
    if now - at > WEEK:
        raise S3Fault("AccessDenied", "Request has expired: forms can be signed for a week at most.")
    key = SigningKeys().derive(signer.secret, credential)
    made = hmac.digest(key, given["policy"].encode(errors="replace"), hashlib.sha256).hex()
    return _compared(made, signature, signer.actor)


def _older(given: Mapping[str, str], keys: Keys) -> Actor:
    for name in _OLDER:
        if not given.get(name):
            raise S3Fault("InvalidArgument", f"A form with a policy must have a field “{name}”.")
    signer = signer_of(keys, given["awsaccesskeyid"])
    return _compared(
        version2.sign(signer.secret, given["policy"].encode(errors="replace")), given["signature"], signer.actor
    )


def _compared(made: str, given: str, actor: Actor) -> Actor:
    if not same(made, given):
        raise S3Fault("SignatureDoesNotMatch", "The signature is not the one that this policy and key make.")
    return actor
