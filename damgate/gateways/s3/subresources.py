"""What may stand in a query for itself, and makes another operation of a request."""

from __future__ import annotations

from collections.abc import Container

_IN_ORDER = (
    "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory",
    "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataInventoryTable",
    "metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock", "ownershipControls", "policy",
    "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention",
    "select", "session", "tagging", "torrent", "uploads", "versioning", "versions", "website", "append",
    "uploadId", "partNumber",
)  # fmt: skip
SUBRESOURCES = frozenset(_IN_ORDER)


def subresource_of(parameters: Container[str]) -> str:
    """Return the subresource that a query names, of several the first that counts; "" where it names none."""
    return next((one for one in _IN_ORDER if one in parameters), "")
