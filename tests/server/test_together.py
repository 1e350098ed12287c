"""Two servers of one process: they begin together, serve apart, and end together."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from damgate.server import Server, Settings, Together, listen

SLOW = 0.6  # seconds


class Two:
    """Two servers that say who they are; the second takes its time at /slow."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.hung_up: list[str] = []
        self.sockets = [listen("127.0.0.1", 0), listen("127.0.0.1", 0)]
        self.ports = [one.getsockname()[1] for one in self.sockets]
        settings = Settings(threads=2, grace=5.0)
        self.servers = [
            Server(one, self.app(name), settings, partial(self.hung_up.append, name))
            for one, name in zip(self.sockets, ("first", "second"), strict=True)
        ]
        self.together = Together(self.servers)
        self.together.prepare()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def app(self, name: str) -> Any:
        def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [])
            if environ["PATH_INFO"] == "/slow":
                self.begun.set()
                time.sleep(SLOW)
            yield name.encode()

        return app

    def serve(self) -> None:
        try:
            self.together.serve()
        except RuntimeError as error:
            self.failure = error

    def get(self, number: int, path: str = "/") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[number], timeout=20)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def closed(self, number: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.ports[number]), timeout=5).close()
        except ConnectionRefusedError:
            return True
        return False


@pytest.fixture
def two() -> Iterator[Two]:
    made = Two()
    yield made
    made.together.stop()
    made.thread.join(20)
    assert not made.thread.is_alive()


def test_each_answers_at_its_own_port_and_both_end_at_once(two: Two) -> None:
    assert [two.get(0), two.get(1)] == [b"first", b"second"]
    two.together.hang_up()
    assert two.hung_up == ["first", "second"]
    two.together.stop()
    two.together.stop()
    two.thread.join(20)
    assert two.closed(0)
    assert two.closed(1)
    assert two.failure is None


def test_a_running_request_of_either_is_answered_before_the_end(two: Two) -> None:
    answers: list[bytes] = []
    asking = threading.Thread(target=lambda: answers.append(two.get(1, "/slow")))
    asking.start()
    assert two.begun.wait(10)
    two.together.stop()
    asking.join(10)
    assert answers == [b"second"]


def test_where_one_cannot_go_on_both_end_and_the_reason_is_told(two: Two) -> None:
    assert two.get(0) == b"first"
    two.servers[1].interrupt = RuntimeError("no more")
    two.thread.join(20)
    assert not two.thread.is_alive()
    assert str(two.failure) == "no more"
    assert two.closed(0)


def test_where_the_other_one_cannot_go_on(two: Two) -> None:
    two.servers[0].interrupt = RuntimeError("no more")
    two.thread.join(20)
    assert str(two.failure) == "no more"
    assert two.closed(1)
