"""What a server speaks TLS with."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from damgate.core.errors import Misconfigured


class TlsSocket(ssl.SSLSocket):
    """A socket that stays encrypted until it is closed.

    Python's forgets its encryption at `shutdown`, which Cheroot calls from another thread when a request does not
    end in time: what that request still sends would then leave as plain text.
    """

    def shutdown(self, how: int) -> None:
        """End a direction of the connection below the encryption."""
        socket.socket.shutdown(self, how)


def open_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make the context for a certificate and its key, from TLS 1.2 on; raises Misconfigured where they do not serve.

    Made before the fork it is shared by all worker processes, so that a session can be resumed with each of them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = TlsSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # a client could ask for it without end
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"TLS cannot be spoken with {certificate} and {key}: {error}") from error
    return context
