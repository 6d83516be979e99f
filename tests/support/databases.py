"""Fresh, migrated databases for services under test: migrated once per service, then copied by template."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from ilp_shared.db import migrate
from ilp_shared.service import Service

_PASSWORD = "test-only"


@dataclass(frozen=True)
class DatabaseUrls:
    """URLs of one database: the app role (row-level security binds it) and the owner role (migrations)."""

    app: str
    owner: str


class Databases:
    """Makes databases on one server."""

    def __init__(self, admin_url: str) -> None:
        self._admin = make_url(admin_url)
        self._templates: dict[str, str] = {}
        self._made: list[str] = []
        self._lock = asyncio.Lock()

    async def create(self, service: Service) -> DatabaseUrls:
        """Return a new database of a service, at its newest version."""
        async with self._lock:
            if service.schema not in self._templates:
                self._templates[service.schema] = await self._make_template(service)
            name = f"t_{service.schema}_{uuid4().hex[:10]}"
            self._made.append(name)
            owner = f"test_{service.schema}_owner"
            await self._admin_run(
                f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE "{self._templates[service.schema]}"'
            )
        return self._urls(service, name)

    async def _make_template(self, service: Service) -> str:
        app, owner = f"test_{service.schema}", f"test_{service.schema}_owner"
        for role in (app, owner):
            exists = await self._admin_run(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'")
            verb = "ALTER" if exists else "CREATE"
            await self._admin_run(f"{verb} ROLE \"{role}\" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{_PASSWORD}'")
        name = f"tpl_{service.schema}_{uuid4().hex[:10]}"
        await self._admin_run(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        urls = self._urls(service, name)
        await asyncio.to_thread(migrate.upgrade, service.package, service.schema, url=urls.owner, app_url=urls.app)
        return name

    def _urls(self, service: Service, name: str) -> DatabaseUrls:
        def url(role: str) -> str:
            made = self._admin.set(drivername="postgresql", username=role, password=_PASSWORD, database=name)
            return made.render_as_string(hide_password=False)

        return DatabaseUrls(app=url(f"test_{service.schema}"), owner=url(f"test_{service.schema}_owner"))

    async def _admin_run(self, statement: str) -> object:
        conn = await asyncpg.connect(self._admin.render_as_string(hide_password=False))
        try:
            return await conn.fetchval(statement)
        finally:
            await conn.close()

    async def drop_all(self) -> None:
        """Drop every database made here."""
        conn = await asyncpg.connect(self._admin.render_as_string(hide_password=False))
        try:
            for name in [*self._templates.values(), *self._made]:
                await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await conn.close()
