"""Calling code that may never come back: on a daemon thread, with a limit of time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Call(threading.Thread, Generic[A]):
    """One call, begun at once on a thread of its own."""

    def __init__(self, call: Callable[[], A]) -> None:
        """Begin."""
        super().__init__(daemon=True, name="damgate-plugin")
        self._call, self._outcome = call, Future[A]()
        self.start()

    def run(self) -> None:
        """Keep what comes of it."""
        try:
            self._outcome.set_result(self._call())
        except Exception as error:  # noqa: BLE001  (it is raised again where somebody waits for it)
            self._outcome.set_exception(error)
        except BaseException as error:  # noqa: BLE001  (SystemExit may not end the thread that waits)
            self._outcome.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    def result(self, seconds: float) -> A:
        """Return what was answered, or raise what was raised; TimeoutError after `seconds`.

        With an answer, the thread has ended: a process can be forked.
        """
        self.join(seconds)
        if self.is_alive():
            raise TimeoutError(f"it did not answer within {seconds:g} s")
        return self._outcome.result()


class Round(threading.Thread, Generic[Q, A]):
    """A row of questions to one check. It is left behind when one of them takes longer than `seconds`.

    `ask` runs on this thread, one thread for the whole row, and must not raise.
    """

    def __init__(self, ask: Callable[[Q], A], questions: Sequence[Q], seconds: float) -> None:
        """Begin."""
        super().__init__(daemon=True, name="damgate-check")
        self.answers: list[A] = []
        self._ask, self._questions, self._seconds = ask, questions, seconds
        self._turn, self._done, self._left = threading.Lock(), threading.Event(), False
        self._since = time.monotonic()
        self.start()

    def run(self) -> None:
        """Ask until all is answered, or until nobody waits any more."""
        for question in self._questions:
            answer = self._ask(question)
            with self._turn:
                if self._left:
                    return
                self.answers.append(answer)
                self._since = time.monotonic()
        self._done.set()

    def finished(self) -> bool:
        """Wait for the answers; False if one did not come in time: those before it are in `answers`."""
        while not self._done.wait(self._since + self._seconds - time.monotonic()):
            with self._turn:
                late = time.monotonic() - self._since >= self._seconds
                if late and len(self.answers) < len(self._questions):
                    self._left = True
                    return False
        return True
