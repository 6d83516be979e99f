"""The areas a transaction may touch: the second wall behind the query filters (PostgreSQL row-level security).

Policies compare a row's area with the transaction-local setting `ilp.areas`; unset means nothing is visible.
"""

from collections.abc import Callable, Sequence
from typing import Final

from ilp_shared.areas import NATION
from ilp_shared.db.connection import Connection

Scope = Sequence[str]
EVERYWHERE: Scope = (NATION,)
"""The scope of workers and jobs, which act for no account."""

SCOPE: Final = """
CREATE FUNCTION in_scope(area text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM unnest(string_to_array(current_setting('ilp.areas', true), ',')) AS s (code)
        WHERE s.code = 'id' OR area = s.code OR starts_with(area, s.code || '.'))
$$;
"""
"""The function that row-level security asks; part of every service's first migration."""

ENTER = "SELECT set_config('ilp.areas', $1, true)"


async def enter(conn: Connection, scope: Scope) -> None:
    """Set the areas of the running transaction; they end with it."""
    await conn.execute(ENTER, ",".join(scope))


def protect(run: Callable[[str], object], table: str, area_column: str) -> None:
    """Put row-level security on a table: only rows whose area lies in the transaction's scope exist."""
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    run(f"CREATE POLICY {table}_scope ON {table} USING (in_scope({area_column})) WITH CHECK (in_scope({area_column}))")
