"""Blobs as files on a local disk."""

from __future__ import annotations

from damgate.adapters.files.blobs import FileBlobs

__all__ = ["FileBlobs"]
