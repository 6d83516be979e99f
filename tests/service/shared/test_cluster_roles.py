"""The SQL that a database of a cluster begins with: its owner migrates, the application works, the recount reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from deploy.dev.databases import RECOUNT
from deploy.k8s.product import roles_sql
from ilp_registry.service import SERVICE as REGISTRY
from ilp_shared.db import migrate
from tests.support.addresses import Address, connected, unnamed

_PASSWORD = "test-only"


def address(admin: Address, role: str, database: str) -> Address:
    """Return the address of a database for a role."""
    scheme, _, rest = Address(admin.of(database)).partition("://")
    return Address(f"{scheme}://{role}:{_PASSWORD}@{rest.rpartition('@')[2]}")


@asynccontextmanager
async def begun(admin_url: Address) -> AsyncIterator[str]:
    """Make a database as the operator does: owner, database, the SQL of the manifests, passwords; then migrate it."""
    name = f"ilp_roles_{uuid4().hex[:8]}"
    owner = f"{name}_owner"
    admin = await connected(admin_url)
    try:
        await admin.execute(f'CREATE ROLE "{owner}" LOGIN')
        await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        inside = await connected(admin_url.of(name))
        try:
            for statement in roles_sql(name):
                await inside.execute(statement)
            for role in (owner, name, RECOUNT):
                await inside.execute(f"ALTER ROLE \"{role}\" PASSWORD '{_PASSWORD}'")
        finally:
            await inside.close()
        with unnamed("PostgreSQL"):
            await asyncio.to_thread(
                migrate.upgrade,
                REGISTRY.package,
                REGISTRY.schema,
                url=address(admin_url, owner, name),
                app_url=address(admin_url, name, name),
            )
        yield name
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        for role in (RECOUNT, name, owner):
            await admin.execute(f'DROP ROLE IF EXISTS "{role}"')
        await admin.close()


async def test_the_roles_of_a_cluster_do_what_they_must_and_no_more(postgres_url: Address) -> None:
    async with begun(postgres_url) as name:
        application = await connected(address(postgres_url, name, name))
        recount = await connected(address(postgres_url, RECOUNT, name))
        try:
            for role in (application, recount):
                assert await role.fetchval("SELECT count(*) FROM registry.event_log") == 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute("CREATE TABLE registry.own (id int)")
            for statement in ("DELETE FROM registry.event_log", "CREATE TABLE public.own (id int)"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await recount.execute(statement)
            limits = "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole) FROM pg_roles WHERE rolname = ANY($1)"
            assert await recount.fetchval(limits, [name, f"{name}_owner", RECOUNT]) is False
        finally:
            await application.close()
            await recount.close()
