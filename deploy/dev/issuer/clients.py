"""The clients of the development issuer: registered in `clients.json`, proved by `private_key_jwt`, each proof once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.util import urlsafe_b64decode

from deploy.dev.vault import CLEAN, new_client_key, read_json, write_json
from ilp_shared.auth.client_assertion import ASSERTION_TYPE, client_key, public_key
from ilp_shared.auth.tokens import ALGORITHMS

PAGES: Final = "ilp-pages"
"""The client of monitoring's pages."""
_LEEWAY_S: Final = 30
_LONGEST_S: Final = 300
"""The longest life of a proof: for so long its `jti` is remembered."""
_LONGEST_JTI: Final = 255


class ClientRefused(Exception):  # noqa: N818 - an answer, not an error
    """A client is unknown, or did not prove that it is itself."""


@dataclass(frozen=True)
class Client:
    """A registered client. One with redirect addresses signs readers in; one with a role is a machine."""

    id: str
    keys: list[dict[str, Any]]
    redirects: list[str] = field(default_factory=list)
    farewells: list[str] = field(default_factory=list)
    """Where a browser may be led after the end of a session."""
    back_channel: str = ""
    """Where logout tokens are sent."""
    role: str = ""
    areas: list[str] = field(default_factory=list)


def register(folder: Path, client: Client) -> None:
    """Register a client, in place of one with the same id."""
    path = folder / "clients.json"
    write_json(path, {**read_json(path, CLEAN), client.id: asdict(client)})


def client_named(folder: Path, client_id: str) -> Client | None:
    """Return a registered client; None for an unknown one."""
    entry = read_json(folder / "clients.json", CLEAN).get(client_id)
    return Client(**entry) if isinstance(entry, dict) else None


def made_key(path: Path) -> str:
    """Return a client's private key (PEM), made on first use and readable by this account only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.new")
        draft.touch(mode=0o600)
        draft.write_text(new_client_key())
        draft.replace(path)
    return path.read_text()


def public_half(pem: str) -> dict[str, Any]:
    """Return the key that the issuer is given."""
    return public_key(client_key(pem))


class Proofs:
    """Checks who a client is, and takes no proof twice."""

    def __init__(self, folder: Path, issuer: str) -> None:
        self._folder, self._issuer = folder, issuer
        self._used: dict[tuple[str, str], float] = {}

    def client_of(self, form: Mapping[str, str]) -> Client:
        """Return the client that a form proves to be; raises ClientRefused."""
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise ClientRefused
        try:
            client = client_named(self._folder, form.get("client_id") or _subject_of(form.get("client_assertion", "")))
            if client is None:
                raise ClientRefused
            claims = self._claims(form.get("client_assertion", ""), client)
        except (JoseError, ValueError, KeyError, TypeError):
            raise ClientRefused from None
        self._use(client.id, claims)
        return client

    def _claims(self, assertion: str, client: Client) -> dict[str, Any]:
        keys = KeySet.import_key_set(KeySetSerialization(keys=client.keys))
        claims = jwt.decode(assertion, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": client.id},
            sub={"essential": True, "value": client.id},
            aud={"essential": True, "value": self._issuer},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        if claims["exp"] - time.time() > _LONGEST_S or len(claims["jti"]) > _LONGEST_JTI:
            raise ValueError("exp, jti")
        return claims

    def _use(self, client: str, claims: Mapping[str, Any]) -> None:
        """Note that a proof is used; raises ClientRefused where it was used before."""
        now = time.time()
        self._used = {used: end for used, end in self._used.items() if end > now}
        if (client, claims["jti"]) in self._used:
            raise ClientRefused
        self._used[client, claims["jti"]] = claims["exp"] + _LEEWAY_S


def _subject_of(assertion: str) -> str:
    """Return whom an unproved assertion names: it decides only with whose keys the proof is checked."""
    part = assertion.split(".")[1] if assertion.count(".") == 2 else ""
    return str(json.loads(urlsafe_b64decode(part.encode())).get("sub"))
