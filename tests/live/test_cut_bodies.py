"""Promise 3: until its last byte an upload is seen by nobody. How it may be cut: tests/soak/cuts.py."""

import socket
from contextlib import ExitStack

from damgate import app
from damgate.cli.terms import OPERATOR
from tests.live.served import Row, Served, listing, login, until
from tests.soak.cuts import PIECE, WHOLE
from tests.soak.ground import staged


def visible(served: Served, folder: str) -> tuple[dict[str, Row], dict[str, bytes], dict[str, int]]:
    """Everything that anybody can see: listing, bytes, versions."""
    shown = listing(served, "carl", folder)
    assert listing(served, "rita", folder) == shown
    got = {name: served.ask("carl", "GET", f"{folder}/{name}") for name in shown}
    assert all(got[name].headers["ETag"] == row.etag for name, row in shown.items())
    with app.open_site(served.drive) as site:
        parent = folder.strip("/").split("/")
        versions = {name: len(site.operator.versions(OPERATOR, (*parent, name))) for name in shown}
    return shown, {name: answer.body for name, answer in got.items()}, versions


def test_until_its_last_byte_an_upload_is_seen_by_nobody_promise_3(served: Served) -> None:
    folder = "/Inbox/slow"
    assert served.ask("carl", "MKCOL", folder).status == 201
    assert served.ask("carl", "PUT", f"{folder}/over.bin", b"old").status == 201
    before = visible(served, folder)
    head = "PUT {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n"
    with ExitStack() as open_ends:
        peers = []
        for name in ("new.bin", "over.bin"):
            peer = open_ends.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=30))
            peer.sendall(head.format(f"{folder}/{name}", login("carl"), len(WHOLE)).encode() + WHOLE[:-1])
            peers.append(peer)
        assert until(lambda: len(staged(served.drive)) == 2)
        assert visible(served, folder) == before
        for peer, status in zip(peers, (b"201", b"204"), strict=True):
            peer.sendall(WHOLE[-1:])
            assert peer.recv(PIECE).startswith(b"HTTP/1.1 " + status)
    shown, got, versions = visible(served, folder)
    assert set(shown) == {"new.bin", "over.bin"}
    assert set(got.values()) == {WHOLE}
    assert versions == {"new.bin": 1, "over.bin": 2}
    assert not staged(served.drive)
