"""Certificates: those of the operator are checked before they serve, damgate's own is made when it is needed."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from damgate.core.errors import Misconfigured
from damgate.server import open_context, own_identity, read_identity

NOW = datetime.now(UTC)
Make = Callable[..., tuple[Path, Path]]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make an operator's pair of files, of RSA as many authorities give them."""
    key = rsa.generate_private_key(65537, 2048)
    other = rsa.generate_private_key(65537, 2048)

    def make(begins: int = -1, ends: int = 90, *, password: bytes = b"", stranger: bool = False) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("given")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dam.example.com")])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW + timedelta(days=begins))
            .not_valid_after(NOW + timedelta(days=ends))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("dam.example.com")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        paths = folder / "chain.pem", folder / "key.pem"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        form = serialization.PrivateFormat.TraditionalOpenSSL
        paths[1].write_bytes((other if stranger else key).private_bytes(serialization.Encoding.PEM, form, how))
        return paths

    return make


def test_a_given_certificate_serves(make: Make) -> None:
    certificate, key = make()
    found = read_identity(certificate, key, NOW)
    assert found.names == {"dam.example.com"}
    assert not found.self_signed
    told = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip().rpartition("=")[2] == found.fingerprint
    open_context(certificate, key)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"begins": -90, "ends": -1}, "ended on"),
        ({"begins": 1}, "begins only on"),
        ({"stranger": True}, "does not belong to"),
        ({"password": b"secret"}, "has a password"),
    ],
)
def test_what_cannot_serve_is_named_with_the_reason(changes: dict[str, int | bytes], sentence: str, make: Make) -> None:
    certificate, key = make(**changes)
    with pytest.raises(Misconfigured, match=sentence) as raised:
        read_identity(certificate, key, NOW)
    assert str(certificate if sentence in {"ended on", "begins only on"} else key) in str(raised.value)


@pytest.mark.parametrize("which", [0, 1], ids=["certificate", "key"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_files_that_are_none_are_named(which: int, content: bytes | None, make: Make) -> None:
    paths = make()
    if content is None:
        paths[which].unlink()
    else:
        paths[which].write_bytes(content)
    with pytest.raises(Misconfigured, match=str(paths[which])):
        read_identity(*paths, NOW)


def test_its_own_certificate_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    first = own_identity(folder, ["dam.example.com", "192.168.1.5", "bücher.example"], NOW)
    assert first.names >= {"dam.example.com", "192.168.1.5", "xn--bcher-kva.example", "localhost", "127.0.0.1", "::1"}
    assert socket.gethostname().lower() in first.names
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "certificate.crt": 0o600,
        "key.pem": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    assert own_identity(folder, ["192.168.1.5"], NOW) == first
    assert first.self_signed


def test_its_own_certificate_is_made_anew_when_it_no_longer_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [own_identity(tmp_path, [], NOW)]

    def anew(now: datetime = NOW, *names: str) -> bool:
        seen.append(own_identity(tmp_path, names, now))
        return seen[-1].fingerprint != seen[-2].fingerprint

    assert not anew(NOW + timedelta(days=700))
    assert anew(NOW + timedelta(days=760))
    assert anew(NOW, "dam.example.com")  # a clock set back does not hide that a name is missing
    (tmp_path / "key.pem").write_text("nonsense")
    assert anew(NOW, "dam.example.com")
    monkeypatch.setattr(socket, "gethostname", lambda: "moved")
    assert not anew(NOW, "dam.example.com")  # a container has another name each time
    assert anew(NOW)
    assert "moved" in seen[-1].names
    monkeypatch.setattr(socket, "gethostname", lambda: "not a name")
    assert not anew(NOW)


@pytest.mark.parametrize("name", ["", "a b", "https://dam.example.com", "a/b", "x" * 70, "192.168.1.0/24"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no host name and no address"):
        own_identity(tmp_path, [name], NOW)
