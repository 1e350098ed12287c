"""A sample of the corpus over a real socket: what the server refuses by itself, and what it hands on unchanged."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from damgate.server import Server, Settings, listen
from tests.fuzz import texts, words
from tests.fuzz.sent import Sent
from tests.fuzz.web import Web, filled
from tests.server.conftest import Answer, parse

QUICK = Settings(threads=4, timeout=10, drain_seconds=5.0, linger_seconds=1.0, grace=5.0)
EACH = 4  # of so many inputs, one
ANSWERED = "2xx/3xx/4xx/501/502"
NO_TARGET = re.compile(rb"[\x00-\x20\x7f#]")  # what a request line cannot carry
NO_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

Talk = Callable[[bytes, str], list[Answer]]


@pytest.fixture
def talk(web: Web) -> Iterator[Talk]:
    """Serve the application; send bytes, and nothing more, and give all answers."""
    listening = listen("127.0.0.1", 0)
    address = listening.getsockname()
    server = Server(listening, web.rig.front, QUICK)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()

    def send(data: bytes, method: str) -> list[Answer]:
        with closing(socket.create_connection(address, timeout=30)) as peer:
            with suppress(ConnectionError):  # a refusal may come before everything was sent
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
            received = b""
            while piece := peer.recv(65536):
                received += piece
        return parse(received, method)

    yield send
    server.stop()
    thread.join()


def test_requests(web: Web, talk: Talk) -> None:
    wrong = []
    alone = [sent for sent, *more in words.programs() if not more and not sent.cut]
    sample = [sent for sent in alone if sent.target != "/metrics"][::EACH]  # which is open to who is near, as we are
    assert len(sample) > 200
    for sent in sample:
        web.renew()
        data, refused = spoken(web, sent)
        (answer,) = talk(data, sent.method)
        due = refused or sent.expected or ANSWERED
        if not answer.whole or not texts.fits(answer.status, due):
            wrong.append((due, answer.status, answer.body[:100], data[:300]))
    assert wrong == []


def spoken(web: Web, sent: Sent) -> tuple[bytes, str]:
    """Return the bytes of a request, and the class of the server's own refusal where it has to refuse them."""
    target = filled(sent.target, web.rig.words).encode("latin-1")
    headers = {name: filled(value, web.rig.words).encode("latin-1") for name, value in sent.headers}
    environ = web.rig.environ(sent, "", [], b"")
    headers = {"Host": b"dam.example:8080", "Connection": b"close"} | headers
    if "HTTP_AUTHORIZATION" in environ:
        headers.setdefault("Authorization", environ["HTTP_AUTHORIZATION"].encode())
    if headers.get("Transfer-Encoding") == b"chunked":
        body = b"%x\r\n%b\r\n" % (len(sent.body), sent.body) if sent.body else b""
        body += b"0\r\n\r\n"
    else:
        body = sent.body
        headers["Content-Length"] = b"%d" % len(body)
    lines = [b"%b %b HTTP/1.1" % (sent.method.encode(), target)]
    lines += [b"%b: %b" % (name.encode(), value) for name, value in headers.items()]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    bad = NO_TARGET.search(target) or any(NO_VALUE.search(value) for value in headers.values())
    return head + body, "400" if bad else "414/431" if len(head) > QUICK.header_bytes else ""


def test_bytes(web: Web, talk: Talk) -> None:
    wrong = []
    for due, line in words.corpus("wire.txt"):
        answers = talk(texts.read(line), "GET")
        first = answers[0]
        ours = {"whole": "2xx/4xx", "cut": "4xx"}.get(due, due)  # the application has its own word about those
        if not first.whole or not texts.fits(first.status, ours) or len(answers) > 3:
            wrong.append((due, line[:200], [answer.status for answer in answers]))
    assert wrong == []
