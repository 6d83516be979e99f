"""Access of a request: who sends it (bearer token, or session cookie for reading pages), how often, and whether it may.

Every route names one permission: `reader: Annotated[Principal, can(TASKS_READ)]`; an architecture test fails for a
route without one. A subscript (`Can[TASKS_READ]`) does not work: type checkers accept only types there.
"""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request

from ilp_shared.auth.permissions import PUBLIC, Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.auth.tokens import MISSING
from ilp_shared.http.accesses import note_access
from ilp_shared.http.rates import address_of
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import ABSENT, FieldError, Forbidden, NotFound, Unauthenticated
from ilp_shared.text import Text

SESSION_COOKIE = "ilp_session"
_READS = ("GET", "HEAD")
NO_TOKEN: dict[str, Any] = {"security": []}
"""`openapi_extra` of PUBLIC routes: the document must not ask for a token there."""
_ROLE = Text("Peran akun ini tidak mencakup tindakan itu.", "This account's role does not include that action.")


@dataclass(frozen=True)
class Guard:
    """The dependency of a route that yields its principal; raises Unauthenticated, TooMany or Forbidden."""

    permission: Permission

    async def __call__(self, request: Request) -> Principal:
        """Return the principal, if its role may."""
        resources, is_read = resources_of(request), request.method in _READS
        if self.permission == PUBLIC:
            if not is_read:
                resources.rates.take("evaluations", address_of(request))
            return _ANONYMOUS
        principal = await resources.tokens.verify(_token(request))
        resources.rates.take("reads" if is_read else "commands", principal.subject)
        note_access(request, principal, self.permission)
        if not principal.may(self.permission):
            raise Forbidden(_ROLE)
        return principal


def can(permission: Permission) -> Any:
    """Return the marker of a route's principal: `Annotated[Principal, can(…)]`."""
    return Depends(Guard(permission))


async def bears_valid_token(request: Request) -> bool:
    """Tell whether a request has a token that verifies, independent of its role."""
    try:
        await resources_of(request).tokens.verify(_token(request))
    except Unauthenticated:
        return False
    return True


def require_area(principal: Principal, area: str) -> None:
    """Raise NotFound unless the principal covers the area; Forbidden would reveal that the record exists."""
    if not principal.covers(area):
        raise NotFound(ABSENT)


def absent(pointer: str | None = None) -> NotFound:
    """Return the one answer to ids that do not exist and to ids outside the caller's areas.

    `pointer` names the field of the body that holds the id or the area.
    """
    errors = [] if pointer is None else [FieldError(pointer=pointer, code="outside_areas", message=ABSENT)]
    return NotFound(ABSENT, errors=errors)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and request.method in _READS:
        return cookie
    raise Unauthenticated(MISSING)


_ANONYMOUS = Principal(subject="anonymous", roles=frozenset(), areas=(), expires_at=0)
