"""Several servers of one process, each on a socket of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from damgate.server.serving import Server


class Together:
    """Servers that begin and end together: a duty, as one of them is."""

    def __init__(self, servers: Sequence[Server]) -> None:
        """Serve with these."""
        self._servers = tuple(servers)
        self._stopping = threading.Lock()

    def prepare(self) -> None:
        """Start the threads of each."""
        for one in self._servers:
            one.prepare()

    def serve(self) -> None:
        """Serve until `stop`, or until one cannot go on: a process that answers at half of its ports helps nobody."""
        with ThreadPoolExecutor(len(self._servers), "serve") as threads:
            running = [threads.submit(one.serve) for one in self._servers]
            wait(running, return_when=FIRST_COMPLETED)
            self.stop()
        for one in running:
            one.result()

    def stop(self) -> None:
        """Stop all at one time, so that the running requests of each have the whole grace; again has no effect."""
        with self._stopping, ThreadPoolExecutor(len(self._servers), "stop") as threads:
            for ended in [threads.submit(one.stop) for one in self._servers]:
                ended.result()

    def hang_up(self) -> None:
        """Do what SIGHUP asks for."""
        for one in self._servers:
            one.hang_up()
