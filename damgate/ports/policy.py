"""The one question that every door asks before anything else."""

from __future__ import annotations

from typing import Protocol

from damgate.core.rights import Action, Actor, Decision, Subject


class Policy(Protocol):
    """Decides. Answers are remembered for as long as neither the policy nor the people changed."""

    def decide(self, actor: Actor, action: Action, subject: Subject) -> Decision:
        """Return the decision and the rule that made it; anything unknown is a no."""
        ...

    def allows(self, actor: Actor, action: Action, subject: Subject) -> bool:
        """Return the decision alone, from memory where possible."""
        ...
