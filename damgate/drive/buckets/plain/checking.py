"""Whether plain buckets can be found, and hold what their listings say."""

from __future__ import annotations

from collections.abc import Iterator

from damgate.core.objects import Object
from damgate.drive.buckets.plain.asking import place
from damgate.drive.context import Context
from damgate.ports.catalogue import PAGE, Transaction
from damgate.ports.objects import Room


def faults(context: Context, tx: Transaction) -> Iterator[str]:
    """Yield what is wrong with plain buckets, in a person's words."""
    taken = {outlet.delivery.bucket: f"channel {name}" for name, outlet in context.outlets.items()}
    taken |= {code: f"state {state}" for code, state in context.config.buckets().items()}
    for room in tx.buckets.all():
        if room.name in taken:
            yield (
                f"{place(room.name)}: the {taken[room.name]} has the same name, and hides this bucket of {room.owner};"
                " give it another one in damgate.toml: bucket = …"
            )
        former = ""
        for one in _versions(tx, room):
            if one.latest is not (one.key != former):
                yield f"{place(room.name, one.key)}: its latest version is not its newest one"
            former = one.key


def _versions(tx: Transaction, room: Room) -> Iterator[Object]:
    position, below = b"", None
    while page := tx.objects.versions(room.name, position, below, PAGE):
        yield from (one for _, one in page)
        below, last = page[-1]
        position = last.key.encode()
