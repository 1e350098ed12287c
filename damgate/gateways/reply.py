"""An answer on its way to a client."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

Headers = list[tuple[str, str]]

LONGEST_REASON = 120  # characters; what clients show in one line
_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-",
        "→": "->", "…": "...", "×": "x", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    }
)  # fmt: skip


@dataclass(slots=True)
class Reply:
    """Status, headers and body. A body with a `close` is closed by whoever takes the reply, sent or not."""

    status: int
    headers: Headers = field(default_factory=list)
    body: Iterable[bytes] = ()
    reason: str = ""  # a person's sentence for the status line; "" = the usual phrase
    uploaded: bool = False  # the request brought a whole file, which is kept now

    @property
    def line(self) -> str:
        """The status line's code and phrase, safe to send."""
        said = ascii_phrase(self.reason) if self.reason else ""
        return f"{self.status} {said or HTTPStatus(self.status).phrase}"

    def close(self) -> None:
        """Let go of the body without sending it."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


def whole(
    status: int, body: bytes, media_type: str, headers: Iterable[tuple[str, str]] = (), reason: str = ""
) -> Reply:
    """Make a reply whose body is at hand."""
    framing = [("Content-Type", media_type), ("Content-Length", str(len(body)))]
    return Reply(status, [*framing, *headers], (body,) if body else (), reason)


def empty(status: int, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """Make a reply without a body; 204 and 304 may not even say that its length is 0."""
    framing = [] if status in {204, 304} else [("Content-Length", "0")]
    return Reply(status, [*framing, *headers])


def uploaded(reply: Reply) -> Reply:
    """Mark the answer to a request that brought a whole file."""
    reply.uploaded = True
    return reply


def ascii_phrase(sentence: str) -> str:
    """Write a sentence in the only letters that a status line can carry, in one short line."""
    flat = unicodedata.normalize("NFKD", sentence.translate(_PLAIN))
    letters = "".join(
        character if " " <= character <= "~" else " " if character.isspace() or ord(character) < 160 else "?"
        for character in flat
        if not unicodedata.combining(character)
    )
    line = re.sub(" +", " ", letters).strip()
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 3].rstrip() + "..."
