"""The areas a transaction may touch: the second wall behind the query filters (PostgreSQL row-level security).

Policies compare a row's area with the transaction-local setting `ilp.areas`; unset means nothing is visible.
"""

from collections.abc import Sequence

from ilp_shared.areas import NATION
from ilp_shared.db.connection import Connection

Scope = Sequence[str]
EVERYWHERE: Scope = (NATION,)
"""For workers and jobs, which act for nobody in particular."""

ENTER = "SELECT set_config('ilp.areas', $1, true)"


async def enter(conn: Connection, scope: Scope) -> None:
    """Set the areas of the running transaction; forgotten at its end."""
    await conn.execute(ENTER, ",".join(scope))
