"""The shipped docker/nginx.conf before the S3 door: what programs sign arrives as they signed it."""

import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.live.outside import Fronted, fronted
from tests.live.s3 import house
from tests.live.s3.house import REGION
from tests.live.s3.keys import Key, new_key
from tests.live.served import need

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("nginx")]

NAMES = ("a b.txt", "a+b.txt", "100%.txt", "%2F.txt", "Größe & (so).txt", "semi;colon=#&@.txt", "~'!$,.txt")
BIG = os.urandom(20_000_000)


@dataclass(frozen=True)
class Front:
    """A drive with plain buckets behind nginx, with mia's key."""

    outside: Fronted
    key: Key
    ca: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.outside.s3}"

    def boto(self, key: Key | None = None, url: str = "", **settings: Any) -> Any:
        """A boto3 client that comes through nginx."""
        key = key or self.key
        return boto3.client(
            "s3", endpoint_url=url or self.url, aws_access_key_id=key.access, aws_secret_access_key=key.secret,
            region_name=REGION, verify=str(self.ca), config=Config(retries={"total_max_attempts": 1}, **settings),
        )  # fmt: skip

    def rclone(self, *arguments: str) -> str:
        """Run Debian's rclone, which signs Accept-Encoding and sends `Expect`."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_D_TYPE": "s3",
            "RCLONE_CONFIG_D_PROVIDER": "Other",
            "RCLONE_CONFIG_D_ENDPOINT": self.url,
            "RCLONE_CONFIG_D_REGION": REGION,
            "RCLONE_CONFIG_D_ACCESS_KEY_ID": self.key.access,
            "RCLONE_CONFIG_D_SECRET_ACCESS_KEY": self.key.secret,
            "RCLONE_CA_CERT": str(self.ca),
        }
        command = [need("rclone"), "--retries", "1", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def front(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    drive = Path(shutil.copytree(blank, folder / "drive"))
    house.configure(drive, '\n[s3]\nplain-buckets = true\ndomain = "s3.dam.example"\n')
    key = new_key(drive, "mia")
    with fronted(folder, drive, workers=2) as outside:
        made = Front(outside, key, folder / "fullchain.pem")
        made.boto().create_bucket(Bucket="plain")
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_names_arrive_exactly(front: Front, name: str) -> None:
    s3 = front.boto()
    for bucket in ("plain", "inbox"):
        s3.put_object(Bucket=bucket, Key=f"names/{name}", Body=name.encode())
        assert s3.get_object(Bucket=bucket, Key=f"names/{name}")["Body"].read() == name.encode()
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"names/{name}")
        assert [one["Key"] for one in listed["Contents"]] == [f"names/{name}"]
    assert front.outside.served.ask("mia", "GET", "/Inbox/names/" + quote(name)).body == name.encode()


def test_empty_names_in_a_key_are_not_merged(front: Front) -> None:
    s3 = front.boto()
    s3.put_object(Bucket="plain", Key="a//b/", Body=b"1")
    s3.put_object(Bucket="plain", Key="a/b/", Body=b"2")
    assert s3.get_object(Bucket="plain", Key="a//b/")["Body"].read() == b"1"
    assert s3.list_objects_v2(Bucket="plain", Prefix="a//")["KeyCount"] == 1


def test_parts_and_ranges(front: Front, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(BIG)
    s3 = front.boto()
    s3.upload_file(str(tmp_path / "big"), "inbox", "big.bin")  # in parts, each in chunks with a trailer
    assert s3.head_object(Bucket="inbox", Key="big.bin")["ETag"].endswith('-3"')
    s3.download_file("inbox", "big.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == BIG
    part = s3.get_object(Bucket="inbox", Key="big.bin", Range="bytes=9000000-9000009")
    assert (part["ContentRange"], part["Body"].read()) == (
        f"bytes 9000000-9000009/{len(BIG)}", BIG[9_000_000:9_000_010],
    )  # fmt: skip


def test_metadata_and_what_answers_say_pass_as_they_are(front: Front) -> None:
    s3 = front.boto()
    meta = {"under_score": "1", "hyphen-ated": "2"}
    s3.put_object(
        Bucket="plain", Key="meta", Body=b"x", Metadata=meta, ContentType="text/x-odd", CacheControl="max-age=7",
        ContentEncoding="zstd", ContentDisposition='attachment; filename="x"',
    )  # fmt: skip
    got = s3.get_object(Bucket="plain", Key="meta")
    assert got["Metadata"] == meta
    said = [got[name] for name in ("ETag", "ContentType", "CacheControl", "ContentEncoding", "ContentDisposition")]
    etag = f'"{hashlib.md5(b"x").hexdigest()}"'
    assert said == [etag, "text/x-odd", "max-age=7", "zstd", 'attachment; filename="x"']


def test_presigned_addresses_open_in_both_directions(front: Front) -> None:
    s3 = front.boto()
    for signature in ("s3v4", "s3"):
        signing = front.boto(signature_version=signature)
        key = f"presigned {signature}+ü.txt"
        up = signing.generate_presigned_url("put_object", {"Bucket": "inbox", "Key": key})
        down = signing.generate_presigned_url("get_object", {"Bucket": "inbox", "Key": key})
        request = urllib.request.Request(up, b"by its address", method="PUT")
        request.add_unredirected_header("Content-type", "")
        with urllib.request.urlopen(request, context=front.outside.context) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(down, context=front.outside.context) as answer:
            assert answer.read() == b"by its address"
        assert s3.head_object(Bucket="inbox", Key=key)["ContentLength"] == 14


def test_a_refusal_comes_through_with_its_sentence(front: Front) -> None:
    vera = front.boto(new_key(front.outside.served.drive, "vera"))
    with pytest.raises(ClientError) as refused:
        vera.put_object(Bucket="approved", Key="x.bin", Body=b"x" * 1_000_000)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert len(refused.value.response["Error"]["Message"]) > len("Access Denied")


def test_rclone_there_and_back(front: Front, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    (there / "ünter").mkdir(parents=True)
    for name in NAMES:
        (there / "ünter" / name).write_text(name)
    (there / "big").write_bytes(BIG)
    front.rclone("copy", str(there), "D:inbox/rclone", "--s3-chunk-size", "8M", "--s3-upload-cutoff", "8M")
    front.rclone("copy", "D:inbox/rclone", str(back))
    for path in there.rglob("*"):
        assert path.is_dir() or (back / path.relative_to(there)).read_bytes() == path.read_bytes()
    assert front.rclone("lsf", "D:inbox/rclone").splitlines() == ["big", "ünter/"]


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_s3_names_lead_to_it_on_the_port_of_the_drive_too(front: Front, style: str) -> None:
    front.boto().put_object(Bucket="plain", Key="named.txt", Body=b"named")
    named = front.boto(url="https://s3.dam.example", s3={"addressing_style": style})
    asked = urlsplit(named.generate_presigned_url("get_object", {"Bucket": "plain", "Key": "named.txt"}))
    assert asked.hostname == {"path": "s3.dam.example", "virtual": "plain.s3.dam.example"}[style]
    connection = http.client.HTTPConnection(asked.hostname)
    with socket.create_connection(("127.0.0.1", front.outside.port)) as tcp:
        connection.sock = front.outside.context.wrap_socket(tcp, server_hostname=asked.hostname)
        connection.request("GET", f"{asked.path}?{asked.query}")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"named")
        connection.close()
    assert front.outside.ask(None, "GET", "/healthz").status == 200, "the drive's own name"
