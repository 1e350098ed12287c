"""A drive over TLS: with a certificate of its own making, or one that is given, and clients that trust it."""

import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from damgate import app
from damgate.server import own_identity
from tests.live.served import PASSWORD, Served, command, listing, login, need, until

NAMES = ["dam.example.com", "192.168.1.5"]
SELF_SIGNED = f'[server]\ntls = "self-signed"\nnames = {NAMES}\n'.replace("'", '"')


def configure(drive: Path, server: str) -> None:
    path = drive / app.CONFIG
    path.write_text(path.read_text("utf-8") + "\n" + server, "utf-8")


@pytest.fixture
def secure(drive: Path) -> Iterator[Served]:
    """A drive of the test's own, served over TLS by two workers."""
    configure(drive, SELF_SIGNED)
    server = Served(drive, workers=2)
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0, server.log.read_text()


def presented(served: Served, port: int = 0) -> str:
    """The SHA-256 of the certificate that a new connection is shown."""
    pem = ssl.get_server_certificate(("127.0.0.1", port or served.port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()


def test_a_drive_is_used_over_tls_and_says_how_to_trust_it(secure: Served) -> None:
    data = os.urandom(3 << 20)
    assert secure.scheme == "https"
    assert secure.ask("carl", "PUT", "/Inbox/a.bin", data).status == 201
    assert secure.ask("carl", "GET", "/Inbox/a.bin").body == data
    part = secure.ask("carl", "GET", "/Inbox/a.bin", Range="bytes=1000000-2000000")
    assert (part.status, part.body) == (206, data[1_000_000:2_000_001])
    moved = secure.ask("carl", "MOVE", "/Inbox/a.bin", Destination=f"{secure.url}/Inbox/b.bin")
    assert moved.status == 201
    assert listing(secure, "carl", "/Inbox")["b.bin"].size == len(data)
    for _ in range(5):  # it is refused while it is sent: the answer must reach who still sends
        assert secure.ask(None, "PUT", "/Inbox/c.bin", data).status == 401
    first = presented(secure)
    assert secure.stop() == 0
    assert first in secure.said.replace(":", "")
    assert str(secure.certificate) in secure.said
    for word in ("certutil", "security add-trusted-cert", "update-ca-certificates", "rclone --ca-cert", *NAMES):
        assert word in secure.said
    assert (secure.drive / "data/tls/key.pem").stat().st_mode & 0o777 == 0o600
    secure.start()
    assert presented(secure) == first


def test_curl_and_rclone_trust_the_certificate(secure: Served, tmp_path: Path) -> None:
    curl = [need("curl"), "-sS", "--fail", "-u", f"carl:{PASSWORD}"]
    address = f"{secure.url}/Inbox/summer.bin"
    (tmp_path / "summer.bin").write_bytes(os.urandom(1 << 20))
    trusting = [*curl, "--cacert", str(secure.certificate)]
    subprocess.run([*trusting, "-T", str(tmp_path / "summer.bin"), address], check=True, timeout=60)
    distrusting = subprocess.run([*curl, address], capture_output=True, text=True, timeout=60, check=False)
    assert distrusting.returncode == 60, distrusting.stderr
    told = subprocess.run([*curl, address.replace("https", "http")], capture_output=True, timeout=60, check=False)
    assert told.returncode == 22
    if shutil.which("rclone"):
        obscured = subprocess.run(["rclone", "obscure", PASSWORD], capture_output=True, text=True, check=True).stdout
        remote = ["--webdav-url", secure.url, "--webdav-user", "carl", "--webdav-pass", obscured.strip()]
        trust = ["--ca-cert", str(secure.certificate), "--config", str(tmp_path / "none")]
        subprocess.run(["rclone", "check", str(tmp_path), ":webdav:Inbox", "--one-way", "--download",
                        "--include", "summer.bin", *remote, *trust], check=True, timeout=60)  # fmt: skip


def test_a_renewed_certificate_is_taken_without_a_stop(drive: Path) -> None:
    own_identity(drive / "given", NAMES, datetime.now(UTC))
    configure(drive, '[server]\ncertificate = "given/certificate.crt"\nkey = "given/key.pem"\n')
    served = Served(drive, workers=2, s3=True)
    try:
        assert (before := presented(served))
        assert presented(served, served.s3_port) == before
        trusting = ssl.create_default_context(cafile=drive / "given/certificate.crt")
        kept = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=30, context=trusting)
        kept.request("GET", "/Inbox/", headers={"Authorization": login("carl")})
        kept.getresponse().read()
        key = (drive / "given/key.pem").read_bytes()
        (drive / "given/key.pem").write_text("nonsense")
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: served.log.read_text().count("the certificate was not taken") == 2)
        assert presented(served) == before
        (drive / "given/key.pem").write_bytes(key)
        own_identity(drive / "given", ["another.example.com"], datetime.now(UTC))
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: len({presented(served) for _ in range(8)} - {before}) == 1)
        assert until(lambda: all(presented(served) != before for _ in range(8)))
        assert until(lambda: all(presented(served, served.s3_port) != before for _ in range(8)))
        kept.request("GET", "/Inbox/", headers={"Authorization": login("carl")})
        assert kept.getresponse().status == 200
        kept.close()
    finally:
        assert served.stop() == 0


def test_a_certificate_that_ends_soon_is_told_and_the_drive_passes_its_check(drive: Path) -> None:
    given = own_identity(drive / "given", NAMES, datetime.now(UTC) - timedelta(days=795))
    configure(drive, '[server]\ncertificate = "given/certificate.crt"\nkey = "given/key.pem"\n')
    own_identity(drive / "data" / "tls", NAMES, datetime.now(UTC))  # from when it was self-signed
    served = Served(drive)
    try:
        context = ssl.create_default_context(cafile=given.certificate)
        with closing(http.client.HTTPSConnection("localhost", served.port, timeout=30, context=context)) as connection:
            connection.request("GET", "/readyz")
            remarks = json.loads(connection.getresponse().read())["remarks"]
        assert any(f"ends on {given.ends:%Y-%m-%d}" in remark for remark in remarks), remarks
        assert command("check", drive).returncode == 0
    finally:
        assert served.stop() == 0


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ('certificate = "none.pem"\nkey = "none.pem"', "none.pem cannot be read"),
        ('certificate = "logo.png"\nkey = "logo.png"', "logo.png is no certificate"),
        ('certificate = "logo.png"', "certificate and key together"),
        ('tls = "self-signed"\ncertificate = "a"\nkey = "b"', "either"),
        ('tls = "self-signed"\nnames = ["https://dam.example.com"]', "no host name and no address"),
        ('tls = "yes"', "tls"),
    ],
)
def test_a_server_that_cannot_speak_tls_says_why_at_its_start(drive: Path, server: str, sentence: str) -> None:
    configure(drive, f"[server]\n{server}\n")
    done = command("serve", drive, "--port", "0")
    assert done.returncode == 1, done
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
