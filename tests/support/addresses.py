"""Addresses of servers, and errors of connections, as failure output may show them: neither place nor password.

pytest prints the arguments of every function in a traceback. A password in one of them would be in the output of a test
that only met a busy server, and the watch over secrets (`tests/hostile/watch.py`) would fail the run for it.
"""

import logging
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, KafkaError, DBAPIError)
"""What a client raises when a server does not answer, or no longer."""


class Address(str):
    """An address that can be used like any text, and does not show in a representation."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<address>"

    def of(self, database: str) -> "Address":
        """Return the address of another database on the same server, for the same account."""
        return Address(f"{self.rpartition('/')[0]}/{database}")


class Unreachable(Exception):  # noqa: N818 - it says what is the case
    """A server of the run does not answer; the text names the server and the kind of error."""


class unnamed:  # noqa: N801 - used like a function, as contextlib's are
    """Replace errors of a connection (and `refusals`) by Unreachable, which shows no address; other errors pass.

    Clients that log addresses are silent meanwhile.
    """

    def __init__(self, server: str, *refusals: type[Exception]) -> None:
        self._server, self._errors = server, (*UNREACHABLE, *refusals)
        self._client = logging.getLogger("aiokafka")
        self._level = self._client.level

    def __enter__(self) -> None:
        self._client.setLevel(logging.CRITICAL)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        __tracebackhide__ = True  # pytest would show this function's arguments, which say where the server is
        self._client.setLevel(self._level)
        if not isinstance(error, self._errors) or (isinstance(error, DBAPIError) and not error.connection_invalidated):
            return
        raise Unreachable(f"{self._server} does not answer: {type(error).__name__}") from None


async def connected(url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """Return a connection to PostgreSQL; raises Unreachable when the server refuses it."""
    with unnamed("PostgreSQL", asyncpg.PostgresError):
        return await asyncpg.connect(url, **options)


async def opened_pool(url: str, **options: Any) -> "asyncpg.Pool[asyncpg.Record]":
    """Return a pool of connections to PostgreSQL; raises Unreachable when the server refuses them."""
    with unnamed("PostgreSQL", asyncpg.PostgresError):
        return await asyncpg.create_pool(url, **options)
