"""Raw connections, and answers read off them one by one."""

from __future__ import annotations

import re
import select
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

from tests.live.served import login

REASON = re.compile(r"[\x20-\x7e]{1,120}")
WITHOUT_BODY = {204, 304}
SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes


def head(method: str, target: str, who: str | None, **headers: str) -> bytes:
    """The head of a request, header names with _ for -."""
    fields = {"Host": "127.0.0.1", **({"Authorization": login(who)} if who else {}), **headers}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


class Wire:
    """One connection, as rude as its user."""

    def __init__(self, port: int, *, address: str = "127.0.0.1", receive_buffer: int = 0) -> None:
        """Connect from `address`; a small `receive_buffer` keeps the server from sending far ahead."""
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()

    @property
    def port(self) -> int:
        """This end's port."""
        return int(self.socket.getsockname()[1])

    def send(self, data: bytes) -> None:
        """Send; a server that has refused may have closed meanwhile, and its answer is what counts."""
        with suppress(ConnectionError):
            self.socket.sendall(data)

    def request(self, method: str, target: str, who: str | None, body: bytes = b"", **headers: str) -> Answer:
        """Send a whole request, header names with _ for -, and read its answer."""
        self.send(head(method, target, who, Content_Length=str(len(body)), **headers) + body)
        return self.answer(method)

    def answer(self, method: str = "GET") -> Answer:
        """Read the next answer; it must be well formed and whole."""
        version, status, reason = self._line().split(" ", 2)
        assert version == "HTTP/1.1"
        assert REASON.fullmatch(reason), reason
        pairs = []
        while line := self._line():
            pairs.append(line.split(": ", 1))
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), "a header twice"
        return Answer(int(status), reason, headers, self._body(method, int(status), headers))

    def _line(self) -> str:
        while b"\r\n" not in self._received:
            assert self._more(), f"the answer ends after {bytes(self._received)!r}"
        line, _, rest = self._received.partition(b"\r\n")
        self._received = rest
        return line.decode("latin-1")

    def _more(self) -> bool:
        data = self.socket.recv(1 << 20)
        self._received += data
        return bool(data)

    def _body(self, method: str, status: int, headers: dict[str, str]) -> bytes:
        if method == "HEAD" or status in WITHOUT_BODY or status < 200:
            return b""
        if headers.get("transfer-encoding") == "chunked":
            pieces = []
            while size := int(self._line(), 16):
                pieces.append(self._exactly(size))
                assert self._line() == ""
            assert self._line() == ""
            return b"".join(pieces)
        assert "content-length" in headers, "a body of unknown length"
        return self._exactly(int(headers["content-length"]))

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            assert self._more(), "a body that is cut"
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def closed(self) -> bool:
        """Whether the server ends the connection, and sends nothing more before it does."""
        try:
            return not self._received and not self._more()
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        return not self._received and not select.select([self.socket], [], [], seconds)[0]

    def finish(self) -> None:
        """Send nothing more, and go on listening."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """Send and take nothing more; who is just sending is interrupted."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Go away at once, without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Go away."""
        self.socket.close()
