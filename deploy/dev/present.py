"""What a start finds in the databases: which steps it may skip, and whether stored numbers are those of its keys.

It skips migrations and the load of reference data where the database is up to date. A query takes milliseconds; a
process that finds nothing to do takes seconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import asyncpg

from deploy.dev.config import ROOT, Service
from deploy.dev.processes import Job, Supervisor
from deploy.dev.vault import Vault

_REFERENCE = ROOT / "services/registry/ilp_registry/reference/SHA256SUMS"
_NUMBER_KEYS = "ILP_REGISTRY_NIK_"
_REVISION = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "([^"]+)"', re.MULTILINE)


def newest_revision(service: Service) -> str | None:
    """Return the last revision of a service's history; None if its files do not name exactly one."""
    folder = ROOT / "services" / service.label / service.module / "migrations" / "versions"
    names = [match for path in folder.glob("*.py") for match in _REVISION.findall(path.read_text())]
    replaced = {value for kind, value in names if kind == "down_revision"}
    last = {value for kind, value in names if kind == "revision"} - replaced
    return last.pop() if len(last) == 1 else None


async def is_migrated(service: Service, owner_url: str) -> bool:
    """Tell whether the service's database is at its newest revision."""
    stored = await _query(owner_url, f"SELECT version_num FROM {service.name}.alembic_version")
    return stored is not None and stored == newest_revision(service)


async def was_migrated(service: Service, owner_url: str) -> bool:
    """Tell whether the service's database has tables of some revision, and so may have rows."""
    return await _query(owner_url, f"SELECT count(*) FROM {service.name}.alembic_version") is not None


async def is_loaded(registry_owner_url: str) -> bool:
    """Tell whether the registry holds exactly the reference data of this checkout."""
    edition = hashlib.sha256(_REFERENCE.read_bytes()).hexdigest()
    return (
        await _query(registry_owner_url, "SELECT true FROM registry.reference_load WHERE sha256 = $1", edition) is True
    )


async def check_keys(supervisor: Supervisor, registry: Mapping[str, str], vault: Vault) -> None:
    """Ask the registry, in its environment, whether stored numbers are those of its keys; raises StartError.

    Nothing else that its check finds ends a start for development.
    """
    check = ("ilp_registry", "check-config", "--process", "api", "--backing")
    if _NUMBER_KEYS in await supervisor.complaints(Job("registry-check-config", check, registry)):
        raise vault.misfit()


async def _query(url: str, query: str, *values: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *values)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    finally:
        await connection.close()
