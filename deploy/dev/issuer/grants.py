"""What the development issuer gives: codes, used once and with their verifier; tokens; and what it has taken back.

Codes, sessions and revocations live in this process: a restart of the front door signs accounts out at the issuer.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from deploy.dev.issuer.accounts import Account, account_named
from deploy.dev.issuer.clients import Client
from ilp_shared.auth.development import AUDIENCE, identity_of, sign
from ilp_shared.auth.pkce import challenge_of
from ilp_shared.auth.tokens import ALGORITHMS

CODE_S: Final = 60
ACCESS_S: Final = 600
MACHINE_S: Final = 300
SESSION_S: Final = 12 * 3_600
LOGOUT_S: Final = 120
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


class GrantRefused(Exception):  # noqa: N818 - an answer, not an error
    """A code or refresh token is unknown, over, used, or another client's."""


@dataclass
class IssuerSession:
    """An account that a browser has signed in; the clients whose own sessions hang on it."""

    account: Account
    sid: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    clients: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Code:
    """A code that was given to a browser."""

    client: str
    redirect: str
    challenge: str
    nonce: str
    session: IssuerSession
    ends_at: float


class Grants:
    """Codes and tokens of one issuer."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.issuer = folder, identity_of(folder)
        self._codes: dict[str, Code] = {}
        self._ended: dict[str, float] = {}
        """Sessions that are over, until their refresh tokens are, too."""

    def code(self, client: Client, query: Mapping[str, str], session: IssuerSession) -> str:
        """Return a new code for what the browser asked for."""
        now = time.time()
        self._codes = {value: code for value, code in self._codes.items() if code.ends_at > now}
        session.clients.add(client.id)
        value = secrets.token_urlsafe(32)
        asked = (query["redirect_uri"], query["code_challenge"], query.get("nonce", ""))
        self._codes[value] = Code(client.id, *asked, session, now + CODE_S)
        return value

    def tokens_of_code(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the tokens of a code, which is used whether it fits or not; raises GrantRefused."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.ends_at < time.time() or code.client != client.id:
            raise GrantRefused
        challenge = challenge_of(form.get("code_verifier", ""))
        if code.redirect != form.get("redirect_uri") or not hmac.compare_digest(challenge, code.challenge):
            raise GrantRefused
        return self._tokens(client, code.session.account, code.session.sid, code.nonce)

    def tokens_of_refresh(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        """Return new tokens; raises GrantRefused."""
        claims = self._refresh_claims(form.get("refresh_token", ""))
        account = account_named(claims["sub"])
        if claims["azp"] != client.id or account is None:
            raise GrantRefused
        return self._tokens(client, account, claims["sid"], None)

    def tokens_of_machine(self, client: Client) -> dict[str, Any]:
        """Return the token of a machine client, for its own role and areas; raises GrantRefused for another client."""
        if not client.role:
            raise GrantRefused
        access = self._signed(
            {"sub": client.id, "azp": client.id, "aud": AUDIENCE, "roles": [client.role], "areas": client.areas},
            MACHINE_S,
            "at+jwt",
        )
        return {"access_token": access, "token_type": "Bearer", "expires_in": MACHINE_S}

    def revoke(self, client: Client, token: str) -> None:
        """Take a refresh token back, with its session; one that holds no longer is no error."""
        try:
            claims = self._refresh_claims(token)
        except GrantRefused:
            return
        if claims["azp"] == client.id:
            self.end(claims["sid"])

    def end(self, sid: str) -> None:
        """Give nothing more for a session."""
        now = time.time()
        self._ended = {ended: end for ended, end in self._ended.items() if end > now}
        self._ended[sid] = now + SESSION_S
        self._codes = {value: code for value, code in self._codes.items() if code.session.sid != sid}

    def is_over(self, sid: str) -> bool:
        """Tell whether a session is over."""
        return sid in self._ended

    def logout_token(self, client: str, session: IssuerSession) -> str:
        """Return the token that tells a client of the end of a session."""
        claims = {
            "aud": client,
            "sub": session.account.id,
            "sid": session.sid,
            "jti": secrets.token_urlsafe(16),
            "events": {LOGOUT_EVENT: {}},
        }
        return self._signed(claims, LOGOUT_S, "logout+jwt")

    def _tokens(self, client: Client, account: Account, sid: str, nonce: str | None) -> dict[str, Any]:
        who = {"sub": account.id, "sid": sid, "azp": client.id}
        access = {**who, "aud": AUDIENCE, "roles": [account.role.value], "areas": [account.area]}
        id_token = {**who, "aud": client.id, **({"nonce": nonce} if nonce else {})}
        return {
            "access_token": self._signed(access, ACCESS_S, "at+jwt"),
            "id_token": self._signed(id_token, ACCESS_S),
            "refresh_token": self._signed({**who, "aud": self.issuer}, SESSION_S, "refresh"),
            "token_type": "Bearer",
            "expires_in": ACCESS_S,
        }

    def _refresh_claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a refresh token; raises GrantRefused."""
        document = orjson.loads((self._folder / "jwks.json").read_bytes())
        try:
            keys = KeySet.import_key_set(KeySetSerialization(keys=document["keys"]))
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            expected = {"essential": True, "value": self.issuer}
            jwt.JWTClaimsRegistry(iss=expected, aud=expected, exp={"essential": True}).validate(claims)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError):
            raise GrantRefused from None
        if claims["sid"] in self._ended:
            raise GrantRefused
        return claims

    def _signed(self, claims: Mapping[str, Any], lifetime_s: int, kind: str = "JWT") -> str:
        now = int(time.time())
        return sign(self._folder, {"iss": self.issuer, "iat": now, "exp": now + lifetime_s, **claims}, kind)
