"""Databases and roles of the services on whichever PostgreSQL was chosen; safe to repeat at every start.

Per service: database `ilp_<service>`, role `ilp_<service>_owner` (owns it, runs migrations) and role
`ilp_<service>` (the application: neither superuser nor able to pass row-level security). What the owner
creates is usable by the application through default privileges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.dev.config import SERVICES
from deploy.dev.vault import Vault

RECOUNT = "ilp_recount"
"""Role that may read every archive and change nothing; `make run` recounts with the roles of the applications."""
LIMITS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
_GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES",
    "GRANT USAGE, SELECT ON SEQUENCES",
    "GRANT USAGE ON SCHEMAS",
)


def connecting(app: str) -> Iterator[str]:
    """Yield what lets the application alone connect to its database, which has its name."""
    yield f"REVOKE ALL ON DATABASE {app} FROM PUBLIC"
    yield f"GRANT CONNECT, TEMPORARY ON DATABASE {app} TO {app}"


def using(app: str) -> Iterator[str]:
    """Yield what lets the application use all that the owner creates there; to be run in that database."""
    for grant in _GRANTS:
        yield f"ALTER DEFAULT PRIVILEGES FOR ROLE {app}_owner {grant} TO {app}"
    yield f"GRANT USAGE ON SCHEMA public TO {app}"


def reading(app: str, role: str) -> Iterator[str]:
    """Yield what lets a role read all that the owner creates there, and change nothing; to be run in that database."""
    yield f"GRANT CONNECT ON DATABASE {app} TO {role}"
    for grant in ("GRANT SELECT ON TABLES", "GRANT USAGE ON SCHEMAS"):
        yield f"ALTER DEFAULT PRIVILEGES FOR ROLE {app}_owner {grant} TO {role}"
    yield f"GRANT USAGE ON SCHEMA public TO {role}"


@dataclass(frozen=True)
class DatabaseUrls:
    """Addresses of one service's database: for the application and for migrations."""

    app: str
    owner: str


def address(superuser: str, role: str, password: str, database: str) -> str:
    """Return the superuser's address with another role and database."""
    parts = urlsplit(superuser)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{role}:{quote(password)}@{host}", f"/{database}", parts.query, ""))


def database_urls(superuser: str, vault: Vault, prefix: str = "ilp_") -> dict[str, DatabaseUrls]:
    """Return the addresses by service name, from existing secrets."""
    urls = {}
    for service in SERVICES:
        app = f"{prefix}{service.name}"
        owner = f"{app}_owner"
        urls[service.name] = DatabaseUrls(
            address(superuser, app, vault.password(app), app),
            address(superuser, owner, vault.password(owner), app),
        )
    return urls


async def ensure_databases(superuser: str, vault: Vault, prefix: str = "ilp_") -> dict[str, DatabaseUrls]:
    """Create what is missing and set the passwords; return the addresses by service name."""
    connection = await asyncpg.connect(superuser)
    try:
        for service in SERVICES:
            await _ensure_database(connection, f"{prefix}{service.name}", vault)
    finally:
        await connection.close()
    for service in SERVICES:
        await _ensure_grants(superuser, f"{prefix}{service.name}")
    return database_urls(superuser, vault, prefix)


async def _ensure_database(connection: asyncpg.Connection, app: str, vault: Vault) -> None:
    owner = f"{app}_owner"
    for role in (app, owner):
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if known else "CREATE"
        await connection.execute(f"{verb} ROLE {role} {LIMITS} PASSWORD '{vault.password(role)}'")
    await connection.execute(f"GRANT {owner} TO CURRENT_USER")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", app):
        await connection.execute(f"CREATE DATABASE {app} OWNER {owner}")
    for statement in connecting(app):
        await connection.execute(statement)


async def _ensure_grants(superuser: str, app: str) -> None:
    parts = urlsplit(superuser)
    connection = await asyncpg.connect(urlunsplit((parts.scheme, parts.netloc, f"/{app}", parts.query, "")))
    try:
        for statement in using(app):
            await connection.execute(statement)
    finally:
        await connection.close()
