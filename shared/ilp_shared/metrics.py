"""The numbers a service shows at `/metrics`. No facility, person or event id is ever a label."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "ilp_http_request_seconds",
    "Time to answer, by route template",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
REPLAYED_COMMANDS = Counter("ilp_idempotent_replays_total", "Commands answered from the idempotency table")
UNPUBLISHED = Gauge("ilp_relay_unpublished", "Events in the archive that Kafka has not acknowledged yet")
PUBLISHED = Counter("ilp_relay_published_total", "Events acknowledged by Kafka")
RELAY_LEADER = Gauge("ilp_relay_leader", "1 while this process holds the relay lease")
APPLIED = Counter("ilp_consumer_applied_total", "Events applied", ["domain"])
SKIPPED = Counter("ilp_consumer_skipped_total", "Events skipped because their sequence was applied before", ["domain"])
REPLAY_REQUESTS = Counter("ilp_consumer_replay_requests_total", "Replays asked for after a hole", ["domain"])
PARKED = Gauge("ilp_consumer_parked", "Events set aside until an operator unparks them")
LAG = Gauge("ilp_consumer_lag", "Events published but not applied here, by source", ["domain"])
EVENT_AGE = Histogram(
    "ilp_event_age_seconds",
    "From recorded to applied",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600),
)
REJOINS = Counter(
    "ilp_consumer_rejoins_total", "Times the Kafka client was closed and joined the group again, whatever the reason"
)
