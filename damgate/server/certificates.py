"""The certificate and key by which a server is known: given by the operator, or signed by itself."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from damgate.core.errors import Misconfigured

LIFE = timedelta(days=800)  # Apple's systems take no certificate of more than 825 days
RENEWAL = timedelta(days=60)  # before its end
SKEW = timedelta(days=1)  # by which the clock of a client may be slow
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate that fits its key and is in force."""

    certificate: Path
    key: Path
    names: frozenset[str]  # host names and addresses
    fingerprint: str  # SHA-256, as every system shows it
    ends: datetime
    self_signed: bool = False


def read_identity(certificate: Path, key: Path, now: datetime) -> Identity:
    """Read what the operator gave; raises Misconfigured with a sentence where it cannot serve."""
    leaf = _read_certificate(certificate)
    if _read_key(key).public_key() != leaf.public_key():
        raise Misconfigured(f"TLS: the key {key} does not belong to the certificate {certificate}.")
    if now > leaf.not_valid_after_utc:
        raise Misconfigured(f"TLS: the certificate {certificate} ended on {leaf.not_valid_after_utc:%Y-%m-%d}.")
    if now < leaf.not_valid_before_utc:
        raise Misconfigured(
            f"TLS: the certificate {certificate} begins only on {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC."
        )
    return Identity(
        certificate,
        key,
        _names(leaf),
        leaf.fingerprint(hashes.SHA256()).hex(":").upper(),
        leaf.not_valid_after_utc,
        self_signed=leaf.issuer == leaf.subject,
    )


def own_identity(folder: Path, names: Sequence[str], now: datetime) -> Identity:
    """Read the certificate that damgate signed for itself, kept in `folder`; make it where it is needed.

    That is, where there is none that serves, where it ends soon, and where it lacks one of `names`. The name of the
    machine is always in a new one, but makes a new one needed only where `names` is empty: containers change theirs
    with each start, and who trusted a certificate would have to trust the next. Raises Misconfigured where one of
    `names` is neither a host name nor an address.
    """
    wanted = {_plain(name) for name in (*names, *LOCAL)}
    machine = _machine()
    certificate, key = folder / "certificate.crt", folder / "key.pem"  # Windows opens .crt
    try:
        found = read_identity(certificate, key, now)
    except Misconfigured:
        found = None
    needed = wanted if names else wanted | machine
    if found is None or found.ends - now < RENEWAL or not needed <= found.names:
        _make(certificate, key, sorted(wanted | machine), now)
        found = read_identity(certificate, key, now)
    return found


def _make(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> None:
    """Sign a certificate for a new key.

    The key is of P-256: Windows takes it since version 8.1, as all other systems do, and a handshake costs the
    server a third less than with RSA. It is no authority: who trusts it trusts this server alone.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "damgate")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.parent.mkdir(mode=0o700, exist_ok=True)
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    _write(key, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    _write(certificate, made.public_bytes(pem))


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, and that is never there in part."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 — with a mode
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except OSError as error:
        raise Misconfigured(f"TLS: the certificate {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Misconfigured(f"TLS: {path} is no certificate in PEM form.") from error


def _read_key(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise Misconfigured(f"TLS: the key {path} cannot be read: {error.strerror}.") from error
    except TypeError as error:
        raise Misconfigured(f"TLS: the key {path} has a password; give damgate one without.") from error
    except ValueError as error:
        raise Misconfigured(f"TLS: {path} is no private key in PEM form.") from error


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = found.get_values_for_type(x509.IPAddress)
    return frozenset([*found.get_values_for_type(x509.DNSName), *map(str, addresses)])


def _machine() -> set[str]:
    """Return the machine's name, where certificates can carry it."""
    try:
        return {_plain(socket.gethostname())}
    except Misconfigured:
        return set()


def _plain(name: str) -> str:
    """Return a name as certificates carry it: addresses in their short form, other letters than a to z encoded."""
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    try:
        plain = name.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Misconfigured(f"damgate.toml: [server] names: “{name}” is no host name and no address.") from error
    if not plain or not all(letter.isalnum() or letter in "-._*" for letter in plain):
        raise Misconfigured(f"damgate.toml: [server] names: “{name}” is no host name and no address.")
    return plain


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
