"""Casbin's part: a checked model, and an enforcer built from values, never from text that somebody typed."""

from __future__ import annotations

import ast
import copy
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from casbin import Enforcer
from casbin.effect import AllowOverrideEffector
from casbin.model import Model
from casbin.persist import Adapter

from damgate.adapters.casbin.rules import EVERYBODY, PERSON, Rules
from damgate.core.channels import Gate
from damgate.core.errors import Misconfigured
from damgate.core.people import Person
from damgate.core.rights import CHANNELS_VIEW, SIGNED, Action

_REQUEST = ["r_sub", "r_view", "r_area", "r_state", "r_own", "r_act"]
_POLICY = ["p_sub", "p_view", "p_area", "p_state", "p_own", "p_act", "p_eft"]
_EFFECT = "some(where (p_eft == allow)) && !some(where (p_eft == deny))"
_NODES = (ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq, ast.Load)


class _Values(Adapter):  # type: ignore[misc]  # casbin is untyped
    """Hands Casbin its rules as lists of fields."""

    def __init__(self, lines: Mapping[str, list[list[str]]]) -> None:
        self._lines = lines

    def load_policy(self, model: Model) -> None:
        for kind, lines in self._lines.items():
            model[kind[0]][kind].policy.extend(lines)


def read_model(path: Path) -> str:
    """Return the text of a drive's model.conf; raises Misconfigured where it is not one that damgate may ask."""
    try:
        text = path.read_text("utf-8")
        model = Model()
        model.load_model_from_text(text)
        _check(model)
    except OSError as error:
        raise Misconfigured(f"{path}: the model cannot be read ({error.strerror}).") from error
    except Exception as error:
        raise Misconfigured(f"{path}: {error or type(error).__name__}") from error
    return text


def _check(model: Model) -> None:
    for section, key, tokens in (("r", "r", _REQUEST), ("p", "p", _POLICY)):
        if section not in model.keys() or model[section][key].tokens != tokens:  # noqa: SIM118 - not a dict
            raise ValueError(f"{section} must be {', '.join(token[2:] for token in tokens)}.")
    if "g" not in model.keys() or set(model["g"]) != {"g", "g2"}:  # noqa: SIM118 - not a dict
        raise ValueError("[role_definition] must hold g and g2.")
    if any(role.value.replace(" ", "") != "_,_" for role in model["g"].values()):
        raise ValueError("g and g2 must be _, _.")
    if model["e"]["e"].value != _EFFECT:
        raise ValueError("[policy_effect] must be: some allow, and no deny.")
    matcher = model["m"]["m"].value.replace("&&", "and").replace("||", "or")
    for node in ast.walk(ast.parse(matcher.strip(), mode="eval")):
        named = isinstance(node, ast.Name) and node.id in {*_REQUEST, *_POLICY, "g", "g2"}
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"g", "g2"}
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if not (isinstance(node, _NODES) or named or called or text):
            raise ValueError("the matcher may compare fields with == and ask g and g2; nothing else.")


def build(
    model: str, rules: Rules, channels: Mapping[str, Gate], people: Iterable[Person]
) -> tuple[Enforcer, Enforcer]:
    """Return an enforcer, and one over the same rules that stops at the first that allows (Casbin names no other).

    Raises Misconfigured where Casbin does not take the rules.
    """
    try:
        loaded = Model()
        loaded.load_model_from_text(model)
        enforcer = Enforcer(loaded, _Values(_lines(rules, channels, people)))
        enforcer.enforce(
            EVERYBODY, CHANNELS_VIEW, "-", "-", "other", "list"
        )  # a matcher that cannot be asked shows now
    except Exception as error:
        raise Misconfigured(f"{rules.path}: Casbin does not take it: {error or type(error).__name__}") from error
    finally:
        _hush()
    finder = copy.copy(enforcer)
    finder.set_effector(AllowOverrideEffector())
    return enforcer, finder


def _lines(rules: Rules, channels: Mapping[str, Gate], people: Iterable[Person]) -> dict[str, list[list[str]]]:
    free = {"public": EVERYBODY, "signed": SIGNED.name}
    gates = [[free[gate], channel] for channel, gate in channels.items() if gate in free]
    roles = [[PERSON + person.name, role] for person in people for role in (*person.roles, EVERYBODY)]
    return {
        "p": rules.of("p") + [[*gate, "*", "*", "*", str(Action.PREVIEW), "allow"] for gate in gates],
        "g": rules.of("g") + [link for link in roles if not link[1].startswith(PERSON)] + [[SIGNED.name, EVERYBODY]],
        "g2": rules.of("g2") + [[channel, CHANNELS_VIEW] for channel in channels],
    }


def _hush() -> None:
    """Keep what people ask out of Casbin's log; a level, because `dictConfig` enables disabled loggers again."""
    for name in ("casbin", "casbin.enforcer", "casbin.policy", "casbin.role"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
