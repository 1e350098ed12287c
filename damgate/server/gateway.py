"""Between a request and the WSGI app."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from cheroot.wsgi import Gateway_10

from damgate.core.errors import IncompleteUpload
from damgate.server.wire import ClientGone

STATUS = re.compile(r"[1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Gateway(Gateway_10):
    """Runs the app for one request; an answer that is not whole never looks whole.

    Cures of Cheroot: a generator that raises before its first block is answered with an empty 200; fewer bytes
    than declared keep the connection, and the next answer fills the gap; HEAD and 304 get a body; a header value
    with CR LF adds a header; an OSError of the app counts as a lost client and gets no answer.
    """

    def __init__(self, req: Any) -> None:
        """Serve one request."""
        super().__init__(req)
        self._left: int | None = None
        self._mute = req.method == b"HEAD"

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # the stubs forget that it returns
        """Give the environ; `wsgi.input` ends by itself, `REQUEST_URI` is the raw target in origin form.

        `damgate.connection` is to be told, by its `welcome`, when somebody has logged in.
        """
        request = self.req
        connection, address = request.conn, request.server.bind_addr
        environ: dict[str, Any] = {
            _variable(name): value.decode("latin-1") for name, value in request.inheaders.items()
        }
        environ.update(
            {
                "REQUEST_METHOD": request.method.decode("latin-1"),
                "REQUEST_URI": request.uri.decode("latin-1"),
                "SCRIPT_NAME": "",
                "PATH_INFO": request.path.decode("latin-1"),
                "QUERY_STRING": request.qs.decode("latin-1"),
                "REMOTE_ADDR": connection.remote_addr or "",
                "REMOTE_PORT": str(connection.remote_port or ""),
                "SERVER_NAME": request.server.server_name if isinstance(address, str) else address[0],
                "SERVER_PORT": "" if isinstance(address, str) else str(address[1]),
                "SERVER_PROTOCOL": request.request_protocol.decode("latin-1"),
                "SERVER_SOFTWARE": request.server.software,
                "wsgi.version": (1, 0),
                "wsgi.url_scheme": request.scheme.decode("latin-1"),
                "wsgi.input": request.rfile,
                "wsgi.input_terminated": True,
                "wsgi.errors": sys.stderr,
                "wsgi.multithread": True,
                "wsgi.multiprocess": True,
                "wsgi.run_once": False,
                "damgate.connection": connection,
            }
        )
        return environ

    def respond(self) -> None:
        """Run the app and send what it gives, block by block."""
        try:
            self._run()
        except ClientGone:
            self.req.close_connection = True
        except IncompleteUpload as error:
            self._fail("400 Bad Request", str(error))
        except Exception as error:  # noqa: BLE001 (the app's, logged here; the request is over and the thread lives)
            what = f"{self.req.method.decode('latin-1')} {self.req.uri.decode('latin-1')}: {error!r}"
            self.req.server.error_log(what, level=logging.ERROR, traceback=True)
            self._fail("500 Internal Server Error", "The server failed at this request, and wrote it to its log.")

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take status and headers; they are sent with the first block."""
        if self.started_response and not exc_info:
            raise RuntimeError("the app gave a status twice")
        if self.req.sent_headers:
            raise exc_info[1]
        if not STATUS.fullmatch(status):
            raise ValueError(f"{status!r} is no status line")
        self._left = None
        for name, value in headers:
            if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
                raise ValueError(f"{name!r}: {value!r} is no header")
            if name.lower() == "transfer-encoding":
                raise ValueError("the framing of an answer is the server's")
            if name.lower() == "content-length":
                self._left = int(value)
        self.req.status = status.encode("latin-1")
        self.req.outheaders = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.started_response = True
        self._mute = self.req.method == b"HEAD" or status[:3] in {"204", "304"}
        return self.write

    def write(self, chunk: bytes) -> None:
        """Send one block of the body."""
        if not isinstance(chunk, bytes):
            raise TypeError(f"an app gives bytes, not {type(chunk).__name__}")
        if not self.started_response:
            raise RuntimeError("the app gave a body before its status")
        if not self._mute and self._left is not None:
            if len(chunk) > self._left:
                raise ValueError("the body is longer than its Content-Length")
            self._left -= len(chunk)
        self.req.ensure_headers_sent()
        if not self._mute:
            self.req.write(chunk)

    def _run(self) -> None:
        answer: Iterable[bytes] = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            for chunk in answer:
                if chunk:
                    self.write(chunk)
                    if self._mute:
                        break
            if not self.started_response:
                raise RuntimeError("the app gave no status")
            if self._left and not self._mute:
                raise ValueError(f"the body is {self._left} bytes shorter than its Content-Length")
            self.req.end()
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _fail(self, status: str, sentence: str) -> None:
        if self.req.sent_headers:
            self.req.abandon()
        else:
            self.req.simple_response(status, sentence)


@lru_cache(maxsize=512)
def _variable(name: bytes) -> str:
    """Return the variable of the environ that holds this header; the same few come with every request.

    An underscore of the name becomes a colon, which no name can hold, so that it stays another one than the hyphen.
    """
    variable = name.decode("latin-1").upper().replace("_", ":").replace("-", "_")
    return variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}"
