"""Blobs that came in parts, and were never copied together."""

from damgate.adapters.joined.blobs import JoinedBlobs

__all__ = ["JoinedBlobs"]
