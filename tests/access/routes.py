"""Every route of the four services with the permission it names, read from the apps themselves."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from ilp_shared.auth.permissions import Permission
from ilp_shared.service import Service

PACKAGES = ("ilp_registry", "ilp_screening", "ilp_cluster_services", "ilp_monitoring")
SERVICES: tuple[Service, ...] = tuple(importlib.import_module(f"{package}.service").SERVICE for package in PACKAGES)
_SOME_ID = str(UUID(int=7))
_EXAMPLES = {"code": "13.76.01.1002", "area": "13.76.01.1002", "kode": "13.76.01.1002", "version": "2023.1"}


@dataclass(frozen=True)
class Route:
    """One method on one path."""

    service: str
    method: str
    path: str
    permission: Permission

    @property
    def url(self) -> str:
        """Return the path with its parameters filled in."""
        parts = [_EXAMPLES.get(p[1:-1], _SOME_ID) if p.startswith("{") else p for p in self.path.split("/")]
        return "/".join(part.replace("{id}", _SOME_ID) if "{" in part else part for part in parts)

    def __str__(self) -> str:
        """Name the route in test reports."""
        return f"{self.service} {self.method} {self.path}"


def routes_of(service: Service, app: FastAPI) -> Iterator[Route]:
    """Yield the routes of an app."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            permission = _permission(context.dependant)
            for method in sorted(context.methods or ()):
                yield Route(service.name, method, context.path or "", permission)


def _permission(dependant: Dependant) -> Permission:
    permissions = set(_walk(dependant))
    if len(permissions) != 1:
        raise AssertionError(f"{dependant.path}: {len(permissions)} permissions")
    return permissions.pop()


def _walk(dependant: Dependant) -> Iterator[Permission]:
    """Yield the permissions of all guards below a dependency: of `Guard`, `CommandGuard` and those built on them."""
    for child in dependant.dependencies:
        permission = getattr(child.call, "permission", None)
        if isinstance(permission, Permission):
            yield permission
        yield from _walk(child)
