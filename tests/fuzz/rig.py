"""A whole drive behind the front, which can be put back to how it was in a few milliseconds.

Everything is real but the decoder processes, the clock, and the cost of hashing a password.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from argon2 import PasswordHasher

from damgate import app
from damgate.adapters.casbin import CasbinPolicy
from damgate.adapters.sql.catalogue import FILE
from damgate.adapters.sql.sqlite import connect, driver
from damgate.config import Config
from damgate.drive.entries import LockRequest
from damgate.gateways.front import Front
from damgate.gateways.health import Readiness
from damgate.people import People
from damgate.people.passwords import Passwords
from tests.drive.house import ROLES, House, build, names
from tests.fuzz.findings import Finding
from tests.fuzz.sent import ELSEWHERE, Sent
from tests.live.served import own_logging

PASSWORD = "open sesame"
NEAR = "127.0.0.1"  # a proxy that is trusted
NOBODY = "-"
POWERLESS = (NOBODY, "nils", "vera")  # may change nothing
WHO = (*ROLES, "nils", NOBODY)
SECRET = b"kept from you"  # stands in every file that the powerless may not read
CANARY = b"outside of the drive"  # stands in files that nobody may read
_STATE = (
    "SELECT * FROM nodes WHERE kind <> 'scratch'",  # which tells the powerless themselves why
    "SELECT channel, asset, folder, name FROM placements",  # whose size is learnt when somebody reads
    *(f"SELECT * FROM {table}" for table in ("rights", "transitions", "aliases", "trash", "vacated", "versions")),
    *("SELECT * FROM locks", "SELECT * FROM properties"),
)
_APPROVED = """
    WITH RECURSIVE below (id, md5) AS (
        SELECT id, md5 FROM nodes WHERE parent = 'root' AND key IN ('approved', 'archive')
        UNION ALL SELECT nodes.id, nodes.md5 FROM nodes JOIN below ON nodes.parent = below.id
    )
    SELECT count(*) FROM below WHERE md5 <> ?
"""
_OWN = re.compile(
    r"drive/(data/(catalogue\.db(-wal|-shm)?|blobs(/[0-9a-f]{2}(/[0-9a-f]{64})?)?|stage)|renditions(/.*)?|scratch)"
)
_CONFIG = {"server": {"trusted-proxies": [NEAR], "accel": "/-blobs/"}}


class Rig:
    """The drive under test; use it in one thread, and `close` it."""

    def __init__(self, folder: Path) -> None:
        """Make the drive below `folder`, where nothing else may be."""
        self.folder = folder
        self._drive = folder / "drive"
        self._log = io.StringIO()
        self._seen: tuple[int, bytes] = (-1, b"")
        for name in ("canary.txt", "drive.txt", "Inbox.txt"):
            (folder / name).write_bytes(CANARY)
        config = msgspec.convert(_CONFIG, Config)
        passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.words = furnish(build(self._drive, config=config), passwords)
        (self._drive / "data" / "canary.txt").write_bytes(CANARY)
        self._house = house = build(self._drive, config=config, new=False)
        catalogue = self._drive / "data" / FILE
        self._probe, self._restoring = connect(catalogue, writes=False), connect(catalogue, writes=True)
        self._new = driver().connect(":memory:")
        self._probe.backup(self._new)
        self._files_of_new, self._began = self._files(), house.clock.at
        people = People(house.context.catalogue, house.clock, config.logins, passwords=passwords)
        for name in (*ROLES, "nils"):
            people.login(name, PASSWORD, ELSEWHERE)
        assert isinstance(house.context.policy, CasbinPolicy)
        self._logging = ExitStack()
        self._logging.enter_context(own_logging())
        with redirect_stderr(self._log):
            app.log_to_stderr(as_json=True)
        self.front = Front(house.drive, people, house.context.policy, Readiness, config.server)
        self._born = self._commits()

    def fresh(self) -> None:
        """Put the drive back to what it was; raises Finding where there are files that are not its own."""
        found = self._files()
        foreign = sorted(name for name in found ^ self._files_of_new if not _OWN.fullmatch(name))
        for name in found - self._files_of_new:
            path = self.folder / name
            if path.is_file():  # a store remembers the folders that it has made
                path.unlink()
        self._new.backup(self._restoring)
        self._house.clock.at = self._began
        self._seen = (-1, b"")
        self._born = self._commits()
        self.log()
        if foreign:
            raise Finding("escape", f"files that should not be there, or are lost: {foreign}")

    def environ(self, sent: Sent, target: str, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
        """Return what the server would hand over for a request whose words are filled in."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": sent.method,
            "REQUEST_URI": target,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(target.partition("?")[0].encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": target.partition("?")[2],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "REMOTE_ADDR": sent.peer,
            "HTTP_HOST": "dam.example:8080",
            "wsgi.url_scheme": "http",
            "CONTENT_LENGTH": str(len(body)),
        }
        if sent.who != NOBODY:
            environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{sent.who}:{PASSWORD}".encode()).decode()
        for name, value in headers:
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value
        if "HTTP_TRANSFER_ENCODING" in environ:
            del environ["CONTENT_LENGTH"]
        return environ

    def state(self) -> bytes:
        """Return a digest of all that people can see or change, read again only when something was committed."""
        version = self._commits()
        if version != self._seen[0]:
            digest = sha256()
            for rows in _STATE:
                digest.update(repr(self._probe.execute(rows).fetchall()).encode())
            self._seen = version, digest.digest()
        return self._seen[1]

    def published(self) -> bool:
        """Tell whether more is approved now than when the drive was new, so that the powerless may read it."""
        return int(self._probe.execute(_APPROVED, (self.words["{shoe tag}"].strip('"'),)).fetchone()[0]) > 0

    def untouched(self) -> bool:
        """Tell whether nothing at all was committed since the drive was new."""
        return self._commits() == self._born

    def log(self) -> str:
        """Return what was logged since the last call."""
        text = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        return text

    def pass_time(self, seconds: float) -> None:
        """Let the clock go on, and every half minute the background do its work."""
        before = self._house.clock.at
        self._house.clock.pass_(seconds)
        if before // 30 != self._house.clock.at // 30:
            self._house.work()

    def close(self) -> None:
        """Close what is open."""
        for connection in (self._probe, self._restoring, self._new):
            connection.close()
        self._house.context.catalogue.close()
        self._logging.close()

    def _commits(self) -> int:
        return int(self._probe.execute("PRAGMA data_version").fetchone()[0])

    def _files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


