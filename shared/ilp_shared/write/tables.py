"""The tables every service has: event path, idempotency keys, access audit, row-level security.

A service's first migration calls `create_platform_tables`, later ones what was added since; alembic's comparison leaves
them out (`db.migrate`).
"""

from collections.abc import Callable, Sequence

from ilp_shared.bus.tables import create_bus_tables
from ilp_shared.db.audit import ACCESS_AUDIT, REFUSALS
from ilp_shared.db.scope import SCOPE

_KEYS = """
CREATE TABLE idempotency_key (
    client text, route text, key text, request_hash bytea NOT NULL,
    status smallint, response text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (client, route, key));
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
"""

_REPLACE = """
UPDATE idempotency_key SET response = regexp_replace(response, '{pattern}', '{replacement}')
WHERE response ~ '{pattern}'
"""
_KEY_AREAS = "ALTER TABLE idempotency_key ADD COLUMN areas text;"


def create_platform_tables(run: Callable[[str], object], *, sources: Sequence[str]) -> None:
    """Create the platform tables in the service's schema; `sources` are the domains it consumes."""
    create_bus_tables(run, sources=sources)
    for script in (_KEYS, ACCESS_AUDIT, SCOPE):
        run(script)


def add_refusals(run: Callable[[str], object]) -> None:
    """Let the access audit hold refused and empty accesses, and a key the areas that its account had."""
    for script in (REFUSALS, _KEY_AREAS):
        run(script)


def replace_in_answers(run: Callable[[str], object], pattern: str, replacement: str) -> None:
    """Replace what a regular expression matches in the stored answers of commands: no repetition shows it again."""
    run(_REPLACE.format(pattern=pattern, replacement=replacement))
