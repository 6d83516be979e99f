"""Sessions of pages: opened, read and renewed, rotated, ended. They are rows, which every process reads."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.sign_in import repository
from ilp_monitoring.sign_in.models import Limits, NewSession, Session
from ilp_monitoring.sign_in.provider import GrantRefused, Provider, RefusedByIssuer
from ilp_monitoring.sign_in.rules.tokens import LogoutToken
from ilp_shared.auth.principal import Principal
from ilp_shared.auth.sealing import Seal
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.connection import Connection
from ilp_shared.problems import Unauthenticated, Unavailable
from ilp_shared.text import Text

_RENEW_S: Final = 60
"""Claims are renewed so long before the end of their access token."""
_GRACE_S: Final = 60.0
"""How long claims hold for one more stream while they are renewed."""
_LOST_S: Final = 600.0
"""How long claims hold while the issuer is out of reach; so do its keys (`auth.tokens`)."""
_RENEWING_S: Final = 8.0
"""Longest wait for new claims. Another process may ask later only, because the refresh token is the same."""
_ASK_AGAIN_S: Final = 15.0
"""From an attempt without an answer until this process asks the issuer again, for one session of all."""
_REFRESH: Final = "refresh"
_AGAIN = Text("Sesi sedang diperbarui; coba lagi sebentar.", "The session is being renewed; try again in a moment.")


class Sessions:
    """The sessions, as one process sees them; `provider` and `seal` are missing where there is no sign-in."""

    def __init__(
        self,
        settings: MonitoringSettings,
        pool: asyncpg.Pool,
        tokens: TokenVerifier,
        provider: Provider | None,
        seal: Seal | None,
    ) -> None:
        self._pool, self._tokens, self._provider, self._seal = pool, tokens, provider, seal
        self._acquire_s = settings.command_deadline_s
        self.limits = Limits(settings.sign_in_idle_s, settings.sign_in_absolute_s)
        self._renewals: set[asyncio.Task[Session | None]] = set()
        self._ask_at: float | None = None
        """While the issuer does not answer: when this process asks again (monotonic)."""

    async def close(self) -> None:
        """Finish the renewals: the issuer may have taken the former refresh tokens back."""
        await asyncio.gather(*self._renewals, return_exceptions=True)

    async def open(self, principal: Principal, *, sid: str | None = None, refresh_token: str | None = None) -> str:
        """Store a session and return its secret; without a refresh token it ends with the claims of the principal."""
        secret, sealed = secrets.token_urlsafe(32), None
        ends_at = time.time() + self.limits.absolute_s
        if refresh_token is None or self._seal is None:
            ends_at = min(ends_at, principal.expires_at)
        else:
            sealed = self._seal.close(refresh_token, _REFRESH)
        row = NewSession(_digest(secret), secrets.token_bytes(32), principal, sid, sealed, ends_at)
        async with self._connection() as conn:
            await repository.add_session(conn, row)
        return secret

    async def named(self, secret: str) -> Session | None:
        """Return the session of a cookie, however old its claims are; None for one that is over."""
        async with self._connection() as conn:
            return await repository.find_session(conn, _digest(secret), self.limits)

    async def find(self, secret: str) -> Session | None:
        """Return the session of a cookie, its claims renewed; None for one that is over. Raises Unavailable."""
        session = await self.named(secret)
        if session is None or session.refresh_token is None or session.fresh_s > _RENEW_S:
            return session
        if self._ask_at is not None:
            if time.monotonic() < self._ask_at:
                return self._held(session)
            self._ask_at = time.monotonic() + _ASK_AGAIN_S
        async with self._connection() as conn:
            is_claimed = await repository.claim_refresh(conn, session)
        if is_claimed:
            return await self._to_the_end(self._renewed(session, secret))
        present = await self.named(secret)
        return None if present is None else self._held(present)

    @staticmethod
    def reader_of(session: Session) -> Principal:
        """Return the reader of a session."""
        return session.principal(time.time(), _GRACE_S)

    async def use(self, session: Session) -> str | None:
        """Note that a page was opened; return a new secret where the cookie is due to be exchanged."""
        new = secrets.token_urlsafe(32)
        async with self._connection() as conn:
            if session.is_current and session.is_rotation_due:
                return new if await repository.rotate_session(conn, session.id, _digest(new)) else None
            await repository.touch_session(conn, session.id)
            return None

    async def replace(self, secret: str) -> None:
        """End the session of a cookie that another one replaces.

        Its refresh token is not revoked: the issuer may end the other one with it, which hangs on the same account.
        """
        session = await self.named(secret)
        if session is not None:
            async with self._connection() as conn:
                await repository.delete_session(conn, session.form_key)

    async def end(self, session: Session) -> None:
        """End a session here, and have the issuer forget its refresh token."""
        async with self._connection() as conn:
            await repository.delete_session(conn, session.form_key)
        refresh_token = self._opened(session)
        if self._provider is not None and refresh_token is not None:
            await self._provider.revoke(refresh_token)

    async def end_all_of(self, token: LogoutToken) -> bool:
        """End the sessions that a logout token names; False where the token was used before."""
        async with self._connection() as conn, open_unit(conn, name="logout"):
            is_new = await repository.use_logout_token(conn, token)
            if is_new:
                await repository.delete_sessions_of(conn, token)
        return is_new

    async def _to_the_end(self, renewal: Coroutine[Any, Any, Session | None]) -> Session | None:
        """Wait for a renewal, which goes on where its request is given up: its answer has the only refresh token."""
        task = asyncio.create_task(renewal)
        self._renewals.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, renewal: "asyncio.Task[Session | None]") -> None:
        self._renewals.discard(renewal)
        if not renewal.cancelled():
            renewal.exception()  # its request has it, if there still is one

    async def _renewed(self, session: Session, secret: str) -> Session | None:
        """Ask the issuer for new claims; where it refuses, the session is over."""
        try:
            async with asyncio.timeout(_RENEWING_S):
                asked = await self._asked(session, self._opened(session))
        except (Unavailable, TimeoutError):
            self._ask_at = time.monotonic() + _ASK_AGAIN_S
            async with self._connection() as conn:
                await repository.release_refresh(conn, session.form_key)
            return self._held(session)
        self._ask_at = None
        async with self._connection() as conn:
            if asked is None:
                await repository.delete_session(conn, session.form_key)
                return None
            await repository.renew_session(conn, session.form_key, *asked)
            return await repository.find_session(conn, _digest(secret), self.limits)

    async def _asked(self, session: Session, refresh_token: str | None) -> tuple[Principal, str] | None:
        """Return the reader's new claims and the sealed refresh token; None where the issuer refuses.

        An issuer that refuses the client, or answers what is no answer, says nothing of the account: Unavailable.
        """
        if refresh_token is None or self._provider is None or self._seal is None:
            return None
        try:
            tokens = await self._provider.refresh(refresh_token)
            principal = await self._tokens.verify(tokens.access_token)
        except (GrantRefused, Unauthenticated):
            return None
        except RefusedByIssuer:
            raise Unavailable(_AGAIN, retry_after_s=1) from None
        if principal.subject != session.subject:
            return None
        return principal, self._seal.close(tokens.refresh_token or refresh_token, _REFRESH)

    def _held(self, session: Session) -> Session:
        """Return a session whose claims could not be renewed yet; raises Unavailable where they are too old."""
        if session.fresh_s < -(_GRACE_S if self._ask_at is None else _LOST_S):
            raise Unavailable(_AGAIN, retry_after_s=1)
        return session

    def _opened(self, session: Session) -> str | None:
        """Return the refresh token; None where there is none that the present key has sealed."""
        if session.refresh_token is None or self._seal is None:
            return None
        try:
            return self._seal.open(session.refresh_token, _REFRESH)
        except ValueError:
            return None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self._pool.acquire(timeout=self._acquire_s) as conn:
            yield conn


def _digest(secret: str) -> bytes:
    """Return what the database knows of a cookie."""
    return hashlib.sha256(secret.encode()).digest()
