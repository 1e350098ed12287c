"""Large files as boto3 and the aws cli send and move them: in parts, several at a time."""

from __future__ import annotations

import io
import random

from boto3.s3.transfer import TransferConfig

from tests.live.s3.conftest import Shop

MB = 1024 * 1024
PARTS = TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=8 * MB)  # as those clients do of themselves
BODY = random.Random(1).randbytes(20 * MB)


def test_a_large_file_is_sent_read_and_handed_on_in_parts(shop: Shop) -> None:
    s3, served = shop.boto_of("carl"), shop.served
    s3.upload_fileobj(io.BytesIO(BODY), "inbox", "film/shoe.bin", Config=PARTS, ExtraArgs={"Metadata": {"foo": "bar"}})
    sent = s3.head_object(Bucket="inbox", Key="film/shoe.bin")
    assert sent["ETag"].endswith('-3"')
    on_the_drive = served.ask("carl", "GET", "/Inbox/film/shoe.bin")
    assert (on_the_drive.headers["ETag"], on_the_drive.body == BODY) == (sent["ETag"], True)
    s3.copy({"Bucket": "inbox", "Key": "film/shoe.bin"}, "review", "film/shoe.bin", Config=PARTS)
    s3.delete_object(Bucket="inbox", Key="film/shoe.bin")
    assert served.ask("carl", "HEAD", "/Inbox/film/shoe.bin").status == 404
    moved = s3.head_object(Bucket="review", Key="film/shoe.bin")
    assert (moved["ETag"], moved["Metadata"]) == (sent["ETag"], {"foo": "bar"})
    into = io.BytesIO()
    s3.download_fileobj("review", "film/shoe.bin", into, Config=PARTS)
    assert into.getvalue() == BODY
