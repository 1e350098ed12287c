"""Writes the reference in plugins/README.md from the code: `python -m tests.docs.plugins`. A test compares them."""

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import damgate
from damgate.hooks import Contributions, Guards, Observers
from damgate.testing import ChannelContract, ExaminerContract
from damgate.testing.base import Contract
from tests.docs.generate import ROOT

PLUGINS = ROOT / "plugins/README.md"
COMMAND = ".venv/bin/python -m tests.docs.plugins"
KINDS = {"Contributions": Contributions, "Guards": Guards, "Observers": Observers}
PROTOCOLS = (
    damgate.Channel, damgate.Varied, damgate.Together, damgate.Mezzanined, damgate.Accompanied, damgate.Patient,
    damgate.Examiner,
)  # fmt: skip
VALUES = (
    damgate.Site, damgate.Source, damgate.Produced, damgate.Made, damgate.Variant, damgate.Focal, damgate.Rights,
    damgate.Facts, damgate.Tag, damgate.Move, damgate.Edge, damgate.Refusal, damgate.Event,
)  # fmt: skip


def hooks() -> Iterator[str]:
    """Each hook under its kind, with its signature as heading."""
    for title, kind in KINDS.items():
        yield from (f"### {title}", "", *_text(kind), "")
        for name, hook in vars(kind).items():
            if name.startswith("damgate_"):
                yield from (f"#### {name}{signature(hook)}", "", *_text(hook), "")


def signature(function: Any) -> str:
    """A function's arguments, and what it answers with."""
    arguments = [name for name in inspect.signature(function).parameters if name != "self"]
    return f"({', '.join(arguments)}) -> {function.__annotations__['return']}"


def protocols() -> Iterator[str]:
    """Each protocol that an author implements, with its members."""
    for protocol in PROTOCOLS:
        yield from (f"### {protocol.__name__}", "", *_text(protocol), "")
        for name, member in vars(protocol).items():
            if name.startswith("_"):
                continue
            if isinstance(member, property):
                head = f"{name}: {inspect.signature(member.fget).return_annotation}"  # type: ignore[arg-type]
            elif inspect.isfunction(member):
                head = name + str(inspect.signature(member)).replace("(self, ", "(").replace("'", "")
            else:
                continue
            yield from _item(head, " ".join(_text(member)).replace("  ", " "))
        yield ""


def values() -> Iterator[str]:
    """Each value that an author gets or gives, with its fields."""
    for value in VALUES:
        yield from (f"### {value.__name__}", "", *_text(value), "")
        lines = inspect.getsource(value).splitlines()
        for field in dataclasses.fields(value):
            line = next(one for one in lines if re.match(rf"    {field.name}: ", one))
            written, _, said = line.strip().partition("  # ")
            yield from _item(written.partition(" = field(")[0], said)
        yield ""
    yield from ("### Happening", "", *_text(damgate.Happening), "")
    yield from textwrap.wrap(", ".join(f"`{one.value}`" for one in damgate.Happening) + ".", 120)


def demands() -> Iterator[str]:
    """What the contracts demand, by the names of their tests; and what can be set."""
    yield from ("**A channel** (`ChannelContract`):", "", *_tests(ChannelContract), "")
    yield from ("**An examiner** (`ExaminerContract`):", "", *_tests(ExaminerContract), "")
    yield from ("Beside `channel`, a `ChannelContract` can set:", "")
    for line in inspect.getsource(Contract).splitlines():
        found = re.match(r"    ([a-z_]+): ClassVar\[(.*?)\] = (.*?)(?:  # (.*))?$", line)
        if found:
            yield from _item(f"{found[1]} = {found[3]}", found[4] or "of the process, as `[decoders]` has it")


def _tests(contract: type) -> Iterator[str]:
    names = [name for part in contract.__mro__ for name in vars(part) if name.startswith("test_")]
    return (f"- {name.removeprefix('test_').replace('_', ' ')}" for name in names)


def _item(head: str, said: str) -> Iterator[str]:
    """A line of a list, wrapped."""
    ending = "" if said.endswith((".", "…", ".)")) else "."
    text = f"- `{head}`" + (f": {said}{ending}" if said else "")
    yield from textwrap.wrap(text, 120, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _text(thing: Any) -> list[str]:
    """A docstring as Markdown: what is indented is Python."""
    blocks: list[str] = []
    inside = False
    for line in (inspect.getdoc(thing) or "").splitlines():
        code = line.startswith("    ") or (inside and not line)
        if code != inside:
            blocks.append("```python" if code else "```")
            inside = code
        blocks.append(line.removeprefix("    ") if code else line)
    return [*blocks, "```"] if inside else blocks


SECTIONS = {"hooks": hooks, "protocols": protocols, "values": values, "demands": demands}


def generate(text: str) -> str:
    """Return plugins/README.md with its reference as the code has it."""
    for name, lines in SECTIONS.items():
        begin, end = f"<!-- {name}: generated -->\n", f"<!-- end of {name} -->"
        assert text.count(begin) == text.count(end) == 1, f"plugins/README.md needs the markers of {name} once"
        head, _, rest = text.partition(begin)
        written = "\n".join(lines()).strip()
        text = f"{head}{begin}\n{written}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    PLUGINS.write_text(generate(PLUGINS.read_text("utf-8")), "utf-8")
