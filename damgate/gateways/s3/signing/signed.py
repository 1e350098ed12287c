"""What is known of a request once its signature was verified."""

from __future__ import annotations

from dataclasses import dataclass, field

from damgate.core.rights import Actor

UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the signatures of a body's pieces go on from."""

    key: bytes = field(repr=False)
    stamp: str  # as in x-amz-date
    scope: str
    signature: str  # of the request itself


@dataclass(frozen=True, slots=True)
class Signed:
    """Who asks, and what was said of the body: its SHA-256 in hex, or the name of a way to send it.

    Without a proof, no piece of the body can be signed.
    """

    actor: Actor
    payload: str = UNSIGNED
    presigned: bool = False  # by its address, not by a header
    proof: Proof | None = None
