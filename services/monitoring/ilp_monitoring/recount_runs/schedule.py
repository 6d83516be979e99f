"""The recount on a schedule, and its alarm: background work of the worker.

The recount stays an independent program: it is run as a process of its own, by its command line, when the last finished
one is older than `every_s`, and goes to its end, within `longest_s`; the next begins after it. It compares all tables,
and what readers are given by regencies in turn. One worker at a time runs it. Each worker shows age and differences of
the last one in the metrics, also of one that an operator ran, and logs each that becomes the last: a difference as an
error. The last one is the one that began last.
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
_PROGRAM = (sys.executable, "-m", "ilp_monitoring.recount", "--in-turn", "--json")
_REASON = "recount: "
"""Start of a line in which the recount says why it cannot run: kinds of errors and names of settings only."""
_AGAIN_S = 300.0
"""After a run that failed."""
_NICENESS = 10
_END_S = 5.0


async def keep_recounted(pool: asyncpg.Pool) -> None:
    """Look at the last recount, and run one when it is due, until cancelled."""
    settings = RecountSettings()
    newest_id, pause_end = 0, 0.0
    while True:
        try:
            async with pool.acquire() as conn:
                last = await last_run(conn)
                newest_id = _show(last, newest_id)
                due = last is None or last.age_s >= settings.every_s
                if settings.scheduled and due and time.monotonic() >= pause_end:
                    success = await _run_alone(conn, settings.longest_s, newest_id)
                    pause_end = time.monotonic() + (0.0 if success else _AGAIN_S)
                    newest_id = _show(await last_run(conn), newest_id)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("recount_postponed", reason=type(error).__name__)
        await asyncio.sleep(settings.look_s)


def _show(last: LastRun | None, newest_id: int) -> int:
    """Set the gauges; log a run other than `newest_id`. Return the id of the newest: the one that began last.

    The age grows by itself, also while a run of hours keeps this job from looking.
    """
    if last is None:
        metrics.RECOUNT_AGE.set_function(lambda: math.inf)
        return newest_id
    moment = time.monotonic() - last.age_s
    metrics.RECOUNT_AGE.set_function(lambda: time.monotonic() - moment)
    metrics.RECOUNT_DIFFERENCES.set(last.differences)
    if last.id != newest_id and last.differences:
        kinds = " ".join(f"{kind}={number}" for kind, number in sorted(last.kinds.items()))
        log.error("recount_differs", run=last.id, differences=last.differences, kinds=kinds)
    elif last.id != newest_id:
        log.info("recount_equal", run=last.id)
    return last.id


async def _run_alone(conn: Connection, longest_s: float, newest_id: int) -> bool:
    """Run the recount unless another worker does; return False for a run without a result, counted and logged."""
    if not await claim_turn(conn):
        return True
    try:
        code, reason = await _run(longest_s)
        newest = await last_run(conn)
    finally:
        await end_turn(conn)
    if newest is not None and newest.id > newest_id:
        return True
    metrics.RECOUNT_FAILURES.inc()
    log.error("recount_failed", code=code, reason=reason)
    return False


async def _run(longest_s: float) -> tuple[int | None, str]:
    """Run the program; return its exit code, None when it was ended after `longest_s`, and its own reason."""
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *_PROGRAM, stdin=nothing, stdout=nothing, stderr=pipe, preexec_fn=_give_way
    )
    try:
        async with asyncio.timeout(longest_s):
            _, messages = await child.communicate()
    except TimeoutError:
        return None, "takes too long"
    finally:
        await _end(child)
    return child.returncode, next((line for line in messages.decode().splitlines() if line.startswith(_REASON)), "")


def _give_way() -> None:
    os.nice(_NICENESS)


async def _end(child: asyncio.subprocess.Process) -> None:
    """End a child that still runs; its work is only reading, and one row at its end."""
    if child.returncode is None:
        child.kill()
        async with asyncio.timeout(_END_S):
            await child.wait()
