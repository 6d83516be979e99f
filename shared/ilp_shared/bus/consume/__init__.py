"""From Kafka to a projection: positions, batches, dead letters (`parked`), high-water marks, the stall watchdog."""
