"""PostgreSQL with TLS: every connection is verified, and a server that does not prove who it is is refused in words."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.db.database import Database
from tests.support.addresses import Address, connected
from tests.support.certificates import Authority
from tests.support.commands import last_words
from tests.support.databases import Databases, DatabaseUrls
from tests.support.secure_postgres import SecurePostgres, running

IS_SAFE = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[SecurePostgres]:
    """Provide a server with TLS."""
    async with running() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def urls(server: SecurePostgres) -> DatabaseUrls:
    """Provide a database of screening, migrated over TLS."""
    return await Databases(server.address, thrown_away=True).create(SCREENING)


async def opened(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Database:
    """Open what an api opens, with settings from the environment."""
    values = {"KAFKA_BOOTSTRAP": "-", "OIDC_ISSUER": "-", "OIDC_JWKS": "-", **variables}
    for name, value in values.items():
        monkeypatch.setenv(f"ILP_SCREENING_{name}", value)
    return await Database.connect(SCREENING.settings(), SCREENING.schema)


async def test_both_kinds_of_connections_are_encrypted(urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await opened(monkeypatch, DATABASE_URL=urls.app)
    try:
        async with database.pool.acquire() as conn:
            assert await conn.fetchval(IS_SAFE)
        async with database.sessions() as session:
            assert (await (await session.connection()).execute(text(IS_SAFE))).scalar()
    finally:
        await database.close()


@pytest.mark.parametrize("command", ["worker", "api", "migrate"])
async def test_a_server_with_another_authority_or_name_is_refused_in_words(
    server: SecurePostgres, command: str
) -> None:
    wrong = {
        "migrate": server.verified(Address(server.dsn), ca=Authority.beside(server.authority).file),
        "worker": server.verified(Address(server.dsn), ca=Authority.beside(server.authority).file),
        "api": server.verified(Address(server.dsn), host="localhost"),
    }
    why = await last_words(SCREENING, DatabaseUrls(wrong[command], wrong[command]), command)
    assert "tidak terbukti asli" in why
    assert "does not prove who it is" in why


async def test_a_server_without_tls_is_refused_in_words(server: SecurePostgres, postgres_url: Address) -> None:
    address = server.verified(postgres_url)
    why = await last_words(SCREENING, DatabaseUrls(address, address), "worker")
    assert "tidak menawarkan TLS" in why
    assert "does not offer the TLS" in why


async def test_a_new_password_serves_the_next_connection(
    server: SecurePostgres, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"rotated_{uuid4().hex[:8]}"
    admin = await connected(server.address)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "url"
        try:
            for password in ("first", "second"):
                verb = "CREATE" if password == "first" else "ALTER"
                await admin.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")
                file.write_text(urls.app.replace("test_screening:test-only", f"{role}:{password}") + os.linesep)
                if password == "first":
                    database = await opened(monkeypatch, DATABASE_URL_FILE=str(file))
                await database.pool.expire_connections()
                await database.engine.dispose()
                async with database.pool.acquire() as conn:
                    assert await conn.fetchval("SELECT current_user") == role
                async with database.sessions() as session:
                    assert (await (await session.connection()).execute(text(IS_SAFE))).scalar()
        finally:
            await database.close()
            await admin.close()
