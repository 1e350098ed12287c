"""A drive with an open S3 door: carl's key for the state Inbox, mia's for the plain bucket that she makes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from damgate import app
from tests.live.s3.keys import Key, new_key
from tests.live.served import Served

PLAIN_BUCKETS = '\n[s3]\nplain-buckets = true\ndomain = "s3.example.com"\n'
TLS = '\n[server]\ntls = "self-signed"\nnames = ["127.0.0.1", "localhost"]\n'
REGION = "damgate"


def configure(drive: Path, more: str) -> None:
    """Put more behind a drive's damgate.toml."""
    toml = drive / app.CONFIG
    toml.write_text(toml.read_text("utf-8") + more, "utf-8")


@contextmanager
def open_door(blank: Path, folder: Path, config: str = "", workers: int = 1) -> Iterator[tuple[Served, Key]]:
    """Serve a copy of a drive at its S3 door, and give mia's key, who may do everything but look after people."""
    drive = Path(shutil.copytree(blank, folder / "drive"))
    configure(drive, PLAIN_BUCKETS + config)
    key = new_key(drive, "mia")
    served = Served(drive, workers, s3=True)
    try:
        yield served, key
        code = served.stop()
        assert code == 0, served.log.read_text()
    finally:
        if served.process.poll() is None:
            served.kill()
