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
from ilp_shared.http.resources import Resources, resources_of
from ilp_shared.problems import ABSENT, FieldError, Forbidden, NotFound, Unauthenticated
from ilp_shared.text import Text

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
        principal = await _sender(request, resources)
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
    token = _token(request)
    try:
        if token is not None:
            await resources_of(request).tokens.verify(token)
    except Unauthenticated:
        return False
    return token is not None


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


async def _sender(request: Request, resources: Resources) -> Principal:
    """Return who sends a request; a session reads, and writes nothing. Raises Unauthenticated."""
    token = _token(request)
    if token is not None:
        return await resources.tokens.verify(token)
    if resources.session_reader is not None and request.method in _READS:
        principal = await resources.session_reader(request)
        if principal is not None:
            return principal
    raise Unauthenticated(MISSING)


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


_ANONYMOUS = Principal(subject="anonymous", roles=frozenset(), areas=(), expires_at=0)
