"""Access keys by the command line, at a drive that is served at two ports by two workers."""

import http.client
import os
import re
import shutil
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.live.processes import workers
from tests.live.served import Done, Served, cli, command, until


@pytest.fixture(scope="module")
def door(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    drive = Path(shutil.copytree(blank, tmp_path_factory.mktemp("keys") / "drive"))
    served = Served(drive, workers=2, s3=True)
    yield served
    if served.process.poll() is None:
        assert served.stop() == 0, served.log.read_text()


def added(served: Served, *arguments: str) -> tuple[str, str]:
    """The key that a command made, and its secret."""
    told = cli(served, "key", "add", "DRIVE", *arguments).stdout
    found = re.findall(r"^  (?:access key|secret) +(\S+)$", told, re.MULTILINE)
    assert len(found) == 2, told
    return found[0], found[1]


def client(served: Served, key: tuple[str, str]) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=served.s3_url,
        region_name="damgate",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )


def refused(work: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as told:
        work()
    error = told.value.response["Error"]
    return error["Code"], error["Message"]


def one_sentence(done: Done, *words: str) -> None:
    assert done.returncode == 1
    assert done.stderr.startswith("damgate: ")
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_a_key_signs_at_every_worker_as_soon_as_it_is_made_and_no_longer_than_it_may(door: Served) -> None:
    key = added(door, "carl", "--label", "laptop")
    carl = client(door, key)
    address = carl.generate_presigned_url("get_object", {"Bucket": "inbox", "Key": "keys/a.txt"})
    carl.put_object(Bucket="inbox", Key="keys/a.txt", Body=b"hello")
    assert door.ask("carl", "GET", "/Inbox/keys/a.txt").body == b"hello"
    assert get(door, address) == 200
    told = cli(door, "key", "disable", "DRIVE", key[0]).stdout
    assert told == f"{key[0]} of carl signs nothing any more.\n"
    for _ in range(8):  # whichever worker takes it
        assert refused(lambda: client(door, key).list_buckets())[0] == "InvalidAccessKeyId"
        assert get(door, address) == 403
    assert cli(door, "key", "disable", "DRIVE", key[0], "--undo").stdout == f"{key[0]} of carl signs again.\n"
    assert get(door, address) == 200
    cli(door, "user", "disable", "DRIVE", "carl")
    for _ in range(4):
        assert get(door, address) == 403
    cli(door, "user", "disable", "DRIVE", "carl", "--undo")
    assert get(door, address) == 200


def get(served: Served, address: str) -> int:
    """The status of an address that somebody signed, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", served.s3_port, timeout=30)
    try:
        connection.request("GET", address.removeprefix(served.s3_url))
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_key_for_an_agency_reaches_its_folder_alone(door: Served) -> None:
    mia = client(door, added(door, "mia"))
    mia.put_object(Bucket="inbox", Key="secret.txt", Body=b"secret")
    key = added(door, "mia", "--only", "inbox/agency-x", "--only", "review/agency-x/")
    agency = client(door, key)
    agency.put_object(Bucket="inbox", Key="agency-x/a.txt", Body=b"a")
    assert [one["Name"] for one in agency.list_buckets()["Buckets"]] == ["inbox", "review"]
    listed = agency.list_objects_v2(Bucket="inbox", Delimiter="/")
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == ["agency-x/"]
    assert "Contents" not in listed
    sentence = "This access key is only for inbox/agency-x and review/agency-x."
    assert refused(lambda: agency.get_object(Bucket="inbox", Key="secret.txt")) == ("AccessDenied", sentence)
    assert refused(lambda: agency.put_object(Bucket="inbox", Key="b.txt")) == ("AccessDenied", sentence)
    assert refused(lambda: agency.list_objects_v2(Bucket="approved")) == ("AccessDenied", sentence)
    reader = client(door, added(door, "mia", "--only", "inbox/agency-x", "--read-only"))
    assert reader.get_object(Bucket="inbox", Key="agency-x/a.txt")["Body"].read() == b"a"
    code, sentence = refused(lambda: reader.delete_object(Bucket="inbox", Key="agency-x/a.txt"))
    assert (code, sentence) == ("AccessDenied", "This access key is only for reading.")


def test_keys_are_listed_without_secrets(door: Served) -> None:
    access, secret = added(door, "vera", "--label", "shop", "--read-only", "--until", "2099-01-31")
    told = cli(door, "key", "list", "DRIVE", "vera").stdout
    (row,) = [line for line in told.splitlines() if access in line]
    assert re.split(r" {2,}", row) == [access, "vera", "shop", "everywhere", "read", "2099-01-31 00:00:00"]
    assert secret not in told
    assert access in cli(door, "key", "list", "DRIVE").stdout
    cli(door, "key", "disable", "DRIVE", access)
    assert "disabled" in cli(door, "key", "list", "DRIVE", "vera").stdout


def test_what_a_new_key_prints_is_what_programs_are_told(door: Served) -> None:
    told = cli(door, "key", "add", "DRIVE", "vera").stdout
    for word in ("aws configure set", "rclone config create", "--s3-port", "http://HOST:PORT", "region=damgate"):
        assert word in told
    kept = [path for path in (door.drive / "data").iterdir() if path.suffix == ".seal"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600]


def test_what_cannot_be_is_said_in_one_sentence(door: Served) -> None:
    add = ("key", "add", door.drive)
    one_sentence(command(*add, "eve"), "no account “eve”")
    one_sentence(command(*add, "vera", "--only", "inbux/a"), "no bucket “inbux”", "approved", "inbox", "review")
    one_sentence(command(*add, "vera", "--until", "soon"), "is no date")
    one_sentence(command(*add, "vera", "--until", "2001-01-01"), "ended already")
    one_sentence(command("key", "disable", door.drive, "DAMGAAAAAAAAAAAAAAAA"), "no access key")
    one_sentence(command("key", "list", door.drive, "eve"), "no account “eve”")


def test_a_port_that_is_taken_or_none_is_said(door: Served) -> None:
    serve = ("serve", door.drive, "--port", 0, "--s3-port")
    taken = command(*serve, door.s3_port)
    one_sentence(taken, f"port {door.s3_port} cannot be listened on", "--s3-port")
    one_sentence(command(*serve, 70000), "no port 70000")


def test_without_its_port_there_is_no_such_door_and_the_journal_knows_of_keys(served: Served) -> None:
    access, secret = added(served, "carl")
    assert served.stop() == 0
    assert "s3" not in served.said
    told = cli(served, "log", "DRIVE").stdout
    assert access in told
    assert secret not in told
    cli(served, "check", "DRIVE")


def test_a_killed_worker_is_replaced_at_both_ports(door: Served) -> None:
    key = added(door, "carl")
    for pid in workers(door):
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: len(workers(door)) == 2)
    client(door, key).list_buckets()
    assert door.ask("carl", "PROPFIND", "/", Depth="0").status == 207
