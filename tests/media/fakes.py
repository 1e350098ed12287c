"""A catalogue and a blob store just good enough for renditions, shared by processes through a folder."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from damgate.core.assets import Content, Facts
from damgate.core.errors import Corrupt
from damgate.core.publishing import Rendition
from damgate.media import sniff
from damgate.ports.blobs import Blobs
from damgate.ports.catalogue import Catalogue


class Rows:
    """One kind of row, each a file."""

    def __init__(self, folder: Path, kind: Any) -> None:
        self.folder, self.kind = folder, kind
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Any:
        path = self.folder / key
        return self.kind(**json.loads(path.read_text())) if path.exists() else None

    def put(self, key: str, row: Any) -> None:
        partial = self.folder / f".{secrets.token_hex(4)}"
        partial.write_text(json.dumps(asdict(row)))
        partial.replace(self.folder / key)


class FolderCatalogue:
    """Renditions and facts."""

    def __init__(self, folder: Path) -> None:
        self.rows = Rows(folder / "renditions", Rendition)
        self.known = Rows(folder / "facts", Facts)
        self.writes = 0

    @contextmanager
    def read(self) -> Iterator[Any]:
        yield SimpleNamespace(
            renditions=SimpleNamespace(get=self.rows.get, put=lambda row: self.rows.put(row.key, row)),
            versions=SimpleNamespace(facts=self.known.get, set_facts=self.known.put),
        )

    @contextmanager
    def write(self) -> Iterator[Any]:
        self.writes += 1
        with self.read() as transaction:
            yield transaction

    def as_port(self) -> Catalogue:
        return cast(Catalogue, self)


class FolderBlobs:
    """Bytes by hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, data: bytes) -> Content:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.folder / sha256).write_bytes(data)
        return Content(sha256, hashlib.md5(data).hexdigest(), len(data), sniff.media_type(data))

    def lend(self, sha256: str, into: Path) -> None:
        try:
            os.link(self.folder / sha256, into)
        except FileNotFoundError:
            raise Corrupt("The blob is missing.") from None

    def as_port(self) -> Blobs:
        return cast(Blobs, self)
