"""A backing server (PostgreSQL, Kafka) kept running: started again when it ends, for as long as that takes.

A start that fails (a full disk, a taken port, a folder that is being put back) is one line and another attempt after a
growing pause. It ends nothing else: services answer what they can without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from deploy.dev.failure import StartError, explain
from deploy.dev.processes import FIRST_PAUSE, LONGEST_PAUSE, STEADY_AFTER

LOOK_S = 1.0


class Server(Protocol):
    """A backing server: this program's child, or an external one that others keep running."""

    @property
    def external(self) -> bool:
        """Tell whether others keep it running."""

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""


async def keep_server(
    name: str, server: Server, start: Callable[[], Awaitable[None]], say: Callable[[str], None]
) -> None:
    """Start the server again whenever it ends by itself, until cancelled; a failed start is tried again for ever."""
    clock = asyncio.get_running_loop().time
    pause = FIRST_PAUSE
    started: float | None = clock()
    while True:
        await asyncio.sleep(LOOK_S)
        if server.external or (started is not None and server.pid is not None):
            continue
        if started is not None:
            say(f"  ! {name} berhenti; dijalankan lagi / ended; starting it again")
            pause = FIRST_PAUSE if clock() - started > STEADY_AFTER else pause
        reason = await _failure_of(start)
        started = clock() if reason is None else None
        if reason is not None:
            pause = min(pause * 2, LONGEST_PAUSE)
            again = f"dicoba lagi dalam / trying again in {pause:g} s"
            say(f"  ! {name} belum dapat dijalankan / cannot be started yet: {reason}; {again}")
            await asyncio.sleep(pause)


async def _failure_of(start: Callable[[], Awaitable[None]]) -> str | None:
    """Run a start; return why it failed, in one line, or None."""
    try:
        await start()
    except StartError as error:
        return str(error)
    except OSError as error:
        return str(explain(error))
    except Exception as error:
        return type(error).__name__
    return None
