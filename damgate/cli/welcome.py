"""What a person needs to know once a drive is served: who can log in, how to mount it, what to try."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from damgate import app
from damgate.cli.demo import passwords
from damgate.drive import publishing

HOST = "HOST:PORT"  # stands for what is known only once the socket is bound


def text(folder: Path) -> str:
    """Return the words for a drive in `folder`, with HOST where its address goes."""
    address = f"http://{HOST}"
    people = passwords(folder)
    who = people[0][0] if people else "NAME"
    lines = ["", f"  damgate serves {folder} at {address}/", ""]
    if people:
        roles = {
            "carl": "adds pictures",
            "rita": "approves them",
            "vera": "looks at what is approved",
            "mia": "manages",
        }
        lines.append("  People (name, password):")
        lines += [f"    {name:6} {password.strip()}   {roles.get(name, '')}".rstrip() for name, password in people]
        lines.append("")
    lines += [
        "  Mount it:",
        f"    Finder     Go > Connect to Server…   {address}/",
        "    Explorer   wants TLS before it sends a password: put a TLS proxy in front, then map https://…",
        f"    GNOME      gio mount dav://{who}@{HOST}/",
        f'    rclone     rclone lsf :webdav: --webdav-url {address} --webdav-user {who} --webdav-pass "$(rclone obscure PASSWORD)"',
        f"    browser    {address}/",
        "",
    ]
    picture = _first_placement(folder)
    if picture:
        lines += ["  A watermarked copy, as a web shop fetches it:", f"    curl -o copy.jpg {address}{picture}", ""]
    return "\n".join(lines)


def _first_placement(folder: Path) -> str:
    """Return the URL path of some public rendition, "" where there is none."""
    with app.open_site(folder) as site, site.catalogue.read() as tx:
        for placement in tx.placements.all():
            outlet = site.context.outlets.get(placement.channel)
            if outlet and outlet.delivery.public and not placement.fault:
                below = publishing.placement_path(site.context, tx, placement)
                return "/" + "/".join(quote(name) for name in publishing.full_path(placement.channel, below))
    return ""
