"""A drive for the suite: three people with keys who may have plain buckets, and the file that tells the suite so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from damgate import app
from tests.live.s3.keys import Key, new_key
from tests.live.served import PASSWORD, Served, new_drive

WORKERS = 2
SECTIONS = {"s3 main": "main", "s3 alt": "alt", "s3 tenant": "tenant"}
UNUSED = ("iam", "iam root", "iam alt root")  # the suite reads them, whatever it runs
ROLE = "tester"
MAY = f"\np, {ROLE}, buckets, *, *, self, *, allow\n"  # plain buckets of their own, and nothing of the drive's
CONFIG = "\n[s3]\nplain-buckets = true\n"


@contextmanager
def serving(log: Path | None = None) -> Iterator[Path]:
    """Serve such a drive, and give the suite's configuration; the server writes its log to `log`."""
    with TemporaryDirectory(prefix="damgate-s3tests-") as folder:
        drive = new_drive(Path(folder) / "drive")
        toml = drive / app.CONFIG
        toml.write_text(toml.read_text("utf-8") + CONFIG, "utf-8")
        with (drive / "policies" / "policy.csv").open("a", encoding="utf-8") as policy:
            policy.write(MAY)
        with app.open_site(drive) as site:
            for person in SECTIONS.values():
                site.people.add(person, [ROLE], PASSWORD)
        keys = {person: new_key(drive, person) for person in SECTIONS.values()}
        served = Served(drive, WORKERS, log=log, s3=True)
        try:
            conf = Path(folder) / "s3tests.conf"
            conf.write_text(written(served.s3_port, keys), "utf-8")
            yield conf
            code = served.stop()
            assert code == 0, served.log.read_text()
        finally:
            if served.process.poll() is None:
                served.kill()


def written(port: int, keys: Mapping[str, Key]) -> str:
    """The suite's configuration: what a person is called is what their objects' owner is called."""
    sections = [
        f"[DEFAULT]\nhost = 127.0.0.1\nport = {port}\nis_secure = False\nssl_verify = False\n",
        "[fixtures]\nbucket prefix = ladder-{random}-\niam name prefix = ladder-\niam path prefix = /ladder/\n",
    ]
    sections += [_section(section, person, keys[person]) for section, person in SECTIONS.items()]
    sections += [_section(section, section.replace(" ", "-"), Key("UNUSED", "unused")) for section in UNUSED]
    return "\n".join(sections)


def _section(name: str, person: str, key: Key) -> str:
    lines = {
        "display_name": person,
        "user_id": person,
        "email": f"{person}@example.com",
        "api_name": "damgate",
        "access_key": key.access,
        "secret_key": key.secret,
        "tenant": "",
    }
    return f"[{name}]\n" + "".join(f"{field} = {value}\n" for field, value in lines.items())
