"""A form as it arrives: its fields, and its file, of which no more is held than one block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.xmlbody import input_of

MOST_BYTES = 20 * 1024  # of all fields before the file
MOST_FIELDS = 256

_BLOCK = 64 * 1024
_Event: TypeAlias = MultipartSegment | bytes | None


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that stand before the file, by their names in lower case, and the file, still to be read."""

    fields: dict[str, str]
    filename: str
    file: FormFile


class FormFile:
    """The bytes of the file in a form."""

    def __init__(self, events: Iterator[_Event]) -> None:
        """Read from `events`, which have just come to the file."""
        self._events = events
        self._held = b""
        self._over = False

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing only at the file's end as the form marks it; raises S3Fault."""
        while not self._held and not self._over:
            event = next(self._events)
            self._over = event is None
            self._held = event if isinstance(event, bytes) else b""
        piece, self._held = self._held[:size], self._held[size:]
        return piece


def read_form(asked: Asked) -> Form:
    """Read a form as far as its file; raises S3Fault."""
    events = _events(asked)
    fields: dict[str, str] = {}
    for event in events:
        if not isinstance(event, MultipartSegment):
            continue
        name = (event.name or "").lower()
        if name == "file":
            return Form(fields, _base_name(event.filename or ""), FormFile(events))
        if name in fields:
            raise _wrong(f"it has the field “{name}” twice")
        left = MOST_BYTES - sum(len(known) + len(value.encode()) for known, value in fields.items())
        fields[name] = _value(events, left - len(name))
    raise _no_file()


def _events(asked: Asked) -> Iterator[_Event]:
    kind, options = parse_options_header(str(asked.environ.get("CONTENT_TYPE") or ""))
    if kind != "multipart/form-data":
        raise S3Fault("PreconditionFailed", "A POST to a bucket must be a form of the type multipart/form-data.")
    source = input_of(asked)
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=MOST_FIELDS, strict=True)
        while piece := source.read(_BLOCK):
            yield from parser.parse(piece)
    except ParserLimitReached as error:
        raise _too_much() from error
    except MultipartError as error:
        raise _wrong("it is no multipart/form-data as RFC 7578 has it") from error
    raise _no_file()


def _value(events: Iterator[_Event], most: int) -> str:
    pieces, size = [], 0
    for event in events:
        if not isinstance(event, bytes):
            break
        pieces.append(event)
        size += len(event)
        if size > most:
            raise _too_much()
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError:
        raise _wrong("one of its fields is not UTF-8") from None


def _base_name(filename: str) -> str:
    """Return a file's name without the folders that some browsers send before it."""
    return filename.replace("\\", "/").rpartition("/")[2]


def _wrong(why: str) -> S3Fault:
    return S3Fault("MalformedPOSTRequest", f"The form cannot be read: {why}.")


def _no_file() -> S3Fault:
    return S3Fault("MalformedPOSTRequest", "The form ends before its file, which must be its last field.")


def _too_much() -> S3Fault:
    return S3Fault(
        "MaxPostPreDataLengthExceeded",
        f"The fields before the file can be {MOST_BYTES:,} bytes, and {MOST_FIELDS} of them.",
    )
