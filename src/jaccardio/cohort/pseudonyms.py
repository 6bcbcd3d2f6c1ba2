"""Pseudonyms for hospital data: the same key gives the same ids, stores and splits; without the key nobody can recompute them."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from jaccardio.errors import DataError, UsageError

KEY_BYTES = 32
PSEUDONYM_BYTES = 20  # 160 bit: 32 base32 characters without padding


def load_or_create_key(path: Path) -> bytes:
    """Reads the secret key of 32 bytes, or makes one where the file is absent.

    The file holds 64 hexadecimal digits and is made with mode 0600. Keep it outside the store: who has both can test
    whether a known identifier is in the data.

    Raises
    ------
    DataError
        The file is no such key.
    UsageError
        The file cannot be read or made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _load(path)
    except OSError as error:
        raise UsageError(f"{path}: the key file cannot be made ({error.strerror}). Name a file in a folder that you can write.") from error
    key = secrets.token_bytes(KEY_BYTES)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()  # half a key would be taken for a damaged one
        raise
    return key


def _load(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except OSError as error:
        raise UsageError(f"{path}: the key file cannot be read ({error.strerror}).") from error
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DataError(
            f"{path}: not a key of {KEY_BYTES} bytes in hexadecimal. Name a new file to have a key made; new key, new pseudonyms."
        )
    return key


def pseudonym(key: bytes, namespace: str, identifier: str) -> str:
    """HMAC-SHA256 of an identifier, cut to 160 bit, as 32 lower-case base32 characters.

    Parameters
    ----------
    namespace
        ``record`` or ``patient``: equal identifiers of different kinds get unrelated pseudonyms.
    """
    digest = hmac.new(key, f"{namespace}\0{identifier}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:PSEUDONYM_BYTES]).decode().lower()
