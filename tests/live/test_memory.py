"""Promise 11: memory does not grow with the size of a file or of a folder."""

import os
from pathlib import Path

from damgate import app
from damgate.core.assets import EMPTY, Kind, Node, Version
from damgate.drive.tree import new_id
from damgate.ports.catalogue import ROOT
from tests.live.processes import peak
from tests.live.served import Served, login

MB = 1_000_000
FILES = 20_000


def test_promise_11_memory_does_not_grow_with_a_file(served: Served) -> None:
    served.ask("carl", "PUT", "/Inbox/small.bin", os.urandom(5 * MB))
    served.ask("carl", "GET", "/Inbox/small.bin")
    before = peak(served)
    piece = os.urandom(MB)
    with served.connection() as connection:
        headers = {"Authorization": login("carl"), "Content-Length": str(200 * MB)}
        connection.request("PUT", "/Inbox/large.bin", body=(piece for _ in range(200)), headers=headers)
        assert connection.getresponse().read() == b""
        connection.request("GET", "/Inbox/large.bin", headers={"Authorization": login("carl")})
        got, size = connection.getresponse(), 0
        while data := got.read(MB):
            size += len(data)
    assert size == 200 * MB
    assert peak(served) - before < 30 * MB


def test_promise_11_memory_does_not_grow_with_a_listing(drive: Path) -> None:
    with app.open_site(drive) as site, site.catalogue.write() as tx:
        inbox = tx.nodes.child(ROOT, "Inbox", "")
        assert inbox is not None
        for number in range(FILES):
            name = f"{number:06} a name of some length.jpg"
            node = Node(new_id(), inbox.id, name, Kind.ASSET, 1e9, 10**9, owner="carl", content=EMPTY, version=1)
            tx.nodes.put(node)
            tx.versions.add(Version(node.id, 1, EMPTY, "carl", 1e9))
    served = Served(drive)
    try:
        served.ask("carl", "PROPFIND", "/Review/", Depth="1")
        before = peak(served)
        answer = served.ask("carl", "PROPFIND", "/Inbox/", Depth="1")
        assert answer.body.count(b"<D:response>") == FILES + 1
        assert len(answer.body) > 8 * MB
        assert peak(served) - before < 20 * MB
    finally:
        served.stop()
