"""The tree, the channels and plain buckets as S3 clients see them: buckets that hold objects."""

from damgate.drive.buckets.bucket import Beside, Bucket, Payload
from damgate.drive.buckets.buckets import Buckets

__all__ = ["Beside", "Bucket", "Buckets", "Payload"]
