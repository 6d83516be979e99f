"""`shared/ACCESS.md`: permissions, the roles that hold them, and the routes that need them, of all services.

Generated from the `Service` objects, so that the document cannot differ from the routes: `python -m
deploy.dev.access_table write|check`. `check` returns 1 if the committed document differs.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.dev.config import ROOT, SERVICES
from deploy.dev.config import Service as Names
from deploy.dev.databases import DatabaseUrls
from deploy.dev.environment import Backing, Ports, service_environment
from deploy.dev.generated import write_or_check
from deploy.dev.vault import Vault

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

    from ilp_shared.auth.permissions import Permission
    from ilp_shared.service import Service

DOCUMENT = ROOT / "shared" / "ACCESS.md"
NOWHERE = "postgresql://none@127.0.0.1:1/none"
HEADING = """\
# Access

Which role may use which route. Generated from the routes by `make schemas`; do not edit. The role is the first
condition. The second is the area: an account sees and changes only what lies in the areas of its token
([ADR 0008](adr/0008-two-walls-of-access.md)).
"""


@dataclass(frozen=True)
class Access:
    """One route of a service, and the permission that it needs."""

    permission: Permission
    service: str
    """Path prefix at the front door."""
    route: str
    """Method and path below the prefix."""


def collect() -> list[Access]:
    """Return every route of every service that needs a permission; raises ValueError for one that needs none."""
    return [access for names in SERVICES for access in routes_of(names)]


def routes_of(names: Names) -> Iterator[Access]:
    """Yield the routes of one service."""
    from fastapi.routing import APIRoute, iter_route_contexts

    for context in iter_route_contexts(app_of(names).routes):
        if not isinstance(context.original_route, APIRoute):
            continue  # the API description and static files, which show no stored data
        permissions = {call.permission for call in calls_below(context.dependant) if hasattr(call, "permission")}
        if len(permissions) != 1:
            raise ValueError(f"{names.path}{context.path} needs {len(permissions)} permissions")
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield Access(next(iter(permissions)), names.path, f"{method} {context.path}")


def calls_below(dependant: Dependant) -> Iterator[object]:
    """Yield the callables of all dependencies below one."""
    for child in dependant.dependencies:
        yield child.call
        yield from calls_below(child)


def app_of(names: Names) -> FastAPI:
    """Return a service's app, made with the settings of the one-command run and not started."""
    service: Service = importlib.import_module(f"{names.module}.service").SERVICE
    with tempfile.TemporaryDirectory() as folder:
        backing = Backing({names.name: DatabaseUrls(app=NOWHERE, owner=NOWHERE)}, "127.0.0.1:1", Path(folder))
        environment = service_environment(names, backing, Ports(1, 1), Vault(Path(folder) / "secrets.json"))
    settings = {
        name.removeprefix(names.prefix).lower(): json.loads(value) if value.startswith("{") else value
        for name, value in environment.items()
        if name.startswith(names.prefix)
    }
    return service.create_app(service.settings.model_validate(settings))


def render(accesses: list[Access]) -> str:
    """Return the document; raises ValueError where two routes disagree on the roles of a permission."""
    services: Mapping[str, set[str]] = defaultdict(set)
    for access in accesses:
        services[access.route].add(access.service)
    routes: Mapping[Permission, dict[str, None]] = defaultdict(dict)
    for access in accesses:
        everywhere = len(services[access.route]) == len(SERVICES)
        method, path = access.route.split(" ")
        routes[access.permission][f"`{method} {'/<service>' if everywhere else access.service}{path}`"] = None
    permissions = sorted(routes, key=lambda permission: permission.name)
    if len({permission.name for permission in permissions}) != len(permissions):
        raise ValueError("one permission, two sets of roles")
    return "\n".join([HEADING, *_roles(permissions), "", *_routes(permissions, routes), ""])


def _roles(permissions: list[Permission]) -> Iterator[str]:
    from ilp_shared.auth.permissions import PUBLIC, Role

    yield "| permission | " + " | ".join(role.value for role in Role) + " |"
    yield "| --- |" + " :-: |" * len(Role)
    for permission in permissions:
        if permission != PUBLIC:
            marks = ("●" if role in permission.roles else "" for role in Role)
            yield f"| `{permission.name}` | " + " | ".join(marks) + " |"


def _routes(permissions: list[Permission], routes: Mapping[Permission, Iterable[str]]) -> Iterator[str]:
    yield "| permission | routes, with the path at the front door |"
    yield "| --- | --- |"
    for permission in permissions:
        yield f"| `{permission.name}` | " + "<br>".join(routes[permission]) + " |"
    yield ""
    yield "Routes that need `public` need no token."


def main(arguments: list[str]) -> int:
    """Write or check the document; return 1 if it differs, 2 for a wrong call."""
    return write_or_check(arguments, "deploy.dev.access_table", DOCUMENT, lambda: render(collect()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
