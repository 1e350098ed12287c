"""Writes the tables of README.md from the code: `python -m tests.docs.generate`. A test compares them."""

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from damgate import cli
from damgate.config import ChannelTable, Config, StateTable, Table
from damgate.gateways.answers import ANSWERS, UNEXPECTED

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMAND = ".venv/bin/python -m tests.docs.generate"


def commands() -> Iterator[str]:
    """A row for each command, as argparse has it."""
    yield from ("| command | what it does |", "|---|---|")
    yield from _commands(cli.parser(), "")


def _commands(parser: argparse.ArgumentParser, told: str) -> Iterator[str]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        usage = " ".join(parser.format_usage().removeprefix("usage: ").split()).replace(" [-h]", "")
        yield f"| `{usage}` | {told} |"
    for action in below:
        helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, command in action.choices.items():
            yield from _commands(command, helps[name])


def settings() -> Iterator[str]:
    """A row for each setting, as the configuration's types have it."""
    yield from ("| setting | default | what it is |", "|---|---|---|")
    tables: dict[str, type[Table]] = {"states.NAME": StateTable, "channels.NAME": ChannelTable}
    top: list[str] = []
    for name, annotation in get_type_hints(Config, include_extras=True).items():
        if isinstance(annotation, type) and issubclass(annotation, Table):
            tables[name] = annotation
        elif get_origin(annotation) is Annotated:
            top.append(name)
    yield from _settings("", Config, top)
    for prefix, table in tables.items():
        yield from _settings(prefix, table, list(get_type_hints(table)))


def _settings(prefix: str, table: type[Table], names: list[str]) -> Iterator[str]:
    hints = get_type_hints(table, include_extras=True)
    described = {field.name: field for field in msgspec.structs.fields(table)}
    for name in names:
        field = described[name]
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        kind, *annotated = get_args(hints[name])
        meta = next(one for one in annotated if isinstance(one, msgspec.Meta))
        if isinstance(kind, type) and issubclass(kind, Table):
            yield from _settings(f"{prefix}.{field.encode_name}", kind, list(get_type_hints(kind)))
            continue
        where = f"`[{prefix}]` " if prefix else ""
        yield f"| {where}`{field.encode_name}` | {_toml(default)} | {meta.description} |"


def _toml(value: Any) -> str:
    if isinstance(value, tuple) and len(value) > 2:
        return "see below"
    if isinstance(value, dict):
        return "none"
    written = msgspec.json.encode(value).decode()
    return f"`{written}`"


def answers() -> Iterator[str]:
    """A row for each status, with what it can mean, DAV's XML element in the body, and S3's code (and status)."""
    yield from ("| status | it means, and how the S3 door says it |", "|---|---|")
    told: dict[int, list[str]] = {}
    for error, answer in ANSWERS.items():
        first = (inspect.getdoc(error) or "").splitlines()[0].split("; `")[0].rstrip(".") + "."
        if answer is UNEXPECTED:
            first = UNEXPECTED.sentence + "."
        condition = f" `{answer.condition}`" if answer.condition else ""
        other = f"{answer.s3} " if answer.s3 else ""
        condition += f" · {other}`{answer.code}`"
        said = told.setdefault(answer.status, [])
        if first + condition not in said:
            said.append(first + condition)
    for status in sorted(told):
        yield f"| {status} | {'<br>'.join(told[status])} |"


def roles() -> Iterator[str]:
    """A row for each role of the policy that a new drive gets."""
    yield from ("| role | who they are | moves |", "|---|---|---|")
    rules = (ROOT / "policies/policy.csv").read_text("utf-8")
    for role, who in re.findall(r"^# -+ (\w+): (.*)$", rules, re.MULTILINE):
        own: list[str] = []
        any_one: list[str] = []
        never: list[str] = []
        for state, whose, effect in re.findall(
            rf"^p, {role}, (?!buckets)\S+, \S+, (\S+), (\S+), (?:move|\*), (\w+)$", rules, re.MULTILINE
        ):
            kind = never if effect == "deny" else own if whose == "self" else any_one
            kind.append("along every edge" if state == "*" else f"{state}")
        parts = [*dict.fromkeys(any_one)]
        parts += [f"{edge} (own files)" for edge in own]
        parts += [f"never {edge} of their own" for edge in never]
        yield f"| {role} | {who} | {', '.join(parts) or '–'} |"


TABLES = {"commands": commands, "settings": settings, "answers": answers, "roles": roles}


def generate(text: str) -> str:
    """Return the README with its tables as the code has them."""
    for name, rows in TABLES.items():
        begin, end = f"<!-- {name}: generated -->\n", f"<!-- end of {name} -->"
        assert text.count(begin) == text.count(end) == 1, f"README.md needs the markers of {name} once"
        head, _, rest = text.partition(begin)
        table = "\n".join(rows())
        text = f"{head}{begin}{table}\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    README.write_text(generate(README.read_text("utf-8")), "utf-8")
