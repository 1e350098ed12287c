"""A body that is verified while it is read: where it is not what was said, the read that would tell its end raises."""

from __future__ import annotations

import hashlib

from damgate.core.errors import BadDigest
from damgate.core.objects import Checksum
from damgate.drive.buckets import Payload
from damgate.drive.buckets.checksums import Summing, well_formed
from damgate.gateways.s3.asked import Asked, Nothing
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.payloads.announced import Announced, announced, decoded_length
from damgate.gateways.s3.payloads.frames import Frames
from damgate.gateways.s3.payloads.seals import Seals
from damgate.gateways.s3.signing import Signed
from damgate.gateways.s3.signing.signed import UNSIGNED
from damgate.ports.blobs import Body

_STREAMING = "STREAMING-"
_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def payload_for(asked: Asked, signed: Signed) -> Payload:
    """Return the body of a request; whatever can be refused before it is read raises S3Fault here."""
    mode = signed.payload
    streamed = mode.startswith(_STREAMING)
    said = announced(asked, mode if streamed else "")
    body: Body = asked.environ["wsgi.input"] if asked.has_body else Nothing()
    if streamed and (asked.has_body or said.decoded or said.trailer):  # of nothing, some clients send no frames
        return _Verified(Frames(body, said.decoded, _seals(mode, signed), said.trailer), said, "")
    payload = _Verified(body, said, "" if streamed or mode == UNSIGNED else mode.lower())
    if not asked.has_body:
        payload.read(1)  # nothing comes, so that all that was said of it can be compared at once
    return payload


def length_of(asked: Asked) -> int | None:
    """Return how many bytes the client says it will send, without the frames of chunks; None where it does not say."""
    mode = asked.header("x-amz-content-sha256") or asked.parameter("X-Amz-Content-Sha256") or ""
    return decoded_length(asked) if mode.startswith(_STREAMING) else asked.declared


def _seals(mode: str, signed: Signed) -> Seals | None:
    if not mode.startswith(_SIGNED):
        return None
    if signed.proof is None:
        raise S3Fault("InvalidRequest", "Chunks can be signed only in a request that is signed by version 4.")
    return Seals(signed.proof, trailing=mode != _SIGNED)


class _Verified:
    def __init__(self, body: Body, said: Announced, sha256: str) -> None:
        """Expect what was said; `sha256` is the hash of the whole in hex, "" where none was announced."""
        self._body = body
        self._said = said
        self._sha256 = (sha256, hashlib.sha256()) if sha256 else None
        self._md5 = (said.md5, hashlib.md5(usedforsecurity=False)) if said.md5 else None
        self._sum = Summing(said.algorithm)
        self.checksum: Checksum | None = None

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing only where the whole was what it had to be."""
        piece = self._body.read(size)
        if not piece:
            self._check()
            return b""
        if self._sha256:
            self._sha256[1].update(piece)
        if self._md5:
            self._md5[1].update(piece)
        self._sum.update(piece)
        return piece

    def _check(self) -> None:
        if self._sha256 and self._sha256[1].hexdigest() != self._sha256[0]:
            raise S3Fault("XAmzContentSHA256Mismatch", "The body is not the one whose SHA-256 was signed.")
        if self._md5 and self._md5[1].digest() != self._md5[0]:
            raise BadDigest("The Content-MD5 you specified did not match what we received.")
        expected = self._expected()
        if expected and self._sum.value != expected:
            raise BadDigest(f"The {self._sum.algorithm} you specified did not match the calculated checksum.")
        self.checksum = self._sum.checksum

    def _expected(self) -> str:
        if self._said.checksum:
            return self._said.checksum.value
        if not isinstance(self._body, Frames) or not self._said.trailer:
            return ""
        if not well_formed(self._sum.algorithm, self._body.value):
            raise S3Fault("InvalidRequest", f"Value for {self._said.trailer} trailing header is invalid.")
        return self._body.value
