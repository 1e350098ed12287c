"""Objects that come in parts: begun, sent part by part, and put together or given up."""

from damgate.drive.buckets.uploads.begun import abort, find
from damgate.drive.buckets.uploads.completing import complete
from damgate.drive.buckets.uploads.copying import copy_part
from damgate.drive.buckets.uploads.listing import parts, parts_of, uploads
from damgate.drive.buckets.uploads.sending import begin, put_part

__all__ = ["abort", "begin", "complete", "copy_part", "find", "parts", "parts_of", "put_part", "uploads"]
