"""The tables of the event path: archive, relay, positions, dead letters. Each service has them in its own schema."""

from collections.abc import Callable, Sequence

from ilp_shared.bus.contract.catalog import SHARDS

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
    domain text, partition integer, next_offset bigint NOT NULL, at timestamptz NOT NULL, through timestamptz,
    PRIMARY KEY (domain, partition)) WITH (fillfactor = 50);
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain text NOT NULL, shard smallint NOT NULL, sequence bigint NOT NULL,
    event_id uuid NOT NULL, type text NOT NULL, aggregate_id uuid NOT NULL, aggregate_version integer NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
    attributes text NOT NULL, value bytea NOT NULL, reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (domain, shard, sequence));
CREATE INDEX parked_aggregate ON parked (aggregate_id);
"""


_MEMORY = """
ALTER TABLE position ADD COLUMN recent bytea NOT NULL DEFAULT '';
CREATE TABLE contradiction (
    domain text, shard smallint, sequence bigint, applied uuid NOT NULL, genuine uuid, noted_offset bigint NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (domain, shard, sequence));
"""


def add_memory(run: Callable[[str], object]) -> None:
    """Let a consumer remember the ids of what it applied, and the contradictions that it found with them."""
    run(_MEMORY)


def create_bus_tables(run: Callable[[str], object], *, sources: Sequence[str]) -> None:
    """Create archive, relay and consumer tables; `sources` are the domains the service consumes."""
    for script in (_EVENT_LOG, _BUS):
        run(script)
    for month in ("0 month", "1 month", "2 month"):
        first = f"date_trunc('month', now() + interval '{month}')"
        run(f"SELECT make_event_log_partition({first}::date, ({first} + interval '1 month')::date)")
    run(f"INSERT INTO relay_shard (shard) SELECT generate_series(0, {SHARDS - 1})")
    for domain in sources:
        run(f"INSERT INTO position (domain, shard) SELECT '{domain}', generate_series(0, {SHARDS - 1})")
