"""The one place where it is decided who signed a request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping

from damgate.core.rights import ANONYMOUS
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing import version2
from damgate.gateways.s3.signing.canonical import Target, canonical_path, canonical_query, split
from damgate.gateways.s3.signing.claims import ALGORITHM, IN_QUERY, PARAMETERS, Claim, in_header, in_query, payload_in
from damgate.gateways.s3.signing.keys import Keys, SigningKeys, same, signer_of
from damgate.gateways.s3.signing.signed import UNSIGNED, Proof, Signed
from damgate.ports.clock import Clock

_REWRITTEN = {"accept-encoding": ("identity", "gzip"), "expect": ("100-continue",)}


class Signatures:
    """Verifies signatures of access keys."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        """Take the keys of these people."""
        self._keys = keys
        self._clock = clock
        self._derived = SigningKeys()

    def verify(self, asked: Asked, raw: str) -> Signed:
        """Return who signed a request whose target was sent as `raw`; nobody is ANONYMOUS. Raises S3Fault.

        Of the request, the method, the environ, and (for addresses of version 2) bucket and key are looked at.
        """
        target = split(raw)
        given = dict(target.pairs)
        written = str(asked.environ.get("HTTP_AUTHORIZATION") or "").strip()
        presigned = not PARAMETERS.isdisjoint(given)
        older = not version2.PARAMETERS.isdisjoint(given)
        if bool(written) + presigned + older > 1:
            raise S3Fault("InvalidArgument", "Only one auth mechanism allowed: a header, or the address.")
        if "HTTP_X_AMZ_SECURITY_TOKEN" in asked.environ or "X-Amz-Security-Token" in given:
            raise S3Fault("InvalidToken", "damgate has no temporary keys: please sign without x-amz-security-token.")
        if older:
            return version2.verify(asked, target, given, self._keys, self._clock.now())
        if presigned:
            _check_once(target)
            return self._compare(asked, target, in_query(asked, given))
        if written:
            return self._compare(asked, target, in_header(asked, written))
        return Signed(ANONYMOUS, payload_in(asked.environ) or UNSIGNED)

    def _compare(self, asked: Asked, target: Target, claim: Claim) -> Signed:
        signer = signer_of(self._keys, claim.credential.access)
        claim.check_time(self._clock.now())
        if "host" not in claim.headers.names:
            raise S3Fault("AccessDenied", "The header “host” must be signed.")
        if unsigned := claim.headers.unsigned(asked.environ):
            raise S3Fault(
                "AccessDenied",
                "There were headers present in the request which were not signed.",
                HeadersNotSigned=", ".join(unsigned),
            )
        key = self._derived.derive(signer.secret, claim.credential)
        for instead in _received(claim):
            if same(_signature(asked, target, claim, key, instead), claim.signature):
                proof = Proof(key, claim.stamp, claim.credential.scope, claim.signature)
                return Signed(signer.actor, claim.payload, claim.expires is not None, proof)
        raise S3Fault("SignatureDoesNotMatch", "The signature is not the one that this request and key make.")


def _signature(asked: Asked, target: Target, claim: Claim, key: bytes, instead: Mapping[str, str]) -> str:
    pairs = target.pairs
    if claim.expires is not None:
        pairs = [(name, value) for name, value in pairs if name != "X-Amz-Signature"]
    canonical = "\n".join(
        (
            asked.method,
            canonical_path(target.path),
            canonical_query(pairs),
            claim.headers.canonical(asked.environ, instead),
            claim.headers.written,
            claim.payload,
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = f"{ALGORITHM}\n{claim.stamp}\n{claim.credential.scope}\n{digest}"
    return hmac.digest(key, text.encode("latin-1"), hashlib.sha256).hex()


def _received(claim: Claim) -> Iterator[Mapping[str, str]]:
    """Yield what to take in place of received headers: nothing, then what proxies are known to have rewritten.

    Clients in Go sign Accept-Encoding, which Cloudflare, nginx and others replace by their own, and gsutil signs
    Expect, which they keep to themselves. Nothing depends on either.
    """
    yield {}
    for name, values in _REWRITTEN.items():
        if name in claim.headers.names:
            yield from ({name: value} for value in values)


def _check_once(target: Target) -> None:
    names = [name for name, _ in target.pairs if name.startswith("X-Amz-")]
    if len(names) != len(set(names)):
        raise S3Fault(IN_QUERY, "A parameter of the signature was given more than once.")
