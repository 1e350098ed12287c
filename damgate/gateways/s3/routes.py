"""All operations of the S3 door, by what asks for them."""

from __future__ import annotations

from damgate.gateways.reply import Reply
from damgate.gateways.s3 import objects
from damgate.gateways.s3.acl import get_bucket_acl, get_object_acl, put_bucket_acl, put_object_acl
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.buckets.making import create_bucket, delete_bucket
from damgate.gateways.s3.buckets.origins import delete_cors, get_cors, put_cors
from damgate.gateways.s3.buckets.standing import get_location, head_bucket, list_buckets
from damgate.gateways.s3.buckets.tagging import delete_bucket_tags, get_bucket_tags, put_bucket_tags
from damgate.gateways.s3.buckets.versioning import get_versioning, put_versioning
from damgate.gateways.s3.forms import post_object
from damgate.gateways.s3.listings import list_object_versions, list_objects
from damgate.gateways.s3.objects.sources import SOURCE
from damgate.gateways.s3.polite import (
    NO_LOCKS,
    NO_POLICY,
    always,
    no_locks,
    not_here,
    nothing_set,
    nothing_to_delete,
    policy_status,
    put_ownership,
)
from damgate.gateways.s3.routing import Means, Routes, Table
from damgate.gateways.s3.uploads import (
    abort_upload,
    begin_upload,
    complete_upload,
    copy_part,
    list_parts,
    list_uploads,
    put_part,
)
from damgate.gateways.s3.xml import element

_SERVICE: Table = {("GET", ""): list_buckets}

_BUCKET: Table = {
    ("GET", ""): list_objects,
    ("HEAD", ""): head_bucket,
    ("PUT", ""): create_bucket,
    ("DELETE", ""): delete_bucket,
    ("POST", ""): post_object,
    ("POST", "delete"): objects.delete_many,
    ("GET", "versions"): list_object_versions,
    ("GET", "uploads"): list_uploads,
    ("GET", "location"): get_location,
    ("GET", "versioning"): get_versioning,
    ("PUT", "versioning"): put_versioning,
    ("GET", "tagging"): get_bucket_tags,
    ("PUT", "tagging"): put_bucket_tags,
    ("DELETE", "tagging"): delete_bucket_tags,
    ("GET", "cors"): get_cors,
    ("PUT", "cors"): put_cors,
    ("DELETE", "cors"): delete_cors,
    ("GET", "acl"): get_bucket_acl,
    ("PUT", "acl"): put_bucket_acl,
    ("GET", "policyStatus"): policy_status,
    ("GET", "publicAccessBlock"): nothing_set("NoSuchPublicAccessBlockConfiguration", "Nothing blocks public access."),
    ("DELETE", "publicAccessBlock"): nothing_to_delete,
    ("PUT", "publicAccessBlock"): not_here("blocks of public access: ACLs and bucket policies open nothing anyway"),
    ("GET", "ownershipControls"): always(
        "OwnershipControls", f"<Rule>{element('ObjectOwnership', 'BucketOwnerEnforced')}</Rule>"
    ),
    ("PUT", "ownershipControls"): put_ownership,
    ("GET", "requestPayment"): always("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
    ("PUT", "requestPayment"): not_here("requests that others pay for"),
    ("GET", "accelerate"): always("AccelerateConfiguration"),
    ("PUT", "accelerate"): not_here("accelerated transfers"),
    ("GET", "logging"): always("BucketLoggingStatus"),
    ("PUT", "logging"): not_here("logs in buckets"),
    ("GET", "notification"): always("NotificationConfiguration"),
    ("PUT", "notification"): not_here("notifications of buckets"),
    ("GET", "policy"): nothing_set("NoSuchBucketPolicy", NO_POLICY),
    ("PUT", "policy"): not_here("policies of buckets: who may do what is said by the policy of the drive"),
    ("DELETE", "policy"): nothing_to_delete,
    ("GET", "lifecycle"): nothing_set("NoSuchLifecycleConfiguration", "The bucket has no lifecycle."),
    ("PUT", "lifecycle"): not_here("lifecycles of buckets"),
    ("DELETE", "lifecycle"): nothing_to_delete,
    ("GET", "website"): nothing_set("NoSuchWebsiteConfiguration", "The bucket is no website."),
    ("PUT", "website"): not_here("websites"),
    ("DELETE", "website"): nothing_to_delete,
    ("GET", "encryption"): nothing_set(
        "ServerSideEncryptionConfigurationNotFoundError", "Nothing is encrypted bucket by bucket."
    ),
    ("PUT", "encryption"): not_here("encryption bucket by bucket"),
    ("DELETE", "encryption"): nothing_to_delete,
    ("GET", "object-lock"): nothing_set("ObjectLockConfigurationNotFoundError", NO_LOCKS),
    ("PUT", "object-lock"): not_here("object lock"),
    ("GET", "replication"): nothing_set("ReplicationConfigurationNotFoundError", "The bucket is not replicated."),
    ("PUT", "replication"): not_here("replication of buckets"),
    ("DELETE", "replication"): nothing_to_delete,
}


def _put_part(asked: Asked, means: Means) -> Reply:
    return (put_part if asked.header(SOURCE) is None else copy_part)(asked, means)


_OBJECT: Table = {
    ("GET", ""): objects.get,
    ("HEAD", ""): objects.get,
    ("GET", "partNumber"): objects.get,
    ("HEAD", "partNumber"): objects.get,
    ("PUT", ""): objects.put,
    ("DELETE", ""): objects.delete,
    ("GET", "attributes"): objects.get_attributes,
    ("GET", "tagging"): objects.get_tags,
    ("PUT", "tagging"): objects.put_tags,
    ("DELETE", "tagging"): objects.delete_tags,
    ("GET", "acl"): get_object_acl,
    ("PUT", "acl"): put_object_acl,
    ("POST", "uploads"): begin_upload,
    ("PUT", "uploadId"): _put_part,
    ("GET", "uploadId"): list_parts,
    ("POST", "uploadId"): complete_upload,
    ("DELETE", "uploadId"): abort_upload,
    ("GET", "retention"): no_locks,
    ("PUT", "retention"): no_locks,
    ("GET", "legal-hold"): no_locks,
    ("PUT", "legal-hold"): no_locks,
}

ROUTES = Routes(_SERVICE, _BUCKET, _OBJECT)
