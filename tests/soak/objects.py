"""T1 at the S3 door: kill -9 of the server, or of a worker, while clients put, complete, copy, approve and delete."""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError, IncompleteReadError

from tests.live.s3.keys import Key, new_key
from tests.live.served import Answer, Served, ask
from tests.soak.ground import OPERATOR, Ground, Result, faults_of
from tests.soak.kills import strike
from tests.soak.ledger import Ledger, Read, Unreadable, Verdict
from tests.soak.load import Load, Unanswered

FULL, SHORT = 100, 2
CONFIG = '[s3.copies]\n"Inbox>Review" = "transition"\n'
PART = 5 * 1024 * 1024  # bytes of every part but the last
SIZES = (20, 3_000, 30_000)
CUT = (
    HTTPClientError,
    EndpointConnectionError,
    IncompleteReadError,
    OSError,
)  # what a client sees of a server that was killed


def run(ground: Ground) -> Result:
    """Kill, restart, check; again and again."""
    dice, drive = ground.dice(), ground.drive("objects", CONFIG)
    key, operator = new_key(drive, "carl"), new_key(drive, OPERATOR)
    total, failures = Verdict(), 0
    faults: tuple[str, ...] = ()
    ready: list[float] = []
    served = Served(drive, workers=2, program=ground.program, s3=True)
    kill = 0
    try:
        for kill in range(ground.count):
            ledger = ground.ledger(f"kill-{kill:03}")
            load = ObjectLoad(served, ledger, f"{ground.seed}-{kill}", key)
            ready += strike(served, load, dice, kill, after=dice.randrange(20, 50))
            failures += load.failures
            ledger.close()
            with both_doors(served, operator) as read:
                total += ledger.verdict(read)
            if not total:
                break
        faults = faults_of(drive)
    finally:
        served.kill()
    remark = f"ready {statistics.median(ready):.1f} s after a kill, {max(ready):.1f} s at most" if ready else ""
    return Result(total, kill + 1, failures, remark, faults)


def client(served: Served, key: Key) -> Any:
    """Return a client that sends everything once: what was not answered is nobody's to send again."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=60, s3={"addressing_style": "path"})
    return boto3.Session().client(
        "s3", endpoint_url=served.s3_url, region_name="damgate", aws_access_key_id=key.access,
        aws_secret_access_key=key.secret, config=once,
    )  # fmt: skip


class ObjectLoad(Load):
    """Contributors who work by S3."""

    def __init__(self, served: Served, ledger: Ledger, seed: str, key: Key) -> None:
        super().__init__(served, ledger, seed)
        self._key = key

    def _run(self, name: str) -> None:
        dice, turn = random.Random(name), 0
        s3 = client(self._served, self._key)
        while not self._stopping.is_set():
            turn += 1
            try:
                Contributor(s3, self.ledger, dice).hand_in(f"{name}-{turn}")
            except Unanswered:
                self.failures += 1
            except CUT:
                self.lost_connections += 1
                time.sleep(0.01)  # a new server takes a moment
            except Exception as error:  # noqa: BLE001 — it is raised by `stop`
                self.errors.append(error)
                return


class Contributor:
    """One contributor's gestures; a ledger names what they mean by its path on the drive."""

    def __init__(self, s3: Any, ledger: Ledger, dice: random.Random) -> None:
        self._s3 = s3
        self._ledger = ledger
        self._dice = dice

    def hand_in(self, name: str) -> None:
        """Write some objects below one prefix, and hand them in."""
        dice, keys = self._dice, [f"{name}/{number}.txt" for number in range(3)]
        for key in keys:
            self.put(key)
            if dice.random() < 0.3:
                self.put(key)
        if dice.random() < 0.1:
            self.put_in_parts(f"{name}/large.txt")
        if dice.random() < 0.5:
            self.copy(keys[0], f"{name}/copy.txt")
        if dice.random() < 0.4:
            self.delete(keys.pop())
        for key in keys:
            self.approve(key)

    def put(self, key: str) -> None:
        """Write an object whole; a later write of its key makes its next version."""
        body = self._dice.randbytes(self._dice.choice(SIZES))
        self._intends(key, body)
        self._done("put_object", Key=key, Body=body)
        self._ledger.acknowledged(f"/Inbox/{key}", hashlib.sha256(body).hexdigest(), len(body))

    def put_in_parts(self, key: str) -> None:
        """Write an object in two parts."""
        first, last = self._dice.randbytes(PART), self._dice.randbytes(1000)
        upload = self._done("create_multipart_upload", Key=key)["UploadId"]
        parts = []
        for number, body in enumerate((first, last), 1):
            answer = self._done("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
        whole = first + last
        self._intends(key, whole)
        self._done("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        self._ledger.acknowledged(f"/Inbox/{key}", hashlib.sha256(whole).hexdigest(), len(whole))

    def copy(self, key: str, to: str) -> None:
        """Copy an object beside itself."""
        body = self._done("get_object", Key=key)["Body"].read()
        self._intends(to, body)
        self._done("copy_object", Key=to, CopySource={"Bucket": "inbox", "Key": key})
        self._ledger.acknowledged(f"/Inbox/{to}", hashlib.sha256(body).hexdigest(), len(body))

    def approve(self, key: str) -> None:
        """Copy an object to the next state: the transition; then delete it where it was, as every client moves."""
        self._ledger.intends("move", f"/Inbox/{key}", to=f"/Review/{key}")
        self._done("copy_object", Bucket="review", Key=key, CopySource={"Bucket": "inbox", "Key": key})
        self._ledger.moved(f"/Inbox/{key}", f"/Review/{key}")
        self._done("delete_object", Key=key)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self._ledger.intends("remove", f"/Inbox/{key}")
        self._done("delete_object", Key=key)
        self._ledger.removed(f"/Inbox/{key}")

    def _intends(self, key: str, body: bytes) -> None:
        self._ledger.intends("write", f"/Inbox/{key}", sha256=hashlib.sha256(body).hexdigest(), size=len(body))

    def _done(self, operation: str, **given: Any) -> Any:
        try:
            return getattr(self._s3, operation)(**{"Bucket": "inbox", **given})
        except ClientError as error:
            told = error.response["ResponseMetadata"]
            if told["HTTPStatusCode"] >= 500:
                raise Unanswered(Answer(told["HTTPStatusCode"], str(error), told["HTTPHeaders"], b"")) from error
            raise


@contextmanager
def both_doors(served: Served, key: Key) -> Iterator[Read]:
    """Read names by S3 and on the drive: the same bytes, size and ETag."""
    s3 = client(served, key)
    with served.connection() as connection:

        def read(name: str) -> bytes | None:
            bucket, _, within = name.strip("/").partition("/")
            drive = ask(connection, OPERATOR, "GET", name)
            try:
                answer = s3.get_object(Bucket=bucket.lower(), Key=within)
                body: bytes = answer["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchKey":
                    raise Unreadable(str(error)) from error
                if drive.status != 404:
                    raise Unreadable(f"{name}: nothing by S3, {drive.status} on the drive") from error
                return None
            assert drive.status == 200, (name, drive)
            assert drive.body == body, name
            assert drive.headers["ETag"] == answer["ETag"], name
            return body

        yield read
