"""/channels/CHANNEL.json and .csv: what a channel offers, as a shop takes it over. Written while it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import msgspec

from damgate.core import names
from damgate.core.places import CHANNELS
from damgate.drive import Drive, Manifest, Offered
from damgate.gateways.http.delivery import FOR_ALL_SITES, delivery_of
from damgate.gateways.http.links import asked
from damgate.gateways.reply import Headers, Reply
from damgate.gateways.request import Request
from damgate.gateways.stamps import iso_date, parse_etags
from damgate.gateways.target import quote_path

FIELDS = (
    "id", "path", "url", "pinned", "widths", "width", "height", "bytes", "etag", "media_type", "credit", "copyright",
    "updated", "until",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def manifest_reply(request: Request, drive: Drive) -> Reply | None:
    """Answer with the manifest; None where the address is none, or of no channel."""
    if len(request.path) != 2 or names.key(request.path[0]) != CHANNELS:
        return None
    channel, _, ending = names.key(request.path[1]).partition(".")
    write = {"json": _json, "csv": _csv}.get(ending)
    if write is None or delivery_of(drive, channel) is None:
        return None
    found = drive.manifest(request.actor, channel, asked(request).get("since"))
    again = f"/{CHANNELS}/{channel}.{ending}?since={found.cursor}"
    headers: Headers = [
        ("ETag", f'W/"{found.etag}-{ending}"'),
        ("Cache-Control", "public, no-cache" if found.public else "private, no-cache"),
        ("X-Damgate-Cursor", found.cursor),
        ("Link", f'<{again}>; rel="next"'),
        *(FOR_ALL_SITES if found.public else [("Cross-Origin-Resource-Policy", "same-origin")]),
    ]
    if f"{found.etag}-{ending}" in parse_etags(request.header("If-None-Match") or "", weak=True):
        return Reply(304, headers)
    media_type = "application/json" if ending == "json" else "text/csv; charset=utf-8; header=present"
    headers += [
        ("Content-Type", media_type),
        ("Content-Disposition", f'{"inline" if ending == "json" else "attachment"}; filename="{channel}.{ending}"'),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Reply(200, headers, () if request.method == "HEAD" else write(channel, found))


def _fields(one: Offered) -> dict[str, object]:
    """Return what is said of an asset, by the name of each field."""
    entry = one.entry
    values = (
        entry.id, quote_path(one.path), quote_path(one.link), quote_path(one.pinned), one.widths, one.width, one.height,
        entry.size, entry.etag, entry.media_type, one.credit, one.copyright, iso_date(entry.modified),
        iso_date(int(one.until)) if one.until is not None else None,
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def _json(channel: str, found: Manifest) -> Iterator[bytes]:
    encode: Callable[[object], bytes] = msgspec.json.Encoder().encode
    yield b'{"channel":%b,"cursor":%b,"assets":[' % (encode(channel), encode(found.cursor))
    gone: list[str] = []
    before = b""
    for page in found.pages:
        shown = [encode(_fields(one)) for one in page if isinstance(one, Offered)]
        gone += [one for one in page if isinstance(one, str)]
        if shown:
            yield before + b",\n".join(shown)
            before = b",\n"
    yield b'],"gone":%b}\n' % encode(gone)


def _csv(_channel: str, found: Manifest) -> Iterator[bytes]:
    """Write a row for each asset; one that is gone has its id and the word in the last column."""
    yield _lines([[*FIELDS, "gone"]])
    for page in found.pages:
        yield _lines(
            [_row(one) if isinstance(one, Offered) else [one, *[""] * (len(FIELDS) - 1), "gone"] for one in page]
        )


def _row(one: Offered) -> list[str]:
    fields = {**_fields(one), "widths": " ".join(map(str, one.widths))}
    return [_cell(value) for value in (*fields.values(), "")]


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