def furnish(house: House, passwords: Passwords) -> dict[str, str]:
    """Fill a drive with what inputs speak of; return the words that stand for its ids and tokens."""
    people = People(house.context.catalogue, house.clock, house.context.config.logins, passwords=passwords)
    for name in ROLES:
        people.set_password(name, PASSWORD)
    people.add("nils", [], PASSWORD)
    for folder in (
        "/Inbox/summer",
        "/Inbox/summer/deep",
        "/Inbox/[a]{0}",
        "/Inbox/empty",
        "/Review/trip",
        "/Rejected/Too dark",
    ):
        house.mkcol("mia", folder)
    secret = SECRET.decode()
    for path in (
        "/Inbox/a.jpg",
        "/Inbox/summer/b.jpg",
        "/Inbox/summer/Maße é.jpg",
        "/Inbox/[a]{0}/c.jpg",
        "/Inbox/held.jpg",
    ):
        house.put("carl", path, f"{secret} {path}")
    for path in (
        "/Review/d.jpg",
        "/Review/trip/e.jpg",
        "/Rejected/Too dark/f.jpg",
        "/Inbox/shoe.jpg",
        "/Inbox/old.jpg",
    ):
        house.put("mia", path, f"shoe {path}" if "shoe" in path else f"{secret} {path}")
    house.put("mia", "/Inbox/note.txt", SECRET)
    for source, target in (("Inbox", "Review"), ("Review", "Approved")):
        house.move("mia", f"/{source}/shoe.jpg", f"/{target}/shoe.jpg")
    house.delete("mia", "/Inbox/old.jpg")
    house.work()
    held, _ = house.drive.lock(
        house.who("carl"), names("/Inbox/held.jpg"), LockRequest(deep=False, exclusive=True, owner="", timeout=3600)
    )
    ids = {name: house.stat("mia", path) for name, path in (("a", "/Inbox/a.jpg"), ("shoe", "/Approved/shoe.jpg"))}
    house.context.catalogue.close()
    return {
        "{held}": held.lock.token,
        "{a}": ids["a"].id,
        "{tag}": f'"{ids["a"].etag}"',
        "{shoe}": ids["shoe"].id,
        "{shoe tag}": f'"{ids["shoe"].etag}"',
    }


def log_faults(text: str, requests: int) -> Iterator[str]:
    """Yield what is wrong with log lines that so many requests have written."""
    if len(text.splitlines()) != text.count("\n"):
        yield "a line breaks inside"
    written = 0
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            yield f"a line is no JSON: {line!r}"
            continue
        written += said.get("event") == "request"
        if said.get("level") in {"error", "critical"}:
            yield f"an error: {line}"
    if written != requests:
        yield f"{written} lines for {requests} requests"


@contextmanager
def memory() -> Iterator[Path]:
    """Lend a folder in memory, where the system has one."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(prefix="damgate-fuzz-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)
