"""The recount on a schedule, and its alarm: background work of the worker.

The recount stays an independent program: it is run as a process of its own, by its command line, when the last finished
one is older than `every_s`. One worker at a time runs it. Each worker shows age and differences of the last one in the
metrics, also of one that an operator ran, and logs each finished one: a difference as an error.
"""

import asyncio
import math
import os
import sys
import time

import asyncpg
import structlog

from ilp_monitoring.recount_runs.repository import LastRun, claim_turn, end_turn, last_run
from ilp_monitoring.settings import RecountSettings
from ilp_shared import metrics
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()
_PROGRAM = (sys.executable, "-m", "ilp_monitoring.recount", "--json")
_FINISHED = (0, 1)
"""Exit codes of a recount that was run to its end: equal, different."""
_AGAIN_S = 300.0
"""After a run that failed."""
_NICENESS = 10
_END_S = 5.0


async def keep_recounted(pool: asyncpg.Pool) -> None:
    """Look at the last recount, and run one when it is due, until cancelled."""
    settings = RecountSettings()
    seen, not_before = 0, 0.0
    while True:
        try:
            async with pool.acquire() as conn:
                last = await last_run(conn)
                seen = _show(last, seen)
                due = last is None or last.age_s >= settings.every_s
                if settings.scheduled and due and time.monotonic() >= not_before:
                    finished = await _run_alone(conn, settings.every_s)
                    not_before = time.monotonic() + (0.0 if finished else _AGAIN_S)
                    seen = _show(await last_run(conn), seen)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("recount_postponed", reason=type(error).__name__)
        await asyncio.sleep(settings.look_s)


def _show(last: LastRun | None, seen: int) -> int:
    """Set the gauges; log a run that was not seen yet. Return its id."""
    metrics.RECOUNT_AGE.set(math.inf if last is None else last.age_s)
    if last is None:
        return seen
    metrics.RECOUNT_DIFFERENCES.set(last.differences)
    if last.id != seen and last.differences:
        log.error("recount_differs", run=last.id, differences=last.differences, kinds=last.kinds)
    elif last.id != seen:
        log.info("recount_equal", run=last.id)
    return last.id


async def _run_alone(conn: Connection, longest_s: float) -> bool:
    """Run the recount unless another worker does; return False for a run that failed, which is counted and logged."""
    if not await claim_turn(conn):
        return True
    try:
        code = await _run(longest_s)
    finally:
        await end_turn(conn)
    if code in _FINISHED:
        return True
    metrics.RECOUNT_FAILURES.inc()
    log.error("recount_failed", code=code)
    return False


async def _run(longest_s: float) -> int | None:
    """Run the program behind everything else; return its exit code, None when it was ended after `longest_s`."""
    nothing = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(
        *_PROGRAM, stdin=nothing, stdout=nothing, stderr=nothing, preexec_fn=_give_way
    )
    try:
        async with asyncio.timeout(longest_s):
            return await child.wait()
    except TimeoutError:
        return None
    finally:
        await _end(child)


def _give_way() -> None:
    os.nice(_NICENESS)


async def _end(child: asyncio.subprocess.Process) -> None:
    """End a child that still runs; its work is only reading, and one row at its end."""
    if child.returncode is None:
        child.kill()
        async with asyncio.timeout(_END_S):
            await child.wait()
