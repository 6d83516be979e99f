"""Spends an account's look-ups and records them, in a transaction of its own that commits before the answer leaves.

A request that needs more look-ups than are left is refused as a whole and spends all that are left: how many of its
rows exist remains unknown.
"""

from collections.abc import Sequence
from typing import Final

import asyncpg

from ilp_registry.lookups import repository
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.audit import Asked, Outcome, record_vain_access
from ilp_shared.problems import TooMany
from ilp_shared.text import Text

_ACQUIRE_S: Final = 5.0
_HOUR_S: Final = 3_600.0
_SPENT: Final = Text(
    "Jatah pencarian akun ini untuk satu jam sudah habis; coba lagi nanti.",
    "This account's look-ups for one hour are spent; try again later.",
)


class Lookups:
    """The look-ups that each account has in an hour; all processes count them in the same table."""

    def __init__(self, pool: asyncpg.Pool, per_hour: int) -> None:
        self._pool, self._per_hour = pool, per_hour

    async def spend(self, principal: Principal, action: str, number: int = 1, *, refused: Sequence[Asked] = ()) -> None:
        """Spend look-ups, and record those whose answer is a refusal; raises TooMany when too few are left."""
        async with self._pool.acquire(timeout=_ACQUIRE_S) as conn, open_unit(conn, name="lookup"):
            earlier = await repository.spent_last_hour(conn, principal.subject)
            left = self._per_hour - sum(row["number"] for row in earlier)
            if left > 0:
                await repository.add_spent(conn, principal.subject, min(number, left))
            asked = refused or ((Asked(),) if number > left else ())
            if asked:
                outcome: Outcome = "refused"
                await record_vain_access(conn, principal, action, outcome, asked)
        if number > left:
            raise TooMany(_SPENT, retry_after_s=_wait_s(earlier, number - left))


def _wait_s(earlier: Sequence[asyncpg.Record], missing: int) -> float:
    """Return the seconds until enough look-ups return; an hour where this request alone takes more than there are."""
    for row in earlier:
        missing -= row["number"]
        if missing <= 0:
            return max(1.0, float(row["returns_in_s"]))
    return _HOUR_S
