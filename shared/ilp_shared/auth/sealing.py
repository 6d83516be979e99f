"""What is given to a browser or a database to keep, and must be read or changed by neither: AES-256-GCM."""

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ilp_shared.secrets import bytes_of_key

_NONCE: Final = 12


class Seal:
    """Seals with one key, base64 of 32 bytes; raises ValueError for another, never with it.

    `purpose` keeps what was sealed for one thing from being taken for another.
    """

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(bytes_of_key(key))

    def close(self, content: str, purpose: str) -> str:
        """Return the sealed form of a text, fit for a cookie."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, content.encode(), purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """Return the text; raises ValueError for what this key did not seal for this purpose."""
        content = base64.urlsafe_b64decode(sealed)
        try:
            return self._cipher.decrypt(content[:_NONCE], content[_NONCE:], purpose.encode()).decode()
        except InvalidTag:
            raise ValueError("sealed by another key, or changed") from None
