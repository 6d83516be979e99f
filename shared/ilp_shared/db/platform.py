"""Tables every service has for the bus and for idempotency, and the helper of row-level security.

A service's first migration calls `create_platform_tables`; alembic's autogenerate ignores them.
"""

from collections.abc import Callable, Sequence
from typing import Final

from ilp_shared.bus.catalog import SHARDS

PLATFORM_TABLES: Final = frozenset(
    {
        "event_log",
        "relay_lease",
        "relay_shard",
        "position",
        "partition_seen",
        "parked",
        "idempotency_key",
        "alembic_version",
    }
)

_EVENT_LOG = """
CREATE TABLE event_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    type text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version integer NOT NULL,
    shard smallint NOT NULL,
    sequence bigint,
    key text NOT NULL,
    area_code text NOT NULL,
    facility_id uuid,
    policy_version text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    traceparent text,
    data text NOT NULL,
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT;
CREATE INDEX event_log_unsent ON event_log (id) WHERE sequence IS NULL;
CREATE INDEX event_log_sequence ON event_log (shard, sequence);
CREATE INDEX event_log_aggregate ON event_log (aggregate_id, aggregate_version);
CREATE FUNCTION notify_event_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('event_log', ''); RETURN NULL; END $$;
CREATE FUNCTION make_event_log_partition(first date, past date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE child text := 'event_log_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(child) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF event_log FOR VALUES FROM (%L) TO (%L)',
                       child, first || ' 00:00+00', past || ' 00:00+00');
    END IF;
EXCEPTION WHEN check_violation THEN NULL;  -- the default partition holds rows of that month: they stay there
END $$;
CREATE TRIGGER event_log_notify AFTER INSERT ON event_log FOR EACH STATEMENT EXECUTE FUNCTION notify_event_log();
"""

_BUS = """
CREATE TABLE relay_lease (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), holder text NOT NULL DEFAULT '',
    epoch bigint NOT NULL DEFAULT 0, expires_at timestamptz NOT NULL DEFAULT '-infinity');
INSERT INTO relay_lease DEFAULT VALUES;
CREATE TABLE relay_shard (
    shard smallint PRIMARY KEY, assigned bigint NOT NULL DEFAULT 0, published bigint NOT NULL DEFAULT 0);
CREATE TABLE position (
    domain text, shard smallint, last bigint NOT NULL DEFAULT 0, PRIMARY KEY (domain, shard)) WITH (fillfactor = 50);
CREATE TABLE partition_seen (
    topic text, partition integer, next_offset bigint NOT NULL, at timestamptz NOT NULL, through timestamptz,
    PRIMARY KEY (topic, partition)) WITH (fillfactor = 50);
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain text NOT NULL, shard smallint NOT NULL, sequence bigint NOT NULL,
    event_id uuid NOT NULL, type text NOT NULL, aggregate_id uuid NOT NULL, aggregate_version integer NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
    attributes text NOT NULL, value bytea NOT NULL, reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (domain, shard, sequence));
CREATE INDEX parked_aggregate ON parked (aggregate_id);
"""

_IDEMPOTENCY = """
CREATE TABLE idempotency_key (
    client text, route text, key text, request_hash bytea NOT NULL,
    status smallint, response text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (client, route, key));
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
"""

_SCOPE = """
CREATE FUNCTION in_scope(area text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM unnest(string_to_array(current_setting('ilp.areas', true), ',')) AS s (code)
        WHERE s.code = 'id' OR area = s.code OR starts_with(area, s.code || '.'))
$$;
"""


def create_platform_tables(run: Callable[[str], object], *, sources: Sequence[str]) -> None:
    """Create bus, idempotency and scope objects in the service's schema; `sources` are the domains it consumes."""
    for script in (_EVENT_LOG, _BUS, _IDEMPOTENCY, _SCOPE):
        run(script)
    for month in ("0 month", "1 month", "2 month"):
        first = f"date_trunc('month', now() + interval '{month}')"
        run(f"SELECT make_event_log_partition({first}::date, ({first} + interval '1 month')::date)")
    run(f"INSERT INTO relay_shard (shard) SELECT generate_series(0, {SHARDS - 1})")
    for domain in sources:
        run(f"INSERT INTO position (domain, shard) SELECT '{domain}', generate_series(0, {SHARDS - 1})")


def protect(run: Callable[[str], object], table: str, area_column: str) -> None:
    """Put row-level security on a table: only rows whose area lies in the transaction's scope exist."""
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    run(f"CREATE POLICY {table}_scope ON {table} USING (in_scope({area_column})) WITH CHECK (in_scope({area_column}))")
