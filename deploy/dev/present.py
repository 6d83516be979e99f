"""Steps that a start may skip because the database is up to date: migrations, and the load of reference data.

A query takes milliseconds; a process that finds nothing to do takes seconds.
"""

from __future__ import annotations

import hashlib
import re

import asyncpg

from deploy.dev.config import ROOT, Service

_REFERENCE = ROOT / "services/registry/ilp_registry/reference/SHA256SUMS"
_REVISION = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "([^"]+)"', re.MULTILINE)


def newest_revision(service: Service) -> str | None:
    """Return the last revision of a service's history; None if its files do not name exactly one."""
    folder = ROOT / "services" / service.path[1:] / service.module / "migrations" / "versions"
    names = [match for path in folder.glob("*.py") for match in _REVISION.findall(path.read_text())]
    replaced = {value for kind, value in names if kind == "down_revision"}
    last = {value for kind, value in names if kind == "revision"} - replaced
    return last.pop() if len(last) == 1 else None


async def is_migrated(service: Service, owner_url: str) -> bool:
    """Tell whether the service's database is at its newest revision."""
    stored = await _query(owner_url, f"SELECT version_num FROM {service.name}.alembic_version")
    return stored is not None and stored == newest_revision(service)


async def is_loaded(registry_owner_url: str) -> bool:
    """Tell whether the registry holds exactly the reference data of this checkout."""
    edition = hashlib.sha256(_REFERENCE.read_bytes()).hexdigest()
    return (
        await _query(registry_owner_url, "SELECT true FROM registry.reference_load WHERE sha256 = $1", edition) is True
    )


async def _query(url: str, query: str, *values: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *values)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    finally:
        await connection.close()
