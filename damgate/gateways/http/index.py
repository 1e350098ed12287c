"""A folder as a page: names, sizes and dates, for people who look in with a browser."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from html import escape

from damgate.core.places import CHANNELS, Names
from damgate.drive import Drive, Entry
from damgate.gateways.reply import Reply
from damgate.gateways.request import Request
from damgate.gateways.stamps import iso_date
from damgate.gateways.target import quote_name, quote_path

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#667080;--line:#e3e6ea;--paper:#fff;--hover:#f4f6f9;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{
--ink:#e6e8eb;--soft:#98a2b0;--line:#2b3036;--paper:#16181b;--hover:#1f2327;--link:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem;
background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.35rem;font-weight:600;margin:0 0 1.25rem;overflow-wrap:anywhere}
h1 a{color:var(--soft);font-weight:400}
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{text-align:left;font-size:.8rem;font-weight:500;color:var(--soft)}
th,td{padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:hover{background:var(--hover)}
td:first-child{overflow-wrap:anywhere}
small{margin-left:.4rem;font-size:.85em;color:var(--soft)}
td+td,th+th{white-space:nowrap;text-align:right;color:var(--soft)}
footer{margin-top:1.5rem;font-size:.85rem;color:var(--soft)}
@media(max-width:34rem){td:last-child,th:last-child{display:none}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "private, no-store"),
]


def index_reply(request: Request, drive: Drive, channels: Mapping[str, str]) -> Reply:
    """Answer with the page, one page of the listing at a time; `channels` says what people call each channel."""
    pages = drive.list(request.actor, request.path)
    return Reply(
        200, list(HEADERS), () if request.method == "HEAD" else _page(request, pages, _notes(request.path, channels))
    )


def _page(request: Request, pages: Iterator[list[Entry]], notes: Callable[[Entry], str]) -> Iterator[bytes]:
    path = request.path
    title = escape(path[-1]) if path else "damgate"
    yield (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{_trail(request)}</h1>"
        "<table><thead><tr><th>Name</th><th>Size</th><th>Changed (UTC)</th></tr></thead><tbody>\n"
    ).encode()
    if path:
        yield f'<tr><td><a href="{_href(path[:-1])}" rel="up">↑ up</a></td><td></td><td></td></tr>\n'.encode()
    base = quote_path(path, folder=True)
    count = 0
    for page in pages:
        count += len(page)
        yield "".join(_row(base, entry, notes(entry)) for entry in page).encode()
    things = "Nothing here yet" if not count else "1 thing" if count == 1 else f"{count:,} things"
    who = escape(request.actor.name)
    yield f"</tbody></table><footer>{things}. Logged in as {who}.</footer></body></html>\n".encode()


def _notes(path: Names, channels: Mapping[str, str]) -> Callable[[Entry], str]:
    """Return what tells people what a folder is for."""
    if not path:
        return lambda entry: "exports, made when they are read" if entry.name == CHANNELS else "workflow state"
    if path == (CHANNELS,):
        return lambda entry: channels.get(entry.name, "")
    return lambda _entry: ""


def _trail(request: Request) -> str:
    steps = ['<a href="/">damgate</a>' if request.path else "damgate"]
    for depth, name in enumerate(request.path, 1):
        last = depth == len(request.path)
        steps.append(escape(name) if last else f'<a href="{_href(request.path[:depth])}">{escape(name)}</a>')
    return " / ".join(steps)


def _row(base: str, entry: Entry, note: str) -> str:
    href = escape(base + quote_name(entry.name)) + ("/" if entry.folder else "")
    told = f" <small>{escape(note)}</small>" if entry.folder and note else ""
    size = "" if entry.folder else human_size(entry.size)
    date = iso_date(entry.modified)
    shown = f'<time datetime="{date}">{date[:10]} {date[11:16]}</time>' if entry.modified else ""
    slash = "/" if entry.folder else ""
    name = f'<a href="{href}">{escape(entry.name)}{slash}</a>{told}'
    return f"<tr><td>{name}</td><td>{size}</td><td>{shown}</td></tr>\n"


def _href(path: tuple[str, ...]) -> str:
    return escape(quote_path(path, folder=True))


def human_size(size: int) -> str:
    """Write a number of bytes as people say it."""
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.1f} {unit}" if amount < 99.95 else f"{amount:.0f} {unit}"
    return f"{amount / 1000:,.1f} TB"
