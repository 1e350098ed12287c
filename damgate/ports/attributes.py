"""What is known of the tree beside its nodes because clients of buckets said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from damgate.core.objects import Attributes


class AttributesOfNodes(Protocol):
    """What clients said of an object when they wrote it, by node and number of its version (0: it has none)."""

    def of(self, node: str, version: int) -> Attributes:
        """Return the attributes; empty ones where nothing was said."""
        ...

    def put(self, node: str, version: int, attributes: Attributes) -> None:
        """Keep the attributes in place of those that stand."""
        ...

    def forget(self, node: str, version: int) -> None:
        """Forget what was said of a version (with its node, all is forgotten by itself)."""
        ...


class Keywords(Protocol):
    """The tags of objects: keywords of an asset, in all its versions."""

    def of(self, node: str) -> Mapping[str, str]:
        """Return name → value."""
        ...

    def put(self, node: str, keywords: Mapping[str, str]) -> None:
        """Keep these in place of those that stand."""
        ...


class ImpliedFolders(Protocol):
    """Folders that nobody made: the key of an object brought them with it, and they go with their last object."""

    def put(self, node: str) -> None:
        """Note that a folder is implied."""
        ...

    def remove(self, node: str) -> None:
        """Note that somebody means a folder to stand."""
        ...

    def holds(self, node: str) -> bool:
        """Tell whether a folder is implied."""
        ...

    def among(self, nodes: Sequence[str]) -> Mapping[str, bool]:
        """Return which of these folders are implied, and of each whether a file with bytes stands directly in it."""
        ...
