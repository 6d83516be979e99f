"""Commands of the sign-in: begin, complete, end, and end what the issuer ends."""

import hmac
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.sign_in import repository
from ilp_monitoring.sign_in.provider import Provider, RefusedByIssuer, Tokens
from ilp_monitoring.sign_in.rules.targets import page_of
from ilp_monitoring.sign_in.rules.tokens import Relation, read_id_token, read_logout_token
from ilp_monitoring.sign_in.schemas import Attempt
from ilp_monitoring.sign_in.sessions import Sessions
from ilp_shared.auth.client_assertion import client_key, public_key
from ilp_shared.auth.pkce import challenge_of, new_verifier
from ilp_shared.auth.sealing import Seal
from ilp_shared.db.connection import Connection
from ilp_shared.http.resources import Resources
from ilp_shared.problems import BadRequest, Unauthenticated
from ilp_shared.text import Text

ATTEMPT_S: Final = 600
"""How long a reader may take at the issuer."""
_ATTEMPT: Final = "attempt"
_NOT_BEGUN = Text(
    "Masuk ini tidak dimulai dari peramban ini, atau sudah terlalu lama. Mulai lagi.",
    "This sign-in was not begun in this browser, or too long ago. Begin again.",
)
_REFUSED = Text("Penerbit akun tidak menerima masuk ini. Mulai lagi.", "The issuer refused this sign-in. Begin again.")
_MIXED_UP = Text("Jawaban ini bukan dari penerbit akun platform ini.", "This answer is not of this platform's issuer.")
_NO_ACCESS = Text(
    "Akun ini belum mempunyai peran atau wilayah di platform ini; hubungi dinas kesehatan.",
    "This account has no role or area on this platform yet; ask the health office.",
)
_NO_LOGOUT = Text("Token keluar tidak sah atau sudah dipakai.", "The logout token is invalid, or was used before.")


class Begun(NamedTuple):
    """A sign-in that has begun: the issuer's address, and what the browser keeps of it, by its state."""

    address: str
    state: str
    attempt: str


class Answer(NamedTuple):
    """What the issuer sent the browser back with."""

    code: str
    state: str
    iss: str | None
    error: str | None


class SignIn:
    """The sign-in of one process."""

    def __init__(self, resources: Resources) -> None:
        settings = resources.settings
        assert isinstance(settings, MonitoringSettings)  # noqa: S101 - narrows for the type checker
        self._settings, self._tokens = settings, resources.tokens
        self._relation = Relation(settings.oidc_issuer, settings.sign_in_client)
        self._provider = Provider(settings) if settings.signs_in else None
        key = settings.sign_in_seal_key
        self._seal = None if key is None else Seal(key.get_secret_value())
        self.sessions = Sessions(settings, resources.database.pool, self._tokens, self._provider, self._seal)

    @property
    def is_offered(self) -> bool:
        """Whether readers can be signed in at the issuer."""
        return self._provider is not None

    @property
    def address(self) -> str:
        """The address of this service as browsers know it; empty without a sign-in."""
        return self._settings.sign_in_address

    @property
    def host(self) -> str:
        """The host of that address, with its port."""
        return urlsplit(self.address).netloc

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The public keys of the client, for the issuer."""
        secret = self._settings.sign_in_client_key
        return [] if secret is None else [public_key(client_key(secret.get_secret_value()))]

    async def begin(self, asked: str, *, choose: bool) -> Begun:
        """Begin a sign-in that leads to the page asked for; raises Unavailable where the issuer is out of reach."""
        provider, seal = self._ready()
        state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), new_verifier()
        attempt = Attempt(
            state=state, nonce=nonce, verifier=verifier, target=page_of(asked), ends_at=time.time() + ATTEMPT_S
        )
        address = await provider.authorization(
            state=state, nonce=nonce, challenge=challenge_of(verifier), choose=choose
        )
        return Begun(address, state, seal.close(attempt.model_dump_json(), _ATTEMPT))

    async def complete(self, answer: Answer, cookie: str | None, former: str | None) -> tuple[str, str]:
        """Return the secret of a new session, and the page to lead to; the session `former` ends.

        Raises BadRequest for an answer to no sign-in of this browser or of another issuer, Unauthenticated where the
        issuer or its claims refuse, Unavailable.
        """
        provider, _ = self._ready()
        attempt = self._attempt(cookie)
        if attempt is None or not hmac.compare_digest(attempt.state.encode(), answer.state.encode()):
            raise BadRequest(_NOT_BEGUN)
        metadata = await provider.metadata()
        is_named = answer.iss is not None or metadata.authorization_response_iss_parameter_supported
        if is_named and answer.iss != metadata.issuer:
            raise BadRequest(_MIXED_UP)
        if answer.error is not None or not answer.code:
            raise Unauthenticated(_REFUSED)
        try:
            tokens = await provider.exchange(answer.code, attempt.verifier)
        except RefusedByIssuer:
            raise Unauthenticated(_REFUSED) from None
        secret = await self._open(tokens, attempt.nonce)
        if former is not None:
            await self.sessions.replace(former)
        return secret, attempt.target

    async def goodbye(self) -> str | None:
        """Return the address at which the issuer ends its session too; None where it cannot be said now."""
        return None if self._provider is None else await self._provider.goodbye(f"{self.address}/keluar")

    async def end_by_issuer(self, token: str) -> None:
        """End the sessions that a logout token names; raises BadRequest where it does not hold or was used."""
        self._ready()
        try:
            logout = await self._tokens.read(token, partial(read_logout_token, relation=self._relation))
        except Unauthenticated:
            raise BadRequest(_NO_LOGOUT) from None
        if not await self.sessions.end_all_of(logout):
            raise BadRequest(_NO_LOGOUT)

    async def close(self) -> None:
        """Finish what was asked of the issuer, and close the connections to it."""
        await self.sessions.close()
        if self._provider is not None:
            await self._provider.close()

    async def _open(self, tokens: Tokens, nonce: str) -> str:
        """Check what the issuer gave and store the session; return its secret."""
        if tokens.id_token is None:
            raise Unauthenticated(_REFUSED)
        reading = partial(read_id_token, relation=self._relation, nonce=nonce)
        id_token = await self._tokens.read(tokens.id_token, reading)
        try:
            principal = await self._tokens.verify(tokens.access_token)
        except Unauthenticated:
            raise Unauthenticated(_NO_ACCESS) from None
        if principal.subject != id_token.subject:
            raise Unauthenticated(_REFUSED)
        return await self.sessions.open(principal, sid=id_token.sid, refresh_token=tokens.refresh_token)

    def _attempt(self, cookie: str | None) -> Attempt | None:
        """Return the sign-in that a browser has begun, if its cookie is one of this service and not too old."""
        try:
            attempt = Attempt.model_validate_json(self._ready()[1].open(cookie or "", _ATTEMPT))
        except (ValueError, ValidationError):
            return None
        return attempt if attempt.ends_at > time.time() else None

    def _ready(self) -> tuple[Provider, Seal]:
        if self._provider is None or self._seal is None:
            raise BadRequest(_NOT_BEGUN)
        return self._provider, self._seal


@asynccontextmanager
async def opened_sign_in(resources: Resources) -> AsyncIterator[SignIn]:
    """Open the sign-in of a process and close it."""
    sign_in = SignIn(resources)
    try:
        yield sign_in
    finally:
        await sign_in.close()


async def forget_sessions(conn: Connection) -> None:
    """Delete sessions and used logout tokens that are over."""
    await repository.delete_old(conn)
