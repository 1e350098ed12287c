"""Reading a drive's `policy.csv`: every line is understood, or refused with its number and a remedy.

Casbin's own reader skips lines that it does not know and takes any word as an effect; a deny with a slip of
the pen would then forbid nothing. So each line is checked here, and Casbin is given the checked fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from damgate.core.channels import Gate
from damgate.core.errors import Misconfigured
from damgate.core.rights import BUCKETS_VIEW, CHANNELS_VIEW, DRIVE_VIEW, Action

PEOPLE_VIEW = "people"  # the accounts of the drive
PERSON = "person:"  # goes before a name, so that nobody is a role by being called like one
EVERYBODY = "anonymous"

_VIEWS = frozenset({DRIVE_VIEW, CHANNELS_VIEW, BUCKETS_VIEW, PEOPLE_VIEW, "*"})
_ACTIONS = frozenset({*map(str, Action), "*"})
_OWN = ("self", "other", "*")
_EFFECTS = ("allow", "deny")
_FIELDS = {"p": 7, "g": 2, "g2": 2}
_SHAPES = {
    "p": "p, role, view, area, state, own, action, effect",
    "g": "g, role, role that it includes",
    "g2": "g2, channel, group of channels",
}
_ROLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PERSON = re.compile(re.escape(PERSON) + r"[A-Za-z0-9._@-]{1,64}")
_UNREADABLE = re.compile(r"[\[\]()\"#\x00-\x08\x0b-\x1f\x7f]")  # Casbin nests brackets; quotes and # mean nothing to it
_DEEPEST = 8  # roles within roles; Casbin stops looking, silently, after ten


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the file."""

    line: int
    kind: str  # p, g or g2
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole policy file that was understood."""

    path: Path
    rules: tuple[Rule, ...]

    def of(self, kind: str) -> list[list[str]]:
        """Return the fields of the rules of one kind, as Casbin keeps them."""
        return [list(rule.fields) for rule in self.rules if rule.kind == kind]

    def unknown_views(self, channels: Mapping[str, Gate]) -> dict[int, str]:
        """Return what rules name as their view and nothing is called, by line: a typing error, or a former channel."""
        known = _VIEWS | channels.keys() | {rule.fields[1] for rule in self.rules if rule.kind == "g2"}
        return {r.line: r.fields[1] for r in self.rules if r.kind == "p" and r.fields[1] not in known}


def read(path: Path, channels: Mapping[str, Gate]) -> Rules:
    """Read the policy file of a drive with these channels; raises Misconfigured that names the file and the line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: the policy cannot be read ({error.strerror}).") from error
    found = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            rule = _parse(number, line.decode("utf-8").strip())
            if rule:
                _check(rule, channels)
                found.append(rule)
        except ValueError as error:  # UnicodeDecodeError is one
            raise Misconfigured(f"{path}, line {number}: {error}") from error
    for kind in ("g", "g2"):
        _check_depth(path, [rule for rule in found if rule.kind == kind])
    return Rules(path, tuple(found))


def _parse(number: int, line: str) -> Rule | None:
    if number == 1 and line.startswith("\ufeff"):
        raise ValueError("the file begins with a byte order mark; save it as UTF-8 without one.")
    if not line or line.startswith("#"):
        return None
    if bad := _UNREADABLE.search(line):
        raise ValueError(f"a rule cannot hold {bad.group()!r}; comments stand on lines of their own.")
    kind, *fields = (field.strip() for field in line.split(","))
    if kind not in _FIELDS:
        raise ValueError(f"a rule begins with p, g or g2, not with “{kind}”.")
    if len(fields) != _FIELDS[kind] or not all(fields):
        raise ValueError(f"{len(fields)} fields where {_FIELDS[kind]} are needed: {_SHAPES[kind]}")
    return Rule(number, kind, tuple(fields))


def _check(rule: Rule, channels: Mapping[str, Gate]) -> None:
    if rule.kind == "p":
        _check_subject(rule.fields[0])
        _check_permission(*rule.fields[3:])
    elif rule.kind == "g":
        _check_subject(rule.fields[0])
        if not _ROLE.fullmatch(rule.fields[1]):
            raise ValueError(f"“{rule.fields[1]}” cannot be a role: letters, digits and . _ - only.")
    else:
        member, group = rule.fields
        if member in _VIEWS or group in _VIEWS or group in channels:
            taken = member if member in _VIEWS else group
            raise ValueError(f"“{taken}” cannot stand here: g2 puts channels into a group with a name of its own.")


def _check_subject(subject: str) -> None:
    if not (_ROLE.fullmatch(subject) or _PERSON.fullmatch(subject)):
        raise ValueError(f"“{subject}” is neither a role nor {PERSON}NAME; for everybody write {EVERYBODY}.")


def _check_permission(state: str, own: str, action: str, effect: str) -> None:
    if own not in _OWN:
        raise ValueError(f"own is {', '.join(_OWN)}; not “{own}”.")
    if action not in _ACTIONS:
        raise ValueError(f"there is no action “{action}”; there are {', '.join(Action)} and *.")
    if effect not in _EFFECTS:
        raise ValueError(f"the effect is allow or deny, not “{effect}”.")
    source, arrow, target = (part.strip() for part in state.partition(">"))
    if arrow and (not source or not target or state != f"{source}>{target}" or ">" in target):
        raise ValueError(f"“{state}” is no edge; it is written without spaces: Review>Approved.")
    if arrow and action not in {Action.MOVE, "*"}:
        raise ValueError(f"“{state}” is an edge, and only move is asked on edges; for {action} name a state.")
    if not arrow and state != "*" and action == Action.MOVE:
        raise ValueError(f"move is asked on an edge, such as Review>{state}, not on the state “{state}”.")


def _check_depth(path: Path, links: list[Rule]) -> None:
    above: dict[str, set[str]] = {}
    for rule in links:
        above.setdefault(rule.fields[0], set()).add(rule.fields[1])
    try:
        order = list(TopologicalSorter(above).static_order())  # the outermost first
    except CycleError as error:
        ring = error.args[1]
        line = next(rule.line for rule in links if rule.fields[0] in ring and rule.fields[1] in ring)
        raise Misconfigured(f"{path}, line {line}: these include each other in a ring: {', '.join(ring)}.") from error
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = max((depth[outer] + 1 for outer in above.get(name, ())), default=0)
        if depth[name] > _DEEPEST:
            line = next(rule.line for rule in links if rule.fields[0] == name)
            raise Misconfigured(f"{path}, line {line}: “{name}” is nested more than {_DEEPEST} deep.")
