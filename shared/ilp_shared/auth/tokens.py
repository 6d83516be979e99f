"""The verification of JWTs: fixed issuer, audience and algorithms; keys from a JWKS file or address, or discovered.

Keys are fetched again while they are used: a key that left the JWKS verifies nothing 60 s later, and what it verified
before is forgotten. While the issuer is out of reach, or never answers, the known keys hold ten minutes, and requests
wait for one attempt only. A token that does not verify makes the keys be fetched too, at most every half minute. A
discovered address of the keys is remembered for five minutes, unless it fails.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from ilp_shared.auth.claims import ClaimMapping
from ilp_shared.auth.discovery import discover
from ilp_shared.auth.principal import Principal
from ilp_shared.problems import Unauthenticated, Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
T = TypeVar("T")
ALGORITHMS: Final = ["RS256", "ES256"]
_LEEWAY_S = 60
_REFRESH_S = 30.0
"""Age of keys at which they are fetched again behind the requests."""
_EXPIRED_S = 60.0
"""Age of keys at which requests wait for new ones."""
_LOST_S = 600.0
"""Age at which keys that cannot be fetched again are used no longer."""
_ASK_AGAIN_S = 5.0
"""From the end of an attempt to fetch expired keys until the next one."""
_DISCOVERED_S = 300.0
"""How long a discovered address of the keys is used without discovering it again; one that fails is not used."""
_UNANSWERED = (httpx2.HTTPError, OSError, JoseError, ValueError, KeyError, TypeError)
"""The issuer is away, or its answer is none."""
_ANSWER_S = 5.0
"""How long an attempt may take in all."""
_CACHE = 4_096
_INVALID = Text("Token tidak sah atau kedaluwarsa. Masuk lagi.", "The token is invalid or has expired. Sign in again.")
_NO_KEYS = Text("Penerbit token tidak dapat dicapai.", "The token issuer is out of reach.")
MISSING = Text("Sertakan token: header 'Authorization: Bearer …'.", "Send a token: header 'Authorization: Bearer …'.")


class TokenVerifier:
    """Turns a bearer token into a Principal; verified tokens are kept until they expire or the keys change."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks: str,
        longest_s: float,
        mapping: ClaimMapping | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._jwks, self._longest_s, self._monotonic = issuer, jwks, longest_s, monotonic
        self._mapping = mapping or ClaimMapping()
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched = self._ended = self._discovered = float("-inf")
        self._address = ""
        self._attempt: asyncio.Task[bool] | None = None
        self._verified: dict[str, Principal] = {}

    async def verify(self, token: str) -> Principal:
        """Return the principal; raises Unauthenticated for a token that is not valid, Unavailable without keys."""
        keys = await self._load()
        verified = self._verified.get(token)
        if verified is not None and verified.expires_at > time.time():
            return verified
        principal = await self.read(token, self._read, keys)
        if len(self._verified) >= _CACHE:
            self._verified.clear()
        self._verified[token] = principal
        return principal

    async def read(self, token: str, reading: Callable[[str, KeySet], T], keys: KeySet | None = None) -> T:
        """Return what a reading makes of a token of this issuer, with new keys where it fails with the known ones.

        Raises Unauthenticated where it fails with those too, Unavailable without keys.
        """
        known = await self._load() if keys is None else keys
        try:
            return reading(token, known)
        except (JoseError, ValueError, KeyError, TypeError):
            attempt = self._begin(_REFRESH_S)
            if attempt is None or not await asyncio.shield(attempt):
                raise Unauthenticated(_INVALID) from None
        try:
            return reading(token, await self._load())
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unauthenticated(_INVALID) from None

    def _read(self, token: str, keys: KeySet) -> Principal:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        self._claims.validate(claims)
        return self._mapping.principal(claims, self._longest_s)

    async def _load(self) -> KeySet:
        """Return keys that are fresh enough; raises Unavailable if there are none."""
        age_s = self._monotonic() - self._fetched
        if age_s >= _EXPIRED_S:
            attempt = self._begin(_ASK_AGAIN_S)
            has_failed = self._ended - self._fetched >= _EXPIRED_S
            if attempt is not None and (not has_failed or self._are_lost()):
                await asyncio.shield(attempt)
        elif age_s >= _REFRESH_S:
            self._begin(_REFRESH_S)
        if self._keys is None or self._are_lost():
            raise Unavailable(_NO_KEYS, retry_after_s=5)
        return self._keys

    def _are_lost(self) -> bool:
        return self._keys is None or self._monotonic() - self._fetched >= _LOST_S

    def _begin(self, pause_s: float) -> asyncio.Task[bool] | None:
        """Return the attempt to fetch the keys: the one that runs, or a new one if the last ended `pause_s` ago.

        Requests share it: those that wait for it shield it from their own end.
        """
        if self._attempt is not None and not self._attempt.done():
            return self._attempt
        if self._monotonic() - self._ended < pause_s:
            return None
        self._attempt = asyncio.create_task(self._fetch())
        return self._attempt

    async def _fetch(self) -> bool:
        """Fetch the keys and tell whether they were fetched. Other keys forget all tokens."""
        asked_at = self._monotonic()
        try:
            async with asyncio.timeout(_ANSWER_S):
                keys = await self._request_keys()
        except _UNANSWERED:
            log.warning("issuer_keys_out_of_reach")
            return False
        finally:
            self._ended = self._monotonic()
        if self._keys is None or keys.as_dict(private=False) != self._keys.as_dict(private=False):
            self._verified.clear()
        self._keys, self._fetched = keys, asked_at
        return True

    async def _request_keys(self) -> KeySet:
        if self._jwks and not self._jwks.startswith(("http://", "https://")):
            return key_set(orjson.loads(await asyncio.to_thread(Path(self._jwks).read_bytes)))
        async with httpx2.AsyncClient(timeout=_ANSWER_S, follow_redirects=False) as client:
            known = self._jwks or self._address_known()
            if known:
                try:
                    return await _keys_at(client, known)
                except _UNANSWERED:
                    if self._jwks:
                        raise
            self._address, self._discovered = (await discover(client, self._issuer)).jwks_uri, self._monotonic()
            return await _keys_at(client, self._address)

    def _address_known(self) -> str:
        """Return where the keys were found, while that was discovered not long ago; else nothing."""
        return self._address if self._monotonic() - self._discovered < _DISCOVERED_S else ""


async def _keys_at(client: httpx2.AsyncClient, address: str) -> KeySet:
    response = await client.get(address)
    response.raise_for_status()
    return key_set(response.json())


def key_set(document: dict[str, Any]) -> KeySet:
    """Return the keys of a JWKS; an issuer may withdraw all of them."""
    return KeySet.import_key_set(KeySetSerialization(keys=document["keys"])) if document["keys"] else KeySet([])
