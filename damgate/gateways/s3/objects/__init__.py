"""What the S3 door does with objects: each operation takes a request to its answer."""

from damgate.gateways.s3.objects.attributes import get_attributes
from damgate.gateways.s3.objects.copying import copy
from damgate.gateways.s3.objects.deleting import delete, delete_many
from damgate.gateways.s3.objects.reading import get
from damgate.gateways.s3.objects.tagging import delete_tags, get_tags, put_tags
from damgate.gateways.s3.objects.writing import put

__all__ = ["copy", "delete", "delete_many", "delete_tags", "get", "get_attributes", "get_tags", "put", "put_tags"]
