"""`script/s3clients`: every client does everything at the S3 door, over http and https; prints a table."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.s3 import cells, house, installing
from tests.live.s3.cells import CELLS, Sizes, Trial
from tests.live.s3.clients import Client
from tests.live.s3.keys import Key
from tests.live.served import new_drive

CACHE = Path(sys.prefix) / "s3clients"
SCHEMES = {"http": "", "https": house.TLS}
PLAIN = "plain"
BUCKETS = ("inbox", PLAIN)  # a state's, and one that people made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the table; exit code 1 where a cell failed."""
    given = _parser().parse_args(arguments)
    for package in installing.absent():
        print(f"not installed, and left out: {package}")
    found = list(installing.available(given.cache.resolve()))
    clients = [one for one in found if not given.client or any(fnmatch.fnmatch(one.name, it) for it in given.client)]
    wanted = {name: cell for name, cell in CELLS.items() if not given.cell or name in given.cell}
    failures: list[str] = []
    head = ("client", "over", "bucket", *wanted)
    print(_row(head), _row(["---"] * len(head)), sep="\n", flush=True)
    for scheme in given.scheme or SCHEMES:
        with serving(scheme, Sizes(given.big << 20, given.many)) as (url, key, ca):
            for client in clients:
                for bucket in given.bucket or BUCKETS:
                    trial = (client, url, key, bucket, ca, Sizes(given.big << 20, given.many))
                    got = run(*trial, wanted)
                    print(_row((client.name, scheme, bucket, *map(_short, got.values()))), flush=True)
                    failures += [
                        f"{client.name}, {scheme}, {bucket}, {name}: {outcome}"
                        for name, outcome in got.items()
                        if outcome.startswith("FAILED")
                    ]
    print("", *failures, f"{len(failures)} cells failed", sep="\n")
    return 1 if failures else 0


def run(
    client: Client, url: str, key: Key, bucket: str, ca: Path | None, sizes: Sizes, wanted: dict[str, cells.Cell]
) -> dict[str, str]:
    """Have one client do everything in one bucket."""
    with TemporaryDirectory(prefix="damgate-s3clients-") as folder:
        return cells.all_cells(Trial(client, url, key, bucket, Path(folder), sizes, ca), wanted)


@contextmanager
def serving(scheme: str, sizes: Sizes) -> Iterator[tuple[str, Key, Path | None]]:
    """A drive with both buckets, and in each as many objects as are listed."""
    with TemporaryDirectory(prefix="damgate-s3clients-") as folder:
        blank = new_drive(Path(folder) / "blank")
        with house.open_door(blank, Path(folder), SCHEMES[scheme], workers=2) as (served, key):
            ca = served.certificate if scheme == "https" else None
            cells.client(served.s3_url, key, ca).create_bucket(Bucket=PLAIN)
            for bucket in BUCKETS:
                cells.fill(served.s3_url, key, bucket, sizes.many, ca)
            yield served.s3_url, key, ca


def _short(outcome: str) -> str:
    return "FAILED" if outcome.startswith("FAILED") else outcome


def _row(words: Sequence[str]) -> str:
    return "| " + " | ".join(words) + " |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/s3clients", description=__doc__)
    parser.add_argument("--client", action="append", metavar="PATTERN", help="only clients called so, such as rclone*")
    parser.add_argument("--cell", action="append", choices=CELLS, help="only this; can be repeated")
    parser.add_argument("--scheme", action="append", choices=SCHEMES, help="only over this")
    parser.add_argument("--bucket", action="append", choices=BUCKETS, help="only in this kind of bucket")
    parser.add_argument("--big", type=int, default=100, metavar="MB", help="size of what comes in parts (100)")
    parser.add_argument("--many", type=int, default=10_000, metavar="N", help="objects that are listed (10000)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the clients (in .venv)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
