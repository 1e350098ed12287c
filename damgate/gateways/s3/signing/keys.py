"""Access keys, and what signatures are made with."""

from __future__ import annotations

import hashlib
import hmac
from typing import Protocol

from damgate.core.bounded import Bounded
from damgate.core.people import Signer
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing.credential import Credential


class Keys(Protocol):
    """The access keys of a drive's people."""

    def find(self, access: str) -> Signer | None:
        """Return whose key it is and its secret; None where it is unknown, disabled or has ended."""
        ...


def signer_of(keys: Keys, access: str) -> Signer:
    """Return whose key it is; raises S3Fault where nobody's."""
    signer = keys.find(access)
    if signer is None:
        raise S3Fault("InvalidAccessKeyId", "damgate has no such access key, or it was disabled, or has ended.")
    return signer


class SigningKeys:
    """The keys that version 4 derives of a secret for each day and region: four hashes, which are remembered."""

    def __init__(self) -> None:
        """Know none yet."""
        self._derived: Bounded[tuple[str, str, str], bytes] = Bounded(1000)

    def derive(self, secret: str, credential: Credential) -> bytes:
        """Return the key of a secret within the scope of a credential."""
        key = (secret, credential.date, credential.region)
        derived = self._derived.get(key)
        if derived is None:
            derived = f"AWS4{secret}".encode()
            for name in (credential.date, credential.region, "s3", "aws4_request"):
                derived = hmac.digest(derived, name.encode("latin-1"), hashlib.sha256)
            self._derived.put(key, derived)
        return derived


def same(made: str, given: str) -> bool:
    """Compare two signatures, in a time that does not depend on where they differ."""
    return hmac.compare_digest(made.encode(), given.encode(errors="replace"))
