"""Every route of the four services names exactly one permission; every write is an idempotent command.

Read from the apps themselves, through included routers, so that a forgotten route cannot hide.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from ilp_shared.auth.permissions import Permission
from ilp_shared.service import Service
from tests.access.settings import EXTRA

SERVICES = ("registry", "screening", "cluster_services", "monitoring")
# Routes served by Starlette itself: the API description and the files of the documents; both show no stored data.
OPEN_BY_NATURE = {"/openapi.json", "/docs/static", "/static"}

# Writes that claim their Idempotency-Key inside their own set-based statement, and the name that does it.
HOT_PATHS = {
    ("registry", "POST", "/v1/areas"): "submit_one",
    ("registry", "POST", "/v1/facilities"): "submit_one",
    ("registry", "POST", "/v1/facilities:batch"): "submit_batch",
    ("registry", "POST", "/v1/persons"): "submit_one",
    ("registry", "POST", "/v1/persons:batch"): "submit_batch",
    ("registry", "PUT", "/v1/persons/{person_id}"): "submit_one",
    ("screening", "POST", "/v1/screenings"): "key_of",
    ("screening", "POST", "/v1/screenings:batch"): "read_item",
}
# POST because the question must not stand in a URL (or is long): they change nothing that a repeat would double.
QUESTIONS = {
    ("registry", "POST", "/v1/persons:search"),
    ("registry", "POST", "/v1/persons/{person_id}/nik:reveal"),
    ("screening", "POST", "/v1/evaluations"),
}


@dataclass(frozen=True)
class Found:
    """One method on one path."""

    service: str
    method: str
    path: str
    endpoint: Any
    guards: tuple[Permission, ...]
    is_command: bool

    @property
    def name(self) -> tuple[str, str, str]:
        """What exceptions are listed by."""
        return self.service, self.method, self.path


def service_named(name: str) -> Service:
    """Import a service's description."""
    found: Service = importlib.import_module(f"ilp_{name}.service").SERVICE
    return found


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


def routes_of(name: str) -> Iterator[Found]:
    """Yield every route of a service."""
    for context in iter_route_contexts(app_of(service_named(name)).routes):
        if not isinstance(context.original_route, APIRoute):
            assert context.path in OPEN_BY_NATURE, f"{context.path} is not a FastAPI route"
            continue
        # One guard reached by two ways (a route's own and its snapshot's) is called once: FastAPI caches by identity.
        calls = list({id(child.call): child.call for child in children(context.dependant)}.values())
        guards = [call for call in calls if hasattr(call, "permission")]
        commands = [call for call in calls if hasattr(call, "guard")]
        named = [getattr(call, "permission") for call in guards]  # noqa: B009 - set on a function
        named += [getattr(call, "guard").permission for call in commands]  # noqa: B009 - set on a function
        for method in sorted(context.methods or ()):
            yield Found(name, method, str(context.path), context.endpoint, tuple(named), bool(commands))


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
        if route.method in ("GET", "HEAD") or route.is_command or route.name in QUESTIONS:
            continue
        assert route.name in HOT_PATHS, f"{route.name} neither uses command(...) nor is it a listed hot path"
        assert HOT_PATHS[route.name] in names_used(route.endpoint), f"{route.name} does not claim its key"


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
        if not (iscoroutinefunction(child.call) or isasyncgenfunction(child.call))
    }
    assert plain == set(), "FastAPI runs plain functions in threads: say `async def`"


def test_listed_exceptions_exist() -> None:
    present = {route.name for name in SERVICES for route in routes_of(name)}
    assert sorted((HOT_PATHS.keys() | QUESTIONS) - present) == []


def names_used(endpoint: Any) -> set[str]:
    """Return the names an endpoint's code uses, comprehensions included."""
    found: set[str] = set()
    waiting = [endpoint.__code__]
    while waiting:
        code = waiting.pop()
        found.update(code.co_names)
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return found
