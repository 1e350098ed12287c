"""The signatures of chunks: each goes on from the one before it, the first from that of the request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing.keys import same
from damgate.gateways.s3.signing.signed import Proof

SIGNATURE = "x-amz-trailer-signature"

_NOTHING = hashlib.sha256().hexdigest()


class Seals:
    """Compares the signature of each chunk with its bytes, as they pass."""

    def __init__(self, proof: Proof, *, trailing: bool) -> None:
        """Go on from the request's signature; with `trailing`, what comes behind the bytes is signed too."""
        self._proof = proof
        self._last = proof.signature
        self._given = ""
        self._digest = hashlib.sha256()
        self.trailing = trailing

    def open(self, signature: str) -> None:
        """Begin a chunk that is said to have this signature."""
        self._given = signature
        self._digest = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Pass bytes of the chunk."""
        self._digest.update(piece)

    def close(self) -> None:
        """End the chunk; raises S3Fault where its bytes have another signature."""
        self._compare("PAYLOAD", f"{_NOTHING}\n{self._digest.hexdigest()}", self._given)

    def close_trailer(self, found: dict[str, str]) -> None:
        """Take the signature of the trailers out of them, and compare it; raises S3Fault."""
        given = found.pop(SIGNATURE, "")
        if not given or not found:
            raise S3Fault("IncompleteBody", "The trailer lacks a checksum or its x-amz-trailer-signature.")
        self._compare("TRAILER", hashlib.sha256(_written(found)).hexdigest(), given)

    def _compare(self, what: str, digest: str, given: str) -> None:
        proof = self._proof
        text = f"AWS4-HMAC-SHA256-{what}\n{proof.stamp}\n{proof.scope}\n{self._last}\n{digest}"
        made = hmac.digest(proof.key, text.encode("latin-1"), hashlib.sha256).hex()
        if not same(made, given):
            raise S3Fault("SignatureDoesNotMatch", "The signature of a chunk is not the one that its bytes make.")
        self._last = made


def _written(trailers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items())).encode()
