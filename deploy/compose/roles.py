"""Databases and roles as SQL, for a PostgreSQL that is started for the first time: the same as those of `make run`.

The file holds passwords: it lies among the secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.dev.config import SERVICES
from deploy.dev.databases import LIMITS, RECOUNT, connecting, reading, using
from deploy.dev.vault import Vault

BACKUP = "ilp_backup"
"""May follow the write-ahead log and copy the data folder, and read no table by SQL."""


def statements(vault: Vault) -> Iterator[str]:
    """Yield the lines of the script; passwords are URL-safe."""
    yield f"CREATE ROLE {RECOUNT} {LIMITS} PASSWORD '{vault.password(RECOUNT)}';"
    for service in SERVICES:
        app = f"ilp_{service.name}"
        owner = f"{app}_owner"
        for role in (app, owner):
            yield f"CREATE ROLE {role} {LIMITS} PASSWORD '{vault.password(role)}';"
        yield f"CREATE DATABASE {app} OWNER {owner};"
        yield from (f"{statement};" for statement in connecting(app))
        yield f"\\connect {app}"
        yield from (f"{statement};" for statement in using(app))
        yield from (f"{statement};" for statement in reading(app, RECOUNT))
    yield f"CREATE ROLE {BACKUP} LOGIN REPLICATION PASSWORD '{vault.password(BACKUP)}';"
