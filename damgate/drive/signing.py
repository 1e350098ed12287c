"""Signed links: whoever holds one may open it until it ends, in a channel whose gate is “signed”."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from damgate.core import names
from damgate.core.errors import BadLink, BadRequest, Refused
from damgate.core.events import Event, Happening
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject, day
from damgate.drive import channels
from damgate.drive.context import Context
from damgate.drive.linking import Link

_KEY = "signing-key"  # the note that holds it, in hex
_UNTIL = re.compile(r"[?&]until=([0-9]{1,11})$", re.ASCII)


def sign(context: Context, actor: Actor, link: Link, target: str, until: float) -> str:
    """Return a link's target with its end and signature; see `Drive.sign`."""
    outlet = channels.find_outlet(context, link.channel)
    if outlet.delivery.gate != "signed":
        raise BadRequest(f"The channel {outlet.name} takes no signed links; in damgate.toml: gate = “signed”.")
    if link.pin:
        raise BadRequest("A pinned link leads elsewhere with each new picture; please sign the one without the pin.")
    if until <= context.clock.now():
        raise BadRequest("The link would have ended already.")
    with context.catalogue.write() as tx:
        placed = channels.look_by_id(context, tx, actor, link.channel, link.asset)
        if not context.policy.allows(actor, Action.SHARE, Subject(outlet.name, placed.area, placed.state, own=False)):
            raise Refused(f"You may not sign links of the channel {outlet.name}.")
        key = tx.notes.get(_KEY)
        if key is None:
            tx.notes.put(_KEY, key := secrets.token_hex(32))
        detail: dict[str, str | int | float] = {"channel": outlet.name, "until": int(until)}
        context.record(tx, Event(Happening.LINK_SIGNED, actor.name, asset=link.asset, detail=detail))
    text = f"{target}{'&' if '?' in target else '?'}until={int(until)}"
    return f"{text}&sig={_signature(key, text)}"


def signed_until(context: Context, link: Link, target: str, signature: str) -> float | None:
    """Return when a signature ends; see `Drive.signed_until`."""
    outlet = context.outlets.get(names.key(link.channel))
    if outlet is None or outlet.delivery.gate != "signed":
        return None
    with context.catalogue.read() as tx:
        key = tx.notes.get(_KEY)
    ends = _UNTIL.search(target)
    if key is None or ends is None or not hmac.compare_digest(_signature(key, target).encode(), signature.encode()):
        raise BadLink("This link is not as it was signed, or its signature was revoked.")
    until = float(ends[1])
    if context.clock.now() >= until:
        raise BadLink(f"This link ended on {day(until)}.")
    return until


def change_key(context: Context, actor: Actor) -> None:
    """Take a new key; see `Drive.change_signing_key`."""
    if not context.policy.allows(actor, Action.ADMIN, Subject(DRIVE_VIEW, "-", "-", own=False)):
        raise Refused("You may not change the key of signed links.")
    with context.catalogue.write() as tx:
        tx.notes.put(_KEY, secrets.token_hex(32))
        context.record(tx, Event(Happening.SIGNING_KEY_CHANGED, actor.name))


def _signature(key: str, text: str) -> str:
    made = hmac.digest(bytes.fromhex(key), text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
