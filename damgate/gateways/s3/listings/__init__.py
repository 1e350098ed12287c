"""ListObjects in its two versions, and ListObjectVersions."""

from damgate.gateways.s3.listings.objects import list_objects
from damgate.gateways.s3.listings.versions import list_object_versions

__all__ = ["list_object_versions", "list_objects"]
