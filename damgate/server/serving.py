"""The server of one process, on a socket that may be shared with others."""

from __future__ import annotations

import errno
import logging
import math
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cheroot.connections import ConnectionManager
from cheroot.wsgi import Server as CherootServer

from damgate.server.connection import Connection
from damgate.server.gateway import Gateway
from damgate.server.settings import Settings
from damgate.server.strangers import Strangers, Tally
from damgate.server.wire import ClientGone

MOST_OVER = 256  # connections over the cap of their address that are given time to send a login, or read a refusal
OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def listen(host: str, port: int, backlog: int = 256) -> socket.socket:
    """Bind a TCP address, of IPv4 or IPv6; port 0 picks a free one. `::` serves both families where it can."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    sock = socket.create_server(address, family=family, backlog=backlog, dualstack_ipv6=both)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class _Connections(ConnectionManager):
    """Cheroot's watcher of listening and idle sockets, on a socket that other processes accept from as well.

    Cheroot gives a thread to every connection before its first byte, so that as many silent clients as it has
    threads stop it; here a connection waits without one until the head of its request is complete. Cheroot lets
    go of a late client in the manner of an answered one, which may keep all others waiting for it. Cheroot also
    waits up to a second in `accept` when another process was faster, wakes its own `accept` by a connection that
    another process would get, and spins when there are no file descriptors left.
    """

    _selector: Any  # not in the stubs

    def __init__(self, server: Any) -> None:
        """Watch for a server."""
        super().__init__(server)
        self._over: deque[Connection] = deque()

    def stop(self) -> None:
        """Stop watching, and let go of the listening socket."""
        super().stop()
        self.server.socket.close()
        self.server.socket = None

    def close(self) -> None:
        """Close the connections that wait here; none of them is in the middle of an answer."""
        for _, conn in self._watched():
            conn.drop()
        self._selector.close()

    def holds_back(self, conn: Connection) -> bool:
        """Tell whether no thread is needed for a connection now; then it is watched until it has more to say."""
        try:
            event = conn.advance()
        except ClientGone:
            conn.drop()
            return True
        if event:
            self._selector.register(conn.socket.fileno(), event, data=conn)
        return bool(event)

    def _expire(self, threshold: float) -> None:
        now = time.monotonic()
        for fd, conn in self._watched():
            if conn.last_used < threshold or conn.due < now:
                self._selector.unregister(fd)
                conn.drop()

    def _watched(self) -> list[tuple[int, Connection]]:
        return [(fd, conn) for fd, conn in self._selector.connections if conn is not self.server]

    def _from_server_socket(self, server_socket: Any) -> None:
        try:
            conn = super()._from_server_socket(server_socket)  # type: ignore[misc]  # not in the stubs
        except OSError as error:
            if error.errno not in OUT_OF_RESOURCES:
                raise
            self.server.error_log(f"no connection can be taken: {error.strerror}", level=logging.ERROR)
            time.sleep(0.25)
            return
        if conn is None:
            return
        conn.take(self.server.strangers.admit(conn.remote_addr))
        if conn.place.over:
            self._bear(conn)
        self.put(conn)

    def _bear(self, conn: Connection) -> None:
        """Bear one more connection over the cap, in place of the one that is borne for longest."""
        self._over.append(conn)
        if len(self._over) > MOST_OVER:
            oldest = self._over.popleft()
            if oldest.place.over and oldest.due < math.inf:  # it waits, if it is still there
                with suppress(OSError):
                    oldest.socket.shutdown(socket.SHUT_RDWR)


class Server(CherootServer):
    """Serves a WSGI app on a socket that is already bound: `prepare`, `serve` until somebody calls `stop`.

    Cheroot insists on binding itself, so that worker processes could share a port only by `reuse_port`, which
    loses the connections of a hung worker.
    """

    ConnectionClass = Connection

    def __init__(
        self,
        listening: socket.socket,
        app: App,
        settings: Settings | None = None,
        on_hangup: Callable[[], None] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        strangers: Strangers | None = None,
    ) -> None:
        """Serve `app` on `listening`, which `stop` closes; `on_hangup` is called at SIGHUP in a worker process.

        With `tls`, nothing else is spoken; another context may be put in its place for connections to come.
        Without `strangers`, nobody counts connections.
        """
        self.settings = settings or Settings()
        self.tls = tls
        self.strangers = strangers or Strangers(Tally(), 0, 0, lambda _address: None)
        name = listening.getsockname()
        super().__init__(
            name if isinstance(name, str) else name[:2],
            app,
            numthreads=self.settings.threads,
            max=self.settings.threads,
            server_name="damgate",
            request_queue_size=self.settings.backlog,
            timeout=self.settings.timeout,
            shutdown_timeout=self.settings.grace,  # type: ignore[arg-type]  # the stubs say int, join() takes both
        )
        self.gateway = Gateway
        self.software = "damgate"
        self.max_request_header_size = self.settings.header_bytes
        self.keep_alive_conn_limit = self.settings.keep_alive
        self._staying = threading.BoundedSemaphore(max(1, self.settings.threads // 2))
        self._listening = listening
        self._on_hangup = on_hangup

    def prepare(self) -> None:
        """Start the threads; connections are accepted once `serve` runs."""
        self._interrupt = None
        self.socket = self._listening
        self.socket.setblocking(False)
        self.socket.listen(self.settings.backlog)
        self._connections = _Connections(self)
        self.requests.start()
        self._start_time = time.time()
        self.ready = True

    def process_conn(self, conn: Any) -> None:
        """Give a connection to a thread, once the head of its request is there."""
        if not self._connections.holds_back(conn):
            super().process_conn(conn)

    @contextmanager
    def staying(self) -> Iterator[bool]:
        """Tell whether a thread may wait for the next request of its client: half of them, while nobody else waits."""
        may = self.ready and not self.requests.qsize and self._staying.acquire(blocking=False)
        try:
            yield may
        finally:
            if may:
                self._staying.release()

    def hang_up(self) -> None:
        """Do what SIGHUP asks for."""
        if self._on_hangup is not None:
            self._on_hangup()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Write to the log `damgate.server`; Cheroot writes every level to standard error."""
        logging.getLogger("damgate.server").log(level, "%s", msg, exc_info=traceback)
