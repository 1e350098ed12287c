"""What a person needs to know once a drive is served: who can log in, how to mount it, what to try."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

from damgate import app
from damgate.cli.demo import passwords
from damgate.drive import publishing

HOST = "HOST:PORT"  # stands for what is known only once the socket is bound
S3_HOST = "S3:PORT"  # the same, of the S3 door

ROLES = {
    "carl": "photographer: fills Inbox, hands on to Review",
    "rita": "reviewer: moves to Approved, or to Rejected",
    "vera": "viewer: looks at what is approved",
    "mia": "manager: may do everything but make accounts",
}

MOUNT = """
  Open it (the name and password are asked for):
    browser    {http}://{host}/
    Finder     Go > Connect to Server…  {http}://{host}/
    GNOME      gio mount {dav}://{who}@{host}/
    KDE        dolphin web{dav}://{who}@{host}/
    rclone     rclone lsf :webdav: --webdav-url {http}://{host} --webdav-user {who} --webdav-pass "$(rclone obscure PASSWORD)"
    Explorer   {explorer}
"""  # noqa: E501 — commands to copy stay on one line

TRY = """
  Try this:
    1  carl moves “Inbox/summer/first snow.jpg” to Approved/summer: refused; Refusals.txt tells him why.
    2  rita moves “Review/summer/night ferry.jpg” to Approved/summer: that is the approval.
    3  A moment later it is in channels/webshop/summer too: smaller, and with the logo on it.
"""

SHOP = """
  A web shop fetches a picture without a login:
    curl -o copy.jpg {http}://{host}{picture}
"""

S3 = """
  Programs that speak S3 find the states and channels as buckets at {http}://{host}; a key for one of them:
    {damgate} key add {folder} {who}
"""

END = """
  Ctrl-C stops it. Below is the log, one line for each request.
"""


def text(folder: Path, *, s3: bool = False) -> str:
    """Return the words for a drive in `folder`, with HOST where its address goes, and with `s3` S3_HOST as well."""
    people = passwords(folder)
    who = people[0][0] if people else "NAME"
    server = app.load_config(folder).server
    tls = bool(server.tls or server.certificate)
    http, dav = ("https", "davs") if tls else ("http", "dav")
    explorer = (
        f"net use * https://{HOST}/ /user:{who} *" if tls else "sends passwords over TLS only; README.md says how"
    )
    told = f"\n  {folder} is served at {http}://{HOST}/\n"
    if people:
        told += "\n  People (name, password, role):\n"
        told += "".join(f"    {name:6} {password}  {ROLES.get(name, '')}".rstrip() + "\n" for name, password in people)
    told += MOUNT.format(host=HOST, who=who, http=http, dav=dav, explorer=explorer)
    if people:
        told += TRY
    picture = _public_picture(folder)
    if picture:
        told += SHOP.format(host=HOST, picture=picture, http=http)
    if s3:
        told += S3.format(host=S3_HOST, http=http, damgate=_command(), folder=folder, who=who)
    return told + END


def _command() -> str:
    """Return how this command was called, which need not be on anybody's path."""
    called = sys.argv[0]
    return called if Path(called).name == "damgate" else "damgate"


def _public_picture(folder: Path) -> str:
    """Return the URL path of some public rendition, "" where there is none."""
    with app.open_site(folder) as site, site.catalogue.read() as tx:
        for placement in tx.placements.all():
            outlet = site.context.outlets.get(placement.channel)
            if outlet and outlet.delivery.public and not placement.fault:
                below = publishing.placement_path(site.context, tx, placement)
                return "/" + "/".join(quote(name) for name in publishing.full_path(placement.channel, below))
    return ""
