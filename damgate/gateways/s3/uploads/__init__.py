"""The operations on uploads in parts."""

from damgate.gateways.s3.uploads.beginning import abort_upload, begin_upload
from damgate.gateways.s3.uploads.completing import complete_upload
from damgate.gateways.s3.uploads.listing import list_parts, list_uploads
from damgate.gateways.s3.uploads.parts import copy_part, put_part

__all__ = ["abort_upload", "begin_upload", "complete_upload", "copy_part", "list_parts", "list_uploads", "put_part"]
