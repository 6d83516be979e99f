"""The issuer as an OpenID provider: code, refresh and revocation, by a client that proves itself with its key."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import structlog

from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.auth.client_assertion import client_key, proof_of
from ilp_shared.auth.discovery import ProviderMetadata, discover
from ilp_shared.problems import Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
_ANSWER_S: Final = 5.0
_METADATA_S: Final = 600.0
_PARTING_S: Final = 3.0
"""How long a reader who leaves waits for each answer of the issuer."""
_OUT_OF_REACH = Text(
    "Layanan masuk (penerbit akun) tidak dapat dicapai; coba lagi sebentar.",
    "The sign-in service (issuer of accounts) is out of reach; try again in a moment.",
)


class RefusedByIssuer(Exception):  # noqa: N818 - an answer of the issuer
    """The issuer gives no tokens; nothing of its answer is kept."""


class GrantRefused(RefusedByIssuer):
    """The issuer does not accept a code or refresh token, or no longer: it says `invalid_grant`."""


@dataclass(frozen=True)
class Tokens:
    """What the issuer gives; never logged, and only the refresh token is kept, sealed."""

    access_token: str
    id_token: str | None
    refresh_token: str | None


class Provider:
    """The issuer's endpoints for the client of the pages; its metadata are read again every ten minutes."""

    def __init__(self, settings: MonitoringSettings) -> None:
        assert settings.sign_in_client_key is not None  # noqa: S101 - the settings belong together
        self._issuer, self._client, self._key = (
            settings.oidc_issuer,
            settings.sign_in_client,
            settings.sign_in_client_key,
        )
        self.callback = f"{settings.sign_in_address}/masuk/kembali"
        self._http = httpx2.AsyncClient(timeout=_ANSWER_S, follow_redirects=False)
        self._metadata: ProviderMetadata | None = None
        self._read_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def metadata(self) -> ProviderMetadata:
        """Return the issuer's metadata; raises Unavailable."""
        if self._metadata is None or time.monotonic() - self._read_at > _METADATA_S:
            try:
                self._metadata = await discover(self._http, self._issuer)
            except (httpx2.HTTPError, ValueError, TypeError) as error:
                log.warning("issuer_metadata_unusable", reason=type(error).__name__)
                raise Unavailable(_OUT_OF_REACH, retry_after_s=5) from None
            self._read_at = time.monotonic()
        return self._metadata

    async def authorization(self, *, state: str, nonce: str, challenge: str, choose: bool) -> str:
        """Return the address at which the issuer signs the reader in; raises Unavailable."""
        query = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": "select_account"} if choose else {}),
        }
        return _with_query((await self.metadata()).authorization_endpoint, query)

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Return the tokens of a code; raises RefusedByIssuer, Unavailable."""
        return await self._tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, "code_verifier": verifier}
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; raises GrantRefused where the session at the issuer is over.

        Raises RefusedByIssuer where the client is refused or the answer is none, Unavailable.
        """
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, refresh_token: str) -> None:
        """Have the issuer forget a refresh token; where that fails the token ends by itself."""
        try:
            async with asyncio.timeout(_PARTING_S):
                endpoint = (await self.metadata()).revocation_endpoint
                if endpoint is not None:
                    await self._post(endpoint, {"token": refresh_token, "token_type_hint": "refresh_token"})
        except (Unavailable, RefusedByIssuer, TimeoutError):
            log.warning("refresh_token_not_revoked")

    async def goodbye(self, after: str) -> str | None:
        """Return the address at which the issuer ends its own session and leads to `after`.

        None where it has none, or does not say so now.
        The ID token is no part of it: addresses hold nothing of an account. So the issuer may ask the reader once.
        """
        try:
            async with asyncio.timeout(_PARTING_S):
                endpoint = (await self.metadata()).end_session_endpoint
        except (Unavailable, TimeoutError):
            return None
        query = {"client_id": self._client, "post_logout_redirect_uri": after}
        return None if endpoint is None else _with_query(endpoint, query)

    async def _tokens(self, form: Mapping[str, str]) -> Tokens:
        answer = await self._post((await self.metadata()).token_endpoint, form)
        access_token, id_token, refresh_token = map(answer.get, ("access_token", "id_token", "refresh_token"))
        if not isinstance(access_token, str):
            raise RefusedByIssuer
        if not isinstance(id_token, str | None) or not isinstance(refresh_token, str | None):
            raise RefusedByIssuer
        return Tokens(access_token, id_token, refresh_token)

    async def _post(self, endpoint: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer of an endpoint to the client; raises RefusedByIssuer, Unavailable."""
        proof = proof_of(client_key(self._key.get_secret_value()), self._client, self._issuer)
        try:
            answer = await self._http.post(endpoint, data={**form, **proof}, headers={"Accept": "application/json"})
        except httpx2.HTTPError as error:
            log.warning("issuer_out_of_reach", reason=type(error).__name__)
            raise Unavailable(_OUT_OF_REACH, retry_after_s=5) from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unavailable(_OUT_OF_REACH, retry_after_s=5)
        try:
            document = answer.json() if answer.content else {}
        except ValueError:
            document = None
        if answer.status_code != 200 or not isinstance(document, dict):
            if isinstance(document, dict) and document.get("error") == "invalid_grant":
                raise GrantRefused
            log.error("client_refused_by_issuer", status=answer.status_code)
            raise RefusedByIssuer
        return document


def _with_query(endpoint: str, query: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
