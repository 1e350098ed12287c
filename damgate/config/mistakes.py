"""What is wrong with a file that does not fit its types, in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from damgate.config.table import Table

_WORDS = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "array": "a list",
    "object": "a table", "null": "nothing",
}  # fmt: skip
_RENAMED = {("channels", "public"): "it is called gate now: write gate = {}."}
_GATES = {True: '"public"', False: '"roles"'}


def mistake(raw: Mapping[str, object], kind: type[Table], path: tuple[str, ...] = ()) -> tuple[tuple[str, ...], str]:
    """Return the path of the first thing in `raw` that its type does not take, and why."""
    hints = get_type_hints(kind, include_extras=True)
    known = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}
    for name, value in raw.items():
        here = (*path, name)
        if name not in known:
            return here, _unknown(here, value, known)
        try:
            msgspec.convert(value, known[name])
        except msgspec.ValidationError as error:
            for at, table in _tables(here, value, known[name]):
                found = mistake(table, _table_type(known[name]), at)
                if found[1]:
                    return found
            return here, _plain(str(error), value, known[name])
    return path, ""


def sentence(path: tuple[str, ...], why: str) -> str:
    """Return the place and the reason: `[channels.webshop] sizes: …`."""
    table = f"[{'.'.join(path[:-1])}] " if path[:-1] else ""
    return f"{table}{path[-1]}: {why}"


def _unknown(path: tuple[str, ...], value: object, known: Iterable[str]) -> str:
    renamed = _RENAMED.get((path[0], path[-1]))
    if renamed:
        return renamed.format(_GATES.get(value is True))
    near = get_close_matches(path[-1].replace("_", "-"), known, 1)
    return "there is no such setting" + (f"; did you mean {near[0]}?" if near else ".")


def _bare(kind: Any) -> Any:
    """Return a type without what is annotated."""
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _table_type(kind: Any) -> type[Table]:
    bare = _bare(kind)
    found: type[Table] = get_args(bare)[1] if get_origin(bare) is dict else bare
    return found


def _tables(path: tuple[str, ...], value: object, kind: Any) -> list[tuple[tuple[str, ...], Mapping[str, object]]]:
    """Return the tables in a value whose type says that it is one, or a table of them, each with its path."""
    inner = _table_type(kind)
    if not isinstance(value, dict) or not (isinstance(inner, type) and issubclass(inner, Table)):
        return []
    if _bare(kind) is inner:
        return [(path, value)]
    return [((*path, name), table) for name, table in value.items() if isinstance(table, dict)]


def _plain(said: str, value: object, kind: Any) -> str:
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return f"{value!r} is none of {', '.join(map(repr, get_args(bare)))}.".replace("'", '"')
    why, _, _ = said.partition(" - at ")
    words = re.sub(r"`(\w+)`", lambda found: _WORDS.get(found[1], found[1]), why)
    return f"{words[:1].lower()}{words[1:]}."
