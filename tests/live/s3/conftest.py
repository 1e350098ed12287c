"""Fixtures: drives whose S3 door is open, with a plain bucket beside those of their states."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.live.s3 import cells, house
from tests.live.s3.keys import Key, new_key
from tests.live.s3.wire import Hand
from tests.live.served import Served

PLAIN = "plain"


@dataclass(frozen=True)
class Shop:
    """A served drive, with mia's key: she may do everything but look after people."""

    served: Served
    key: Key

    @property
    def ca(self) -> Path | None:
        """Who vouches for the server, if it speaks TLS."""
        return self.served.certificate if self.served.scheme == "https" else None

    @cached_property
    def boto(self) -> Any:
        """A boto3 client that signs as mia."""
        return cells.client(self.served.s3_url, self.key, self.ca)

    @cached_property
    def hand(self) -> Hand:
        """Mia, signing by hand."""
        return Hand(self.key, f"127.0.0.1:{self.served.s3_port}")

    def boto_of(self, person: str) -> Any:
        """A boto3 client that signs as somebody else."""
        return cells.client(self.served.s3_url, new_key(self.served.drive, person), self.ca)

    def keys(self, bucket: str, prefix: str = "") -> dict[str, str]:
        """The ETag of each object, by its key."""
        pages = self.boto.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", [])}


@pytest.fixture(scope="session")
def shop(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A drive over http, for all tests of a session: use keys and folders of your own."""
    yield from _shop(blank, tmp_path_factory.mktemp("s3"), '\n[s3.copies]\n"Inbox>Review" = "transition"\n')


@pytest.fixture(scope="session")
def secure_shop(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The same over https."""
    yield from _shop(blank, tmp_path_factory.mktemp("s3s"), house.TLS)


def _shop(blank: Path, folder: Path, config: str) -> Iterator[Shop]:
    with house.open_door(blank, folder, config) as (served, key):
        made = Shop(served, key)
        made.boto.create_bucket(Bucket=PLAIN)
        yield made
