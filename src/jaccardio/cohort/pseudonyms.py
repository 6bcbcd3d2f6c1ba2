"""Pseudonyms for hospital data: the same key gives the same ids, stores and splits; without the key nobody can recompute them."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from jaccardio.errors import DataError, UsageError

KEY_BYTES = 32
KEY_FILE_BYTES = 1024
"""Largest key file; a key takes 65 bytes."""

PSEUDONYM_BYTES = 20  # 160 bit: 32 base32 characters without padding
SITE_LETTERS = 6
"""Base32 characters of a site's code: sites are few, and their names are not secret once patients are."""

SIMULATED_SITE = re.compile(r"simulated site-[a-z]")
"""Sites of `jaccardio synth`: no hospital, and simulated ECGs are called simulated wherever they go."""


@dataclass(frozen=True)
class Pseudonyms:
    """Ids under one secret key. Two hospitals (sites) that number patients or recordings alike get different ones.

    Attributes
    ----------
    key
        32 secret bytes.
    """

    key: bytes = field(repr=False)

    def record(self, site: str, patient_id: str, name: str) -> str:
        """Id of a recording, by its name or path within the corpus."""
        return pseudonym(self.key, "record", "\n".join((site, patient_id, name)))

    def patient(self, site: str, patient_id: str) -> str:
        """Id of a patient. Somebody known at two sites has two: equal numbers there are taken for two people."""
        return pseudonym(self.key, "patient", "\n".join((site, patient_id)))

    def site(self, site: str) -> str:
        """Code of a site, ``site-`` and 6 characters; the simulated sites keep their names."""
        return site if SIMULATED_SITE.fullmatch(site) else f"site-{pseudonym(self.key, 'site', site)[:SITE_LETTERS]}"


def pseudonym(key: bytes, namespace: str, identifier: str) -> str:
    """HMAC-SHA256 of an identifier, cut to 160 bit, as 32 lower-case base32 characters.

    Parameters
    ----------
    namespace
        ``record``, ``patient`` or ``site``: equal identifiers of different kinds get unrelated pseudonyms.
    """
    digest = hmac.new(key, f"{namespace}\0{identifier}".encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    return base64.b32encode(digest[:PSEUDONYM_BYTES]).decode().lower()


def new_key() -> bytes:
    """A secret key from the system's source of randomness."""
    return secrets.token_bytes(KEY_BYTES)


def load_key(path: Path) -> bytes | None:
    """Reads the secret key of a file of 64 hexadecimal digits; None where there is no such file.

    Keep the file outside the store: who has both can test whether a known identifier is in the data.

    Raises
    ------
    DataError
        The file is no such key.
    UsageError
        It is no regular file, cannot be read, or others may read it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe would wait for its writer
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{path}: the key file is no regular file. Name a file; where there is none, a key is made.")
            text = file.read(KEY_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: the key file cannot be read ({error.strerror}).") from error
    if os.name != "nt" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):  # Windows keeps no such bits
        mode = stat.S_IMODE(status.st_mode)
        raise UsageError(f"{path}: others may read or change the key file (mode {mode:04o}). Make it yours alone: chmod 600 {path}")
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DataError(
            f"{path}: not a key of {KEY_BYTES} bytes in hexadecimal. Name a new file to have a key made; new key, new pseudonyms."
        )
    return key


def save_key(path: Path, key: bytes) -> None:
    """Writes a new key as a file of mode 0600, whole or not at all.

    Raises
    ------
    UsageError
        There is a file by now, or it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path}: another program made this key file in the meantime. Run again to use its key.") from error
    except OSError as error:
        raise UsageError(f"{path}: the key file cannot be made ({error.strerror}). Name a file in a folder that you can write.") from error
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()  # half a key would be taken for a damaged one
        raise
