"""Who signed a request: signatures of version 4 in headers, addresses and forms, and of version 2 in addresses."""

from damgate.gateways.s3.signing.keys import Keys
from damgate.gateways.s3.signing.signatures import Signatures
from damgate.gateways.s3.signing.signed import Proof, Signed

__all__ = ["Keys", "Proof", "Signatures", "Signed"]
