"""Fresh, migrated databases for services under test: migrated once per service, then copied by template.

On a server that ends with the run, its test processes share the templates, and nothing is dropped.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.engine import make_url

from ilp_shared.db import migrate
from ilp_shared.db.connection import Connection
from ilp_shared.service import Service
from tests.support.addresses import Address, connected, unnamed

_PASSWORD = "test-only"
_TEMPLATES_LOCK = 0x11BF


@dataclass(frozen=True)
class DatabaseUrls:
    """URLs of one database: the app role (row-level security binds it) and the owner role (migrations)."""

    app: str
    owner: str

    def __post_init__(self) -> None:
        """Keep both as addresses, which no failure shows."""
        for name in ("app", "owner"):
            object.__setattr__(self, name, Address(getattr(self, name)))

    @property
    def name(self) -> str:
        """The name of the database."""
        return self.app.rpartition("/")[2]

    def of(self, database: str) -> "DatabaseUrls":
        """Return the URLs of another database on the same server, for the same roles."""
        return DatabaseUrls(Address(self.app).of(database), Address(self.owner).of(database))


class Databases:
    """Makes databases on one server; `thrown_away` says that the server ends with the run."""

    def __init__(self, admin_url: Address, *, thrown_away: bool = False) -> None:
        self._admin = admin_url
        self._thrown_away = thrown_away
        self._templates: dict[str, str] = {}
        self._made: list[str] = []
        self._lock = asyncio.Lock()

    async def create(self, service: Service) -> DatabaseUrls:
        """Return a new database of a service, at its newest version."""
        async with self._lock:
            if service.schema not in self._templates:
                self._templates[service.schema] = await self._make_template(service)
            template, name = self._templates[service.schema], f"t_{service.schema}_{uuid4().hex[:10]}"
            self._made.append(name)
            async with self._administering() as admin:
                await admin.execute(
                    f'CREATE DATABASE "{name}" OWNER "test_{service.schema}_owner" TEMPLATE "{template}"'
                )
        return self._urls(service, name)

    async def _make_template(self, service: Service) -> str:
        name = f"tpl_{service.schema}_{_generation() if self._thrown_away else uuid4().hex[:10]}"
        async with self._administering() as admin:
            await admin.execute("SELECT pg_advisory_lock($1)", _TEMPLATES_LOCK)
            if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                return name
            owner = f"test_{service.schema}_owner"
            for role in (f"test_{service.schema}", owner):
                exists = await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
                verb = "ALTER" if exists else "CREATE"
                await admin.execute(f"{verb} ROLE \"{role}\" LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{_PASSWORD}'")
            draft = f"{name}_draft"
            await admin.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
            await admin.execute(f'CREATE DATABASE "{draft}" OWNER "{owner}"')
            await self._migrate(service, self._urls(service, draft))
            await admin.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        return name

    async def _migrate(self, service: Service, urls: DatabaseUrls) -> None:
        with unnamed("PostgreSQL"):
            await asyncio.to_thread(migrate.upgrade, service.package, service.schema, url=urls.owner, app_url=urls.app)

    def _urls(self, service: Service, name: str) -> DatabaseUrls:
        def url(role: str) -> str:
            made = make_url(self._admin).set(drivername="postgresql", username=role, password=_PASSWORD, database=name)
            return made.render_as_string(hide_password=False)

        return DatabaseUrls(app=url(f"test_{service.schema}"), owner=url(f"test_{service.schema}_owner"))

    @asynccontextmanager
    async def _administering(self) -> AsyncIterator[Connection]:
        conn = await connected(self._admin)
        try:
            yield conn
        finally:
            await conn.close()

    async def drop_all(self) -> None:
        """Drop every database made here, unless the server ends with the run."""
        if self._thrown_away:
            return
        async with self._administering() as admin:
            for name in [*self._templates.values(), *self._made]:
                await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _generation() -> str:
    """Return what tells apart templates made by different code on one server: a mutant may change the tables."""
    return hashlib.sha256(os.environ.get("ILP_MUTANT", "").encode()).hexdigest()[:10]
