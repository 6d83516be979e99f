"""Small JSON files of a run's data folder: generated secrets (0600) and ports that stay the same.

Both are written to a temporary name and renamed, so a kill -9 never leaves half a file.
"""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import socket
from pathlib import Path

from joserfc.jwk import ECKey

from deploy.dev.failure import StartError

PORTS = range(20000, 32000)  # below Linux's ephemeral range, so no client socket uses one of these ports
CLEAN = "jalankan / run `make clean`"
"""What to do where a file of a run's data folder is damaged."""
_given: set[int] = set()
"""Ports that this process has given out; their servers may not listen yet."""


def write_json(path: Path, content: object, mode: int = 0o600) -> None:
    """Replace a JSON file as a whole; it is never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path, remedy: str) -> dict[str, object]:
    """Return the content of a JSON object file; empty if it is missing.

    Raises StartError with the remedy if it is damaged.
    """
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise StartError(f"{path} rusak / is damaged: {remedy}")
    return content


class Vault:
    """Random secrets, made on first use and stored in one file of mode 0600.

    Beside data that need the secrets of a lost or damaged file none are made: those data could never be read again.
    """

    def __init__(self, path: Path, remedy: str = CLEAN) -> None:
        """Take the file, and what to do where it is damaged without data beside it."""
        self._path = path
        self._remedy = remedy

    def read(self) -> dict[str, object]:
        """Return all secrets by name; raises StartError where the file is lost or damaged, but not the data."""
        try:
            content = read_json(self._path, self._remedy)
        except StartError:
            content = {}
            if not self._has_data():
                raise
        if not content and self._has_data():
            raise StartError(
                f"{self._path} hilang atau rusak, padahal datanya ada: kembalikan salinannya (berisi kunci NIK);"
                f" tanpa salinan hanya `make clean`, yang menghapus semua data / {self._path.name} is lost or damaged,"
                " but its data are here: put a copy of it back (the keys of NIK are in it);"
                " without a copy only `make clean` is left, which deletes all data"
            )
        return content

    def misfit(self) -> StartError:
        """Return the failure of a start whose data are those of other secrets."""
        return StartError(
            f"{self._path} tidak cocok dengan datanya: kembalikan salinan yang cocok (kunci NIK ada di dalamnya);"
            " tanpa salinan hanya `make clean`, yang menghapus semua data"
            " / the secrets do not match the data: put back the copy that does (the keys of NIK are in it);"
            " without a copy only `make clean` is left, which deletes all data"
        )

    def _has_data(self) -> bool:
        return (self._path.parent / "postgres" / "PG_VERSION").exists()

    def password(self, name: str) -> str:
        """Return a URL-safe password of 32 random bytes."""
        return self._keep(name, secrets.token_urlsafe(32))

    def key(self, name: str) -> str:
        """Return 32 random bytes in base64, for encryption and index keys."""
        return self._keep(name, new_key())

    def client_key(self, name: str) -> str:
        """Return a private key (PEM, EC P-256) by which a client proves who it is."""
        return self._keep(name, new_client_key())

    def kept(self, name: str) -> str | None:
        """Return a secret that is there, without making one."""
        secret = read_json(self._path, self._remedy).get(name)
        return None if secret is None else str(secret)

    def drop(self, *names: str) -> None:
        """Take secrets out of the file; nothing is written where it has none of them."""
        content = read_json(self._path, self._remedy)
        if not content.keys().isdisjoint(names):
            write_json(self._path, {name: secret for name, secret in content.items() if name not in names})

    def _keep(self, name: str, new: str) -> str:
        content = self.read()
        if name not in content:
            content[name] = new
            write_json(self._path, content)
        return str(content[name])


def new_key() -> str:
    """Return 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def new_client_key() -> str:
    """Return a new private key (PEM, EC P-256) of a client of the issuer."""
    return ECKey.generate_key("P-256").as_pem(private=True).decode()


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a free port that this process has never given out before."""
    for port in random.sample(PORTS, 200):
        if port not in _given and port_is_free(port):
            _given.add(port)
            return port
    raise StartError("Tidak ada port bebas di 127.0.0.1 / no free port on 127.0.0.1")


class PortBook:
    """Internal ports, chosen once and used again while no other program takes them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def kept(self, name: str) -> int | None:
        """Return the port of a running server, without a check whether it is free."""
        port = read_json(self._path, CLEAN).get(name)
        return port if isinstance(port, int) else None

    def take(self, name: str) -> int:
        """Return a free port for this name: that of last time if it is still free."""
        book = read_json(self._path, CLEAN)
        last = book.get(name)
        if isinstance(last, int) and port_is_free(last):
            _given.add(last)
            return last
        port = free_port()
        while port in book.values():
            port = free_port()
        write_json(self._path, {**book, name: port})
        return port

    def again(self, name: str, port: int) -> int:
        """Return the port of a server that is started again: clients know no other. Raises StartError."""
        if not port_is_free(port):
            raise StartError(f"port {port} ({name}) sedang dipakai program lain / is in use by another program")
        return port
