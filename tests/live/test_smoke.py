"""The shortest way through a running server."""

from tests.live.served import Served


def test_a_served_drive_takes_a_file_and_gives_it_back(served: Served) -> None:
    put = served.ask("carl", "PUT", "/Inbox/shoe.txt", b"hello")
    assert (put.status, put.reason) == (201, "Created")
    got = served.ask("carl", "GET", "/Inbox/shoe.txt")
    assert got.body == b"hello"
    assert got.headers["ETag"] == put.headers["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert served.ask(None, "GET", "/Inbox/shoe.txt").status == 401
    assert served.ask(None, "PROPFIND", "/").status == 401
