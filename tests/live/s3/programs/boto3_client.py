"""`boto3_client.py VERB …`: boto3, told what to do by its arguments and where by the environment."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig

PARTS = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20)
S3 = boto3.client("s3", endpoint_url=os.environ["S3_URL"])


def keys(bucket: str, prefix: str) -> Iterator[str]:
    for page in S3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", []))


def put(file: str, bucket: str, key: str) -> None:
    S3.upload_file(file, bucket, key, Config=PARTS)


def get(bucket: str, key: str, file: str) -> None:
    S3.download_file(bucket, key, file, Config=PARTS)


def part(bucket: str, key: str, first: str, last: str) -> None:
    answer = S3.get_object(Bucket=bucket, Key=key, Range=f"bytes={first}-{last}")
    sys.stdout.buffer.write(answer["Body"].read())


def listing(bucket: str, prefix: str) -> None:
    sys.stdout.writelines(f"{key}\n" for key in keys(bucket, prefix))


def copy(bucket: str, key: str, to: str) -> None:
    S3.copy({"Bucket": bucket, "Key": key}, bucket, to, Config=PARTS)


def move(bucket: str, key: str, to: str) -> None:
    copy(bucket, key, to)
    delete(bucket, key)


def delete(bucket: str, key: str) -> None:
    S3.delete_object(Bucket=bucket, Key=key)


def sync_there(folder: str, bucket: str, prefix: str) -> None:
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: put(str(path), bucket, prefix + path.relative_to(folder).as_posix()), files))


def sync_back(bucket: str, prefix: str, folder: str) -> None:
    for key in keys(bucket, prefix):
        path = Path(folder, key.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not key.endswith("/"):
            get(bucket, key, str(path))


def presign(bucket: str, key: str) -> None:
    print(S3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, 600))


def presign_put(bucket: str, key: str) -> None:
    print(S3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": key}, 600))


if __name__ == "__main__":
    VERBS = (put, get, part, listing, copy, move, delete, sync_there, sync_back, presign, presign_put)
    {verb.__name__: verb for verb in VERBS}[sys.argv[1]](*sys.argv[2:])
