"""PDF: the XMP of the whole document, not that of pictures in it."""

from __future__ import annotations

from typing import BinaryIO

from damgate_image.legal.blobs import Blobs


def read(file: BinaryIO) -> Blobs:
    """Return what a PDF says of itself."""
    from pypdf import PdfReader  # noqa: PLC0415  (slow to load, and seldom needed)
    from pypdf.generic import StreamObject  # noqa: PLC0415

    metadata = PdfReader(file).root_object.get("/Metadata")
    stream = metadata.get_object() if metadata else None
    return Blobs(stream.get_data() if isinstance(stream, StreamObject) else b"")
