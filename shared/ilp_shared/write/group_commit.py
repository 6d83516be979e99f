"""Group commit: concurrent commands of a hot path share one transaction.

A writer takes the queued commands (up to a limit), runs them in one transaction, commits once, and answers each after
the commit. If the content of a command fails the transaction, each command runs alone, so that it cannot harm the
others. If storage is out of reach, all commands fail at once; clients send again with the same key.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import asyncpg

from ilp_shared import metrics
from ilp_shared.bus.archive.unit import Unit, open_unit
from ilp_shared.db.scope import Scope, enter
from ilp_shared.db.transient import is_transient
from ilp_shared.problems import Problem, Unavailable
from ilp_shared.text import Text
from ilp_shared.tracing import batch_span

_ACQUIRE_S = 5.0
C = TypeVar("C")
R = TypeVar("R")

_BUSY = Text(
    "Terlalu banyak permintaan menunggu; coba lagi sebentar.",
    "Too many requests are waiting; try again shortly.",
)

Execute = Callable[[Unit, Sequence[C]], Awaitable[Sequence[R | Problem]]]
"""Carries out commands inside the open transaction; a Problem in place of a result refuses that command alone."""


class GroupCommit(Generic[C, R]):
    """A bounded queue of commands and the writers that drain it."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        execute: Execute[C, R],
        scopes: Callable[[C], Scope],
        *,
        traces: Callable[[C], str | None] = lambda _command: None,
        writers: int = 2,
        limit: int = 64,
    ) -> None:
        self._pool, self._execute, self._scopes, self._traces, self._limit = pool, execute, scopes, traces, limit
        self._queue: asyncio.Queue[tuple[C, asyncio.Future[R]]] = asyncio.Queue(maxsize=2_000)
        self._writers = [asyncio.create_task(self._write()) for _ in range(writers)]

    async def submit(self, command: C) -> R:
        """Queue a command and return its result after the commit; raises Unavailable when the queue is full.

        A command waits here outside its request: it carries its own traceparent.
        """
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((command, done))
        except asyncio.QueueFull:
            raise Unavailable(_BUSY, retry_after_s=2) from None
        return await done

    async def close(self) -> None:
        """Finish what is queued, then stop the writers."""
        await self._queue.join()
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < self._limit and not self._queue.empty():
                group.append(self._queue.get_nowait())
            metrics.GROUP_COMMIT.observe(len(group))
            began = time.perf_counter()
            try:
                await self._run(group)
            finally:
                metrics.GROUP_COMMIT_SECONDS.observe(time.perf_counter() - began)
                for _ in group:
                    self._queue.task_done()

    async def _run(self, group: list[tuple[C, asyncio.Future[R]]]) -> None:
        try:
            results = await self._transact([command for command, _ in group])
        except Exception as error:
            if len(group) > 1 and not is_transient(error):
                for single in group:
                    await self._run([single])
                return
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), result in zip(group, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Problem):
                done.set_exception(result)
            else:
                done.set_result(result)

    async def _transact(self, commands: Sequence[C]) -> Sequence[R | Problem]:
        """Run commands in one transaction whose scope is the union of theirs."""
        scope = sorted({area for command in commands for area in self._scopes(command)})
        with batch_span("group commit", lambda: map(self._traces, commands), {"ilp.commands": len(commands)}):
            return await self._commit(scope, commands)

    async def _commit(self, scope: Scope, commands: Sequence[C]) -> Sequence[R | Problem]:
        async with self._pool.acquire(timeout=_ACQUIRE_S) as conn, open_unit(conn, name="group") as unit:
            await enter(conn, scope)
            return await self._execute(unit, commands)
