"""Rows for tests, with only what a test cares about spelled out."""

from __future__ import annotations

from damgate.core.assets import Content, Kind, Node
from damgate.core.locks import Lock
from damgate.core.publishing import Placement

NOW = 1_800_000_000.0


def content(letter: str = "a", size: int = 3) -> Content:
    return Content((letter * 64)[:64], (letter * 32)[:32], size, "image/jpeg")


def folder(node: str, parent: str, name: str, *, holder: str = "") -> Node:
    return Node(node, parent, name, Kind.FOLDER, NOW, int(NOW), holder)


def asset(node: str, parent: str, name: str, *, holds: Content | None = None) -> Node:
    return Node(node, parent, name, Kind.ASSET, NOW, int(NOW), "", "ann", holds or content(), 1)


def scratch(node: str, parent: str, name: str, holder: str, *, holds: Content | None = None) -> Node:
    return Node(node, parent, name, Kind.SCRATCH, NOW, int(NOW), holder, holder, holds or content("5"))


def reservation(node: str, parent: str, name: str, owner: str) -> Node:
    return Node(node, parent, name, Kind.RESERVED, NOW, int(NOW), "", owner)


def lock(token: str, node: str, *, person: str = "ann", expires: float = NOW + 60) -> Lock:
    return Lock(token, node, deep=True, exclusive=True, person=person, owner="<a/>", timeout=60, expires=expires)


def placement(asset: str, name: str, *, channel: str = "web", folder: str = "f", shown: str = "k") -> Placement:
    return Placement(channel, folder, name, asset, NOW, "k", shown, 5, "m", "image/jpeg", int(NOW))
