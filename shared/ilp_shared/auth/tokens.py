"""The verification of JWTs: fixed issuer, audience and algorithms; keys from a JWKS file or address.

If a token does not verify with the known keys, they are fetched again, at most every half minute.
"""

import asyncio
import re
import time
from pathlib import Path

import httpx2
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ilp_shared.areas import AREA_CODE
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.problems import Unauthenticated, Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
_ALGORITHMS = ["RS256", "ES256"]
_LEEWAY_S = 60
_REFRESH_S = 30.0
_CACHE = 4_096
_INVALID = Text("Token tidak sah atau kedaluwarsa. Masuk lagi.", "The token is invalid or has expired. Sign in again.")
_NO_KEYS = Text("Penerbit token tidak dapat dicapai.", "The token issuer is out of reach.")
MISSING = Text("Sertakan token: header 'Authorization: Bearer …'.", "Send a token: header 'Authorization: Bearer …'.")


class TokenVerifier:
    """Turns a bearer token into a Principal; verified tokens are cached until they expire."""

    def __init__(self, *, issuer: str, audience: str, jwks: str) -> None:
        self._jwks = jwks
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._lock = asyncio.Lock()
        self._verified: dict[str, Principal] = {}

    async def verify(self, token: str) -> Principal:
        """Return the principal; raises Unauthenticated for a token that is not valid."""
        verified = self._verified.get(token)
        if verified is not None and verified.expires_at > time.time():
            return verified
        keys = await self._load()
        try:
            principal = self._read(token, keys)
        except (JoseError, ValueError, KeyError, TypeError):
            if not await self._refresh():
                raise Unauthenticated(_INVALID) from None
            try:
                principal = self._read(token, await self._load())
            except (JoseError, ValueError, KeyError, TypeError):
                raise Unauthenticated(_INVALID) from None
        if len(self._verified) >= _CACHE:
            self._verified.clear()
        self._verified[token] = principal
        return principal

    def _read(self, token: str, keys: KeySet) -> Principal:
        claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        self._claims.validate(claims)
        areas = claims["areas"]
        if not isinstance(areas, list) or not all(isinstance(a, str) and re.fullmatch(AREA_CODE, a) for a in areas):
            raise ValueError("areas")
        return Principal(
            subject=str(claims["sub"]),
            roles=_own_roles(claims["roles"]),
            areas=tuple(areas),
            expires_at=int(claims["exp"]),
        )

    async def _load(self) -> KeySet:
        if self._keys is None:
            async with self._lock:
                if self._keys is None:
                    self._keys = await self._fetch()
        return self._keys

    async def _refresh(self) -> bool:
        """Fetch the keys again, at most every half minute; tell whether they were fetched."""
        async with self._lock:
            if time.monotonic() - self._fetched < _REFRESH_S:
                return False
            self._keys = await self._fetch()
            return True

    async def _fetch(self) -> KeySet:
        """Return the fetched keys, else the known ones; raises Unavailable if there are none."""
        self._fetched = time.monotonic()
        try:
            return await self._request_keys()
        except (httpx2.HTTPError, OSError, ValueError):
            log.warning("issuer_keys_out_of_reach")
            if self._keys is not None:
                return self._keys
            raise Unavailable(_NO_KEYS, retry_after_s=5) from None

    async def _request_keys(self) -> KeySet:
        if self._jwks.startswith(("http://", "https://")):
            async with httpx2.AsyncClient(timeout=5, follow_redirects=False) as client:
                response = await client.get(self._jwks)
                response.raise_for_status()
                return KeySet.import_key_set(response.json())
        return KeySet.import_key_set(orjson.loads(await asyncio.to_thread(Path(self._jwks).read_bytes)))


def _own_roles(claim: object) -> frozenset[Role]:
    """Return the roles of this platform in a token (identity providers add others); raises ValueError for none."""
    if not isinstance(claim, list):
        raise TypeError("roles")
    roles = frozenset(Role(role) for role in claim if role in set(Role))
    if not roles:
        raise ValueError("roles")
    return roles
