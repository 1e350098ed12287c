"""Addresses that were signed by version 2: what boto3, aws-cli 1 and s3cmd make unless they are told another region."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from damgate.gateways.request import header_of
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing.canonical import Target
from damgate.gateways.s3.signing.claims import payload_in
from damgate.gateways.s3.signing.keys import Keys, same, signer_of
from damgate.gateways.s3.signing.moments import WEEK, WINDOW
from damgate.gateways.s3.signing.signed import UNSIGNED, Signed
from damgate.gateways.s3.subresources import SUBRESOURCES

PARAMETERS = frozenset({"AWSAccessKeyId", "Signature"})

# All that makes another operation of a request is signed, also what clients of version 2 never knew.
SIGNED = SUBRESOURCES | {"select-type", "storageClass", "versionId"}

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(asked: Asked, target: Target, given: Mapping[str, str], keys: Keys, now: float) -> Signed:
    """Return who signed an address; raises S3Fault where nobody did, or not for now."""
    access, signature, expires = (
        unquote_to_bytes(given.get(name, "")).decode("latin-1") for name in ("AWSAccessKeyId", "Signature", "Expires")
    )
    if not access or not signature or not _SECONDS.fullmatch(expires):
        raise S3Fault("AccessDenied", "An address signed by version 2 needs AWSAccessKeyId, Signature and Expires.")
    signer = signer_of(keys, access)
    if now >= int(expires):
        raise S3Fault("AccessDenied", "Request has expired.")
    if int(expires) > now + WEEK + WINDOW:
        raise S3Fault("AccessDenied", "Expires must be less than a week in the future.")
    if not same(sign(signer.secret, _text(asked, target, expires).encode("latin-1")), signature):
        raise S3Fault("SignatureDoesNotMatch", "The signature is not the one that this address and key make.")
    return Signed(signer.actor, payload_in(asked.environ) or UNSIGNED, presigned=True)


def sign(secret: str, text: bytes) -> str:
    """Return the signature of a text."""
    return base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha1)).decode()


def _text(asked: Asked, target: Target, expires: str) -> str:
    lines = [asked.method, asked.header("Content-MD5") or "", str(asked.environ.get("CONTENT_TYPE") or ""), expires]
    own = {
        header_of(name): str(value).strip() for name, value in asked.environ.items() if name.startswith("HTTP_X_AMZ_")
    }
    lines += [f"{name}:{own[name]}" for name in sorted(own)]
    return "\n".join((*lines, _resource(asked, target)))


def _resource(asked: Asked, target: Target) -> str:
    """Name what is asked for; the bucket is in front of the path, also where it came as the name of a host."""
    path = target.path
    if asked.bucket and unquote_to_bytes(path) == f"/{asked.key}".encode():
        path = f"/{asked.bucket}{path}"
    named = []
    for piece in target.query.split("&"):
        written, equals, value = piece.partition("=")
        name = _decoded(written)  # as who reads the parameters knows it: “%61cl” asks for the ACL as well
        if name in SIGNED or name.startswith("response-"):
            named.append((name, equals + _decoded(value)))
    named.sort(key=lambda one: one[0])
    return path + ("?" if named else "") + "&".join(name + value for name, value in named)


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("latin-1")
