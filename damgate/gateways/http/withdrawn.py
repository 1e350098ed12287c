"""What a page shows where a picture stood that has left its channel: another picture, with 410."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from damgate.core import names
from damgate.core.channels import Delivery
from damgate.core.errors import Gone, Misconfigured
from damgate.gateways.http.accept import parse_accept
from damgate.gateways.http.delivery import FOR_ALL_SITES
from damgate.gateways.reply import Headers, Reply, whole
from damgate.gateways.request import Request

_SHIPPED = "withdrawn.png"
_TYPES = {
    ".avif": "image/avif", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
    ".webp": "image/webp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The picture that a channel shows for what has left it."""

    body: bytes = field(repr=False)
    media_type: str
    max_age: int = 0  # seconds that caches may keep it; 0 = not at all


def pictures(deliveries: Mapping[str, Delivery], folder: Path) -> dict[str, Withdrawn]:
    """Read the picture of each channel that shows one; own ones are files in the drive's folder.

    Raises Misconfigured where one cannot be read, or browsers do not show files of its type.
    """
    return {name: _picture(name, one, folder) for name, one in deliveries.items() if one.withdrawn not in {"", "text"}}


def _picture(channel: str, delivery: Delivery, folder: Path) -> Withdrawn:
    max_age = delivery.max_age if delivery.public else 0
    if delivery.withdrawn == "picture":
        return Withdrawn(resources.files(__package__).joinpath(_SHIPPED).read_bytes(), "image/png", max_age)
    path = folder / delivery.withdrawn
    media_type = _TYPES.get(path.suffix.lower())
    where = f"damgate.toml: [channels.{channel}] withdrawn"
    if media_type is None:
        raise Misconfigured(f"{where}: “{delivery.withdrawn}” is neither picture nor text, nor a picture for browsers.")
    try:
        return Withdrawn(path.read_bytes(), media_type, max_age)
    except OSError as error:
        raise Misconfigured(f"{where}: {path} cannot be read ({error.strerror}).") from error


def withdrawn_reply(request: Request, gone: Gone, shown: Mapping[str, Withdrawn]) -> Reply | None:
    """Answer 410 with the channel's picture to who asks for a picture; None where a sentence is the answer."""
    picture = shown.get(names.key(request.path[1])) if request.path[0] in {"c", "channels"} else None
    if picture is None or not _asks_for_a_picture(request.header("Accept")):
        return None
    headers: Headers = [("X-Content-Type-Options", "nosniff"), ("Vary", "Accept")]
    if picture.max_age:
        headers += [("Cache-Control", f"public, max-age={picture.max_age}"), *FOR_ALL_SITES]
    else:
        headers.append(("Cache-Control", "no-store"))
    return whole(410, picture.body, picture.media_type, headers, gone.message)


def _asks_for_a_picture(accept: str | None) -> bool:
    """Tell an <img> from a page and from programs: it names pictures, and no page."""
    liked = parse_accept(accept)
    return "text/html" not in liked and any(
        media_type.startswith("image/") and weight > 0 for media_type, weight in liked.items()
    )
