"""Encrypts NIK, KK and telephone numbers, and makes the keyed digests by which they are found.

AES-256-GCM; the associated data name table, column, row and key, so that a ciphertext cannot be moved elsewhere.
Digests are HMAC-SHA-256 under a separate key that is never in the database: a plain hash of a NIK is guessed at once.
While that key is changed, a number has a digest under each of two keys: every process writes those of all the keys that
it has, and finds a number by any of them, so two processes that share a key never miss each other's numbers.
"""

import hashlib
import hmac
import os
from typing import Final, NamedTuple, get_args
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ilp_registry.settings import Place, RegistrySettings, key_bytes

PLACES: Final[tuple[Place, ...]] = get_args(Place)
_NONCE: Final = 12
"""Length of a nonce in bytes."""


class AssociatedData(NamedTuple):
    """The row and column to which a ciphertext belongs; authenticated with it, stored nowhere."""

    table: str
    column: str
    row: UUID


class Sealed(NamedTuple):
    """A ciphertext (nonce first) and the id of its key."""

    key_id: str
    content: bytes


class BlindIndex(NamedTuple):
    """The digests of a number, by the places of their keys; None where a place has no key."""

    first: bytes | None
    second: bytes | None

    @property
    def digests(self) -> list[bytes]:
        """All that there are. Digests under different keys never agree, so they may be searched together."""
        return [digest for digest in self if digest is not None]


class Indexed(NamedTuple):
    """A sealed number and its blind index; all None where there is no number."""

    key_id: str | None
    content: bytes | None
    first: bytes | None
    second: bytes | None


class Vault:
    """The keys of one process."""

    def __init__(self, settings: RegistrySettings) -> None:
        secrets = {**settings.nik_retired_keys, settings.nik_key_id: settings.nik_key}
        self._ciphers = {key_id: AESGCM(key_bytes(secret)) for key_id, secret in secrets.items()}
        self._current = settings.nik_key_id
        self._index_keys = {place: key_bytes(secret) for place, secret in sorted(settings.nik_index_key.items())}

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return self._current

    @property
    def places(self) -> list[str]:
        """The places for which there is an index key."""
        return list(self._index_keys)

    def knows(self, key_id: str) -> bool:
        """Tell whether there is a key with this id."""
        return key_id in self._ciphers

    def seal(self, value: str, associated: AssociatedData) -> Sealed:
        """Encrypt a value for one row and column, under the current key."""
        nonce = os.urandom(_NONCE)
        content = self._ciphers[self._current].encrypt(nonce, value.encode(), _encoded(associated, self._current))
        return Sealed(self._current, nonce + content)

    def seal_indexed(self, number: str | None, associated: AssociatedData) -> Indexed:
        """Encrypt a number and add the blind index by which its column is searched."""
        if number is None:
            return Indexed(None, None, None, None)
        return Indexed(*self.seal(number, associated), *self.index(associated.column, number))

    def open(self, sealed: Sealed, associated: AssociatedData) -> str:
        """Decrypt; raises InvalidTag when the ciphertext was changed or moved, KeyError when its key is lost."""
        nonce, content = sealed.content[:_NONCE], sealed.content[_NONCE:]
        return self._ciphers[sealed.key_id].decrypt(nonce, content, _encoded(associated, sealed.key_id)).decode()

    def open_person(self, row: asyncpg.Record, column: str) -> str | None:
        """Decrypt the `nik` or `phone` of a row of `person`; None when there is none."""
        content = row[f"{column}_cipher"]
        if content is None:
            return None
        return self.open(Sealed(row[f"{column}_key_id"], content), AssociatedData("person", column, row["id"]))

    def index(self, column: str, number: str) -> BlindIndex:
        """Return the blind index of a `nik` or `kk`."""
        content = f"{column}:{number}".encode()
        return BlindIndex(*(_digest(self._index_keys[p], content) if p in self._index_keys else None for p in PLACES))

    def digest(self, content: bytes) -> bytes:
        """Return a digest (32 bytes) under one of the index keys: the first."""
        return _digest(next(iter(self._index_keys.values())), content)

    def request_hash(self, content: bytes) -> bytes:
        """Return the digests under all index keys, one after the other."""
        return b"".join(_digest(key, content) for key in self._index_keys.values())


def _digest(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _encoded(associated: AssociatedData, key_id: str) -> bytes:
    return f"{associated.table}|{associated.column}|{associated.row}|{key_id}".encode()
