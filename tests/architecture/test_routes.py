"""Every route of the four services names exactly one permission; every write is an idempotent command.

Read from the apps themselves, through included routers, so that a forgotten route cannot hide.
"""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import isasyncgenfunction, iscoroutinefunction, isfunction, ismethod
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from fastapi import FastAPI, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from ilp_shared.auth.permissions import PUBLIC, Permission
from ilp_shared.http.paging import Page, Paged
from ilp_shared.http.submissions import Command, CommandGuard, Receipt, submit_batch
from ilp_shared.models import Input
from ilp_shared.problems import Problem
from ilp_shared.service import Service
from tests.access.grants import GRANTS
from tests.access.settings import EXTRA

SERVICES = ("registry", "screening", "cluster_services", "monitoring")
# Routes served by Starlette itself: the API description and the files of the documents; both show no stored data.
OPEN_BY_NATURE = {"/openapi.json", "/docs/static", "/static"}

# Writes that claim their Idempotency-Key inside their own set-based statement, and the name that does it.
HOT_PATHS = {
    ("screening", "POST", "/v1/screenings"): "key_of",
    ("screening", "POST", "/v1/screenings:batch"): "read_item",
}
BATCH_WRITE = "submit_batch"
# POST because the question must not stand in a URL (or is long): they change nothing that a repeat would double.
QUESTIONS = {
    ("registry", "POST", "/v1/persons:search"),
    ("registry", "POST", "/v1/persons/{person_id}/nik:match"),
    ("registry", "POST", "/v1/persons/{person_id}/nik:reveal"),
    ("screening", "POST", "/v1/evaluations"),
}
# POST that ends sessions: once or twice is the same. Neither a browser's form nor an issuer sends a key.
ENDS = {
    ("monitoring", "POST", "/keluar"),
    ("monitoring", "POST", "/masuk/penerbit-keluar"),
}


# Lists without pages: they are short by nature, or have a cursor of their own kind.
UNPAGED = {
    **{(name, "/v1/events"): "the feed goes by sequence and shard" for name in SERVICES},
    ("screening", "/v1/screenings/{screening_id}/versions"): "one record has few versions",
}


@dataclass(frozen=True)
class RouteInfo:
    """One method on one path."""

    service: str
    method: str
    path: str
    endpoint: Any
    guards: tuple[Permission, ...]
    is_command: bool
    answer: Any
    """Type of the answer."""
    is_paged: bool
    """Whether it takes the query parameters of every list."""

    @property
    def name(self) -> tuple[str, str, str]:
        """What exceptions are listed by."""
        return self.service, self.method, self.path


def service_named(name: str) -> Service:
    """Import a service's description."""
    service: Service = importlib.import_module(f"ilp_{name}.service").SERVICE
    return service


def app_of(service: Service) -> FastAPI:
    """Build a service's app without starting it."""
    nowhere = {
        "database_url": "postgresql://nobody@127.0.0.1:1/none",
        "kafka_bootstrap": "127.0.0.1:1",
        "oidc_issuer": "nobody",
        "oidc_jwks": "nowhere",
    }
    extra: dict[str, Any] = EXTRA.get(service.name, {})
    return service.create_app(service.settings.model_validate({"profile": "development", **nowhere, **extra}))


def routes_of(name: str) -> Iterator[RouteInfo]:
    """Yield every route of a service."""
    for context in iter_route_contexts(app_of(service_named(name)).routes):
        if not isinstance(context.original_route, APIRoute):
            assert context.path in OPEN_BY_NATURE, f"{context.path} is not a FastAPI route"
            continue
        # One guard reached by two ways (a route's own and its snapshot's) is called once: FastAPI caches by equality.
        calls = {child.call for child in children(context.dependant) if child.call is not None}
        guards = [call.permission for call in calls if hasattr(call, "permission")]
        is_command = any(isinstance(call, CommandGuard) for call in calls)
        answer = context.original_route.response_model
        for method in sorted(context.methods or ()):
            yield RouteInfo(
                name,
                method,
                str(context.path),
                context.endpoint,
                tuple(guards),
                is_command,
                answer,
                is_paged(context.endpoint),
            )


