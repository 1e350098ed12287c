"""Checks built in: what a file must be like to enter a state. Set up for each state in damgate.toml.

[plugins.checks.Approved]       # what may enter Approved
least-pixels = 1000             # of the shorter side
media-types = ["image/*"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import damgate

VECTOR = "image/svg+xml"  # drawn at any size: it has no pixels to count
AGAIN = "save it under the same name"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may enter one state."""

    least_pixels: int = 0  # of the shorter side of a picture; 0 = any
    media_types: tuple[str, ...] = ("*",)  # patterns


@damgate.hookimpl
def damgate_examiners(site: damgate.Site) -> Iterable[damgate.Examiner]:
    """Contribute none; but this is asked at the start, when a wrong setting can still be mended."""
    unknown = sorted(set(rules(site.settings)) - set(site.states))
    if unknown:
        raise ValueError(f"[plugins.checks.{unknown[0]}]: there is no such state, only {', '.join(site.states)}")
    return ()


@damgate.hookimpl
def damgate_before_move(site: damgate.Site, move: damgate.Move) -> damgate.Refusal | None:
    """Refuse what is damaged, of another type or too small for the state that it would enter."""
    state = move.edge.target
    rule = rules(site.settings).get(state)
    return None if rule is None else refusal(rule, state, move)


def refusal(rule: Rule, state: str, move: damgate.Move) -> damgate.Refusal | None:
    """Return why the file may not enter `state`, None where it may."""
    facts = move.facts
    if move.size == 0:
        return damgate.Refusal("The file is empty.", f"Export it again and {AGAIN}.")
    if facts.damaged:
        return damgate.Refusal(f"The file is damaged: {facts.damaged.rstrip(' .')}.", f"Export it again and {AGAIN}.")
    if not any(fnmatchcase(facts.media_type, pattern) for pattern in rule.media_types):
        takes = " and ".join(rule.media_types)
        return damgate.Refusal(
            f"The file is of type {facts.media_type}; {state} takes {takes} only.",
            "Export it as one of these types and move that file.",
        )
    return _too_small(rule.least_pixels, state, facts)


def _too_small(least: int, state: str, facts: damgate.Facts) -> damgate.Refusal | None:
    if not least or not facts.media_type.startswith("image/") or facts.media_type == VECTOR:
        return None
    wanted = f"{state} takes pictures of at least {least} pixels on the shorter side."
    if facts.width is None or facts.height is None:
        return damgate.Refusal(
            f"The picture's size cannot be read; {wanted}", "Export it as JPEG or TIFF and move that."
        )
    if min(facts.width, facts.height) >= least:
        return None
    reason = f"The picture is {facts.width} × {facts.height} pixels; {wanted}"
    return damgate.Refusal(reason, f"Export it larger and {AGAIN}.")


def rules(settings: Mapping[str, object]) -> dict[str, Rule]:
    """Return the rule of each state; ValueError with a sentence that names the wrong setting."""
    return {state: _rule(f"[plugins.checks.{state}]", table) for state, table in settings.items()}


def _rule(where: str, table: object) -> Rule:
    if not isinstance(table, Mapping):
        raise ValueError(f"{where} must be a table of settings for one state")  # noqa: TRY004  (an operator reads it)
    for key in table:
        if key not in {"least-pixels", "media-types"}:
            raise ValueError(f"{where} does not know “{key}”; it takes least-pixels and media-types")
    least, types = table.get("least-pixels", 0), table.get("media-types", ["*"])
    if type(least) is not int or least < 0:
        raise ValueError(f"{where}: least-pixels must be a whole number of pixels, not {least!r}")
    if not isinstance(types, list) or not types or not all(isinstance(each, str) and each for each in types):
        raise ValueError(f'{where}: media-types must be a list such as ["image/*"], not {types!r}')
    return Rule(least, tuple(types))
