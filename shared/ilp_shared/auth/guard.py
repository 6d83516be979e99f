"""Access of a request: who asks (bearer token, or session cookie for reading pages) and whether the role may.

Every route depends on `require(Permission.…)`; a route without it fails an architecture test.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request

from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.auth.tokens import MISSING
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Forbidden, NotFound, Unauthenticated
from ilp_shared.text import Text

SESSION_COOKIE = "ilp_session"
NO_TOKEN: dict[str, Any] = {"security": []}
"""`openapi_extra` of PUBLIC routes: the document must not ask for a token there."""
_ROLE = Text("Peran akun ini tidak mencakup tindakan itu.", "This account's role does not include that action.")
_ABSENT = Text("Tidak ada, atau di luar wilayah akun ini.", "It does not exist, or lies outside this account's area.")


def require(permission: Permission) -> Callable[[Request], Awaitable[Principal]]:
    """Return a dependency that yields the principal or raises Unauthenticated or Forbidden."""

    async def guard(request: Request) -> Principal:
        if permission is Permission.PUBLIC:
            return _ANYBODY
        principal = await resources_of(request).tokens.verify(_token(request))
        if not principal.may(permission):
            raise Forbidden(_ROLE)
        return principal

    guard.permission = permission  # type: ignore[attr-defined]  # read by the architecture test and the docs
    return guard


async def bears_sound_token(request: Request) -> bool:
    """Tell whether a request bears a token that verifies, whatever it then may do."""
    try:
        await resources_of(request).tokens.verify(_token(request))
    except Unauthenticated:
        return False
    return True


def require_area(principal: Principal, area: str) -> None:
    """Raise NotFound (not Forbidden: no oracle of existence) unless the area lies in the principal's scope."""
    if not principal.covers(area):
        raise NotFound(_ABSENT)


def absent() -> NotFound:
    """Return the one answer for what does not exist and for what this account may not know of."""
    return NotFound(_ABSENT)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and request.method in ("GET", "HEAD"):
        return cookie
    raise Unauthenticated(MISSING)


_ANYBODY = Principal(subject="anonymous", roles=frozenset(), areas=(), expires_at=0)