def is_paged(endpoint: Any) -> bool:
    """Tell whether an endpoint has a parameter whose type is the common query of lists."""
    hints = get_type_hints(endpoint).values()
    return any(isinstance(hint, type) and issubclass(hint, Paged) for hint in hints)


def is_a(answer: Any, kind: type) -> bool:
    """Tell whether an answer's type, or one of several, is a generic of some kind: `Page[…]`, `list[…]`."""
    origin, parts = get_origin(answer), get_args(answer)
    if origin is Annotated:
        return is_a(parts[0], kind)
    if origin in (Union, UnionType):
        return any(is_a(part, kind) for part in parts)
    return origin is kind or (isinstance(answer, type) and issubclass(answer, kind))


def children(dependant: Dependant) -> Iterator[Dependant]:
    """Yield all dependencies below one."""
    for child in dependant.dependencies:
        yield child
        yield from children(child)


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_names_exactly_one_permission(name: str) -> None:
    routes = list(routes_of(name))
    assert len(routes) > 5, "the routes were not found"
    assert [(route.name, route.guards) for route in routes if len(route.guards) != 1] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_write_is_an_idempotent_command(name: str) -> None:
    for route in routes_of(name):
        if route.method in ("GET", "HEAD") or route.is_command or route.name in QUESTIONS | ENDS:
            continue
        claims = HOT_PATHS.get(route.name, BATCH_WRITE)
        assert claims in names_used(route.endpoint), f"{route.name} neither uses command(...) nor claims its keys"


@pytest.mark.parametrize("name", SERVICES)
def test_every_command_keeps_its_answer(name: str) -> None:
    silent = [route.name for route in routes_of(name) if route.is_command and not keeps_its_answer(route.endpoint)]
    assert silent == [], (
        "end with `return await cmd.answer(…)` or `cmd.refuse(…)`: a key without an answer stays in progress"
    )


@pytest.mark.parametrize("name", SERVICES)
def test_every_list_is_paged_the_one_way(name: str) -> None:
    wrong = []
    for route in routes_of(name):
        if route.method != "GET" or (name, route.path) in UNPAGED:
            continue
        if is_a(route.answer, list) or is_a(route.answer, Page) != route.is_paged:
            wrong.append(route.path)
    assert wrong == [], "answer Page[…], take Paged, read limit + 1 rows and call page_of"


@pytest.mark.parametrize("name", SERVICES)
def test_reading_is_no_command(name: str) -> None:
    assert [route.name for route in routes_of(name) if route.method == "GET" and route.is_command] == []


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_in_a_thread(name: str) -> None:
    plain = {
        child.call
        for context in iter_route_contexts(app_of(service_named(name)).routes)
        if isinstance(context.original_route, APIRoute)
        for child in [context.dependant, *children(context.dependant)]
        if child.call is not None and not is_async(child.call)
    }
    assert plain == set(), "FastAPI runs plain functions in threads: say `async def`"


def is_async(call: Callable[..., Any]) -> bool:
    """Tell whether FastAPI awaits a function, or the `__call__` of an object."""
    code = call if isfunction(call) or ismethod(call) else type(call).__call__
    return iscoroutinefunction(code) or isasyncgenfunction(code)


def test_every_permission_is_granted_and_declared() -> None:
    declared = {guard.name for name in SERVICES for route in routes_of(name) for guard in route.guards}
    assert declared == GRANTS.keys()


def test_listed_exceptions_exist_and_are_needed() -> None:
    routes = {route.name: route for name in SERVICES for route in routes_of(name)}
    assert sorted((HOT_PATHS.keys() | QUESTIONS | ENDS) - routes.keys()) == []
    assert [name for name in HOT_PATHS.keys() | QUESTIONS | ENDS if routes[name].is_command] == []
    assert [name for name in HOT_PATHS if BATCH_WRITE in names_used(routes[name].endpoint)] == []
    lists = {(name, path) for (name, method, path), route in routes.items() if is_a(route.answer, list)}
    assert sorted(UNPAGED.keys() - lists) == []


