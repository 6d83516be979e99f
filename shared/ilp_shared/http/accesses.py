"""Who asked for records of persons, so that a refusal (403, 404) leaves a row in the access audit.

The guard notes account and permission, the boundary sees the status, and the row commits before the answer leaves.
"""

from typing import Final
from uuid import UUID

from starlette.requests import Request

from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import Asked, record_vain_access
from ilp_shared.http.resources import resources_of

_NOTE: Final = "ilp_access"
_REFUSALS: Final = frozenset({403, 404})


def open_note(request: Request) -> None:
    """Give a request the place where its access is noted."""
    request.scope[_NOTE] = []


def note_access(request: Request, principal: Principal, permission: Permission) -> None:
    """Note who asks for what, where it concerns persons."""
    if permission.personal:
        request.scope.setdefault(_NOTE, []).append((principal, permission, _named_in_path(request)))


async def record_refusals(request: Request, *statuses: int) -> None:
    """Append a row for each refusal among the statuses of a request's answer, or of the items of its batch."""
    number = sum(status in _REFUSALS for status in statuses)
    for principal, permission, object_id in request.scope.get(_NOTE, ()) if number else ():
        asked = [Asked(object_id=object_id)] * number
        resources = resources_of(request)
        async with resources.database.pool.acquire(timeout=resources.settings.command_deadline_s) as conn:
            await record_vain_access(conn, principal, permission.name.replace(":", "."), "refused", asked)


def _named_in_path(request: Request) -> UUID | None:
    for value in request.path_params.values():
        try:
            return UUID(str(value))
        except ValueError:
            continue
    return None
