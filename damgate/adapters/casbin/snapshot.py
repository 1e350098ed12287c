"""One policy and the people it was built for: asked once for each class, then remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import structlog
from casbin import Enforcer

from damgate.adapters.casbin.rules import EVERYBODY, PEOPLE_VIEW, PERSON
from damgate.core.channels import Gate
from damgate.core.people import Person
from damgate.core.rights import BUCKETS_VIEW, DRIVE_VIEW, SIGNED, Action, Actor, Decision, Subject

NO_RULE = Decision(allowed=False, rule="no rule allows it")
MOST_REMEMBERED = 10_000

_ACTIONS = frozenset(Action)
_log = structlog.get_logger(__name__)

Key = tuple[str, Action, str, str, str, bool]


class Snapshot:
    """Answers from memory, else from its enforcers, which one thread asks at a time. Never changed, only replaced."""

    def __init__(
        self,
        enforcers: tuple[Enforcer, Enforcer],
        channels: Mapping[str, Gate],
        people: Iterable[Person],
        generation: int,
        asking: threading.Lock,
    ) -> None:
        """Keep who (`people` not disabled) and what may be asked about; all snapshots of a process share `asking`."""
        self.generation = generation
        self._enforcer, self._finder = enforcers
        self._subjects = {person.name: PERSON + person.name for person in people}
        self._subjects |= {EVERYBODY: EVERYBODY, SIGNED.name: SIGNED.name}
        self._views = frozenset({DRIVE_VIEW, BUCKETS_VIEW, PEOPLE_VIEW, *channels})
        self._asking = asking
        self._answers: dict[Key, Decision] = {}

    def decide(self, actor: Actor, action: Action, subject: Subject) -> Decision:
        """Return the decision, from memory where it was made before."""
        key = (actor.name, action, subject.view, subject.area, subject.state, subject.own)
        return self._answers.get(key) or self._fresh(key)

    def remembered(self) -> int:
        """Return how many answers are remembered."""
        return len(self._answers)

    def _fresh(self, key: Key) -> Decision:
        name, action, view, area, state, own = key
        who = self._subjects.get(name)
        if who is None or view not in self._views or action not in _ACTIONS:  # Casbin would remember them for ever
            return NO_RULE
        with self._asking:
            known = self._answers.get(key)
            if known:
                return known
            try:
                decision = self._ask(who, view, area, state, "self" if own else "other", action.value)
            except Exception:  # noqa: BLE001 - whatever it is, the answer is no, and it is not remembered
                _log.exception("policy-not-answered", view=view, area=area, state=state, action=action)
                return Decision(allowed=False, rule="the policy could not be asked; see the server's log")
            if len(self._answers) >= MOST_REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = decision
            return decision

    def _ask(self, *request: str) -> Decision:
        allowed, rule = self._enforcer.enforce_ex(*request)
        if not allowed:
            return Decision(allowed=False, rule=_written(rule)) if rule else NO_RULE
        found, rule = self._finder.enforce_ex(*request)
        return Decision(allowed=found is True and allowed is True, rule=_written(rule))


def _written(rule: list[str]) -> str:
    return ", ".join(("p", *rule))