def test_the_searches_find_what_is_planted() -> None:
    async def claims(request: Request) -> object:
        return await submit_batch(request, None, [], Input, None)  # type: ignore[arg-type]  # never called

    async def pages(query: Annotated[Paged, Query()]) -> Page[int]:
        return Page(items=[query.limit])

    async def lists(limit: int) -> list[int]:
        return [limit]

    assert BATCH_WRITE in names_used(claims)
    assert BATCH_WRITE not in names_used(pages)
    assert [is_paged(each) for each in (pages, lists)] == [True, False]
    assert [is_async(each) for each in (pages, CommandGuard(PUBLIC), routes_of, service_named)] == [
        True,
        True,
        False,
        False,
    ]
    assert [is_a(each, kind) for each in (Page[int], list[int], int) for kind in (Page, list)] == [
        *(True, False),
        *(False, True),
        *(False, False),
    ]
    assert [is_a(int | Annotated[list[int], "one of two"], kind) for kind in (Page, list)] == [False, True]


def test_endpoints_that_lose_their_answer_are_found() -> None:
    async def answers(cmd: Command, body: Receipt) -> object:
        return await cmd.answer(201, body)

    async def forgets(cmd: Command, body: Receipt) -> object:
        if body.version == 1:
            return await cmd.answer(201, body)
        return body

    async def falls_off(cmd: Command, body: Receipt) -> object:  # type: ignore[return]  # noqa: RET503
        if body.version == 1:
            return await cmd.answer(201, body)

    async def answers_another(cmd: Command, other: Command, body: Receipt) -> object:
        return await other.answer(201, body)

    async def helps_itself(cmd: Command, body: Receipt) -> object:
        def version() -> int:
            return body.version

        return await cmd.answer(version(), body)

    forms = (answers, helps_itself, forgets, falls_off, answers_another)
    assert [keeps_its_answer(each) for each in forms] == [True, True, False, False, False]


def test_endpoints_that_refuse_without_freeing_their_key_are_found() -> None:
    async def refuses(cmd: Command, body: Receipt | Problem) -> object:
        if isinstance(body, Problem):
            return await cmd.refuse(body)
        return await cmd.answer(201, body)

    async def chooses(cmd: Command, body: Receipt | Problem) -> object:
        return await (cmd.refuse(body) if isinstance(body, Problem) else cmd.answer(200, body))

    async def forgets_to_refuse(cmd: Command, body: Receipt | Problem) -> object:
        return body if isinstance(body, Problem) else await cmd.answer(200, body)

    async def chooses_another(cmd: Command, other: Command, body: Receipt | Problem) -> object:
        return await (other.refuse(body) if isinstance(body, Problem) else cmd.answer(200, body))

    choices = (refuses, chooses, forgets_to_refuse, chooses_another)
    assert [keeps_its_answer(each) for each in choices] == [True, True, False, False]


def keeps_its_answer(endpoint: Any) -> bool:
    """Tell whether a command's endpoint ends only so that its key has an answer, or is free again.

    `answer` stores the answer with the key, `refuse` deletes the key; what is raised rolls the key's row back.
    """
    function = ast.parse(textwrap.dedent(inspect.getsource(endpoint))).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    return isinstance(function.body[-1], ast.Return) and all(map(_is_answer, _returned(function)))


def _returned(part: ast.AST) -> Iterator[ast.expr | None]:
    """Yield what a function returns, but not what the functions inside it do."""
    for child in ast.iter_child_nodes(part):
        if isinstance(child, ast.Return):
            yield child.value
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _returned(child)


def _is_answer(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Await) and _settles(value.value)


def _settles(awaited: ast.expr) -> bool:
    """Tell whether an expression calls what settles the command's key, whichever way a choice goes."""
    if isinstance(awaited, ast.IfExp):
        return _settles(awaited.body) and _settles(awaited.orelse)
    called = awaited.func if isinstance(awaited, ast.Call) else None
    return (
        isinstance(called, ast.Attribute)
        and called.attr in (Command.answer.__name__, Command.refuse.__name__)
        and isinstance(called.value, ast.Name)
        and called.value.id == "cmd"
    )


def names_used(endpoint: Any) -> set[str]:
    """Return the names an endpoint's code uses, comprehensions included."""
    names: set[str] = set()
    waiting = [endpoint.__code__]
    while waiting:
        code = waiting.pop()
        names.update(code.co_names)
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return names
