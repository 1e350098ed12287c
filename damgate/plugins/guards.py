"""Checks that may fail, hang or talk rubbish, and still answer every question: with a refusal."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Sequence

import structlog

from damgate.core.workflow import Move, Refusal
from damgate.plugins.calling import Round

_log = structlog.get_logger(__name__)

STRIKES = 3  # failures in a row, or threads left hanging, after which a check is not asked any more
LONGEST_SENTENCE = 500  # characters kept of a reason or remedy


_Refusals = tuple[Refusal, ...]


class Guard:
    """One plugin's check: asked on threads that can be left behind, and no more after three failures in a row."""

    def __init__(self, name: str, call: Callable[..., list[object]], seconds: float) -> None:
        """Keep the plugin's name, the way to call it alone, and how long it has for one file."""
        self.name, self.off = name, False
        self._call, self._seconds = call, seconds
        self._strikes, self._hanging = 0, list[threading.Thread]()
        self._turn = threading.Lock()

    def refusals(self, moves: Sequence[Move]) -> list[_Refusals]:
        """Return the answers to `moves`, in their order."""
        answers: list[_Refusals] = []
        while len(answers) < len(moves) and not self.off:
            asked = Round(self._ask, moves[len(answers) :], self._seconds)
            finished = asked.finished()
            for answer, fault in asked.answers:
                answers.append(answer)
                if fault:  # told here: writing a log must not take the plugin's time
                    _log.error("a check failed", plugin=self.name, exc_info=fault)
            if not finished:
                self._strike(asked)
                _log.error("a check did not answer", plugin=self.name, path=moves[len(answers)].path)
                answers.append(self._failed("did not answer"))
            if self.off:
                _log.critical("a check is switched off and refuses until damgate is restarted", plugin=self.name)
        return answers + [self._switched_off()] * (len(moves) - len(answers))

    def _ask(self, move: Move) -> tuple[_Refusals, BaseException | None]:
        if self.off:
            return self._switched_off(), None
        began, fault, answer = time.monotonic(), None, _Refusals()
        try:
            answer = tuple(_clean(each, self.name) for each in self._call(move=move))
        except BaseException as error:  # noqa: BLE001  (SystemExit too: whatever it is, it is no yes)
            fault = error
        if time.monotonic() - began > self._seconds:
            return self._failed("did not answer"), fault  # counted by `refusals`, which left this thread behind
        if fault:
            self._strike()
            return self._failed("failed"), fault
        with self._turn:
            self._strikes = 0
        return answer, None

    def _strike(self, hanging: threading.Thread | None = None) -> None:
        with self._turn:
            self._strikes += 1
            self._hanging = [each for each in (*self._hanging, hanging) if each and each.is_alive()]
            self.off = self.off or self._strikes >= STRIKES or len(self._hanging) >= STRIKES

    def _failed(self, what: str) -> _Refusals:
        return (
            Refusal(f"The check “{self.name}” {what}.", "Try again in a minute; if it stays so, tell an operator."),
        )

    def _switched_off(self) -> _Refusals:
        why = f"The check “{self.name}” is switched off after three failures; an operator must restart damgate."
        return (Refusal(why, "Tell an operator."),)


def _clean(answer: object, plugin: str) -> Refusal:
    """Return a plugin's refusal as plain text that every door can send; TypeError if it is none."""
    if not isinstance(answer, Refusal) or not isinstance(answer.reason, str) or not isinstance(answer.remedy, str):
        raise TypeError(f"the answer is not None or a Refusal of two texts, but {type(answer).__name__}")
    return Refusal(_sentence(answer.reason) or f"The check “{plugin}” refused it.", _sentence(answer.remedy))


def _sentence(text: str) -> str:
    """Return one line without control characters and lone surrogates, and not endless."""
    visible = (" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in text[: 4 * LONGEST_SENTENCE])
    line = " ".join("".join(visible).split())
    return line if len(line) <= LONGEST_SENTENCE else line[: LONGEST_SENTENCE - 1] + "…"
