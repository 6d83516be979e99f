"""The numbers a service shows at `/metrics`. No facility, person or event id is ever a label."""

import platform
from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "ilp_http_request_seconds",
    "Time to answer, by route template",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2.5, 5),
)
"""A live stream counts until its answer begins; how long it stays open is STREAM_SECONDS."""
STREAM_SECONDS = Histogram(
    "ilp_http_stream_seconds",
    "How long a live stream stayed open, by route template",
    ["route"],
    buckets=(1, 10, 60, 300, 900, 3600, 14400),
)
OPEN_STREAMS = Gauge("ilp_http_streams_open", "Live streams open now, by route template", ["route"])
DATABASE_CONNECTIONS = Gauge(
    "ilp_database_connections",
    "Connections of this process: used, idle, and the most there may be (limit)",
    ["pool", "state"],
)
DATABASE_WAIT = Histogram(
    "ilp_database_wait_seconds",
    "Until a connection of a pool was at hand, or the wait was given up",
    ["pool"],
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5),
)
OLDEST_SNAPSHOT = Gauge(
    "ilp_database_oldest_snapshot_seconds",
    "For how long the oldest snapshot of the database, or of a replication slot, has stood still; 0 without one",
)
"""Dead rows since that snapshot cannot be removed: a reader of hours, or a slot without a reader."""
WAL_ARCHIVE_AGE = Gauge(
    "ilp_database_wal_archive_age_seconds",
    "Since the write-ahead log was last archived, or, without an archive, since a physical slot that lacks a part of it"
    " last moved; +Inf before the first time and where that part is gone, 0 where neither is there",
)
CERTIFICATE_EXPIRY = Gauge(
    "ilp_certificate_expiry_timestamp_seconds",
    "When a certificate that the settings name can no longer be used (Unix time); 0: its file cannot be read",
    ["file"],
)
GROUP_COMMIT = Histogram(
    "ilp_group_commit_commands", "Commands of a hot path that shared one transaction", buckets=(1, 2, 4, 8, 16, 32, 64)
)
GROUP_COMMIT_SECONDS = Histogram(
    "ilp_group_commit_seconds",
    "From the taking of a group of commands to the end of its transaction",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
READY = Gauge("ilp_ready", "1 while /health/ready answers 200, else 0; as of this look")
BUILD = Gauge("ilp_build_info", "1; the labels say what runs", ["service", "version", "build", "python"])
REPLAYED_COMMANDS = Counter("ilp_idempotent_replays_total", "Commands answered from the idempotency table")
UNPUBLISHED = Gauge("ilp_relay_unpublished", "Events in the archive that Kafka has not acknowledged yet")
PUBLISHED = Counter("ilp_relay_published_total", "Events acknowledged by Kafka")
OLDEST_UNPUBLISHED = Gauge(
    "ilp_relay_oldest_unpublished_seconds", "Age of the oldest event that Kafka has not acknowledged; 0 without one"
)
PRODUCE_ERRORS = Counter(
    "ilp_kafka_produce_errors_total", "Times Kafka did not take what was sent, after all retries", ["what"]
)
RELAY_BATCH = Histogram(
    "ilp_relay_batch_events", "Events of one round of the relay", buckets=(1, 5, 25, 100, 500, 2000)
)
RELAY_LEADER = Gauge("ilp_relay_leader", "1 while this process holds the relay lease")
REFUSES = Gauge(
    "ilp_refuses", "1 while a part of the worker waits for an operator's decision: relay, projection", ["part"]
)
LAST_SUCCESS = Gauge(
    "ilp_job_last_success_timestamp_seconds",
    "When a repeated work last came to its end, or its process began with it (Unix time)",
    ["work"],
)
APPLIED = Counter("ilp_consumer_applied_total", "Events applied", ["domain"])
CONSUMER_BATCH = Histogram(
    "ilp_consumer_batch_events", "Events applied in one transaction", buckets=(1, 5, 25, 100, 500, 2000)
)
SKIPPED = Counter("ilp_consumer_skipped_total", "Events skipped because their sequence was applied before", ["domain"])
REPLAY_REQUESTS = Counter("ilp_consumer_replay_requests_total", "Replays asked for after a hole", ["domain"])
PARKED = Gauge("ilp_consumer_parked", "Events set aside until an operator unparks them")
LAG = Gauge("ilp_consumer_lag", "Events published but not applied here, by source", ["domain"])
CONTRADICTIONS = Counter(
    "ilp_consumer_contradictions_total", "Events with another id than the one applied under their sequence", ["domain"]
)
OPEN_CONTRADICTIONS = Gauge(
    "ilp_consumer_contradictions_open", "Contradictions of which the genuine event is unknown or was not applied"
)
EVENT_AGE = Histogram(
    "ilp_event_age_seconds",
    "From recorded to applied",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 600),
)
REJOINS = Counter(
    "ilp_consumer_rejoins_total", "Times the Kafka client was closed and joined the group again, whatever the reason"
)
CLOCK_WAIT = Histogram(
    "ilp_projection_clock_wait_seconds",
    "Until a batch had the projection's clock, which one batch at a time holds",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 3),
)
CLOCK_HOLD = Histogram(
    "ilp_projection_clock_hold_seconds",
    "From a batch's taking of the projection's clock to the end of its transaction",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15),
)
"""The rate of its sum, over all workers, is the share of time in which the clock is taken."""
LIVE_FRAMES = Counter("ilp_live_frames_total", "Frames sent to live screens, by kind", ["event"])
LIVE_DROPS = Counter(
    "ilp_live_drops_total", "Live screens that were ended here, and came back by themselves, by reason", ["reason"]
)
REGENCIES_SILENT = Gauge(
    "ilp_regencies_silent", "Regencies that send on 95 % of weekdays and have sent nothing today by 11:00 local time"
)
RECOUNT_AGE = Gauge("ilp_recount_age_seconds", "Since the last finished recount; +Inf before the first")
RECOUNT_DIFFERENCES = Gauge("ilp_recount_differences", "Differences that the last finished recount found")
RECOUNT_FAILURES = Counter("ilp_recount_failures_total", "Scheduled recounts that could not run to their end")


def note_build(service: str, build: str) -> None:
    """Say which release and which build of a service this process is."""
    BUILD.labels(service, version("ilp-shared"), build, platform.python_version()).set(1)
