"""Encrypts NIK, KK and telephone numbers, and makes the keyed digests by which they are found.

AES-256-GCM; the authenticated data name table, column, row and key, so that a ciphertext cannot be moved elsewhere.
Digests are HMAC-SHA-256 under a separate key that is never in the database: a plain hash of a NIK is guessed at once.
"""

import hashlib
import hmac
import os
from typing import NamedTuple
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ilp_registry.settings import RegistrySettings, key_bytes

_NONCE = 12


class Place(NamedTuple):
    """Where a ciphertext belongs."""

    table: str
    column: str
    row: UUID


class Sealed(NamedTuple):
    """A ciphertext (nonce first) and the id of its key."""

    key_id: str
    content: bytes


class Vault:
    """The keys of one process."""

    def __init__(self, settings: RegistrySettings) -> None:
        secrets = {**settings.nik_retired_keys, settings.nik_key_id: settings.nik_key}
        self._ciphers = {key_id: AESGCM(key_bytes(secret)) for key_id, secret in secrets.items()}
        self._current = settings.nik_key_id
        self._index_key = key_bytes(settings.nik_index_key)

    def seal(self, value: str, place: Place) -> Sealed:
        """Encrypt a value for one place, under the current key."""
        nonce = os.urandom(_NONCE)
        content = self._ciphers[self._current].encrypt(nonce, value.encode(), _bound(place, self._current))
        return Sealed(self._current, nonce + content)

    def open(self, sealed: Sealed, place: Place) -> str:
        """Decrypt; raises InvalidTag when the ciphertext was changed or moved, KeyError when its key is lost."""
        nonce, content = sealed.content[:_NONCE], sealed.content[_NONCE:]
        return self._ciphers[sealed.key_id].decrypt(nonce, content, _bound(place, sealed.key_id)).decode()

    def open_person(self, row: asyncpg.Record, column: str) -> str | None:
        """Decrypt the `nik` or `phone` of a row of `person`; None when there is none."""
        content = row[f"{column}_cipher"]
        if content is None:
            return None
        return self.open(Sealed(row[f"{column}_key_id"], content), Place("person", column, row["id"]))

    def index(self, kind: str, value: str) -> bytes:
        """Return the blind index (32 bytes) of a `nik` or `kk`."""
        return self.digest(f"{kind}:{value}".encode())

    def digest(self, content: bytes) -> bytes:
        """Return a keyed digest (32 bytes)."""
        return hmac.digest(self._index_key, content, hashlib.sha256)


def _bound(place: Place, key_id: str) -> bytes:
    return f"{place.table}|{place.column}|{place.row}|{key_id}".encode()
