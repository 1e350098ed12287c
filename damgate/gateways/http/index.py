"""A folder as a page: previews, names, sizes and dates, for people who look in with a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape

from damgate.core.places import CHANNELS, Names
from damgate.drive import Drive, Entry
from damgate.gateways.http.look import FOLDER, HEADERS, STYLE
from damgate.gateways.reply import Reply
from damgate.gateways.request import Request
from damgate.gateways.stamps import iso_date
from damgate.gateways.target import quote_name, quote_path

_LONGEST_TYPE = 5  # letters of an extension that says what a file is


def index_reply(request: Request, drive: Drive, channels: Mapping[str, str]) -> Reply:
    """Answer with the page, one page of the listing at a time; `channels` says what people call each channel."""
    pages = drive.list(request.actor, request.path)
    return Reply(200, list(HEADERS), () if request.method == "HEAD" else _page(request, drive, pages, channels))


def _page(request: Request, drive: Drive, pages: Iterator[list[Entry]], channels: Mapping[str, str]) -> Iterator[bytes]:
    path, note = request.path, _notes(request.path, channels)
    title = escape(path[-1]) if path else "damgate"
    yield (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><h1>{_trail(request)}</h1>"
    ).encode()
    if path:
        yield f'<nav><a href="{_href(path[:-1])}" rel="up">↑ up</a></nav>'.encode()
    yield b"<ul>\n"
    base = quote_path(path, folder=True)
    count = 0
    for page in pages:
        count += len(page)
        previews = drive.previews(request.actor, page)
        yield "".join(_card(base, entry, note(entry), previews.get(entry.id)) for entry in page).encode()
    things = "Nothing here yet" if not count else "1 thing" if count == 1 else f"{count:,} things"
    who = escape(request.actor.name)
    yield f"</ul><footer>{things}. Logged in as {who}.</footer></body></html>\n".encode()


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


def _card(base: str, entry: Entry, note: str, preview: Names | None) -> str:
    href = escape(base + quote_name(entry.name)) + ("/" if entry.folder else "")
    name = escape(entry.name)
    date = iso_date(entry.modified)
    shown = f'<time datetime="{date}">{date[:10]} {date[11:16]}</time>' if entry.modified else ""
    told = [escape(note) if entry.folder else human_size(entry.size), shown]
    return (
        f'<li><a href="{href}" title="{name}"><i>{_picture(entry, preview)}</i><b>{name}</b></a>'
        f"<small>{' · '.join(one for one in told if one)}</small></li>\n"
    )


def _picture(entry: Entry, preview: Names | None) -> str:
    """Return what stands for a file: its preview, else a word for its type."""
    if entry.folder:
        return FOLDER
    if preview is None:
        return escape(_type(entry))
    source = escape(quote_path(preview))
    return (
        f'<img src="{source}?w=320" srcset="{source}?w=320 1x, {source}?w=640 2x" '
        f'alt="Preview of {escape(entry.name)}" loading="lazy" decoding="async">'
    )


def _type(entry: Entry) -> str:
    """Return the word by which people know a type: the extension, else the media type's second half."""
    extension = entry.name.rpartition(".")[2] if "." in entry.name else ""
    if 0 < len(extension) <= _LONGEST_TYPE and extension.isalnum():
        return extension.upper()
    kind, _, exact = entry.media_type.partition("/")
    return (kind if kind == "text" else exact).upper() or "FILE"


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
