"""Secrets at rest: who has the catalogue without the file beside it has none of them."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from damgate.core.errors import Misconfigured

BITS = 256
NONCE = 12  # bytes


class Seal:
    """Encrypts short secrets with a key that stands in a file of its own, made when it is first needed."""

    def __init__(self, path: Path) -> None:
        """Take the key from this file."""
        self._path = path

    @property
    def kept(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def seal(self, secret: str, about: str) -> bytes:
        """Return a secret so that only `open` can read it, and only as what it is `about`."""
        if not self.kept:
            self._make()
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher().encrypt(nonce, secret.encode(), about.encode())

    def open(self, sealed: bytes, about: str) -> str:
        """Return a secret; raises Misconfigured where the file is lost, or is another one."""
        try:
            return self._cipher().decrypt(sealed[:NONCE], sealed[NONCE:], about.encode()).decode()
        except InvalidTag as error:
            raise Misconfigured(
                f"{self._path} is not the file that the secret of {about} was sealed with; put that one back from a "
                "backup, or disable the access key and make a new one."
            ) from error

    def lost(self) -> Misconfigured:
        """Say what to do where secrets are kept and the file is not."""
        return Misconfigured(
            f"{self._path} is lost, with which the secrets of access keys were sealed. Put it back from a backup; "
            "where there is none, disable the access keys and make new ones."
        )

    def _cipher(self) -> AESGCM:
        try:
            return AESGCM(self._path.read_bytes())
        except FileNotFoundError:
            raise self.lost() from None
        except ValueError as error:  # of another length
            raise Misconfigured(f"{self._path} is damaged; put it back from a backup.") from error

    def _make(self) -> None:
        """Make the file, whole and durable before anybody sees it; of two processes at once the first one's counts."""
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(AESGCM.generate_key(BITS))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first
                self._path.hardlink_to(fresh)  # which replaces nothing, as a rename would
        finally:
            fresh.unlink()
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
