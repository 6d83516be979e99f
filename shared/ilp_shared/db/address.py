"""The way to a database: where it is, as whom, and how its server must prove who it is.

An address is a URL with libpq's parameters: `postgresql://user:pw@host/db?sslmode=verify-full&sslrootcert=/ca.pem`
(also `sslcert` and `sslkey`). It is read for each connection, and with it the files that it names: a rotated password
or certificate serves the next one.
"""

import ssl
from collections.abc import Mapping
from typing import Any, Final

import asyncpg
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ilp_shared.db.pools import MeasuredPool, MeasuredQueuePool
from ilp_shared.logging import Why
from ilp_shared.text import Text

_UNTRUSTED: Final = Text(
    "PostgreSQL tidak terbukti asli: periksa sslrootcert, dan apakah sertifikatnya berlaku untuk nama host di alamat",
    "PostgreSQL does not prove who it is: check sslrootcert, and whether its certificate is for the host in the URL",
)
_WITHOUT_TLS: Final = Text(
    "PostgreSQL di alamat ini tidak menawarkan TLS yang diminta sslmode: nyalakan ssl di server",
    "PostgreSQL at this address does not offer the TLS that sslmode asks for: turn ssl on at the server",
)
_WRONG_ADDRESS: Final = Text(
    "alamat basis data atau berkas sertifikatnya salah: periksa parameternya",
    "the database's URL or a certificate file that it names is wrong: check its parameters",
)
_REFUSED: Final = Text(
    "basis data tidak tercapai atau menolak: periksa alamatnya, lalu coba lagi",
    "the database cannot be reached or refuses: check its address, then try again",
)


async def connect(url: SecretStr, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection; options are asyncpg's. What it raises has a note, which logs show."""
    try:
        return await asyncpg.connect(url.get_secret_value(), **options)
    except Exception as error:
        if (why := why_refused(error)) is not None:
            error.add_note(Why(why.both))
        raise


def make_pool(url: SecretStr, **options: Any) -> "asyncpg.Pool[asyncpg.Record]":
    """Return a pool, to be awaited or entered; options are asyncpg's."""

    async def connect_now(*_address: object, **rest: Any) -> "asyncpg.Connection[asyncpg.Record]":
        return await connect(url, **rest)

    return MeasuredPool(connect=connect_now, **options)


def make_engine(url: SecretStr, *, connection: Mapping[str, Any], **options: Any) -> AsyncEngine:
    """Return an SQLAlchemy engine; `connection` are asyncpg's options of each connection."""

    async def connect_now(**rest: Any) -> "asyncpg.Connection[asyncpg.Record]":
        return await connect(url, **connection, **rest)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect_now,
        hide_parameters=True,
        poolclass=options.pop("poolclass", MeasuredQueuePool),
        **options,
    )


def why_refused(error: BaseException) -> Text | None:
    """Return in words why a database cannot be used; None for an error of another kind. Shows no address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _UNTRUSTED
    if isinstance(error, ConnectionError) and "SSL upgrade" in str(error):
        return _WITHOUT_TLS
    if isinstance(error, (asyncpg.ClientConfigurationError, ssl.SSLError, FileNotFoundError)):
        return _WRONG_ADDRESS
    if isinstance(error, (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        return _REFUSED
    return None
