"""`obstore_client.py VERB …`: obstore, told what to do by its arguments and where by the environment."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import S3Store

if TYPE_CHECKING:  # the module has it for type checkers alone
    from obstore.store import ClientConfig

URL = os.environ["S3_URL"]


def store(bucket: str) -> S3Store:
    plain: ClientConfig = {"allow_http": URL.startswith("http:")}
    return S3Store(bucket, endpoint=URL, client_options=plain, virtual_hosted_style_request=False)


def keys(bucket: str, prefix: str) -> Iterator[str]:
    for page in obstore.list(store(bucket), prefix):
        yield from (each["path"] for each in page)


def put(file: str, bucket: str, key: str) -> None:
    obstore.put(store(bucket), key, Path(file), chunk_size=8 << 20)


def get(bucket: str, key: str, file: str) -> None:
    with Path(file).open("wb") as out:
        out.writelines(obstore.get(store(bucket), key).stream())


def part(bucket: str, key: str, first: str, last: str) -> None:
    sys.stdout.buffer.write(obstore.get_range(store(bucket), key, start=int(first), end=int(last) + 1))


def listing(bucket: str, prefix: str) -> None:
    sys.stdout.writelines(f"{key}\n" for key in keys(bucket, prefix))


def copy(bucket: str, key: str, to: str) -> None:
    obstore.copy(store(bucket), key, to)


def move(bucket: str, key: str, to: str) -> None:
    obstore.rename(store(bucket), key, to)


def delete(bucket: str, key: str) -> None:
    obstore.delete(store(bucket), key)


def sync_there(folder: str, bucket: str, prefix: str) -> None:
    for path in Path(folder).rglob("*"):
        if path.is_file():
            put(str(path), bucket, prefix + path.relative_to(folder).as_posix())


def sync_back(bucket: str, prefix: str, folder: str) -> None:
    for key in keys(bucket, prefix):
        path = Path(folder, key.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True)
        get(bucket, key, str(path))


def presign(bucket: str, key: str) -> None:
    print(obstore.sign(store(bucket), "GET", key, timedelta(minutes=10)))


def presign_put(bucket: str, key: str) -> None:
    print(obstore.sign(store(bucket), "PUT", key, timedelta(minutes=10)))


if __name__ == "__main__":
    VERBS = (put, get, part, listing, copy, move, delete, sync_there, sync_back, presign, presign_put)
    {verb.__name__: verb for verb in VERBS}[sys.argv[1]](*sys.argv[2:])
