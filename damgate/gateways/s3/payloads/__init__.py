"""The bytes of a request's body, whatever way they were sent in, and verified by all that was said of them."""

from damgate.gateways.s3.payloads.payload import length_of, payload_for

__all__ = ["length_of", "payload_for"]
