"""What happens to files on their way: cut, with bits turned over, or not what they are called."""

from __future__ import annotations

import random
from collections.abc import Iterator

from damgate.testing.originals import Original

FLIPPED = 12  # files made of one original by turning over some of its bits
_OTHER = b"%PDF-1.7\n% not what it is called\n" + bytes(range(256))


def damaged(original: Original) -> Iterator[tuple[str, bytes]]:
    """Yield broken contents of an original, the same ones each time, with a word for what was done."""
    content = original.content
    yield "empty", b""
    for kept in (1, 16, len(content) // 10, len(content) // 2, len(content) - 1):
        yield f"cut after {kept} bytes", content[:kept]
    for seed in range(FLIPPED):
        yield f"bits turned over ({seed})", _flipped(content, seed)
    yield "noise", random.Random(1).randbytes(min(len(content), 20_000))  # noqa: S311  (not for secrets)
    yield "its beginning, then noise", content[:64] + random.Random(2).randbytes(5000)  # noqa: S311
    yield "something else", _OTHER
    yield "twice", content + content


def _flipped(content: bytes, seed: int) -> bytes:
    """Turn over a bit here and there, half of them near the beginning, where files say what they are."""
    chance, broken = random.Random(seed), bytearray(content)  # noqa: S311  (not for secrets)
    for number in range(1 + seed):
        near = min(len(broken), 512) if number % 2 == 0 else len(broken)
        broken[chance.randrange(near)] ^= 1 << chance.randrange(8)
    return bytes(broken)
