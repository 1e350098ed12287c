"""E-mail: who wrote to whom about what, and how it begins."""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from damgate_preview import cards
from damgate_preview.drawn import Drawn, Original, from_pillow
from damgate_preview.kinds import kind

_READ = 4 << 20  # bytes
_LINES = 40
_TAGS = re.compile(r"<(style|script)\b.*?</\1\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the letter."""
    with original.path.open("rb") as file:
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(file.read(_READ))
    lines = [
        f"{name}: {' '.join(str(message[name]).split())}" for name in ("From", "To", "Cc", "Date") if message[name]
    ]
    names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    lines += [f"Attached: {', '.join(names[:8])}"] if names else []
    lines += ["", *_body(message)[:_LINES]]
    heading = str(message["Subject"] or "without a subject")
    page = cards.text_page(lines, box, heading, kind(original.media_type), mono=False)
    return Drawn(from_pillow(page), "text of the letter")


def _body(message: EmailMessage) -> list[str]:
    part = message.get_body(("plain", "html"))
    if part is None:
        return []
    content = part.get_content()
    text = content if isinstance(content, str) else ""
    if part.get_content_subtype() == "html":
        text = re.sub(r"\n\s*\n+", "\n\n", _TAGS.sub(" ", text))
    return text.splitlines()
