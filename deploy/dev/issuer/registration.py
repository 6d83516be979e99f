"""Who is registered at the development issuer: monitoring's pages, and machine clients by `make client`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.dev.issuer.clients import PAGES, Client, made_key, public_half, register
from ilp_shared.auth.development import ISSUER, identity_of, set_identity

PATH: Final = "/issuer"
_PAGES_PATH: Final = "/monitoring"


@dataclass(frozen=True)
class Pages:
    """The pages' client: their address, id and key."""

    address: str
    client: str
    key_file: Path


def register_pages(folder: Path, address: str) -> None:
    """Make the issuer a provider at the front door's address, and register the pages' client there."""
    set_identity(folder, address + PATH)
    pages = address + _PAGES_PATH
    register(
        folder,
        Client(
            PAGES,
            [public_half(made_key(key_file(folder, PAGES)))],
            redirects=[f"{pages}/masuk/kembali"],
            farewells=[f"{pages}/keluar"],
            back_channel=f"{pages}/masuk/penerbit-keluar",
        ),
    )


def pages_of(folder: Path) -> Pages | None:
    """Return the pages' client; None where the issuer is no provider."""
    identity = identity_of(folder)
    if identity == ISSUER:
        return None
    return Pages(identity.removesuffix(PATH) + _PAGES_PATH, PAGES, key_file(folder, PAGES))


def key_file(folder: Path, client: str) -> Path:
    """Return where the private key of a client is."""
    return folder / "clients" / client / "private.pem"
