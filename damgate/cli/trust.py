"""What a person needs to know of the certificate that a drive is served with."""

from __future__ import annotations

from damgate.server import Identity

KNOWN = """TLS certificate {file}
  for      {names}
  until    {ends:%Y-%m-%d}
  SHA-256  {fingerprint}"""

TRUST = """It is signed by itself. Copy it to each machine, compare its SHA-256 there, and trust it once:
  Windows        certutil -addstore Root certificate.crt        (in a console of the administrator)
  macOS          sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain certificate.crt
  Debian, GNOME  sudo cp certificate.crt /usr/local/share/ca-certificates/damgate.crt && sudo update-ca-certificates
  rclone, curl   rclone --ca-cert certificate.crt …        curl --cacert certificate.crt …
  aws, boto3     AWS_CA_BUNDLE=certificate.crt in their environment"""


def text(identity: Identity) -> str:
    """Return how a certificate is known, and for one that damgate made, how each system comes to trust it."""
    known = KNOWN.format(
        file=identity.certificate,
        names=", ".join(sorted(identity.names)) or "no name: no client will take it",
        ends=identity.ends,
        fingerprint=identity.fingerprint,
    )
    return f"{known}\n{TRUST}" if identity.self_signed else known
