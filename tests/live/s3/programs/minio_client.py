"""`minio_client.py VERB …`: minio-py, told what to do by its arguments and where by the environment."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import CopySource

AT = urlsplit(os.environ["S3_URL"])
S3 = Minio(
    AT.netloc,
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    secure=AT.scheme == "https",
)


def keys(bucket: str, prefix: str) -> Iterator[str]:
    for each in S3.list_objects(bucket, prefix=prefix, recursive=True):
        yield each.object_name


def put(file: str, bucket: str, key: str) -> None:
    S3.fput_object(bucket, key, file, part_size=8 << 20)


def get(bucket: str, key: str, file: str) -> None:
    S3.fget_object(bucket, key, file)


def part(bucket: str, key: str, first: str, last: str) -> None:
    answer = S3.get_object(bucket, key, offset=int(first), length=int(last) - int(first) + 1)
    sys.stdout.buffer.write(answer.read())
    answer.close()


def listing(bucket: str, prefix: str) -> None:
    sys.stdout.writelines(f"{key}\n" for key in keys(bucket, prefix))


def copy(bucket: str, key: str, to: str) -> None:
    S3.copy_object(bucket, to, CopySource(bucket, key))


def move(bucket: str, key: str, to: str) -> None:
    copy(bucket, key, to)
    delete(bucket, key)


def delete(bucket: str, key: str) -> None:
    S3.remove_object(bucket, key)


def sync_there(folder: str, bucket: str, prefix: str) -> None:
    for path in Path(folder).rglob("*"):
        if path.is_file():
            put(str(path), bucket, prefix + path.relative_to(folder).as_posix())


def sync_back(bucket: str, prefix: str, folder: str) -> None:
    for key in keys(bucket, prefix):
        if not key.endswith("/"):
            get(bucket, key, str(Path(folder, key.removeprefix(prefix))))


def presign(bucket: str, key: str) -> None:
    print(S3.presigned_get_object(bucket, key, timedelta(minutes=10)))


def presign_put(bucket: str, key: str) -> None:
    print(S3.presigned_put_object(bucket, key, timedelta(minutes=10)))


if __name__ == "__main__":
    VERBS = (put, get, part, listing, copy, move, delete, sync_there, sync_back, presign, presign_put)
    {verb.__name__: verb for verb in VERBS}[sys.argv[1]](*sys.argv[2:])
