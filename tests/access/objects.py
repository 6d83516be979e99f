"""Objects of each service in Kelurahan 13.76.01.1002, what a caller sends to reach them, and a few elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
from fastapi import FastAPI

from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.areas import level_of, lineage, parent_of
from ilp_shared.ids import new_id
from tests.access.routes import Route, routes_of
from tests.access.settings import EXTRA
from tests.service.cluster.builders import Screened, facility, result
from tests.service.cluster.builders import running as running_cluster
from tests.service.monitoring.events import SHORT, WEIGHED, World
from tests.service.screening.screening_api import CHILD, OTHER_VILLAGE, open_screening_api
from tests.service.screening.screening_api import facility as posyandu
from tests.service.screening.screening_api import person as registered
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed

HOME, AWAY = "13.76.01.1002", OTHER_VILLAGE
NIK = "1376014302900000"
"""No person has it: its serial is the impossible 0000."""
Body = dict[str, Any]


@dataclass
class Reach:
    """The objects of one service: its app and a client, its routes, ids by path parameter, bodies by route."""

    app: FastAPI
    client: httpx2.AsyncClient
    routes: list[Route]
    ids: dict[str, str]
    bodies: dict[str, Body]
    lists: dict[str, dict[str, str]]
    home: dict[str, str] = field(default_factory=dict)
    """What exists at HOME, by kind."""
    away: dict[str, str] = field(default_factory=dict)
    """What exists at AWAY, by kind, where a caller from there needs it to ask for something."""

    def url(self, route: Route) -> str:
        """Return the route's path with the object's id."""
        path = route.path
        for name, value in self.ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def by_id(self) -> list[Route]:
        """Return the routes that name one of the objects."""
        return [route for route in self.routes if self.url(route) != route.path]


@asynccontextmanager
async def registry_objects(databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield a person with a household and a puskesmas, registered at HOME, and a person at AWAY."""
    urls = await databases.create(REGISTRY)
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "registry"})
    for code in (*lineage(HOME)[1:], *lineage(AWAY)[1:]):
        parent = None if len(code) == 2 else parent_of(code)
        await owner.execute(
            "INSERT INTO area (code, name, level, kind, parent_code, dataset) VALUES ($1, $1, $2, 'x', $3, 'test')",
            code,
            level_of(code),
            parent,
        )
    await owner.close()
    person = {"name": "Contoh", "sex": "female", "birth_date": "1990-02-03", "home_area": HOME}
    puskesmas = {"kind": "puskesmas", "name": "Contoh", "code": "P1", "area_code": HOME}
    async with open_api(REGISTRY, urls, issuer, **EXTRA["registry"]) as api:
        app, client = api.app, api.client

        async def make(path: str, body: Body, role: str, area: str) -> Body:
            answer = await client.post(path, json=body, headers=issuer.headers(role, area))
            assert answer.status_code == 201, answer.text
            receipt: Body = answer.json()
            return receipt

        resident = {**person, "nik": NIK, "household": {"id": str(new_id())}}
        first = await make("/v1/persons", resident, "midwife", HOME)
        place = await make("/v1/facilities", puskesmas, "dinas", HOME)
        other = await make("/v1/persons", {**person, "home_area": AWAY}, "midwife", AWAY)
        bodies: dict[str, Body] = {
            "/v1/persons/{person_id}": {**person, "base_version": 1},
            "/v1/persons/{person_id}/nik:match": {"nik": NIK},
            "/v1/persons/{person_id}/nik:reveal": {"purpose": "care"},
        }
        lists = {"/v1/persons": {"area": HOME}}
        home = {"area": HOME, "person": first["id"], "household": first["household_id"], "facility": place["id"]}
        routes = list(routes_of(REGISTRY, app))
        yield Reach(app, client, routes, {"person_id": first["id"]}, bodies, lists, home, {"person": other["id"]})


@asynccontextmanager
async def screening_objects(databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield a screening and an open day at HOME."""
    async with open_screening_api(databases, issuer) as api:
        place, child = posyandu(HOME), registered(HOME)
        await api.feed.apply(place, child)
        ids = {"facility_id": str(place.aggregate_id), "person_id": str(child.aggregate_id)}
        day = await api.post("/v1/open-days", {"facility_id": ids["facility_id"], "day": "2026-11-20"})
        assert day.status_code == 201, day.text
        record = await api.record(**ids, open_day_id=day.json()["id"])
        change = {"base_version": 1, "reason": "wrong_value"}
        bodies: dict[str, Body] = {
            "/v1/screenings/{screening_id}/corrections": {**change, "observations": CHILD},
            "/v1/screenings/{screening_id}/void": change,
            "/v1/open-days/{open_day_id}/cancel": {},
        }
        lists = {"/v1/screenings": {"person": ids["person_id"]}, "/v1/open-days": {"area": HOME}}
        objects = {"screening_id": record["id"], "open_day_id": day.json()["id"]}
        home = {"area": HOME, "screening": record["id"], "open_day": day.json()["id"]}
        home |= {"facility": ids["facility_id"], "person": ids["person_id"]}
        away = {"facility": str(api.other_posyandu), "person": str(api.other_child)}
        routes = list(routes_of(SCREENING, api.app))
        yield Reach(api.app, api.client, routes, objects, bodies, lists, home, away)


@asynccontextmanager
async def cluster_objects(databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield a follow-up task for a resident of HOME."""
    async with running_cluster(databases, issuer) as cluster:
        puskesmas = new_id()
        screened = Screened(puskesmas, home=HOME)
        await cluster.feed.apply(
            facility(puskesmas, "puskesmas", None), screened.recorded(result("blood_pressure", "REPEAT"))
        )
        task = (await cluster.of(screened.person_id))["REPEAT"]["id"]
        bodies: dict[str, Body] = {
            "/v1/tasks/{task_id}/accept": {"base_version": 1},
            "/v1/tasks/{task_id}/complete": {"outcome": "attended"},
            "/v1/tasks/{task_id}/cancel": {"reason": "moved"},
        }
        routes = list(routes_of(CLUSTER, cluster.app))
        home = {"area": HOME, "person": str(screened.person_id), "facility": str(puskesmas)}
        yield Reach(cluster.app, cluster.client, routes, {"task_id": task}, bodies, {"/v1/tasks": {}}, home)


@asynccontextmanager
async def monitoring_objects(databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield the numbers of HOME after one screening there."""
    async with open_api(MONITORING, await databases.create(MONITORING), issuer) as api:
        feed, world = Feed(api.database.pool, SituationProjection()), World()
        screening = world.screening("s", "ani", "2024-03", SHORT, observed=WEIGHED, village=HOME)
        await feed.apply(world.tree("13.76", HOME), world.posyandu("mawar", HOME), screening)
        lists = {"/v1/cells": {"area": HOME}}
        routes, ids = list(routes_of(MONITORING, api.app)), {"area": HOME, "kode": HOME}
        yield Reach(api.app, api.client, routes, ids, {}, lists, {"area": HOME})


OPENERS = {
    "registry": registry_objects,
    "screening": screening_objects,
    "cluster-services": cluster_objects,
    "monitoring": monitoring_objects,
}
"""Makers of the objects of each service, by its name."""
