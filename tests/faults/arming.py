"""Starts processes with a failpoint, which kills or freezes them from within at the worst place, every time.

The failpoint is for one life: the supervisor starts a killed process again without.
"""

from tests.faults.evidence import is_frozen
from tests.faults.platform import BreakablePlatform
from tests.support.waiting import eventually

FAILPOINT = "ILP_FAILPOINT"
"""Where a process reads its failpoint (`ilp_shared/failpoints.py`)."""
SOON_S = 180.0
"""Patience for a process that was killed several times: the supervisor's pause grows, and the machine may be busy."""


async def arm(platform: BreakablePlatform, process: str, failpoint: str) -> int:
    """Restart a process with a failpoint (`place:action:hit`); returns its pid."""
    given = await platform.restart_with(process, {FAILPOINT: failpoint})
    del given[FAILPOINT]
    pid = platform.pid_of(process)
    assert pid is not None
    return pid


async def until_killed(platform: BreakablePlatform, process: str, place: str, hit: int) -> None:
    """Let a process be killed from within when it comes to a place for the n-th time."""
    await until_replaced(platform, process, await arm(platform, process, f"{place}:kill:{hit}"))


async def until_replaced(platform: BreakablePlatform, process: str, pid: int) -> None:
    """Wait until a process is gone, or runs again as another one."""

    async def replaced() -> bool:
        return platform.pid_of(process) != pid

    await eventually(replaced, within_s=SOON_S)


async def until_frozen(platform: BreakablePlatform, process: str, place: str, hit: int) -> None:
    """Let a process stop itself (SIGSTOP) when it comes to a place for the n-th time."""
    pid = await arm(platform, process, f"{place}:stop:{hit}")

    async def frozen() -> bool:
        return is_frozen(pid)

    await eventually(frozen, within_s=SOON_S)
