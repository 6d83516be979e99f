"""Who asked for records of persons, so that a refusal (403, 404) leaves a row in the access audit.

The guard notes account and permission, the boundary sees the status, and the row commits before the answer leaves.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from starlette.requests import Request

from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import Asked, record_vain_access
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Problem

_NOTE: Final = "ilp_access"
_OBJECT: Final = "ilp_refused_object"
_REFUSALS: Final = frozenset({403, 404})


def open_note(request: Request) -> None:
    """Give a request the place where its access is noted."""
    request.scope[_NOTE] = []


def note_access(request: Request, principal: Principal, permission: Permission) -> None:
    """Note who asks for what, where it concerns persons."""
    if permission.personal:
        request.scope.setdefault(_NOTE, []).append((principal, permission, _named_in_path(request)))


def note_object(request: Request, problem: Problem) -> None:
    """Note the id that a body named and that the problem refuses."""
    request.scope[_OBJECT] = problem.object_id


def refused_of(outcomes: Iterable[object]) -> list[UUID | None]:
    """Return, for each refusal among the outcomes of a batch, the id that its item named."""
    problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    return [problem.object_id for problem in problems if problem.status in _REFUSALS]


async def record_refusal(request: Request, status: int) -> None:
    """Append a row where the answer to a request is a refusal, with the id that it named."""
    if status in _REFUSALS:
        await record_refusals(request, [request.scope.get(_OBJECT)])


async def record_refusals(request: Request, objects: Sequence[UUID | None]) -> None:
    """Append a row for each of these ids that were refused: the id of a body, else (None) that of the path."""
    for principal, permission, path_id in request.scope.get(_NOTE, ()) if objects else ():
        asked = [Asked(object_id=object_id or path_id) for object_id in objects]
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
