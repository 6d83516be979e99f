"""The transaction of an operator's command that needs the service's workers stopped, such as `rebuild` and `forget`.

It runs as the owner role, as migrations do, because it may TRUNCATE.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from pydantic import SecretStr

from ilp_shared.bus.relay.lease import is_held
from ilp_shared.db.address import connect
from ilp_shared.db.connection import Connection
from ilp_shared.db.scope import EVERYWHERE, enter
from ilp_shared.db.transient import is_transient
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_LOCK_TIMEOUT = "10s"
_NOT_OWNER = Text(
    "peran ini tidak boleh mengosongkan tabel: isi alamat dengan peran pemilik, seperti untuk migrate",
    "this role may not empty tables: set the URL of the owner role, as for migrate",
)
_HELD = Text(
    "pembaca lama (recount, ekspor) atau unpark sedang memegang tabel: coba lagi setelah selesai",
    "a long reader (recount, export) or unpark holds the tables: try again when it is done",
)


class NotNow(Exception):  # noqa: N818 - control flow, not an error
    """A command cannot run now; the message says in both languages what to do first."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.both)


def worker_running(service: str) -> Text:
    """Return why a command cannot run while the lease of a service is held."""
    return Text(
        f"worker {service} sedang jalan: hentikan dulu (yang mati mendadak masih terhitung paling lama 15 detik)",
        f"a worker of {service} is running: stop it first (a killed one counts for 15 seconds at most)",
    )


def owner_url(settings: ServiceSettings) -> SecretStr:
    """Return the database URL of the role that owns the tables."""
    return settings.migrate_database_url or settings.database_url


@asynccontextmanager
async def maintenance(schema: str, url: SecretStr) -> AsyncIterator[Connection]:
    """Yield a connection in a transaction over all areas; commit at the end of the block.

    Raises NotNow, and changes nothing, while a worker runs or another transaction locks the tables. A worker that
    starts meanwhile waits.
    """
    conn = await connect(url, server_settings={"search_path": schema, "lock_timeout": _LOCK_TIMEOUT})
    try:
        async with conn.transaction():
            if await is_held(conn):
                raise NotNow(worker_running(schema.replace("_", "-")))
            await enter(conn, EVERYWHERE)
            yield conn
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotNow(_NOT_OWNER) from error
    except asyncpg.PostgresError as error:
        if not is_transient(error):
            raise
        raise NotNow(_HELD) from error
    finally:
        await conn.close()
